# SPDX-License-Identifier: BSD-2-Clause
"""Forms of addresses, and several recipients."""

from harness.mail import ORDER, buyer
from scenarios.model import (EXEMPT, IN, IN_TOO, OFFICE, OUT, OUT_TOO,
                             Scenario, Send, passes, refused)

SPLIT = (452, "SPLIT_RECIPIENTS")

FORMS = (
    ("case", "Anna@Marketplace.EXAMPLE"),
    ("quoted", '"anna"@marketplace.example'),
    ("quoted_pair", '"an\\na"@marketplace.example'),
    ("source_route", "@relay.example:anna@marketplace.example"),
    ("plus_tag", "anna+shop@marketplace.example"),
    ("percent_hack", "anna%marketplace.example@relay.example"),
    ("bang_path", "marketplace.example!anna@relay.example"),
    ("quoted_inner_address", '"anna@marketplace.example"@relay.example'),
)
BRACKETS = "anna@[marketplace.example]"

SCENARIOS = (
    *(Scenario("address_" + name, refused(form, subject=ORDER, order=ORDER))
      for name, form in FORMS),
    Scenario("address_with_host_in_brackets", refused(
        BRACKETS, subject=ORDER, order=ORDER, at={"postfix": {
            "code": None, "reason": None, "refused": {BRACKETS: (5, None)}}}),
        because="Postfix takes only numbers in brackets"),
    Scenario("address_of_one_who_did_not_opt_out", passes(
        "Ben@MARKETPLACE.example", "NOT_OPTED_OUT")),
    Scenario("address_of_another_domain", passes(
        "anna@marketplace.example.org", "NOT_GOVERNED")),
    Scenario("utf8_address", refused(
        buyer("jürgen"), subject=ORDER, options=" SMTPUTF8"),
        needs="SMTPUTF8", lacks=("sendmail",),
        because="Debian builds Sendmail 8.17 without SMTPUTF8"),

    Scenario("split_second", Send(
        [IN, OUT], 250, "NOT_OPTED_OUT", refused={OUT: SPLIT},
        says=("this recipient needs a message of its own",))),
    Scenario("split_first_is_opted_out", Send(
        [OUT, IN], 550, "OPTED_OUT", refused={IN: SPLIT})),
    Scenario("split_many", Send(
        [OUT, IN, OUT_TOO, IN_TOO], 550, "OPTED_OUT",
        refused={IN: SPLIT, IN_TOO: SPLIT})),
    Scenario("split_from_nobody_governed", Send(
        [IN, OUT, OFFICE], 250, "NOT_OPTED_OUT", refused={OUT: SPLIT})),
    Scenario("split_and_sent_again", [
        Send([IN, OUT, IN_TOO], 250, "NOT_OPTED_OUT", refused={OUT: SPLIT}),
        refused(OUT, subject=ORDER)]),
    Scenario("one_class_opted_out", refused([OUT, OUT_TOO], subject=ORDER)),
    Scenario("one_class_not_opted_out", passes(
        [IN, IN_TOO], "NOT_OPTED_OUT")),
    Scenario("one_class_with_other_mail", passes(
        [OFFICE, IN], "NOT_OPTED_OUT")),
    Scenario("same_recipient_twice", Send(
        [OUT, OUT], 550, "OPTED_OUT")),
    Scenario("no_split_of_the_exempt", passes(
        [IN, OUT], "EXEMPT", sender=EXEMPT)),
    Scenario("no_split_of_null_sender", passes(
        [IN, OUT], "NOT_GOVERNED", sender="")),
    Scenario("no_split", refused([IN, OUT], subject=ORDER), "strictest"),
    Scenario("refused_recipient_does_not_count", Send(
        ["bad address", IN, OUT], 250, "NOT_OPTED_OUT",
        refused={"bad address": (5, None), OUT: SPLIT}),
        because="the mail server refuses it by itself"),
    Scenario("twenty_recipients", Send(
        [name for pair in zip((buyer(f"anna+{n}") for n in range(10)),
                              (buyer(f"in{n}") for n in range(10)))
         for name in pair], 550, "OPTED_OUT",
        refused={buyer(f"in{n}"): SPLIT for n in range(10)})),
)
