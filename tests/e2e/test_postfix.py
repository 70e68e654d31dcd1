# SPDX-License-Identifier: BSD-2-Clause
"""The filter behind a real Postfix: what clients, logs and mailboxes see."""

import base64
import grp
import os
import quopri
import re

from harness import tap
from harness.case import SharedSiteCase, SiteCase
from harness.mail import ORDER, QUESTION, SELLER, Mail, buyer
from harness.ports import free_port
from harness.waiting import wait_until

OUT = buyer("anna")      # has opted out
OUT_TOO = buyer("carl")  # has opted out, too
IN = buyer("ben")        # has not
IN_TOO = buyer("dora")
POLICY = {"notices": {"help_url": "https://help.example/50%25"}}
HEADER = "X-Opt-Out-Verdict"


class PostfixCase(SharedSiteCase):
    NEEDS_POSTFIX = True
    CONF = {"verdict_header": HEADER}
    POLICY = POLICY
    INET = None

    @classmethod
    def build(cls, site):
        site.start_daemon(OUT, OUT_TOO, policy=cls.POLICY, conf=cls.CONF,
                          inet_port=cls.INET and cls.INET())
        site.start_postfix()

    def assert_refused(self, mail, reason="OPTED_OUT", order=ORDER):
        """Refused with the reason, in all logs; returns the reply."""
        reply = self.site.submit(mail)
        self.assertEqual(reply.code, 550, reply)
        self.assertIn(f"550-5.7.1 [{reason}] ", reply.lines[0])
        if order:
            self.assertIn(f"order {order} ", reply.lines[0])
        queue_id = self.site.postfix.queue_id(mail.message_id)
        verdict = self.site.daemon.verdict(queue_id)
        self.assertEqual((verdict.outcome, verdict.reason, verdict.code),
                         ("reject", reason, "550"))
        self.assertEqual(verdict.order, order)
        line = self.site.postfix.log.wait_for(
            rf"{queue_id}: milter-reject: END-OF-MESSAGE")
        self.assertIn(f"[{reason}] ", line)
        if order:
            self.assertIn(f"order {order} ", line)
        return reply

    def assert_delivered(self, mail, reason):
        """Accepted and in the mailbox; returns what arrived."""
        reply = self.site.submit(mail)
        self.assertEqual(reply.code, 250, reply)
        verdict = self.site.daemon.verdict(reply.queue_id)
        self.assertEqual((verdict.outcome, verdict.reason),
                         ("accept", reason))
        return self.arrived(mail)[0]

    def arrived(self, mail, count=1):
        """Waits for a message in the mailbox; returns its copies."""
        marker = mail.message_id.encode()

        def find():
            found = [text for text in self.site.postfix.mailbox()
                     if marker in text]
            return found if len(found) >= count else None

        return wait_until(find, 20, f"{mail.message_id} is not delivered")

    def assert_not_delivered(self, mail):
        self.site.postfix.wait_empty()
        marker = mail.message_id.encode()
        self.assertFalse([text for text in self.site.postfix.mailbox()
                          if marker in text])


class Judging(PostfixCase):
    def test_refusal_says_why_and_what_to_do(self):
        mail = Mail(OUT, f"Your order {ORDER}")
        reply = self.assert_refused(mail)
        self.assertGreater(len(reply.lines), 2)
        self.assertTrue(all(line.startswith("550-5.7.1 ")
                            for line in reply.lines[:-1]), reply)
        self.assertTrue(reply.lines[-1].startswith("550 5.7.1 "), reply)
        self.assertIn("opted out of unsolicited messages", reply.lines[0])
        self.assertIn("Additional Information Required", reply.text)
        self.assertNotIn(OUT, reply.text)
        self.assert_not_delivered(mail)

    def test_percent_sign_in_reply(self):
        reply = self.assert_refused(Mail(OUT, ORDER))
        self.assertTrue(
            reply.lines[-1].endswith("https://help.example/50%25"), reply)

    def test_not_opted_out_is_delivered(self):
        mail = Mail(IN, f"Your order {ORDER}")
        text = self.assert_delivered(mail, "NOT_OPTED_OUT")
        self.assertIn(b"Please leave us some feedback.", text)

    def test_log_shows_buyer_as_hash(self):
        mail = Mail(OUT, f"Your order {ORDER}")
        self.assert_refused(mail)
        verdict = self.site.daemon.verdict(
            self.site.postfix.queue_id(mail.message_id))
        self.assertRegex(verdict.buyer, r"^#[0-9a-f]{8}$")
        self.assertEqual(verdict.seller, SELLER)
        self.assertEqual((verdict.mode, verdict.policy),
                         ("enforce", "test@1"))
        self.assertRegex(verdict.total_us, r"^\d+$")

    def test_log_shows_no_address_of_a_buyer(self):
        for mail in (Mail(OUT, ORDER), Mail(IN, ORDER),
                     Mail(SELLER, sender=OUT)):
            reply = self.site.submit(mail)
            queue_id = self.site.postfix.queue_id(mail.message_id)
            verdict = self.site.daemon.verdict(queue_id)
            with self.subTest(reply.lines[0]):
                self.assertNotIn("@marketplace.example", verdict.line)

    def test_buyer_and_unrelated_mail_pass(self):
        self.assert_delivered(Mail(SELLER, sender=OUT), "BUYER_MESSAGE")
        self.assert_delivered(Mail("a@office.example",
                                   sender="b@office.example"),
                              "NOT_GOVERNED")

    def test_null_sender_passes(self):
        """Postfix's own notices are from nobody: from no seller."""
        self.assert_delivered(Mail(OUT, sender=""), "NOT_GOVERNED")

    def test_address_forms_of_a_buyer(self):
        for form in ("Anna@Marketplace.EXAMPLE", '"anna"@marketplace.example',
                     "@relay.example:anna@marketplace.example"):
            with self.subTest(form):
                self.assert_refused(Mail(form, ORDER))

    def test_seller_by_login(self):
        mail = Mail(OUT, ORDER, login="shop-17")
        self.assert_refused(mail)
        verdict = self.site.daemon.verdict(
            self.site.postfix.queue_id(mail.message_id))
        self.assertEqual(verdict.seller, "shop-17")


ORDER_PLACES = (
    ("x-order-id", None, [("X-Order-ID", ORDER)]),
    ("x-order-id, lower case", None, [("x-order-id", ORDER)]),
    ("x-shop-order-id", None, [("X-Shop-Order-ID", f"order {ORDER}!")]),
    ("subject", f"Your order {ORDER} is on its way", []),
    ("folded before", f"Your order\n {ORDER}", []),
    ("folded by tab", f"Your order\n\t{ORDER}\n\tof Monday", []),
    ("base64 word", "=?UTF-8?B?" + base64.b64encode(
        f"Grüße, {ORDER}".encode()).decode() + "?=", []),
    ("Q word", f"=?ISO-8859-1?Q?Gr=FC=DFe_{ORDER}?=", []),
    ("ISO-2022-JP word", "=?ISO-2022-JP?B?" + base64.b64encode(
        f"注文 {ORDER}".encode("iso2022_jp")).decode() + "?=", []),
    ("adjacent words", "=?UTF-8?Q?Order_002-1234?=\n "
     "=?UTF-8?B?" + base64.b64encode(b"567-1234567").decode() + "?=", []),
    ("fullwidth digits", "=?UTF-8?B?" + base64.b64encode(
        "注文 ００２－１２３４５６７－１２３４５６７".encode()).decode() + "?=",
     []),
)


def part(kind, encoding, text):
    return [("MIME-Version", "1.0"), ("Content-Type", kind),
            ("Content-Transfer-Encoding", encoding)], text


def base64_text(text):
    return base64.encodebytes(text.encode()).decode()


BODIES = (
    ("plain", part("text/plain", "7bit", f"Your order {ORDER}.\n")),
    ("no mime", ([], f"Your order {ORDER}.\n")),
    ("base64", part("text/plain; charset=utf-8", "base64",
                    base64_text(f"Grüße! Order {ORDER}.\n"))),
    ("quoted-printable", part(
        "text/plain; charset=utf-8", "quoted-printable",
        quopri.encodestring("Grüße ".encode() * 9).decode() +
        " 002-1234=\n567-1234567\n")),
    ("html", part("text/html", "8bit",
                  "<p>Order 002-<b>1234567</b>-12345&#54;7</p>\n")),
    ("html in base64", part("text/html", "base64", base64_text(
        "<p>Order 002&#45;1234567-<i>1234567</i></p>"))),
    ("alternative", part(
        'multipart/alternative; boundary="b"', "7bit",
        "--b\nContent-Type: text/plain\n\nRead the HTML.\n"
        "--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
        + base64_text(f"<p>{ORDER}</p>") + "--b--\n")),
)


class OrderNumbers(PostfixCase):
    def test_in_header(self):
        for name, subject, headers in ORDER_PLACES:
            with self.subTest(name):
                self.assert_refused(Mail(OUT, subject, headers))

    def test_in_body(self):
        for name, (headers, body) in BODIES:
            with self.subTest(name):
                self.assert_refused(Mail(OUT, "Hello", headers, body))

    def test_never_cut_out_of_longer_digits(self):
        for text in (f"1{ORDER}", f"{ORDER}8", f"{ORDER}-1"):
            with self.subTest(text):
                self.assert_refused(Mail(OUT, text), order=None)

    def test_in_a_later_body_chunk(self):
        body = "nothing here\n" * 6000 + f"order {ORDER}\n"
        self.assert_refused(Mail(OUT, "Hello", body=body))


class CriticalSubjects(PostfixCase):
    def test_pass(self):
        for subject in ("Additional Information Required",
                        "ADDITIONAL information required",
                        "Additional  Information\n Required",
                        f"Additional Information Required: {ORDER}",
                        f"[{ORDER}] Additional Information Required",
                        "=?UTF-8?B?" + base64.b64encode(
                            b"Additional Information Required").decode() +
                        "?="):
            with self.subTest(subject):
                self.assert_delivered(Mail(OUT, subject, body=QUESTION),
                                      "CRITICAL")

    def test_over_other_content(self):
        reply = self.assert_refused(
            Mail(OUT, f"Additional Information Required {ORDER}"),
            "CRITICAL_MISUSED")
        self.assertIn("Requests for feedback", reply.text)

    def test_do_not_pass(self):
        self.assert_refused(
            Mail(OUT, "Re: review! Additional Information Required"),
            reason="THREAD_UNKNOWN", order=None)
        for subject in ("Additional Information Required to rate us",
                        "Additional Information", "", None):
            with self.subTest(subject):
                self.assert_refused(Mail(OUT, subject), order=None)

    def test_of_one_who_did_not_opt_out(self):
        self.assert_delivered(Mail(IN, "Additional Information Required"),
                              "NOT_OPTED_OUT")


class Recipients(PostfixCase):
    def send_until_final(self, mail):
        """As a client: again to those with 4xx. Reply codes by recipient."""
        codes, waiting, rounds = {}, list(mail.recipients), 0
        while waiting:
            rounds += 1
            self.assertLess(rounds, 6, "no end of 4xx")
            with self.site.smtp() as client:
                refused = client.envelope(mail.sender, waiting)
                taken = [one for one in waiting if one not in refused]
                self.assertTrue(taken, refused)
                reply = client.data(mail.octets())
                client.quit()
            codes.update((one, reply.code) for one in taken)
            for one, refusal in refused.items():
                self.assertEqual(refusal.code, 452, refusal)
                self.assertIn("[SPLIT_RECIPIENTS]", refusal.text)
                self.assertNotIn(one, refusal.text)
            waiting = list(refused)
        return codes

    def test_split(self):
        for order in ([OUT, IN, OUT_TOO, IN_TOO], [IN, IN_TOO, OUT],
                      [IN, OUT, "colleague@office.example"]):
            with self.subTest(order):
                mail = Mail(order, ORDER)
                codes = self.send_until_final(mail)
                for one in order:
                    wanted = 550 if one in (OUT, OUT_TOO) else 250
                    self.assertEqual(codes[one], wanted, one)
                wanted = sum(code == 250 for code in codes.values())
                self.assertEqual(len(self.arrived(mail, wanted)), wanted)

    def test_split_in_the_second_message_of_a_session(self):
        """What is known of the first does not make it a local message."""
        with self.site.smtp() as client:
            client.send(SELLER, [IN], Mail(IN, ORDER).octets())
            refused = client.envelope(SELLER, [IN, OUT])
            client.quit()
        self.assertEqual([reply.code for reply in refused.values()], [452])

    def test_of_one_kind_are_not_split(self):
        self.assert_refused(Mail([OUT, OUT_TOO], ORDER))
        self.assert_delivered(Mail([IN, IN_TOO], ORDER), "NOT_OPTED_OUT")

    def test_rejected_recipient_does_not_count(self):
        mail = Mail([IN], ORDER)
        with self.site.smtp() as client:
            client.command(f"MAIL FROM:<{mail.sender}>")
            self.assertEqual(
                client.command("RCPT TO:<bad address>").code, 501)
            self.assertEqual(client.command(f"RCPT TO:<{IN}>").code, 250)
            self.assertEqual(client.command(f"RCPT TO:<{OUT}>").code, 452)
            reply = client.data(mail.octets())
            client.quit()
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(len(self.arrived(mail)), 1)


class LocalMail(PostfixCase):
    def sendmail(self, mail):
        self.site.postfix.sendmail(mail.sender, mail.recipients,
                                   mail.octets())
        return self.site.postfix.queue_id(mail.message_id)

    def test_refused_goes_back_to_the_sender(self):
        mail = Mail(OUT, ORDER)
        queue_id = self.sendmail(mail)
        line = self.site.postfix.log.wait_for(rf"{queue_id}: milter-reject: ")
        self.assertIn("END-OF-MESSAGE", line)
        self.assertIn(f"[OPTED_OUT] Message for order {ORDER}", line)
        returned = self.arrived(mail)[0]
        self.assertIn(b"Delivered-To: " + SELLER.encode(), returned)
        self.assertIn(b"[OPTED_OUT]", returned)
        self.site.postfix.wait_empty()

    def test_others_are_delivered(self):
        mail = Mail(IN, ORDER)
        queue_id = self.sendmail(mail)
        self.assertEqual(self.site.daemon.verdict(queue_id).reason,
                         "NOT_OPTED_OUT")
        self.arrived(mail)

    def test_mixed_recipients_are_never_stuck(self):
        """Not refused at RCPT, which would keep it in the queue."""
        mail = Mail([IN, OUT], ORDER)
        queue_id = self.sendmail(mail)
        self.assertEqual(self.site.daemon.verdict(queue_id).reason,
                         "OPTED_OUT")
        self.site.postfix.wait_empty()
        returned = self.arrived(mail)
        self.assertEqual(len(returned), 1)
        self.assertIn(b"Delivered-To: " + SELLER.encode(), returned[0])


class Headers(PostfixCase):
    def values(self, text):
        """The verdict header fields of a delivered message."""
        head = text.partition(b"\n\n")[0].decode()
        return re.findall(rf"(?mi)^{HEADER}:\s*(.*)$", head)

    def test_set_once(self):
        text = self.assert_delivered(Mail(IN, ORDER), "NOT_OPTED_OUT")
        values = self.values(text)
        self.assertEqual(len(values), 1, text)
        self.assertIn("NOT_OPTED_OUT", values[0])

    def test_forged_ones_are_removed(self):
        forged = [(HEADER, f"accept FORGED-{count}") for count in range(3)]
        forged += [(HEADER.upper(), "FORGED"), ("X-Other", "stays"),
                   (HEADER.lower(), "FORGED\n folded")]
        text = self.assert_delivered(Mail(IN, ORDER, forged),
                                     "NOT_OPTED_OUT")
        self.assertEqual(len(self.values(text)), 1, text)
        self.assertNotIn(b"FORGED", text)
        self.assertIn(b"X-Other: stays", text)

    def test_large_header(self):
        """Beyond 64 KiB the milter connection breaks unless prepared."""
        for size in (65534, 65535, 65536, 70000, 102400):
            with self.subTest(size):
                line = "x" * 900
                folded = "\n ".join([line] * (size // 902))
                extra = [("X-Long", folded), ("X-Order-ID", ORDER)]
                with self.site.smtp() as client:
                    reply = client.send(SELLER, [OUT], Mail(
                        OUT, "Hello", extra).octets())
                    self.assertEqual(reply.code, 550, reply)
                    self.assertIn("[OPTED_OUT] Message for order " + ORDER,
                                  reply.text)
                    reply = client.send(SELLER, [IN], Mail(
                        IN, "Hello", extra).octets())
                    self.assertEqual(reply.code, 250, reply)
                    client.quit()

    def test_header_beyond_the_limit(self):
        extra = [(f"X-Field-{count}", "y" * 900) for count in range(400)]
        reply = self.site.submit(Mail(OUT, ORDER, extra))
        self.assertEqual(reply.code, 550, reply)
        self.assertIn("550-5.6.0 [MESSAGE_TOO_COMPLEX]", reply.lines[0])
        self.assert_delivered(Mail(IN, ORDER, extra), "NOT_OPTED_OUT")


class Sessions(PostfixCase):
    def test_two_messages_first_refused(self):
        with self.site.smtp() as client:
            first = client.send(SELLER, [OUT], Mail(OUT, ORDER).octets())
            second = client.send(SELLER, [IN], Mail(IN, ORDER).octets())
            third = client.send(SELLER, [OUT], Mail(
                OUT, "002-7654321-7654321").octets())
            client.quit()
        self.assertEqual((first.code, second.code, third.code),
                         (550, 250, 550))
        self.assertIn(ORDER, first.text)
        self.assertNotIn(ORDER, third.text)
        self.assertIn("002-7654321-7654321", third.lines[0])

    def test_pipelined_and_chunked(self):
        mail = Mail(OUT, ORDER)
        text = mail.octets().replace(b"\n", b"\r\n")
        with self.site.smtp() as client:
            client.send_raw(f"MAIL FROM:<{SELLER}>\r\nRCPT TO:<{OUT}>\r\n"
                            "DATA\r\n".encode())
            codes = [client.read_reply().code for _ in range(3)]
            self.assertEqual(codes, [250, 250, 354])
            client.send_raw(text + b"\r\n.\r\n")
            self.assertIn("[OPTED_OUT]", client.read_reply().text)
            client.envelope(SELLER, [OUT])
            half = len(text) // 2
            client.send_raw(b"BDAT %d\r\n" % half + text[:half])
            self.assertEqual(client.read_reply().code, 250)
            client.send_raw(b"BDAT %d LAST\r\n" % (len(text) - half)
                            + text[half:])
            self.assertIn("[OPTED_OUT]", client.read_reply().text)
            client.quit()

    def test_rset_and_unknown_commands(self):
        with self.site.smtp() as client:
            for _ in range(50):
                client.envelope(SELLER, [OUT])
                self.assertEqual(client.command("RSET").code, 250)
            client.command("EHLO again.example")
            client.envelope(SELLER, [IN])
            self.assertGreaterEqual(client.command("XYZZY").code, 500)
            reply = client.data(Mail(IN, ORDER).octets())
            self.assertEqual(reply.code, 250, reply)
            reply = client.send(SELLER, [OUT], Mail(OUT, ORDER).octets())
            self.assertIn("[OPTED_OUT]", reply.text)
            client.quit()

    def test_sizes(self):
        for size in (0, 1, 65534, 65535, 65536, 300000, 3000000):
            with self.subTest(size):
                body = ("z" * 70 + "\n") * (size // 71) + "z" * (size % 71)
                with self.site.smtp() as client:
                    reply = client.send(SELLER, [IN], Mail(
                        IN, ORDER, body=body).octets())
                    self.assertEqual(reply.code, 250, reply)
                    reply = client.send(SELLER, [OUT], Mail(
                        OUT, ORDER, body=body).octets())
                    self.assertIn("[OPTED_OUT]", reply.text)
                    client.quit()

    def test_no_header_at_all(self):
        with self.site.smtp() as client:
            reply = client.send(SELLER, [OUT], b"\nJust text.\n")
            self.assertIn("[OPTED_OUT]", reply.text)
            reply = client.send(SELLER, [IN], b"\nJust text.\n")
            self.assertEqual(reply.code, 250, reply)
            client.quit()


class Shadow(PostfixCase):
    POLICY = {"modes": {"default": "shadow"}}

    def test_passes_and_is_logged(self):
        reply = self.site.submit(Mail(OUT, ORDER))
        self.assertEqual(reply.code, 250, reply)
        verdict = self.site.daemon.verdict(reply.queue_id)
        self.assertEqual((verdict.outcome, verdict.would, verdict.reason,
                          verdict.mode, verdict.order),
                         ("accept", "reject", "OPTED_OUT", "shadow", ORDER))

    def test_recipients_are_not_split(self):
        mail = Mail([IN, OUT], ORDER)
        reply = self.site.submit(mail)
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual(len(self.arrived(mail, 2)), 2)


class OneReasonEnforced(PostfixCase):
    POLICY = {"modes": {"default": "shadow", "OPTED_OUT": "enforce"},
              "order_id": {"required": True}}

    def test_modes_by_reason(self):
        self.assert_refused(Mail(OUT, ORDER))
        reply = self.site.submit(Mail(IN, "no order"))
        self.assertEqual(reply.code, 250, reply)
        verdict = self.site.daemon.verdict(reply.queue_id)
        self.assertEqual((verdict.reason, verdict.would),
                         ("ORDER_MISSING", "reject"))


class InetSocket(PostfixCase):
    INET = staticmethod(free_port)

    def test_verdicts(self):
        self.assert_refused(Mail(OUT, ORDER))
        self.assert_delivered(Mail(IN, ORDER), "NOT_OPTED_OUT")


class Chroot(PostfixCase):
    """As in Debian, and as contrib/postfix says."""

    @classmethod
    def build(cls, site):
        folder = "postfix/queue/optout-milter"
        site.make_daemon(OUT, socket_path=site.workdir.join(
            folder, "milter.sock"))
        site.start_postfix(milter="unix:optout-milter/milter.sock",
                           chroot=True)
        owner = os.stat(site.workdir.join("run"))
        group = grp.getgrnam("postfix").gr_gid
        site.workdir.mkdir(folder, 0o2750, owner.st_uid, group)
        site.daemon.start()

    def test_verdicts(self):
        self.assert_refused(Mail(OUT, ORDER))
        self.assert_delivered(Mail(IN, ORDER), "NOT_OPTED_OUT")


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
