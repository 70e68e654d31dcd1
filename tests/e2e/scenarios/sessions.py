# SPDX-License-Identifier: BSD-2-Clause
"""SMTP sessions: several messages, and what stands between them."""

from harness.mail import ORDER, SELLER
from scenarios.model import (DROP, IN, OUT, QUIT, RSET, STARTTLS, Begin,
                             Command, LogIn, Scenario, Send, passes, refused)

OTHER_ORDER = "002-7654321-7654321"
REFUSED = refused(OUT, subject=ORDER, order=ORDER)
PASSES = passes(IN, "NOT_OPTED_OUT", subject=ORDER)

SCENARIOS = (
    Scenario("three_messages", [
        REFUSED, PASSES, refused(OUT, subject=OTHER_ORDER,
                                 order=OTHER_ORDER)]),
    Scenario("order_is_forgotten", [REFUSED, refused(OUT, order="")]),
    Scenario("split_in_the_second_message", [PASSES, Send(
        [IN, OUT], 250, "NOT_OPTED_OUT",
        refused={OUT: (452, "SPLIT_RECIPIENTS")})]),
    Scenario("message_after_a_split", [
        Send([IN, OUT], 250, "NOT_OPTED_OUT",
             refused={OUT: (452, "SPLIT_RECIPIENTS")}), REFUSED, PASSES]),
    Scenario("rset", [Begin(OUT), RSET, PASSES, Begin(IN), RSET, REFUSED]),
    Scenario("rset_often", [Begin(OUT), RSET] * 20 + [PASSES]),
    Scenario("rset_after_a_split", [
        Begin([IN, OUT]), RSET, REFUSED, Begin([OUT, IN]), RSET, PASSES]),
    Scenario("ehlo_again", [
        Begin(OUT), Command("EHLO again.example"), PASSES]),
    Scenario("unknown_commands", [
        Command("XYZZY", refused=True), Command("NOOP"), PASSES,
        Command("VRFY root"), Command("XYZZY", refused=True), REFUSED]),
    Scenario("pipelined", [
        refused(OUT, subject=ORDER, form="pipelined"),
        passes(IN, "NOT_OPTED_OUT", form="pipelined")], needs="PIPELINING"),
    Scenario("split_pipelined", Send(
        [IN, OUT], 250, "NOT_OPTED_OUT", form="pipelined",
        refused={OUT: (452, "SPLIT_RECIPIENTS")}), needs="PIPELINING"),
    Scenario("chunks", [
        refused(OUT, subject=ORDER, form="chunks"),
        passes(IN, "NOT_OPTED_OUT", form="chunks")],
        needs="CHUNKING", lacks=("sendmail",),
        because="Sendmail 8.17 has no BDAT"),
    Scenario("new_session", [REFUSED, QUIT, PASSES, QUIT, REFUSED]),
    Scenario("session_is_lost", [
        Begin([OUT]), DROP, PASSES, DROP, Begin([IN]), DROP, REFUSED]),
    Scenario("starttls", [STARTTLS, REFUSED, PASSES], needs="STARTTLS"),
    Scenario("starttls_later", [REFUSED, STARTTLS, PASSES, REFUSED],
             needs="STARTTLS"),
    Scenario("login", [LogIn("shop-17"), refused(
        OUT, subject=ORDER, log={"seller": "shop-17"})], needs="AUTH"),
    Scenario("login_under_tls", [STARTTLS, LogIn("shop-17"), refused(
        OUT, subject=ORDER, log={"seller": "shop-17"})], needs="AUTH"),
    Scenario("login_after_a_message", [
        refused(OUT, log={"seller": SELLER}), LogIn("shop-17"),
        refused(OUT, log={"seller": "shop-17"}),
        passes(IN, "NOT_OPTED_OUT", log={"seller": "shop-17"})],
        needs="AUTH"),
    Scenario("login_ends_with_the_session", [
        LogIn("shop-17"), passes(IN, "NOT_OPTED_OUT",
                                 log={"seller": "shop-17"}),
        QUIT, refused(OUT, log={"seller": SELLER})], needs="AUTH"),
    Scenario("login_inside_a_message_is_refused", [
        Begin(IN), LogIn("shop-17", refused=True), RSET,
        refused(OUT, log={"seller": SELLER})], needs="AUTH"),
    Scenario("login_with_null_sender", [LogIn("shop-17"), refused(
        OUT, sender="", log={"seller": "shop-17"})], needs="AUTH"),
    Scenario("login_is_the_seller", [LogIn("shop-17"), refused(
        OUT, log={"seller": "shop-17"})], "logins_only", needs="AUTH"),
)
