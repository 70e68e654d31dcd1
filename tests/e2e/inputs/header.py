# SPDX-License-Identifier: BSD-2-Clause
"""Header fields as such: sizes, lines, names and octets."""

from harness.mail import ORDER, Mail
from inputs.case import HEADER, IN, OUT, InputCase

OTHER = "114-7654321-0000001"
# Sendmail gives a filter no field of more than 64 KiB, and defers the message.
TOO_LARGE = {"sendmail": 451}


def folded(size):
    """A value of about that size, in lines as mail programs write them."""
    return "\n ".join(["x" * 900] * (size // 902) + ["x" * (size % 902)])


class HeaderInputs(InputCase):
    def test_15_no_header_at_all(self):
        mail = Mail(OUT)
        mail.headers = []
        self.expect("OPTED_OUT", mail)
        mail = Mail(IN)
        mail.headers = []
        self.expect("NOT_OPTED_OUT", mail)

    def long_field(self, size):
        self.expect_both("OPTED_OUT", ORDER, altered=TOO_LARGE, headers=[
            ("X-Long", folded(size)), ("X-Order-ID", ORDER)])

    def test_16_field_of_65534_octets(self):
        self.long_field(65534)

    def test_16_field_of_65535_octets(self):
        self.long_field(65535)

    def test_16_field_of_65536_octets(self):
        self.long_field(65536)

    def test_16_field_of_102400_octets(self):
        self.long_field(102400)

    def test_17_10000_fields(self):
        self.expect_both("MESSAGE_TOO_COMPLEX", ORDER, subject=ORDER, headers=[
            (f"X-Field-{number}", "y" * 86) for number in range(10000)])

    def test_18_long_lines(self):
        for size in (998, 999, 2048, 2049, 65536):
            with self.subTest(size):
                start = "x " * ((size - len(ORDER) - 9) // 2)
                # Postfix delivers 60000 octets of a line of the header.
                cut = {"postfix": ("OPTED_OUT", None), **TOO_LARGE}
                self.expect_both("OPTED_OUT", ORDER, subject=start + ORDER,
                                 altered=cut if size > 60000 else None)

    def test_19_fold_at_each_place_of_the_order(self):
        text = f"For order {ORDER} of Monday"
        with self.session() as session:
            for place in range(10, 10 + len(ORDER)):
                mail = Mail(OUT, text[:place] + "\n " + text[place:])
                outcome = self.send(session, mail)
                self.assertEqual((outcome.reason, outcome.order),
                                 ("OPTED_OUT", ORDER), text[:place])

    def test_19_fold_makes_no_order(self):
        self.expect_both("OPTED_OUT", subject="Order 002-1234567-123456\n 78")
        self.expect_both("OPTED_OUT", subject="Order 9002-1234567-\n 1234567")

    def test_20_fold_by_tab(self):
        self.expect_both("OPTED_OUT", ORDER, subject=f"Order\n\t{ORDER}\n\tof")

    def test_20_fold_with_an_empty_line(self):
        """A continuation of blanks only does not end the header."""
        self.expect_both("OPTED_OUT", ORDER, subject=f"Order\n \n {ORDER}")
        self.expect_both("OPTED_OUT", ORDER, subject="Order", headers=[
            ("X-Other", "a\n \t \n b"), ("X-Order-ID", ORDER)])

    def test_21_nul_in_a_value(self):
        """Cut off there; a mail server should be told to refuse it."""
        self.expect_both("OPTED_OUT", subject=f"Order\0 {ORDER}".encode(),
                         altered={"sendmail": 554})

    def test_21_nul_in_a_field_name(self):
        """To Postfix this is no field: the body begins."""
        self.expect_both("OPTED_OUT", headers=[("X\0-Order-ID: ", ORDER)],
                         altered={"postfix": ("OPTED_OUT", ORDER),
                                  "sendmail": 554})

    def test_22_bare_carriage_return(self):
        """Postfix makes it a blank, also in what it delivers."""
        self.expect_both("MESSAGE_MALFORMED", subject="Hello\rBcc: x",
                         altered={"postfix": ("OPTED_OUT", None),
                                  "sendmail": 421})

    def test_22_bare_line_feed(self):
        """A line end to mail servers; what follows begins the body."""
        self.expect_both("MESSAGE_MALFORMED", subject="Hello\nworld",
                         altered={"postfix": ("OPTED_OUT", None),
                                  "sendmail": ("OPTED_OUT", None)})

    def test_23_spellings_of_a_field(self):
        for name in ("Subject:", "Subject :", "SUBJECT:", "Subject:\t",
                     "subject\t: ", "sUBJECT:   "):
            with self.subTest(name):
                self.expect_both("OPTED_OUT", ORDER, subject=None,
                                 headers=[(name, f"Order {ORDER}")])

    def test_24_two_subjects_of_one_order(self):
        self.expect_both("OPTED_OUT", ORDER, subject=ORDER,
                         headers=[("Subject", f"Order {ORDER}")])

    def test_25_two_subjects_of_two_orders(self):
        self.expect_both("MESSAGE_MALFORMED", ORDER, subject=ORDER,
                         headers=[("Subject", f"Order {OTHER}")])

    def test_34_octets_of_other_charsets(self):
        for text in ("Größe".encode("latin-1"), "订单".encode("gb18030"),
                     "注文".encode("euc-jp"), "注文".encode("shift_jis")):
            with self.subTest(text):
                self.expect_both("OPTED_OUT", ORDER, subject=b" ".join(
                    (text, ORDER.encode(), text)))

    def test_35_invalid_utf_8(self):
        for octets in (b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x80", b"\xff",
                       b"\xf4\x90\x80\x80", b"\xf0\x9f"):
            with self.subTest(octets):
                self.expect_both("OPTED_OUT", ORDER, subject=octets + b" " +
                                 ORDER.encode() + octets)

    def test_37_odd_field_names(self):
        for name in ("X-Größe".encode(), b"X-\xff", b"X" * 1000):
            with self.subTest(name[:20]):
                self.expect_both("OPTED_OUT", ORDER, subject=ORDER,
                                 headers=[(name, OTHER)])

    def test_37_field_name_of_1000_octets_for_an_order(self):
        """Sendmail drops it."""
        self.expect_both("OPTED_OUT", OTHER, subject=ORDER,
                         headers=[("X-" + "y" * 1000 + "-Order-ID", OTHER)],
                         altered={"sendmail": ("OPTED_OUT", ORDER)})

    def test_38_order_field_that_is_not_trusted(self):
        with self.policy({"order_id": {"headers": []}}):
            self.expect_both("OPTED_OUT", ORDER, subject=ORDER,
                             headers=[("X-Order-ID", OTHER)])
            self.expect_both("OPTED_OUT", subject="Hello",
                             headers=[("X-Order-ID", OTHER)])

    def test_39_forged_fields(self):
        forged = [(HEADER, "accept; reason=CRITICAL; mode=enforce"),
                  ("Authentication-Results", "mx.example; dmarc=pass")]
        forged += [("List-Unsubscribe", f"<mailto:{n}@x.example>")
                   for n in range(5)]
        self.expect_both("OPTED_OUT", ORDER, subject=ORDER,
                         headers=forged + forged)

    def test_42_dates(self):
        for date in ("Mon, 1 Jan 0000 00:00:00 +0000",
                     "Fri, 31 Dec 9999 23:59:60 +9999", "", "(" * 5000,
                     "Mon, 1 Jan 2024 (" + "x" * 60000 + ")"):
            with self.subTest(date[:40]):
                self.expect_both("OPTED_OUT", ORDER, subject=ORDER,
                                 headers=[("Date", date)])
