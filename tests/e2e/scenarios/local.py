# SPDX-License-Identifier: BSD-2-Clause
"""
Mail by sendmail(1). Postfix takes it from its maildrop queue; no recipient is
refused by itself, since it would stay there. Sendmail's goes by SMTP, from a
queue of its own that tries again what is deferred.
"""

from harness.mail import ORDER, QUESTION, SELLER
from scenarios.model import (IN, IN_TOO, OFFICE, OUT, OUT_TOO, Scenario, passes,
                             refused)

SPLIT = (452, "SPLIT_RECIPIENTS")


def local(step, **more):
    """The same, by sendmail(1); what is refused goes back to its sender."""
    step.form = "local"
    if step.code != 250:
        step.delivered = (step.sender,)
    for name, value in more.items():
        setattr(step, name, value)
    return step


SCENARIOS = (
    Scenario("local_refused", local(refused(
        OUT, subject=ORDER, order=ORDER))),
    Scenario("local_accepted", local(passes(
        IN, "NOT_OPTED_OUT", subject=ORDER))),
    Scenario("local_critical", local(passes(
        OUT, "CRITICAL", subject="Additional Information Required",
        body=QUESTION))),
    Scenario("local_of_one_class", local(refused(
        [OUT, OUT_TOO], subject=ORDER))),
    Scenario("local_mixed", local(
        refused([IN, OUT, IN_TOO], subject=ORDER),
        at={"sendmail": {"code": 250, "reason": "NOT_OPTED_OUT",
                         "refused": {OUT: SPLIT},
                         "delivered": (IN, IN_TOO, SELLER)}}),
        because="Sendmail sends local mail by SMTP, so that it can be split"),
    Scenario("local_ungoverned", local(passes(
        OFFICE, "NOT_GOVERNED", sender="b@office.example"))),
    Scenario("local_buyers_message", local(passes(
        SELLER, "BUYER_MESSAGE", sender=OUT))),
)
