# SPDX-License-Identifier: BSD-2-Clause
"""Where the order ID and the critical subject are found, and where not."""

import base64
import quopri

from harness.mail import ORDER, QUESTION
from scenarios.model import IN, OUT, Scenario, passes, refused
from scenarios.settings import CONF

CRITICAL = "Additional Information Required"
FIELD = CONF["verdict_header"]


def word(text, charset="UTF-8"):
    """An encoded word, in base 64."""
    octets = text.encode(charset)
    return f"=?{charset}?B?{base64.b64encode(octets).decode()}?="


HEADERS = (
    ("x_order_id", None, [("X-Order-ID", ORDER)]),
    ("x_order_id_lower_case", None, [("x-order-id", ORDER)]),
    ("x_shop_order_id", None, [("X-Shop-Order-ID", f"order {ORDER}!")]),
    ("subject", f"Your order {ORDER} is on its way", []),
    ("folded_before", f"Your order\n {ORDER}", []),
    ("folded_by_tab", f"Your order\n\t{ORDER}\n\tof Monday", []),
    ("base64_word", word(f"Grüße, {ORDER}"), []),
    ("q_word", f"=?ISO-8859-1?Q?Gr=FC=DFe_{ORDER}?=", []),
    ("japanese_word", word(f"注文 {ORDER}", "ISO-2022-JP"), []),
    ("adjacent_words", "=?UTF-8?Q?Order_002-1234?=\n " +
     word("567-1234567"), []),
    ("fullwidth_digits", word("注文 ００２－１２３４５６７－１２３４５６７"), []),
    ("raw_8bit", f"Grüße, {ORDER}", []),
)


def part(kind, encoding, text):
    return [("MIME-Version", "1.0"), ("Content-Type", kind),
            ("Content-Transfer-Encoding", encoding)], text


def base64_text(text):
    return base64.encodebytes(text.encode()).decode()


BODIES = (
    ("plain", part("text/plain", "7bit", f"Your order {ORDER}.\n")),
    ("no_mime", ([], f"Your order {ORDER}.\n")),
    ("base64", part("text/plain; charset=utf-8", "base64",
                    base64_text(f"Grüße! Order {ORDER}.\n"))),
    ("quoted_printable", part(
        "text/plain; charset=utf-8", "quoted-printable",
        quopri.encodestring("Grüße ".encode() * 9).decode() +
        " 002-1234=\n567-1234567\n")),
    ("html", part("text/html", "8bit",
                  "<p>Order 002-<b>1234567</b>-12345&#54;7</p>\n")),
    ("html_in_base64", part("text/html", "base64", base64_text(
        "<p>Order 002&#45;1234567-<i>1234567</i></p>"))),
    ("alternative", part(
        'multipart/alternative; boundary="b"', "7bit",
        "--b\nContent-Type: text/plain\n\nRead the HTML.\n"
        "--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n"
        + base64_text(f"<p>{ORDER}</p>") + "--b--\n")),
    ("second_chunk", ([], "nothing here\n" * 6000 + f"order {ORDER}\n")),
)

CLAIMS = (
    ("upper_case", "ADDITIONAL information required"),
    ("more_blanks", "Additional  Information\n Required"),
    ("with_order", f"{CRITICAL}: {ORDER}"),
    ("order_before", f"[{ORDER}] {CRITICAL}"),
    ("base64_word", word(CRITICAL)),
)
NO_CLAIMS = (
    ("more_words", f"{CRITICAL} to rate us"),
    ("fewer_words", "Additional Information"),
    ("empty", ""),
    ("absent", None),
)

SCENARIOS = (
    *(Scenario("order_in_" + name, refused(
        OUT, subject=subject, headers=headers, order=ORDER,
        says=(f"order {ORDER} ",)))
      for name, subject, headers in HEADERS),
    *(Scenario("order_in_text_" + name, refused(
        OUT, subject="Hello", headers=headers, body=body, order=ORDER))
      for name, (headers, body) in BODIES),
    *(Scenario(f"no_order_in_longer_digits_{number}", refused(
        OUT, subject=text, order=""))
      for number, text in enumerate((f"1{ORDER}", f"{ORDER}8", f"{ORDER}-1"),
                                    1)),
    *(Scenario("critical_" + name, passes(
        OUT, "CRITICAL", subject=subject, body=QUESTION))
      for name, subject in CLAIMS),
    *(Scenario("not_critical_" + name, refused(
        OUT, subject=subject, body=QUESTION))
      for name, subject in NO_CLAIMS),
    Scenario("no_header_at_all", [
        refused(OUT, headless=True, body="Just text.\n"),
        passes(IN, "NOT_OPTED_OUT", headless=True, body="Just text.\n")]),
    Scenario("empty_body", [
        refused(OUT, subject=ORDER, body=""),
        passes(IN, "NOT_OPTED_OUT", subject=ORDER, body="")]),
    *(Scenario(f"body_of_{size}", [
        refused(OUT, subject=ORDER, body=("z" * 70 + "\n") * (size // 71)),
        passes(IN, "NOT_OPTED_OUT", subject=ORDER,
               body=("z" * 70 + "\n") * (size // 71))])
      for size in (65000, 66000, 300000, 3000000)),
    Scenario("dots", refused(
        OUT, subject=ORDER, body=".\n..\n. \n.x\n" + QUESTION)),
    Scenario("field_of_30000", refused(
        OUT, headers=[("X-Long", "\n ".join(["y" * 900] * 33)),
                      ("X-Order-ID", ORDER)], order=ORDER)),
    Scenario("field_of_90000", refused(
        OUT, headers=[("X-Long", "\n ".join(["y" * 900] * 100)),
                      ("X-Order-ID", ORDER)], order=ORDER,
        at={"sendmail": {"code": 552, "reason": None, "order": None}}),
        because="Sendmail itself takes no header over 32 KB"),
    Scenario("field_of_150000", refused(
        OUT, headers=[("X-Long", "\n ".join(["y" * 900] * 167)),
                      ("X-Order-ID", ORDER)], order=ORDER,
        at={"sendmail": {"code": 552, "reason": None, "order": None}}),
        because="Sendmail itself takes no header over 32 KB; Postfix cuts "
                "the field at 102400 octets before the filter sees it"),
    Scenario("line_of_5000", refused(
        OUT, subject="y" * 5000 + f" {ORDER}", order=ORDER),
        because="Postfix folds it after 2048 octets in what it delivers, "
                "and so does Sendmail"),
    Scenario("8bit_body", [
        refused(OUT, subject=ORDER, body="Grüße\n", options=" BODY=8BITMIME"),
        passes(IN, "NOT_OPTED_OUT", body=b"Gr\xfc\xdfe \xff\x80\n",
               options=" BODY=8BITMIME")], needs="8BITMIME"),
    Scenario("verdict_fields_of_others_are_removed", passes(
        IN, "NOT_OPTED_OUT", headers=[
            (FIELD, "accept FORGED"), (FIELD, "accept FORGED"),
            (FIELD.upper(), "FORGED"), ("X-Other", "stays"),
            (FIELD.lower(), "FORGED\n folded")])),
)
