# SPDX-License-Identifier: BSD-2-Clause
"""Each reason to accept or refuse a message, by what stands in it."""

from harness.mail import ORDER, QUESTION, SELLER
from scenarios.model import (EXEMPT, IN, OFFICE, OTHER_SHOP, OUT, Scenario,
                             passes, refused)
from scenarios.settings import CUSTOM_ORDER, KNOWN_ORDER

CRITICAL = "Additional Information Required"
TWO_FROM = [("From", "<somebody@else.example>")]
MANY_FIELDS = [(f"X-{count}", "y") for count in range(1001)]
LONG_HEADER = [(f"X-Field-{count}", "y" * 900) for count in range(400)]

SCENARIOS = (
    Scenario("not_opted_out", passes(
        IN, "NOT_OPTED_OUT", subject=f"Your order {ORDER}", order=ORDER)),
    Scenario("opted_out", refused(
        OUT, subject=f"Your order {ORDER}", order=ORDER,
        log={"seller": SELLER, "rule": "opted-out", "mode": "enforce"},
        says=(f"[OPTED_OUT] Message for order {ORDER} not delivered: the "
              "buyer has opted out of unsolicited messages from sellers",
              CRITICAL, "includes this message is delivered, too.",
              "https://help.example/50%25"))),
    Scenario("opted_out_without_order", refused(
        OUT, order="", says=("[OPTED_OUT] Message not delivered: ",))),
    Scenario("to_nobody_governed", passes(
        OFFICE, "NOT_GOVERNED", sender="b@office.example")),
    Scenario("buyers_message", passes(
        SELLER, "BUYER_MESSAGE", sender=OUT, subject=ORDER)),
    Scenario("buyer_to_buyer_is_judged", refused(
        OUT, sender=IN, subject=ORDER)),
    Scenario("null_sender", passes(OUT, "NOT_GOVERNED", sender="")),
    Scenario("critical", passes(
        OUT, "CRITICAL", subject=CRITICAL, body=QUESTION,
        log={"category": "customization"})),
    Scenario("critical_misused", refused(
        OUT, "CRITICAL_MISUSED", subject=f"{CRITICAL} {ORDER}", order=ORDER,
        log={"category": "feedback-request"},
        says=("its content is not critical",
              "Requests for feedback or reviews are never critical."))),
    Scenario("critical_subject_not_opted_out", passes(
        IN, "NOT_OPTED_OUT", subject=CRITICAL)),
    Scenario("exempt_seller", passes(OUT, "EXEMPT", sender=EXEMPT)),
    Scenario("exempt_order", passes(
        OUT, "EXEMPT", subject=CUSTOM_ORDER, order=CUSTOM_ORDER)),
    Scenario("malformed", refused(
        OUT, "MESSAGE_MALFORMED", subject=ORDER, headers=TWO_FROM,
        says=("550-5.6.0 [MESSAGE_MALFORMED]",))),
    Scenario("malformed_but_not_opted_out", passes(
        IN, "NOT_OPTED_OUT", headers=TWO_FROM)),
    Scenario("many_fields", refused(
        OUT, "MESSAGE_TOO_COMPLEX", subject=ORDER, headers=MANY_FIELDS,
        says=("550-5.6.0 [MESSAGE_TOO_COMPLEX]",))),
    Scenario("many_fields_but_not_opted_out", passes(
        IN, "NOT_OPTED_OUT", headers=MANY_FIELDS)),
    Scenario("header_beyond_the_limit", refused(
        OUT, "MESSAGE_TOO_COMPLEX", headers=LONG_HEADER,
        says=("550-5.6.0 [MESSAGE_TOO_COMPLEX]",),
        at={"sendmail": {"code": 552, "reason": None, "says": ()}}),
        because="Sendmail itself takes no header over 32 KB"),

    Scenario("order_missing", refused(
        IN, "ORDER_MISSING", order="", says=("the message names no order",)),
        "orders"),
    Scenario("order_ambiguous", refused(
        IN, "ORDER_AMBIGUOUS", subject=f"{ORDER} {KNOWN_ORDER}"), "orders"),
    Scenario("order_unknown", refused(
        IN, "ORDER_UNKNOWN", subject=ORDER, order=ORDER), "orders"),
    Scenario("order_of_another_seller", refused(
        IN, "ORDER_MISMATCH", subject=KNOWN_ORDER, sender=OTHER_SHOP),
        "orders"),
    Scenario("order_of_another_buyer", refused(
        OUT, "ORDER_MISMATCH", subject=KNOWN_ORDER), "orders"),
    Scenario("order_known", passes(
        IN, "NOT_OPTED_OUT", subject=KNOWN_ORDER, order=KNOWN_ORDER),
        "orders"),
    Scenario("order_known_and_opted_out", refused(
        OUT, subject=CUSTOM_ORDER, order=CUSTOM_ORDER), "orders"),

    Scenario("seller_without_login", passes(OUT, "NOT_GOVERNED"),
             "logins_only"),
    Scenario("opted_out", passes(
        OUT, "OPTED_OUT", subject=ORDER, order=ORDER,
        log={"outcome": "accept", "would": "reject", "mode": "shadow"}),
        "shadow"),
    Scenario("critical_misused", passes(
        OUT, "CRITICAL_MISUSED", subject=CRITICAL, log={"would": "reject"}),
        "shadow"),
    Scenario("opted_out", refused(OUT, subject=ORDER), "one_reason"),
    Scenario("order_missing", passes(
        IN, "ORDER_MISSING", log={"would": "reject"}), "one_reason"),
    Scenario("split", passes(
        [IN, OUT], "OPTED_OUT", subject=ORDER, log={"would": "reject"}),
        "shadow"),
)
