# SPDX-License-Identifier: BSD-2-Clause
"""
A message to many buyers, sent by a mail server of the seller's own: what is
put off it sends again by itself, what is refused it returns to the seller.
"""

import email
import random
import re

from harness import tap
from harness.case import SiteCase
from harness.mail import ORDER, SELLER, Mail, buyer
from harness.postfix import Postfix
from harness.smtp import Smtp
from harness.waiting import wait_until
from harness.workdir import WorkDir

OUT = [buyer(f"out-{number}") for number in range(40)]
IN = [buyer(f"in-{number}") for number in range(60)]
OTHERS = [f"colleague-{number}@office.example" for number in range(5)]
ATTEMPTS = 10

# It keeps the seller's own mailbox, and relays all else.
CLIENT = """\
transport_maps = inline:{{ seller.example=virtual:,
 *=smtp:[127.0.0.1]:{port} }}
"""
IN_ONE_PIECE = "smtp_destination_recipient_limit = 1000\n"


class SplitCase(SiteCase):
    def start_client(self, server, settings=""):
        """The seller's mail server."""
        workdir = WorkDir(self.site.workdir.mkdir("client"))
        client = Postfix(workdir, settings=CLIENT.format(
            port=server.port) + settings)
        self.addCleanup(client.stop)
        client.start()
        return client

    def start_server(self):
        raise NotImplementedError

    def relay(self, recipients, settings=""):
        """Sends a message, and waits until the client is done with it."""
        self.site.start_daemon()
        self.opt_out(OUT)
        server = self.start_server()
        client = self.start_client(server, settings)
        mail = Mail(recipients, ORDER).without("To")
        with Smtp(client.port) as session:
            reply = session.send(SELLER, recipients, mail.octets())
            self.assertEqual(reply.code, 250)
            session.quit()
        for _ in range(ATTEMPTS):
            wait_until(client.is_settled, 60, "the client does not get on")
            if not client.queue():
                break
            client.flush()
        self.assertEqual(client.queue(), [])
        server.wait_empty()
        return server, client

    def opt_out(self, buyers):
        path = self.site.workdir.write(
            "optouts.csv", "buyer\n" + "\n".join(buyers) + "\n")
        self.site.daemon.ctl("import", "optouts", path)

    def assert_delivered(self, server, wanted):
        """Each of them got one copy, and nobody else any."""
        got = [re.search(rb"(?m)^Delivered-To: (.*)$", text)[1].decode()
               for text in server.mailbox()]
        self.assertEqual(sorted(got), sorted(wanted))

    def assert_returned(self, client, refused, others):
        """The seller's notices name all who refused, and nobody else."""
        named = []
        for text in client.mailbox():
            self.assertIn(b"Delivered-To: " + SELLER.encode(), text)
            self.assertIn(f"[OPTED_OUT] Message for order {ORDER} ",
                          re.sub(r"\s+", " ", text.decode()))
            for one in others:
                self.assertNotIn(one.encode(), text)
            named += self.final_recipients(email.message_from_bytes(text))
        self.assertEqual(sorted(named), sorted(refused))

    @staticmethod
    def final_recipients(notice):
        return [block["Final-Recipient"].partition(";")[2].strip()
                for part in notice.walk()
                if part.get_content_type() == "message/delivery-status"
                for block in part.get_payload()
                if block["Final-Recipient"]]

    def play(self, seed, settings=""):
        recipients = OUT + IN + OTHERS
        random.Random(seed).shuffle(recipients)
        server, client = self.relay(recipients, settings)
        self.assert_delivered(server, IN + OTHERS)
        self.assert_returned(client, OUT, IN + OTHERS)
        reasons = [verdict.reason for verdict in self.site.daemon.verdicts()]
        self.assertIn("SPLIT_RECIPIENTS", reasons)
        return reasons


class ThroughPostfix(SplitCase):
    NEEDS_POSTFIX = True

    def start_server(self):
        return self.site.start_postfix()

    def test_100_buyers(self):
        """In pieces of fifty, as Postfix sends by default."""
        self.play(1)

    def test_100_buyers_in_one_piece(self):
        """Two attempts will do: those who agree with the first, the rest."""
        reasons = self.play(2, IN_ONE_PIECE)
        self.assertEqual(reasons.count("OPTED_OUT"), 1)
        self.assertEqual(reasons.count("NOT_OPTED_OUT"), 1)
        self.assertIn(reasons.count("SPLIT_RECIPIENTS"), (40, 65))

    def test_buyers_of_one_choice(self):
        server, client = self.relay(IN + OTHERS, IN_ONE_PIECE)
        self.assert_delivered(server, IN + OTHERS)
        self.assert_returned(client, [], [])
        self.assertEqual(len(self.site.daemon.verdicts()), 1)


class ThroughSendmail(SplitCase):
    NEEDS_POSTFIX = NEEDS_SENDMAIL = True

    def start_server(self):
        return self.site.start_sendmail()

    def test_100_buyers(self):
        self.play(3)

    def test_100_buyers_in_one_piece(self):
        reasons = self.play(4, IN_ONE_PIECE)
        self.assertIn(reasons.count("SPLIT_RECIPIENTS"), (40, 65))


if __name__ == "__main__":
    tap.main()
