# SPDX-License-Identifier: BSD-2-Clause
"""The filter's end of the milter protocol, without a mail server."""

import random
import socket
import struct

from harness import milter, tap
from harness.case import SharedSiteCase, SiteCase
from harness.mail import ORDER, QUESTION, SELLER, Mail, buyer
from harness.milter import packet, strings
from harness.ports import free_port
from harness.waiting import wait_until

OUT = buyer("anna")  # has opted out
IN = buyer("ben")    # has not
HEADER = "X-Opt-Out-Verdict"


class ProtocolCase(SharedSiteCase):
    @classmethod
    def build(cls, site):
        site.start_daemon(OUT, conf={"verdict_header": HEADER})

    def client(self, **options):
        client = self.site.client(**options)
        self.addCleanup(client.close)
        return client

    def assert_alive(self):
        """Still answers, and rightly."""
        self.assertTrue(self.site.daemon.is_running())
        verdict = self.site.ask(Mail(OUT, ORDER))
        self.assertIn("[OPTED_OUT]", verdict.text)
        self.assertEqual(self.site.ask(Mail(IN, ORDER)).code, 250)


class Negotiation(ProtocolCase):
    def test_asks_for_little(self):
        client = self.client()
        self.assertEqual(client.actions,
                         milter.ADD_HEADERS | milter.CHANGE_HEADERS)
        for step in (milter.NO_HELO, milter.NO_UNKNOWN, milter.NO_DATA,
                     milter.NR_HEADER, milter.SKIP):
            self.assertTrue(client.steps & step, hex(step))
        for step in (milter.NO_MAIL, milter.NO_RCPT, milter.NO_HEADERS,
                     milter.NO_BODY, milter.LEADING_SPACE):
            self.assertFalse(client.steps & step, hex(step))

    def test_never_more_than_offered(self):
        for version, actions, steps in ((2, 0, 0), (6, 0, 0), (2, 0x3f, 0x7f),
                                        (3, 0x1, 0x1ff), (6, 0x1, 0xfff),
                                        (6, 0x10, milter.NR_HEADER)):
            with self.subTest((version, actions, steps)):
                client = self.client(version=version, actions=actions,
                                     steps=steps)
                self.assertLessEqual(client.version, version)
                self.assertFalse(client.actions & ~actions)
                # libmilter takes no steps at all for those of version 1.
                self.assertFalse(client.steps & ~(steps or 0x3f))
                client.start()
                verdict = client.send(Mail(OUT, ORDER))
                self.assertIn("[OPTED_OUT]", verdict.text)
                self.assertEqual(client.send(Mail(IN, ORDER)).code, 250)
                client.quit()

    def test_no_header_changes_that_were_not_offered(self):
        client = self.client(actions=milter.ADD_HEADERS)
        verdict = client.start().send(Mail(IN, ORDER, [(HEADER, "forged")]))
        self.assertEqual((verdict.code, verdict.changes), (250, []))

    def test_forged_headers_are_removed_from_the_last(self):
        client = self.client()
        forged = [(HEADER.swapcase(), f"forged {n}") for n in range(3)]
        verdict = client.start().send(Mail(IN, ORDER, forged))
        changes = verdict.changes
        removed = [struct.unpack("!I", body[:4])[0]
                   for kind, body in changes if kind == "m"]
        added = [body for kind, body in changes if kind in "hi"]
        self.assertEqual(removed, [3, 2, 1])
        self.assertEqual(len(added), 1)
        self.assertIn(b"NOT_OPTED_OUT", added[0])
        self.assertNotIn(b"\r", added[0])

    def test_leading_space_is_kept_apart(self):
        """Offered, it would change values in both directions."""
        client = self.client()
        verdict = client.start().send(Mail(
            OUT, "Additional Information Required", body=QUESTION))
        self.assertEqual(verdict.code, 250)

    def test_probes(self):
        """Connect and close, 10,000 times: nothing is left, nothing said."""
        start = self.site.daemon.log.size()
        files = self.site.daemon.open_files()
        for _ in range(10000):
            probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            probe.connect(self.site.daemon.socket_path)
            probe.close()
        self.assert_alive()
        # It may still be closing the last ones.
        wait_until(lambda: self.site.daemon.open_files() < files + 40, 20,
                   "connections stay open")
        noise = [line for line in self.site.daemon.log.lines("", start)
                 if "outcome=" not in line]
        self.assertEqual(noise, [])

    def test_close_after_each_command(self):
        commands = ("connect", "helo", "mail", "rcpt", "data", "header",
                    "eoh", "body")
        for count in range(len(commands) + 1):
            client = self.client()
            for name in commands[:count]:
                self.step(client, name)
            client.flush()
            client.close()
        self.assert_alive()

    @staticmethod
    def step(client, name):
        arguments = {"mail": [SELLER], "rcpt": [OUT],
                     "header": ["Subject", ORDER], "body": ["text\r\n"]}
        return getattr(client, name)(*arguments.get(name, []))


class Garbage(ProtocolCase):
    def assert_dropped(self, octets, client=None):
        """These octets end their own session and no other."""
        other = self.client().start()
        other.mail(SELLER)
        other.rcpt(OUT)
        if client is None:
            client = self.client(negotiate=False)
        client.raw(octets)
        try:
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        self.assert_ends(client)
        other.eoh()
        self.assertIn("[OPTED_OUT]", other.eom().text)

    def assert_ends(self, client):
        """The filter closes; what it says before is no verdict to pass."""
        try:
            while True:
                command, _ = client.read_packet()
                self.assertNotIn(command, (b"a", b"d"))
        except ConnectionError:
            pass

    def test_packet_lengths(self):
        for length in (0, 0x7fffffff, 0xffffffff, 0x200000):
            with self.subTest(hex(length)):
                octets = struct.pack("!I", length) + b"O" * 64
                self.assert_dropped(octets)
                self.assert_dropped(octets, self.client().start())
        self.assert_dropped(struct.pack("!I", 1) + b"O")
        self.assert_alive()

    def test_unknown_commands(self):
        for command in (b"\0", b"\x7f", b"\xff", b"z", b"\n"):
            with self.subTest(command):
                self.assert_dropped(packet(command, b"x"))
                self.assert_dropped(packet(command, b"x"),
                                    self.client().start())

    def test_arguments_without_nul(self):
        for command, payload in ((b"M", b"<" + SELLER.encode() + b">"),
                                 (b"M", b""), (b"C", b"name"), (b"C", b""),
                                 (b"C", b"n\0004\0"), (b"C", b"n\0004\0\1x")):
            with self.subTest((command, payload)):
                client = self.client()
                if command != b"C":
                    client.start()
                self.assert_dropped(packet(command, payload), client)

    def test_bad_headers(self):
        for payload in (b"Subject\0", b"Subject", b"", b"\0value\0", b"a\0b"):
            with self.subTest(payload):
                client = self.client().start()
                client.mail(SELLER)
                client.rcpt(OUT)
                client.raw(packet(b"L", payload))
                client.eoh()
                try:
                    verdict = client.eom()
                except ConnectionError:
                    verdict = None
                if verdict is not None:
                    self.assertIn("[OPTED_OUT]", verdict.text)
        self.assert_alive()

    def test_bad_macros(self):
        for payload in (b"", b"M", b"Mi\0", b"Mi\0q\0odd\0", b"Mno nul",
                        b"?i\0q\0", b"\xffi\0q\0",
                        b"M" + b"{name}\0value\0" * 10000):
            with self.subTest(payload[:20]):
                client = self.client().start()
                client.raw(packet(b"D", payload))
                try:
                    verdict = client.send(Mail(OUT, ORDER))
                except ConnectionError:
                    continue
                self.assertIn("[OPTED_OUT]", verdict.text)
        self.assert_alive()

    def test_commands_out_of_order(self):
        for commands in (b"R", b"L", b"B", b"E", b"N", b"T", b"MM", b"MRE",
                         b"MRBB", b"MRLR", b"RM", b"MRNM", b"MRLNBEE",
                         b"MRLNBEB", b"CC"):
            with self.subTest(commands):
                client = self.client().start()
                for command in commands:
                    payload = {ord("M"): strings(f"<{SELLER}>"),
                               ord("R"): strings(f"<{OUT}>"),
                               ord("L"): strings("Subject", ORDER),
                               ord("B"): b"text",
                               ord("C"): b"name\0U"}.get(command, b"")
                    client.out += packet(bytes([command]), payload)
                try:
                    client.flush()
                    client.socket.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                self.assert_ends(client)
        self.assert_alive()

    def test_random_octets(self):
        rng = random.Random(7)
        for _ in range(300):
            client = self.client(negotiate=rng.random() < 0.7)
            try:
                for _ in range(rng.randrange(1, 9)):
                    payload = rng.randbytes(rng.choice((0, 1, 4, 30, 900)))
                    command = bytes([rng.choice(b"OCHMRTLNBEAQKDUx")])
                    client.raw(packet(command, payload)
                               if rng.random() < 0.9 else payload)
            except OSError:
                pass
            client.close()
        self.assert_alive()


class Messages(ProtocolCase):
    def test_reply_does_not_leak_into_the_next_message(self):
        client = self.client().start()
        other = "002-7654321-7654321"
        for _ in range(20):
            refused = client.send(Mail(OUT, ORDER))
            self.assertIn(ORDER, refused.text)
            passed = client.send(Mail(IN, other))
            self.assertEqual((passed.code, passed.text), (250, ""))
            refused = client.send(Mail(OUT, other))
            self.assertIn(other, refused.text)
            self.assertNotIn(ORDER, refused.text)
            client.mail(SELLER)
            client.rcpt(IN)
            self.assertIn("452", client.rcpt(OUT).text)
            client.abort()

    def test_refused_recipient_then_another_message(self):
        """The text of the refused recipient is used for nothing else."""
        client = self.client().start()
        client.mail(SELLER)
        client.rcpt(IN)
        split = client.rcpt(OUT)
        self.assertEqual(split.code, 452)
        self.assertIn("452 4.5.3 [SPLIT_RECIPIENTS]",
                      split.text.replace("452-", "452 "))
        client.eoh()
        verdict = client.eom()
        self.assertEqual((verdict.code, verdict.text), (250, ""))

    def test_abort_anywhere(self):
        client = self.client()
        client.abort()
        client.start()
        steps = (lambda: client.mail(SELLER), lambda: client.rcpt(OUT),
                 client.data, lambda: client.header("Subject", ORDER),
                 client.eoh, lambda: client.body("text\r\n"))
        for count in range(len(steps) + 1):
            for step in steps[:count]:
                step()
            client.abort()
            client.abort()
        self.assertEqual(client.send(Mail(IN, "Hello")).code, 250)
        refused = client.send(Mail(OUT, "Hello"))
        self.assertNotIn(ORDER, refused.text)

    def test_mail_again_without_abort(self):
        """The former message's recipients and header are forgotten."""
        client = self.client().start()
        client.send(Mail(OUT, ORDER))
        self.assertEqual(client.send(Mail(IN, "Hello")).code, 250)
        verdict = client.send(Mail(OUT, "Hello"))
        self.assertNotIn(ORDER, verdict.text)

    def test_helo_again(self):
        """Ends the message under way."""
        client = self.client().start()
        for to, code in ((IN, 550), (OUT, 250)):
            client.mail(SELLER)
            client.rcpt(to)
            client.abort()
            client.helo()
            client.helo()
            other = OUT if to == IN else IN
            self.assertEqual(client.send(Mail(other, ORDER)).code, code)

    def test_message_in_one_write(self):
        client = self.client().start()
        for to, code in ((OUT, 550), (IN, 250), (OUT, 550)):
            steps = [(b"M", strings(f"<{SELLER}>")),
                     (b"R", strings(f"<{to}>")), (b"T", b""),
                     (b"L", strings("Subject", ORDER)), (b"N", b""),
                     (b"B", b"text\r\n"), (b"E", b"")]
            steps = [(name, payload) for name, payload in steps
                     if not client.steps & milter.STEPS[name][0]]
            client.raw(b"".join(packet(*step) for step in steps))
            verdicts = [client.read_verdict() for name, _ in steps
                        if not client.steps & milter.STEPS[name][1]]
            self.assertEqual(verdicts[-1].code, code)

    def test_login_does_not_linger(self):
        client = self.client().start()
        for login, seller in (("shop-1", "shop-1"), (None, SELLER),
                              ("shop-2", "shop-2"), (None, SELLER)):
            queue_id = f"Login{seller[-5:]}{random.random()}".replace(
                ".", "").replace("-", "")
            client.send(Mail(OUT, ORDER, login=login), queue_id)
            verdict = self.site.daemon.verdict(queue_id)
            self.assertEqual(verdict.seller, seller)

    def test_queue_id_does_not_linger(self):
        client = self.client().start()
        client.send(Mail(OUT, ORDER), "4First1")
        start = self.site.daemon.log.size()
        client.send(Mail(OUT, ORDER))
        self.site.daemon.log.wait_for("outcome=", start)
        self.assertEqual(self.site.daemon.verdicts(start)[0].queue_id,
                         "NOQUEUE")

    def test_local_mail_is_not_refused_at_rcpt(self):
        """Postfix knows the queue ID at MAIL only for local mail."""
        client = self.client()
        client.connect(macros={"v": "Postfix 3.7.11"})
        client.mail(SELLER, macros={"i": "4Local1"})
        for recipient in (IN, OUT):
            answer = client.rcpt(recipient)
            self.assertTrue(answer is None or answer.name == "continue")
        client.eoh()
        self.assertIn("[OPTED_OUT]", client.eom(macros={"i": "4Local1"}).text)

    def test_mail_through_sendmail_is_not_local(self):
        """Sendmail knows the queue ID at MAIL for all mail."""
        client = self.client()
        self.assertIn("v", client.symbols[milter.MACROS_OF_CONNECT])
        client.connect(macros={"v": "8.17.1.9"})
        client.mail(SELLER, macros={"i": "4Sendm1"})
        self.assertEqual(client.rcpt(IN).code, 250)
        self.assertEqual(client.rcpt(OUT).code, 452)

    def test_end_of_message_with_data(self):
        client = self.client().start()
        client.mail(SELLER)
        client.rcpt(OUT)
        client.header("Subject", "Hello")
        client.eoh()
        verdict = client.eom(payload=f"order {ORDER}\r\n".encode())
        self.assertIn(f"[OPTED_OUT] Message for order {ORDER}", verdict.text)

    def test_order_over_two_chunks(self):
        client = self.client().start()
        client.mail(SELLER)
        client.rcpt(OUT)
        client.header("Subject", "Hello")
        client.eoh()
        for chunk in ("text " + ORDER[:9], ORDER[9:] + "\r\n"):
            client.command(b"B", chunk.encode())
        self.assertIn(ORDER, client.eom().text)

    def test_question_over_two_chunks(self):
        """A word of it stands on both sides of the cut."""
        client = self.client().start()
        place = QUESTION.index("engrave") + 3
        for body, code in ((QUESTION, 250), (QUESTION.upper(), 250),
                           ("Leave us a review!" + " " * 30, 550)):
            client.mail(SELLER)
            client.rcpt(OUT)
            client.header("Subject", "Additional Information Required")
            client.eoh()
            for chunk in (body[:place], body[place:]):
                client.command(b"B", chunk.encode())
            self.assertEqual(client.eom().code, code)

    def test_quit_and_new_session_on_the_connection(self):
        client = self.client().start()
        client.mail(SELLER)
        client.rcpt(OUT)
        client.quit_new_connection()
        client.connect()
        self.assertEqual(client.send(Mail(IN, ORDER)).code, 250)
        client.quit_new_connection()
        client.connect(family=b"U")
        self.assertIn("[OPTED_OUT]", client.send(Mail(OUT, ORDER)).text)
        client.quit()
        self.assertTrue(client.is_closed())

    def test_new_session_on_the_connection_is_not_split(self):
        """What was agreed on is not known then: the strictest verdict."""
        client = self.client().start()
        client.send(Mail(IN, ORDER))
        client.quit_new_connection()
        client.start()
        client.mail(SELLER)
        for recipient in (IN, OUT):
            self.assertEqual(client.rcpt(recipient).name, "continue")
        client.eoh()
        self.assertIn("[OPTED_OUT]", client.eom().text)

    def test_quit_in_a_body(self):
        client = self.client().start()
        client.mail(SELLER)
        client.rcpt(OUT)
        client.eoh()
        client.command(b"B", b"text")
        client.quit()
        self.assertTrue(client.is_closed())
        self.assert_alive()

    def test_sessions_interleaved(self):
        """On many connections, a step of each in turn."""
        sessions = []
        for number in range(60):
            order = f"{number:03}-1234567-1234567"
            mail = Mail(OUT if number % 2 else IN, order)
            client = self.client().start()
            sessions.append((client, mail, order))
        for _ in range(3):
            for client, mail, _ in sessions:
                client.mail(mail.sender)
                client.flush()
            for client, mail, _ in sessions:
                client.rcpt(mail.recipients[0])
            for client, mail, _ in reversed(sessions):
                client.header("Subject", mail.headers[-1][1])
                client.flush()
            for client, mail, order in sessions:
                client.eoh()
                verdict = client.eom()
                if mail.recipients == [IN]:
                    self.assertEqual((verdict.code, verdict.text), (250, ""))
                else:
                    self.assertIn(f"[OPTED_OUT] Message for order {order} ",
                                  verdict.text)

    def test_400_idle_connections(self):
        idle = [self.client() for _ in range(400)]
        self.assert_alive()
        self.assertEqual(idle[-1].start().send(Mail(IN, ORDER)).code, 250)


class InetSocket(SiteCase):
    def test_data_is_answered(self):
        """Unanswered it stalls Postfix: no TCP_NODELAY on its end."""
        self.site.start_daemon(OUT, inet_port=free_port())
        with self.site.client() as client:
            self.assertFalse(client.steps & (milter.NO_DATA | milter.NR_DATA))
            client.start()
            client.mail(SELLER)
            client.rcpt(OUT)
            self.assertEqual(client.data().name, "continue")
            client.header("Subject", ORDER)
            client.eoh()
            self.assertIn("[OPTED_OUT]", client.eom().text)


class NoVerdictHeader(SiteCase):
    def test_no_actions(self):
        self.site.start_daemon(OUT)
        with self.site.client() as client:
            self.assertEqual(client.actions, 0)
            verdict = client.start().send(Mail(IN, ORDER))
            self.assertEqual(verdict.changes, [])


if __name__ == "__main__":
    tap.main()
