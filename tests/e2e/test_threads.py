# SPDX-License-Identifier: BSD-2-Clause
"""A buyer's message and the seller's reply, through a real Postfix."""

import email
import os

from harness import smalldisk, tap
from harness.case import SiteCase
from harness.mail import Mail, buyer

ANN = buyer("ann")
BEN = buyer("ben")
SHOP = "shop@seller.example"
OTHER_SHOP = "kites@other.example"
WORDS = ("The handle of the teapot came off when I lifted it for the first "
         "time.\nCan it be glued, or do you take it back?\n")


def original(sender=ANN, to=SHOP, words=WORDS):
    return Mail(to, "Teapot", sender=sender, body=words)


def reply(to, recipient=ANN, sender=SHOP, words=WORDS, login=None):
    """As a mail client writes it, with the words quoted below."""
    quoted = "".join(f"> {line}\n" for line in words.splitlines())
    return Mail(recipient, "Re: Teapot", sender=sender, login=login,
                headers=[("In-Reply-To", to.message_id),
                         ("References", to.message_id)],
                body="Please send it back.\n\nAnn wrote:\n" + quoted)


class ThreadCase(SiteCase):
    NEEDS_POSTFIX = True

    def send(self, mail):
        """Reply code and logged reason."""
        answer = self.site.submit(mail)
        queue_id = answer.queue_id or self.site.postfix.queue_id(
            mail.message_id)
        return answer.code, self.site.daemon.verdict(queue_id).reason


class Replies(ThreadCase):
    def setUp(self):
        super().setUp()
        self.site.start_daemon(ANN, BEN)
        self.site.start_postfix()
        self.first = original()
        self.assertEqual(self.send(self.first), (250, "BUYER_MESSAGE"))

    def test_reply_passes(self):
        answer = reply(self.first)
        self.assertEqual(self.send(answer), (250, "REPLY_IN_THREAD"))
        self.site.postfix.wait_empty()
        self.assertTrue([text for text in self.site.postfix.mailbox()
                         if answer.message_id.encode() in text])

    def test_refusals_say_what_is_missing(self):
        for mail, reason, words in (
                (reply(self.first, sender=OTHER_SHOP), "THREAD_UNKNOWN",
                 "no message of the buyer is known"),
                (reply(self.first, login=OTHER_SHOP), "THREAD_UNKNOWN",
                 "no message of the buyer is known"),
                (reply(self.first, recipient=BEN), "THREAD_UNKNOWN",
                 "no message of the buyer is known"),
                (reply(self.first, words="Three words only\n"),
                 "ORIGINAL_MISSING", "does not include the buyer's original")):
            with self.subTest(reason=reason, words=words):
                answer = self.site.submit(mail)
                self.assertEqual(answer.code, 550)
                self.assertTrue(answer.lines[0].startswith(
                    f"550-5.7.1 [{reason}] "), answer)
                self.assertIn(words, answer.lines[0])

    def test_after_a_restart(self):
        self.site.daemon.stop()
        self.site.daemon.start()
        self.assertEqual(self.send(reply(self.first)),
                         (250, "REPLY_IN_THREAD"))
        self.assertEqual(self.send(reply(self.first, sender=OTHER_SHOP)),
                         (550, "THREAD_UNKNOWN"))

    def test_after_a_crash(self):
        second = original(words="The lid is chipped at the rim as well, I see "
                                "it only now.\n")
        self.assertEqual(self.send(second), (250, "BUYER_MESSAGE"))
        self.site.daemon.kill()
        self.site.daemon.start()
        self.assertEqual(
            self.send(reply(second, words="The lid is chipped at the rim as "
                                          "well, I see it only now.\n")),
            (250, "REPLY_IN_THREAD"))

    def test_postfix_adds_the_id(self):
        mail = original()
        mail.headers = [field for field in mail.headers
                        if field[0] != "Message-ID"]
        with self.site.smtp() as client:
            answer = client.send(mail.sender, mail.recipients, mail.octets())
        self.assertEqual(answer.code, 250)
        line = self.site.postfix.log.wait_for(
            rf": {answer.queue_id}: message-id=<")
        mail.message_id = line.partition("message-id=")[2].strip()
        self.assertEqual(self.send(reply(mail)), (250, "REPLY_IN_THREAD"))

    def test_erase(self):
        done = self.site.daemon.ctl("erase", ANN)
        self.assertIn("erased 1 thread", done.stdout)
        self.assertEqual(self.send(reply(self.first)),
                         (550, "THREAD_UNKNOWN"))
        self.assertEqual(self.send(Mail(ANN)), (550, "OPTED_OUT"))
        self.assertEqual(
            self.site.daemon.ctl("erase", ANN, check=False).returncode, 1)

    def test_verify_counts(self):
        self.assertIn("threads: 1 records",
                      self.site.daemon.ctl("verify").stdout)


class Tokens(ThreadCase):
    """A mail system in between replaces Message-IDs, or drops References."""

    def start(self, **replies):
        self.site.start_daemon(
            ANN, BEN, policy={"replies": {"token": True, **replies}},
            conf={"addresses": {"tag_separator": "+"}})
        self.site.start_postfix()

    def delivered(self, mail):
        """What arrived of a message."""
        self.assertEqual(self.send(mail), (250, "BUYER_MESSAGE"))
        self.site.postfix.wait_empty()
        found = [text for text in self.site.postfix.mailbox()
                 if mail.message_id.encode() in text]
        return email.message_from_bytes(found[0])

    def answer(self, headers, sender=SHOP, to=ANN, words=WORDS):
        mail = reply(original(), recipient=to, sender=sender, words=words)
        mail.headers = [field for field in mail.headers
                        if field[0] not in ("In-Reply-To", "References")]
        mail.headers += headers
        return self.send(mail)

    def test_references(self):
        self.start()
        mail = original()
        mail.headers.append(("References", "<a@client.example>\n"
                             " <b@client.example>"))
        arrived = self.delivered(mail)
        self.assertIsNone(arrived["Reply-To"])
        entries = arrived["References"].split()
        self.assertEqual(entries[:2], ["<a@client.example>",
                                       "<b@client.example>"])
        self.assertRegex(entries[2], r"\A<omt1\w{44}@marketplace.example>\Z")
        kept = [("References", " ".join(entries) + " <new@relay.example>")]
        self.assertEqual(self.answer(kept), (250, "REPLY_IN_THREAD"))
        self.assertEqual(self.answer(kept, words="Three words only\n"),
                         (550, "ORIGINAL_MISSING"))
        self.assertEqual(self.answer(kept, sender=OTHER_SHOP),
                         (550, "THREAD_UNKNOWN"))
        self.assertEqual(self.answer(kept, to=BEN), (550, "THREAD_UNKNOWN"))
        bent = entries[2].replace("omt1", "omt1a", 1)[:-1]
        self.assertEqual(self.answer([("References", bent)]),
                         (550, "THREAD_UNKNOWN"))

    def test_reply_to(self):
        self.start(reply_to=True)
        arrived = self.delivered(original())
        address = arrived["Reply-To"]
        self.assertRegex(address, r"\Aann\+omt1\w{44}@marketplace.example\Z")
        self.assertEqual(self.answer([], to=address),
                         (250, "REPLY_IN_THREAD"))
        self.assertEqual(self.answer([], to=address, sender=OTHER_SHOP),
                         (550, "THREAD_UNKNOWN"))
        self.assertEqual(self.answer([], to=address.replace("ann", "ben")),
                         (550, "THREAD_UNKNOWN"))

    def test_off(self):
        self.site.start_daemon(ANN)
        self.site.start_postfix()
        arrived = self.delivered(original())
        self.assertIsNone(arrived["References"])
        self.assertIsNone(arrived["Reply-To"])


class Spoofed(ThreadCase):
    """A client that is not trusted opens no thread in a buyer's name."""

    def test_spoofed(self):
        self.site.start_daemon(ANN, policy={
            "buyers": {"trusted": ["192.0.2.1"]}})
        self.site.start_postfix()
        first = original()
        self.assertEqual(self.send(first), (250, "NOT_GOVERNED"))
        self.assertEqual(self.send(reply(first)), (550, "THREAD_UNKNOWN"))


class CheckedBefore(ThreadCase):
    """A mail server in front says in the header that DMARC passes."""

    MX = "mx.marketplace.example"

    def setUp(self):
        super().setUp()
        self.site.start_daemon(ANN, policy={
            "buyers": {"trusted": ["192.0.2.1", "authserv:" + self.MX]}})
        self.site.start_postfix()

    def checked(self, *results):
        """On top of the header, the first result first."""
        mail = original()
        mail.headers[:0] = [("Authentication-Results", result)
                            for result in results]
        return mail

    def test_passed(self):
        first = self.checked(
            self.MX + ";\n\tspf=pass smtp.mailfrom=marketplace.example;\n"
            "\tdmarc=pass (p=reject) header.from=marketplace.example")
        self.assertEqual(self.send(first), (250, "BUYER_MESSAGE"))
        self.assertEqual(self.send(reply(first)), (250, "REPLY_IN_THREAD"))
        self.assertEqual(self.send(reply(first, sender=OTHER_SHOP)),
                         (550, "THREAD_UNKNOWN"))

    def test_not_passed(self):
        for results in (("mx.evil.example; dmarc=pass",),
                        (self.MX + "; dmarc=fail", self.MX + "; dmarc=pass"),
                        (self.MX + "; spf=pass (; dmarc=pass)",)):
            with self.subTest(results=results):
                first = self.checked(*results)
                self.assertEqual(self.send(first), (250, "NOT_GOVERNED"))
                self.assertEqual(self.send(reply(first)),
                                 (550, "THREAD_UNKNOWN"))


class FullDisk(ThreadCase):
    """On a small file system of its own."""

    SIZE = "2m"

    def setUp(self):
        super().setUp()
        smalldisk.start_daemon(self, self.SIZE, ANN)
        self.site.start_postfix()

    def test_message_comes_again(self):
        filler = os.path.join(self.site.daemon.cache, "filler")
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        # Pages that are free inside the database take some messages still.
        for number in range(200):
            mail = original()
            answer = self.site.submit(mail)
            if answer.code != 250:
                break
            self.assertEqual(self.send(reply(mail))[0], 250)
        self.assertEqual(answer.code, 451, answer)
        self.assertIn("[CACHE_UNAVAILABLE]", answer.text)
        self.assertEqual(self.send(reply(mail)), (550, "THREAD_UNKNOWN"))
        os.unlink(filler)
        self.assertEqual(self.send(mail), (250, "BUYER_MESSAGE"))
        self.assertEqual(self.send(reply(mail)), (250, "REPLY_IN_THREAD"))


if __name__ == "__main__":
    tap.main()
