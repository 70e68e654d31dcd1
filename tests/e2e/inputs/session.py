# SPDX-License-Identifier: BSD-2-Clause
"""Sessions: many messages, and commands where nobody expects them."""

import re

from harness.mail import ORDER, SELLER, Mail
from inputs.case import IN, OUT, InputCase


class SessionInputs(InputCase):
    def test_08_mail_and_reset_1000_times(self):
        daemon = self.site.daemon
        with self.session() as session:
            self.send(session, Mail(OUT, ORDER))
            before, files = daemon.memory_kib(), daemon.open_files()
            for _ in range(1000):
                session.begin(Mail(OUT))
                session.reset()
            outcome = self.send(session, Mail(OUT, ORDER))
            self.assertEqual(outcome.reason, "OPTED_OUT")
            self.assertLess(daemon.memory_kib(), before + 2 * 1024)
            self.assertLessEqual(daemon.open_files(), files + 4)

    def test_12_1001_recipients(self):
        self.expect("MESSAGE_TOO_COMPLEX", Mail([OUT] * 1001, ORDER), ORDER)
        self.expect("OPTED_OUT", Mail([OUT] * 1000, ORDER), ORDER)


class SmtpSessionInputs(InputCase):
    """What only a mail server sees, and may tell the filter of."""

    def chunks_of(self, session, text, cuts):
        """Sends the chunks between the cuts; the last reply."""
        if "CHUNKING" not in session.offers:
            self.skipTest("no BDAT")
        edges = [0, *cuts, len(text)]
        session.begin(Mail(OUT))
        for start, end in zip(edges, edges[1:]):
            last = b" LAST" if end == len(text) else b""
            session.client.send_raw(b"BDAT %d%b\r\n" % (end - start, last) +
                                    text[start:end])
            reply = session.client.read_reply()
        return reply

    def test_13_chunks(self):
        text = re.sub(rb"\r?\n", b"\r\n", Mail(OUT, ORDER).octets())
        place = text.index(ORDER.encode())
        for cuts in ((), (1,), (place + 5,), (place, place + 9),
                     range(1, len(text), 40)):
            with self.subTest(cuts), self.session() as session:
                start = self.site.daemon.log.size()
                reply = self.chunks_of(session, text, cuts)
                self.assertIn(f"[OPTED_OUT] Message for order {ORDER} ",
                              reply.text)
                self.assertEqual(len(self.site.daemon.verdicts(start)), 1)

    def test_13_empty_last_chunk_and_reset(self):
        text = re.sub(rb"\r?\n", b"\r\n", Mail(OUT, ORDER).octets())
        with self.session() as session:
            self.chunks_of(session, text, ())
            session.begin(Mail(OUT))
            session.command("BDAT 0")
            session.reset()
            session.begin(Mail(OUT))
            session.client.send_raw(b"BDAT %d\r\n" % len(text) + text)
            self.assertEqual(session.client.read_reply().code, 250)
            reply = session.command("BDAT 0 LAST")
        self.assertIn(f"[OPTED_OUT] Message for order {ORDER} ", reply.text)

    def test_14_unknown_commands(self):
        with self.session() as session:
            for to, reason in ((OUT, "OPTED_OUT"), (IN, "NOT_OPTED_OUT")):
                session.command(f"MAIL FROM:<{SELLER}>")
                for command in ("XYZZY", "RCPT", "VRFY x", "NOOP", "HELP",
                                "RCPT TO:<", "MAIL FROM:<again@x.example>",
                                "X" * 600, "\t"):
                    session.command(command)
                    session.command(f"RCPT TO:<{to}>")
                start = self.site.daemon.log.size()
                session.client.data(Mail(to, ORDER).octets())
                verdict, = self.site.daemon.verdicts(start)
                self.assertEqual((verdict.reason, verdict.order),
                                 (reason, ORDER))
