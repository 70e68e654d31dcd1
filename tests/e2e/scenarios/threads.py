# SPDX-License-Identifier: BSD-2-Clause
"""A buyer's message, and what claims to be a reply to it."""

from harness.mail import SELLER, buyer
from scenarios.model import (IN, LogIn, OTHER_SHOP, OUT, OUT_TOO, QUIT,
                             Scenario, passes, refused)

WORDS = ("The handle of the teapot came off when I lifted it for the first "
         "time.\nCan it be glued, or do you take it back?\n")
FIRST = passes(SELLER, "BUYER_MESSAGE", sender=OUT, subject="Teapot",
               body=WORDS, name="first")


def reply(to=OUT, **more):
    """Accepted, on the thread of FIRST."""
    return passes(to, "REPLY_IN_THREAD", subject="Re: Teapot",
                  answers="first", **more)


def no_reply(reason, to=OUT, **more):
    return refused(to, reason, subject="Re: Teapot", answers="first", **more)


SCENARIOS = (
    Scenario("reply", [FIRST, reply(log={"rule": "reply"})]),
    Scenario("reply_in_another_session", [FIRST, QUIT, reply(), reply()]),
    Scenario("reply_without_original", [FIRST, no_reply(
        "ORIGINAL_MISSING", quotes=False,
        says=("does not include the buyer's original message",))]),
    Scenario("reply_with_another_original", [FIRST, no_reply(
        "ORIGINAL_MISSING", quotes="Please send me your catalogue and the "
        "price list of this year, and do not forget the small spoons.\n")]),
    Scenario("reply_of_another_seller", [FIRST, no_reply(
        "THREAD_UNKNOWN", sender=OTHER_SHOP,
        says=("no message of the buyer is known",))]),
    Scenario("reply_to_another_buyer", [FIRST, no_reply(
        "THREAD_UNKNOWN", OUT_TOO)]),
    Scenario("reply_to_an_unknown_thread", refused(
        OUT, "THREAD_UNKNOWN", subject="Re: Teapot",
        headers=[("In-Reply-To", "<none@client.example>")], body=WORDS)),
    Scenario("reply_by_subject_only", refused(
        OUT, "THREAD_UNKNOWN", subject="Re: Teapot", body=WORDS)),
    Scenario("critical_subject_behind_re", refused(
        OUT, "THREAD_UNKNOWN",
        subject="Re: review! Additional Information Required")),
    Scenario("reply_to_one_who_did_not_opt_out", passes(
        IN, "NOT_OPTED_OUT", subject="Re: Teapot")),
    Scenario("server_gives_the_id", [
        passes(SELLER, "BUYER_MESSAGE", sender=OUT, subject="Teapot",
               body=WORDS, name="first", no_id=True), reply()]),
    Scenario("login_replies_for_itself_only", [
        FIRST, LogIn(OTHER_SHOP), no_reply("THREAD_UNKNOWN")]),
    Scenario("login_replies", [
        passes(SELLER, "BUYER_MESSAGE", sender=OUT, subject="Teapot",
               body=WORDS, name="first"), LogIn(SELLER), reply()]),
    Scenario("buyers_message_is_not_believed", [
        passes(SELLER, "NOT_GOVERNED", sender=OUT, subject="Teapot",
               body=WORDS, name="first"), no_reply("THREAD_UNKNOWN")],
        "untrusted"),
    Scenario("reply_with_plus_tag", [FIRST, reply(buyer("anna+tag"))]),
)
