# SPDX-License-Identifier: BSD-2-Clause
"""What the filter cannot decide: mail waits, nothing is refused for good."""

from harness.mail import SELLER
from scenarios.model import (IN, OFFICE, OUT, STOP_FILTER, Scenario, Send,
                             deferred, passes)

# Each server has words of its own for it.
UNANSWERED = {"code": 451, "reason": None}

STOPPING = (421, "SHUTTING_DOWN")

SCENARIOS = (
    Scenario("to_opted_out", [passes(IN, "NOT_OPTED_OUT"), STOP_FILTER, Send(
        OUT, None, refused={OUT: STOPPING},
        says=("[SHUTTING_DOWN] Message not delivered: ",))], "stopping"),
    Scenario("to_others", [passes(IN, "NOT_OPTED_OUT"), STOP_FILTER, Send(
        OFFICE, None, refused={OFFICE: STOPPING})], "stopping"),
    Scenario("opted_out", deferred(
        OUT, "CACHE_UNAVAILABLE",
        says=("[CACHE_UNAVAILABLE] Message ", "Try again later.")),
        "no_cache"),
    Scenario("not_opted_out", deferred(IN, "CACHE_UNAVAILABLE"), "no_cache"),
    Scenario("buyers_message", deferred(
        SELLER, "CACHE_UNAVAILABLE", sender=OUT, log={"rule": "remember"}),
        "no_cache"),
    Scenario("to_no_buyer", passes(OFFICE, "NOT_GOVERNED"), "no_cache"),
    Scenario("mixed_recipients", deferred([IN, OUT], "CACHE_UNAVAILABLE"),
             "no_cache"),
    Scenario("opted_out", Send(OUT, **UNANSWERED), "no_filter",
             because="a bare client has no filter to talk to"),
    Scenario("not_opted_out", Send(IN, **UNANSWERED), "no_filter",
             because="a bare client has no filter to talk to"),
    Scenario("to_no_buyer", Send(OFFICE, **UNANSWERED), "no_filter",
             because="a bare client has no filter to talk to"),
)
