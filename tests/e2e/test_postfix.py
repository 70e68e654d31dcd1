# SPDX-License-Identifier: BSD-2-Clause
"""
What only Postfix does, or only its settings; all else is in the scenarios,
which are played through Postfix as through other servers.
"""

import grp
import os

from harness import tap
from harness.case import SharedSiteCase, SiteCase
from harness.mail import ORDER, Mail, buyer
from harness.ports import free_port
from harness.workdir import source_path

OUT = buyer("anna")  # has opted out
IN = buyer("ben")    # has not


class PostfixCase(SharedSiteCase):
    NEEDS_POSTFIX = True
    INET = None

    @classmethod
    def build(cls, site):
        site.start_daemon(OUT, inet_port=cls.INET and cls.INET())
        site.start_postfix()

    def assert_judges(self):
        refused, passed = Mail(OUT, ORDER), Mail(IN, ORDER)
        reply = self.site.submit(refused)
        self.assertEqual(reply.code, 550, reply)
        self.assertIn("[OPTED_OUT] ", reply.lines[0])
        queue_id = self.site.postfix.queue_id(refused.message_id)
        self.assertEqual(self.site.daemon.verdict(queue_id).order, ORDER)
        reply = self.site.submit(passed)
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(self.site.daemon.verdict(reply.queue_id).reason,
                         "NOT_OPTED_OUT")


class InetSocket(PostfixCase):
    INET = staticmethod(free_port)

    def test_verdicts(self):
        self.assert_judges()


class Chroot(PostfixCase):
    """As in Debian, with the very lines of contrib/postfix."""

    @classmethod
    def build(cls, site):
        folder = "postfix/queue/optout-milter"
        site.make_daemon(OUT, socket_path=site.workdir.join(
            folder, "milter.sock"))
        path = source_path("contrib", "postfix", "main.cf")
        with open(path, encoding="utf-8") as lines:
            site.start_postfix(milter="", settings=lines.read(), chroot=True)
        owner = os.stat(site.workdir.join("run"))
        group = grp.getgrnam("postfix").gr_gid
        site.workdir.mkdir(folder, 0o2750, owner.st_uid, group)
        site.daemon.start()

    def test_verdicts(self):
        self.assert_judges()


class FilterIsAway(SiteCase):
    """Mail waits; it does not pass."""

    NEEDS_POSTFIX = True

    def test_tempfail_without_filter_and_recovery(self):
        self.site.start_daemon(OUT)
        self.site.start_postfix()
        self.site.daemon.stop()
        for to in (OUT, IN):
            self.assertEqual(self.site.submit(Mail(to)).code // 100, 4)
        self.site.daemon.start()
        self.assertEqual(self.site.submit(Mail(IN)).code, 250)
        self.assertEqual(self.site.submit(Mail(OUT)).code, 550)


if __name__ == "__main__":
    tap.main()
