# SPDX-License-Identifier: BSD-2-Clause
"""From, To and what else is a list of addresses."""

from harness.mail import ORDER, SELLER
from inputs.case import InputCase

MALFORMED = "MESSAGE_MALFORMED"


class SenderInputs(InputCase):
    def expect_from(self, reason, *values, altered=None):
        self.expect_both(reason, ORDER, subject=ORDER, altered=altered,
                         fields={"From": values})

    def expect_other(self, *values, reason="OPTED_OUT", altered=None):
        self.expect_both(reason, ORDER, subject=ORDER, altered=altered,
                         fields={"To": values})

    def test_26_two_from_fields(self):
        self.expect_from(MALFORMED, SELLER, "other@other.example")
        self.expect_from(MALFORMED, SELLER, SELLER)

    def test_27_two_mailboxes_of_two_domains(self):
        self.expect_from(MALFORMED, f"{SELLER}, other@other.example")
        self.expect_from(MALFORMED,
                         f"Shop <{SELLER}>,\n Other <other@other.example>")

    def test_27_two_mailboxes_of_one_domain(self):
        self.expect_from("OPTED_OUT", f"{SELLER}, Other <o@Seller.example>")

    def test_28_group_as_from(self):
        self.expect_from(MALFORMED, f"a: {SELLER}, other@seller.example;")
        self.expect_from(MALFORMED, "undisclosed-recipients:;")

    def test_29_empty_from(self):
        for value in ("<>", "Shop <>", '""@seller.example', "Shop"):
            with self.subTest(value):
                self.expect_from(MALFORMED, value)

    def test_29_from_without_a_value(self):
        """Sendmail writes a new one."""
        self.expect_from(MALFORMED, "", altered={
            "sendmail": ("OPTED_OUT", ORDER)})

    def test_29_from_that_is_read_alike_by_all(self):
        """Sloppy, but with one address: no reason to refuse it."""
        for value in (f"Shop, Inc. <{SELLER}>", f"Shop: <{SELLER}>",
                      f"{SELLER} <{SELLER}>", f"{SELLER} (Shop)",
                      f"Größe [1] <{SELLER}>",
                      f"=?utf-8?Q?Shop=2C_a=40b?= <{SELLER}>"):
            with self.subTest(value):
                self.expect_from("OPTED_OUT", value)

    def test_30_10000_addresses_in_to(self):
        self.expect_other(",\n ".join(f"b{number}@x.example"
                                   for number in range(10000)),
                          altered={"sendmail": 451})

    def test_30_10000_to_fields(self):
        self.expect_other(*[f"b{number}@x.example" for number in range(10000)],
                       reason="MESSAGE_TOO_COMPLEX")

    def test_31_comments_1000_deep(self):
        deep = "(" * 1000 + ")" * 1000
        self.expect_from(MALFORMED, f"{SELLER} {deep}")
        self.expect_other(f"a@x.example {deep}")

    def test_32_what_does_not_end(self):
        for value in (f'"Shop <{SELLER}>', f"Shop <{SELLER}",
                      f"{SELLER} (Shop", "shop@[192.0.2.1",
                      f"{SELLER} (Shop \\", '"\\'):
            with self.subTest(value):
                self.expect_from(MALFORMED, value)
                self.expect_other(value)

    def test_33_many_colons_and_semicolons(self):
        for value in (":" * 60000, ";" * 60000, "a:" * 20000 + ";" * 20000):
            with self.subTest(value[:2]):
                self.expect_from(MALFORMED, value)
                self.expect_other(value)
