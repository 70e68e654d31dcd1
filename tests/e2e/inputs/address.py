# SPDX-License-Identifier: BSD-2-Clause
"""Addresses of the envelope, and who they stand for."""

from harness.mail import ORDER, SELLER, Mail, buyer
from inputs.case import (DASH, IDN, IN, LOGIN, LONG, ODD, OUT, PLAIN_IDN,
                         QUOTED, SCOPED, InputCase)

UTF8 = " SMTPUTF8"
# A mail server refuses such an address itself.
POSTFIX, BOTH = {"postfix": 501}, {"postfix": 501, "sendmail": 553}
MALFORMED = "MESSAGE_MALFORMED"


class AddressInputs(InputCase):
    def expect_rcpt(self, reason, *recipients, order=ORDER,
                          altered=None, options=""):
        for one in recipients:
            with self.subTest(one):
                self.expect(reason, Mail(one, ORDER).without("To"), order,
                            options, altered)

    def test_21_nul_in_a_recipient(self):
        """What stands behind it is an argument of RCPT to the filter."""
        if self.door.NAME != "bare":
            self.expect_rcpt("", "anna\0x@marketplace.example",
                             altered=BOTH)
            return
        with self.session() as session:
            session.client.mail(SELLER)
            session.client.macros("R", {})
            session.client.command(
                b"R", b"<anna\0x@marketplace.example>\0")
            session.client.eoh()
            self.assertEqual(session.client.eom().code, 250)
            outcome = self.send(session, Mail(OUT, ORDER))
        self.assertEqual(outcome.reason, "OPTED_OUT")

    def test_36_domain_in_unicode_and_as_a_label(self):
        label = "xn--mnchen-3ya.example"
        self.expect_rcpt("OPTED_OUT", IDN, "bücher@" + label, PLAIN_IDN,
                         "BÜCHER@MÜNCHEN.example",
                         "bu\u0308cher@münchen.example", options=UTF8,
                         altered={"sendmail": 555})
        self.expect_rcpt("OPTED_OUT", "carl@" + label, "Carl@" + label.upper())
        self.expect_rcpt("NOT_OPTED_OUT", "bucher@" + label)
        for form in (IDN, "bücher@" + label, PLAIN_IDN, "carl@" + label):
            self.assertEqual(self.site.daemon.ctl(
                "query", form, check=False).returncode, 0, form)

    def test_69_quoted_local_parts(self):
        self.expect_rcpt("OPTED_OUT", QUOTED, '"a\\ b"@marketplace.example',
                         '"anna"@marketplace.example',
                         '"an\\na"@Marketplace.example')
        self.expect_rcpt("NOT_OPTED_OUT", '"a  b"@marketplace.example')

    def test_69_quotes_that_cannot_be_read(self):
        self.expect_rcpt(MALFORMED, '""@marketplace.example')
        self.expect_rcpt(MALFORMED, '"a\\"@marketplace.example',
                         altered=BOTH)
        self.expect_rcpt(MALFORMED, '"a"b@marketplace.example',
                         altered=POSTFIX)

    def test_70_routes(self):
        self.expect_rcpt("OPTED_OUT", "@a.example,@b.example:" + OUT,
                         "anna%marketplace.example@mx.marketplace.example",
                         "marketplace.example!anna@mx.marketplace.example",
                         '"anna@marketplace.example"@mx.marketplace.example')

    def test_70_routes_without_a_host(self):
        self.expect_rcpt("OPTED_OUT", "anna%marketplace.example",
                         "marketplace.example!anna")

    def test_71_case_tags_and_dots(self):
        self.expect_rcpt("OPTED_OUT", "Anna@Marketplace.Example",
                         "ANNA@marketplace.example")
        self.expect_rcpt("NOT_OPTED_OUT", buyer("anna+tag"), buyer("an.na"))
        for address, found in ((OUT.upper(), 0), (buyer("anna+tag"), 1),
                               (buyer("an.na"), 1)):
            self.assertEqual(self.site.daemon.ctl(
                "query", address, check=False).returncode, found, address)

    def test_72_long_local_part(self):
        """Longer than the standard wants, and in use."""
        self.expect_rcpt("OPTED_OUT", LONG)
        self.expect_rcpt(MALFORMED, buyer("x" * 256),
                         altered={"sendmail": 553})

    def test_72_long_domain(self):
        self.expect_rcpt(MALFORMED, "anna@" + "a" * 64 + ".example",
                         altered=POSTFIX)
        self.expect_rcpt(MALFORMED, "anna@" + "abcdefg." * 32 + "example",
                         altered=BOTH)

    def test_72_dots(self):
        self.expect_rcpt("OPTED_OUT", OUT + ".")
        self.expect_rcpt(MALFORMED, "anna@marketplace..example",
                         "anna@.marketplace.example", altered=BOTH)
        self.expect_rcpt(MALFORMED, OUT + "..",
                         altered={**POSTFIX, "sendmail": ("OPTED_OUT", ORDER)})

    def test_72_literal(self):
        self.expect_rcpt("NOT_GOVERNED", "anna@[IPv6:2001:db8::1]",
                         "anna@[192.0.2.1]", order=None)

    def test_73_names_that_mean_something_to_a_shell(self):
        self.expect_rcpt("OPTED_OUT", *ODD)
        self.expect_rcpt("OPTED_OUT", DASH, altered=POSTFIX)

    def test_73_comment_in_a_recipient(self):
        """Mail servers drop it."""
        self.expect_rcpt(MALFORMED, buyer("anna(id)"), altered={
            "postfix": ("OPTED_OUT", ORDER),
            "sendmail": ("OPTED_OUT", ORDER)})

    def test_74_envelope_differs_from_to(self):
        for fields, to, reason in (
                ([("To", IN), ("Cc", IN)], OUT, "OPTED_OUT"),
                ([("To", OUT), ("Cc", OUT)], IN, "NOT_OPTED_OUT"),
                ([("To", OUT)], "a@elsewhere.example", "NOT_GOVERNED")):
            with self.subTest((fields, to)):
                mail = Mail(to, ORDER).without("To")
                mail.headers += fields
                order = None if reason == "NOT_GOVERNED" else ORDER
                self.expect(reason, mail, order)

    def test_75_one_of_50_opted_out(self):
        many = [buyer(f"in-{number}") for number in range(49)]
        many.insert(30, OUT)
        with self.session() as session:
            refused = session.begin(Mail(many))
            session.reset()
        self.assertEqual(list(refused), [OUT])
        self.assertEqual(refused[OUT].code, 452)
        self.assertIn("[SPLIT_RECIPIENTS]", refused[OUT].text)
        self.assertNotIn("@", refused[OUT].text)
        self.assertNotIn("opt", refused[OUT].text.lower())
        self.expect("NOT_OPTED_OUT", Mail(many[:30] + many[31:], ORDER),
                    ORDER)

    def test_75_strictest_verdict_for_all(self):
        with self.policy({"buyers": {"several_recipients": "strictest"}}):
            outcome = self.expect("OPTED_OUT", Mail([IN, OUT], ORDER), ORDER)
        self.assertNotIn("@", outcome.text)

    def test_76_the_login_is_the_seller(self):
        fields = {"From": "c@other.example"}
        for login, sender, reason in ((LOGIN, "b@x.example", "OPTED_OUT"),
                                      (LOGIN, SELLER, "OPTED_OUT"),
                                      (LOGIN, "", "OPTED_OUT"),
                                      ("shop-18", LOGIN, "NOT_OPTED_OUT"),
                                      (None, SELLER, "NOT_OPTED_OUT")):
            with self.subTest((login, sender)):
                mail = Mail(SCOPED, ORDER, sender=sender, login=login)
                mail.without("From").headers += fields.items()
                outcome = self.expect(reason, mail, ORDER)
                self.assertEqual(outcome.verdict.seller, login or sender)

    def test_77_a_from_field_makes_no_seller(self):
        with self.policy({"sellers": {"identity": ["login"]}}):
            self.expect("NOT_GOVERNED", Mail(OUT, ORDER))
            self.expect("OPTED_OUT", Mail(OUT, ORDER, login=LOGIN), ORDER)
        mail = Mail(OUT, ORDER, sender="").without("From")
        mail.headers.append(("From", SELLER))
        self.expect("NOT_GOVERNED", mail)
