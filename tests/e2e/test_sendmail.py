# SPDX-License-Identifier: BSD-2-Clause
"""
What only Sendmail does, or only its settings; all else is in the scenarios,
which are played through Sendmail as through other servers.
"""

import os
import re

from harness import tap
from harness.case import SiteCase
from harness.mail import ORDER, SELLER, Mail, buyer
from harness.ports import free_port
from harness.waiting import wait_until
from harness.workdir import source_path

OUT = buyer("anna")  # has opted out
IN = buyer("ben")    # has not

NO_MACROS = "".join(f"define(`confMILTER_MACROS_{stage}', `')dnl\n"
                    for stage in ("CONNECT", "HELO", "ENVFROM", "ENVRCPT"))


class SendmailCase(SiteCase):
    NEEDS_SENDMAIL = True

    def start(self, inet_port=None, **options):
        self.site.start_daemon(OUT, inet_port=inet_port)
        self.site.start_sendmail(**options)

    def send(self, *to):
        """The reply to a message, in a session of its own."""
        mail = Mail(to, ORDER)
        with self.site.sendmail.smtp() as client:
            reply = client.send(SELLER, to, mail.octets())
            client.quit()
        return reply

    def assert_judges(self):
        reply = self.send(OUT)
        self.assertEqual(reply.code, 550, reply)
        self.assertIn("[OPTED_OUT] ", reply.lines[0])
        reply = self.send(IN)
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(self.site.daemon.verdict(reply.queue_id).reason,
                         "NOT_OPTED_OUT")


class Settings(SendmailCase):
    @staticmethod
    def example():
        path = source_path("contrib", "sendmail", "example.mc")
        with open(path, encoding="utf-8") as file:
            return file.read()

    def filter_line(self, settings):
        """The line of sendmail.cf that settings make."""
        server = self.site.make_sendmail(milter="", settings=settings)
        with open(server.config, encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("Xoptout")]
        self.assertEqual(len(lines), 1)
        return lines[0]

    def test_example(self):
        """Both ways to write it; and Sendmail takes it with F=T."""
        example = self.example()
        line = self.filter_line(example)
        self.assertRegex(line, r", S=local:/run/\S+, F=T, T=C:\w+;S:\w+;R:")
        by_hand = re.sub(r"(?m)^FEATURE.*$", "", example).replace(
            "dnl INPUT_MAIL_FILTER", "INPUT_MAIL_FILTER")
        self.assertEqual(self.filter_line(by_hand), line)

    def test_doctor_is_content_with_the_example(self):
        daemon = self.site.start_daemon(OUT)
        server = self.site.make_sendmail(milter="", settings=self.example(
            ).replace("/run/optout-milter/milter.sock", daemon.socket_path))
        done = daemon.ctl("doctor", "--sendmail", server.config)
        codes = re.findall(r"(?m)^(?:error|warning) (\w+)", done.stdout)
        # A version of no distribution, which may have what Debian mended.
        self.assertEqual(codes, ["SMTP_SMUGGLING"], done.stdout)

    def test_inet_socket(self):
        self.start(inet_port=free_port())
        self.assert_judges()

    def test_without_any_macro_listed(self):
        """The filter asks for those that it reads."""
        self.start(settings=NO_MACROS)
        self.assert_judges()
        with self.site.sendmail.smtp() as client:
            refused = client.envelope(SELLER, [IN, OUT])
            client.quit()
        self.assertEqual([reply.code for reply in refused.values()], [452])

    def test_without_the_flag_mail_passes(self):
        """What README warns of."""
        path = self.site.workdir.join("run", "milter.sock")
        self.start(milter="", settings="INPUT_MAIL_FILTER(`optout-milter', "
                   f"`S=local:{path}')dnl")
        self.assert_judges()
        self.site.daemon.stop()
        self.assertEqual(self.send(OUT).code, 250)

    def test_socket_in_a_directory_of_a_group(self):
        """Sendmail does not start with it, and says why."""
        self.site.start_daemon()
        os.chmod(self.site.workdir.join("run"), 0o775)
        with self.assertRaisesRegex(
                RuntimeError, "unsafe: Group writable directory"):
            self.site.start_sendmail()


class FilterIsAway(SendmailCase):
    def test_mail_waits_and_recovers(self):
        self.start()
        self.site.daemon.stop()
        for to in (OUT, IN):
            self.assertEqual(self.send(to).code, 451)
        self.site.daemon.start()
        self.assert_judges()

    def test_away_in_the_midst_of_a_message(self):
        self.start()
        with self.site.sendmail.smtp() as client:
            client.envelope(SELLER, [OUT])
            self.site.daemon.kill()
            self.assertEqual(client.data(Mail(OUT).octets()).code, 451)
            client.quit()
        self.site.daemon.start()
        self.assert_judges()


class LocalMail(SendmailCase):
    def submit(self, config, mail):
        done = self.site.sendmail.run(
            config, "-i", "-f", SELLER, "--", *mail.recipients,
            message=mail.octets())
        return done.returncode

    def copies(self, mail):
        return [text for text in self.site.sendmail.mailbox()
                if mail.message_id.encode() in text]

    def test_refused(self):
        """The sender is told by the exit status, and by a notice."""
        self.start()
        mail = Mail(OUT, ORDER)
        self.assertEqual(self.submit("submit", mail), os.EX_UNAVAILABLE)
        returned = wait_until(lambda: self.copies(mail), 20, "no notice")[0]
        self.assertIn(b"Delivered-To: " + SELLER.encode(), returned)
        self.assertIn(b"[OPTED_OUT] Message for order " + ORDER.encode(),
                      returned)

    def test_round_the_filter(self):
        """What README warns of: only root can do it."""
        self.start()
        mail = Mail(OUT, ORDER)
        self.assertEqual(self.submit("sendmail", mail), 0)
        copy = wait_until(lambda: self.copies(mail), 20, "not delivered")[0]
        self.assertIn(b"Delivered-To: " + OUT.encode(), copy)
        self.assertEqual(self.site.daemon.verdicts(), [])


if __name__ == "__main__":
    tap.main()
