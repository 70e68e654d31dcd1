# SPDX-License-Identifier: BSD-2-Clause
"""Message-IDs, and fields that list them."""

import uuid

from harness.mail import SELLER, Mail
from inputs.case import OUT, InputCase

WORDS = ("The handle of the teapot came off when I lifted it for the first "
         "time.\nCan it be glued, or do you take it back?\n")


def fresh_id():
    return f"<{uuid.uuid4()}@client.example>"


class ThreadInputs(InputCase):
    def ask(self, *ids):
        """A buyer's message with these Message-IDs."""
        mail = Mail(SELLER, "Teapot", sender=OUT, body=WORDS)
        mail.without("Message-ID")
        mail.headers += [("Message-ID", one) for one in ids]
        self.expect("BUYER_MESSAGE", mail)

    def answer(self, reason, *fields):
        """The seller's reply, with fields that say to what."""
        quoted = "".join(f"> {line}\n" for line in WORDS.splitlines())
        self.expect(reason, Mail(OUT, "Re: Teapot", fields,
                                 "Please send it back.\n\n" + quoted))

    def test_40_no_message_id(self):
        self.ask()
        self.answer("THREAD_UNKNOWN", ("In-Reply-To", "<>"))
        self.answer("THREAD_UNKNOWN", ("In-Reply-To", ""))

    def test_40_two_message_ids(self):
        """A mail program replies to either."""
        first, second = fresh_id(), fresh_id()
        self.ask(first, second)
        self.answer("REPLY_IN_THREAD", ("In-Reply-To", first))
        self.answer("REPLY_IN_THREAD", ("References", second))

    def test_40_message_id_of_10_kib(self):
        """Too long to be remembered; its beginning is none, either."""
        long = f"<{uuid.uuid4()}{'x' * 10240}@client.example>"
        self.ask(long)
        self.answer("THREAD_UNKNOWN", ("In-Reply-To", long))
        self.answer("THREAD_UNKNOWN", ("In-Reply-To", long[:400] + ">"))

    def test_40_message_id_with_blanks(self):
        """They come and go with folds, so they do not count."""
        one = fresh_id()
        self.ask(one[:9] + " " + one[9:])
        self.answer("REPLY_IN_THREAD", ("In-Reply-To", one))
        self.answer("REPLY_IN_THREAD", ("References", one[:20] + "\n\t" +
                                        one[20:]))

    def test_40_message_id_with_carriage_return(self):
        """Postfix makes it a blank; Sendmail refuses it."""
        one = fresh_id()
        if self.door.NAME != "sendmail":
            self.ask(one[:9] + "\r" + one[9:])
            self.answer("REPLY_IN_THREAD", ("In-Reply-To", one))

    def test_40_no_id_at_all(self):
        for value in ("nonsense", "a b c", "<<<>>>", "<a@b", "<" * 9000):
            with self.subTest(value[:9]):
                self.ask(value)
                self.answer("THREAD_UNKNOWN", ("In-Reply-To", "<a@b.example>"))

    def test_41_1000_ids(self):
        """The first ten and the last fifty are looked up, whatever comes."""
        one = fresh_id()
        self.ask(one)
        others = [fresh_id() for _ in range(1000)]
        for place, reason in ((0, "REPLY_IN_THREAD"), (9, "REPLY_IN_THREAD"),
                              (500, "THREAD_UNKNOWN"),
                              (960, "REPLY_IN_THREAD"),
                              (1000, "REPLY_IN_THREAD")):
            for name in ("In-Reply-To", "References"):
                with self.subTest((name, place)):
                    ids = others[:place] + [one] + others[place:]
                    self.answer(reason, (name, "\n ".join(ids)))

    def test_41_the_same_id_900_times(self):
        one, other = fresh_id(), fresh_id()
        self.ask(one)
        self.answer("REPLY_IN_THREAD",
                    ("References", "\n ".join([other] * 450 + [one] +
                                              [other] * 450)))
