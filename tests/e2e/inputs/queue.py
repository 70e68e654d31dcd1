# SPDX-License-Identifier: BSD-2-Clause
"""Messages that wait in the queue of Postfix, and are put back into it."""

from harness.case import SiteCase
from harness.mail import ORDER, SELLER, Mail
from inputs.case import IN, OUT

# All mail by SMTP waits until someone says otherwise.
HOLD = "smtpd_client_restrictions = check_client_access static:HOLD\n"


class QueueInputs(SiteCase):
    NEEDS_POSTFIX = True

    def test_78_message_put_back_into_the_queue(self):
        """Postfix asks nobody again: what was accepted stays accepted."""
        self.site.start_daemon(OUT)
        server = self.site.start_postfix(settings=HOLD)
        for mail in (Mail(IN, ORDER), Mail([IN, SELLER], ORDER)):
            self.assertEqual(self.site.submit(mail).code, 250)
        self.assertEqual(len(server.queue()), 2)
        self.site.daemon.ctl("add", IN)
        start = self.site.daemon.log.size()
        server.requeue()
        server.wait_empty()
        self.assertEqual(self.site.daemon.verdicts(start), [])
        self.assertEqual(len(server.mailbox()), 3)
