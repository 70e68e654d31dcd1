# SPDX-License-Identifier: BSD-2-Clause
"""
The same scenarios through Postfix, through Sendmail and from a bare milter
client: one verdict, one reply, one log line, and the same mail delivered.
scenarios/model.py says what a scenario is.
"""

import os
import re
import signal

from harness import postfix, sendmail, tap
from harness.case import SharedSiteCase
from harness.certificate import make_certificate
from harness.doors import (POSTFIX_SETTINGS, SENDMAIL_SETTINGS, BareDoor,
                           PostfixDoor, SendmailDoor)
from harness.logins import Logins
from harness.mail import Mail
from harness.waiting import wait_until
from scenarios import SCENARIOS
from scenarios.model import (DROP, OUT, OUT_TOO, QUIT, RSET, STARTTLS, STOP_FILTER,
                             Begin, Command, LogIn, Send)
from scenarios.settings import CONF, ORDERS, POLICIES

HEADER = CONF["verdict_header"]
OUTCOMES = {250: "accept", 550: "reject", 451: "tempfail"}
# Opted out besides OUT and OUT_TOO.
UTF8 = "jürgen@marketplace.example"


def make_mail(step, sent):
    """The message of a step; sent: those before, by name."""
    headers, body = list(step.headers), step.body
    if step.answers:
        original = sent[step.answers]
        words = original.body if step.quotes is True else step.quotes or ""
        headers.append(("In-Reply-To", original.message_id))
        body = "Please send it back.\n\nAnn wrote:\n" + "".join(
            f"> {line}\n" for line in words.splitlines())
    mail = Mail(step.to, step.subject, headers, body, step.sender)
    mail.marker = mail.message_id
    if step.no_id:
        mail.headers[0] = ("X-Marker", mail.marker)
    if step.headless:
        mail.headers = []
        mail.body += mail.marker + "\n"
    return mail


class Scenarios(SharedSiteCase):
    setting = None
    held = None     # a session of which the filter waits for the end
    replies = {}    # (scenario, number of the step) -> the bare client's

    @classmethod
    def build(cls, site):
        daemon = site.make_daemon(OUT, OUT_TOO, UTF8, conf=CONF,
                                  policy=POLICIES["enforce"])
        daemon.ctl("import", "orders", site.workdir.write("orders", ORDERS))
        daemon.start()
        cls.setting = "enforce"
        cls.doors = {"bare": BareDoor(site)}
        if not (postfix.why_not() and sendmail.why_not()):
            cls.build_servers(site)

    @classmethod
    def build_servers(cls, site):
        logins = Logins(site.workdir)
        cls.addClassCleanup(logins.close)
        certificate, key = make_certificate(site.workdir)
        paths = {"certificate": certificate, "key": key,
                 "postfix_sasl": logins.postfix_directory,
                 "sendmail_sasl": logins.directory}
        if not postfix.why_not():
            cls.doors["postfix"] = PostfixDoor(site.start_postfix(
                settings=POSTFIX_SETTINGS.format(**paths)))
        if not sendmail.why_not():
            cls.doors["sendmail"] = SendmailDoor(site.start_sendmail(
                settings=SENDMAIL_SETTINGS.format(**paths)))

    # the settings

    @classmethod
    def enter(cls, setting):
        """Puts a policy in force, or takes something away."""
        if cls.setting == setting:
            return
        daemon, cache = cls.site.daemon, cls.site.daemon.cache
        if cls.setting == "no_cache":
            os.rename(cache + ".aside", cache)
        if cls.setting == "no_filter":
            daemon.start()
        daemon.write_policy(POLICIES[setting])
        line = daemon.reload()
        assert "reloaded" in line, line
        cls.setting = setting
        if setting == "no_cache":
            os.rename(cache, cache + ".aside")
        if setting == "no_filter":
            daemon.stop()
        else:
            cls.wait_for_cache(available=setting != "no_cache")

    @classmethod
    def wait_for_cache(cls, available):
        """A change of the cache is noticed soon, not at once."""
        wait_until(lambda: (cls.site.ask(Mail(OUT)).code == 451) !=
                   available, 10, "the filter does not see its cache")

    # playing

    def play(self, scenario, name):
        self.enter(scenario.setting)
        door = self.doors[name]
        if name == "bare" and self.setting == "no_filter":
            self.skipTest(scenario.because)
        self.sent = {}
        session = door.open()
        try:
            self.check_offers(scenario, name, session)
            for number, step in enumerate(scenario.steps):
                if step in (QUIT, DROP):
                    session.close() if step == QUIT else session.drop()
                    session = door.open()
                elif isinstance(step, Send):
                    self.send(door, session, step.seen_at(name),
                              (scenario.name, scenario.setting, number))
                else:
                    self.take(door, session, step)
        finally:
            session.close()
            self.start_filter_again()

    def check_offers(self, scenario, name, session):
        """What a server is known not to offer, it does not offer."""
        if name == "bare" or not scenario.needs:
            return
        offered = scenario.needs in session.offers
        self.assertEqual(offered, name not in scenario.lacks, session.offers)
        if not offered:
            self.skipTest(scenario.because)

    def take(self, door, session, step):
        """A step that sends no message."""
        if step == RSET:
            session.reset()
        elif step == STARTTLS:
            self.assertTrue(session.start_tls())
        elif step == STOP_FILTER:
            self.stop_filter()
        elif isinstance(step, Begin):
            session.begin(Mail(step.to, sender=step.sender))
        elif isinstance(step, LogIn):
            # What a server refuses by itself a filter does not see.
            if not (step.refused and door.NAME == "bare"):
                self.assertEqual(session.log_in(step.user), not step.refused)
        elif isinstance(step, Command):
            reply = session.command(step.line)
            if reply is not None:
                self.assertEqual(reply.code >= 500, step.refused, reply)

    def stop_filter(self):
        start = self.site.daemon.log.size()
        self.held = BareDoor(self.site).open()
        self.held.begin(Mail(OUT))
        self.held.client.flush()
        self.site.daemon.signal(signal.SIGTERM)
        self.site.daemon.log.wait_for("draining", start)

    def start_filter_again(self):
        if self.held is not None:
            self.held.close()
            self.held = None
            self.site.daemon.stop()
            self.site.daemon.start()

    def send(self, door, session, step, key):
        mail = make_mail(step, self.sent)
        start = self.site.daemon.log.size()
        if step.form == "local":
            outcome = door.submit(mail)
        else:
            outcome = session.send(mail, step.form, step.options)
        if outcome is not None:
            self.check_refused(door, step, outcome)
            self.check_refused_log(door, step, start)
            self.check_reply(door, step, outcome, key)
        if step.reason is not None:
            self.check_log(door, step, outcome, start)
        if door.NAME != "bare":
            self.check_delivery(door, step, mail)
        if step.name:
            self.sent[step.name] = mail

    # what must come of a message

    def check_refused(self, door, step, outcome):
        """The recipients that were refused by themselves."""
        wanted = dict(step.refused)
        if door.NAME == "bare":
            wanted = {to: how for to, how in wanted.items() if how[1]}
        self.assertEqual(set(outcome.refused), set(wanted))
        for to, (code, reason) in wanted.items():
            answer = outcome.refused[to]
            if reason is None:
                self.assertEqual(answer.code // 100, code, answer)
                continue
            self.assertEqual(answer.code, code, answer)
            self.assertIn(f"[{reason}] ", answer.lines[0])
            self.assertNotIn(to, answer.text)

    def check_refused_log(self, door, step, start):
        """A line for each, with the queue ID that the servers know by then."""
        wanted = sorted(reason for _, reason in step.refused.values()
                        if reason is not None)
        lines = [verdict for verdict in self.site.daemon.verdicts(start)
                 if not verdict.total_us]
        self.assertEqual(sorted(line.reason for line in lines), wanted)
        for line in lines:
            self.assertNotIn("@marketplace.example", line.line)
            if door.NAME != "bare" and line.reason == "SPLIT_RECIPIENTS":
                self.assertNotEqual(line.queue_id, "NOQUEUE")

    def check_reply(self, door, step, outcome, key):
        """It is as wanted, and what the bare client got."""
        told = [refusal.lines for to, refusal in sorted(
            outcome.refused.items()) if step.refused[to][1]]
        answer = outcome.answer
        self.assertEqual(answer and answer.code, step.code, answer)
        if step.code != 250 and step.reason is not None:
            self.assertIn(f"[{step.reason}] ", answer.lines[0])
            told.append(answer.lines)
        whole = "\n".join("\n".join(lines) for lines in told)
        for words in step.says:
            self.assertIn(words, whole)
        for to in step.to:
            self.assertNotIn(to, whole)
        if door.NAME == "bare":
            self.replies[key] = told
        elif key in self.replies and (told or step.reason):
            self.assertEqual(told, self.replies[key])

    def check_log(self, door, step, outcome, start):
        """The filter's own line, and the server's of a refusal."""
        verdict = self.verdict_of(step, start)
        self.assertEqual((verdict.reason, verdict.outcome),
                         (step.reason, OUTCOMES[step.code]), verdict)
        self.assertNotEqual(verdict.queue_id, "NOQUEUE")
        self.assertEqual(verdict.policy, "test@1")
        self.assertNotIn("@marketplace.example", verdict.line)
        if verdict.reason != "NOT_GOVERNED":
            self.assertRegex(verdict.buyer, r"^#[0-9a-f]{8}$")
        if step.code != 250:
            self.assertEqual(verdict.code, str(step.code))
        if step.order is not None:
            self.assertEqual(verdict.order or "", step.order)
        for name, value in step.log.items():
            self.assertEqual(getattr(verdict, name), value, verdict)
        if door.NAME == "bare" or step.form == "local":
            return
        if step.code == 250:
            queue_id = re.search(r"\b[0-9A-Za-z]{10,}\b", outcome.answer.text)
            self.assertEqual(verdict.queue_id, queue_id.group(), verdict)
        else:
            self.assertIn(f"[{step.reason}] ",
                          door.logged_refusal(verdict.queue_id))

    def verdict_of(self, step, start):
        """The only verdict since; of local mail, the one that is wanted."""
        def find():
            found = [verdict for verdict in self.site.daemon.verdicts(start)
                     if verdict.total_us]
            if step.form == "local":
                found = [verdict for verdict in found
                         if verdict.reason == step.reason]
            return found

        found = wait_until(find, 20, "the filter logs no verdict")
        self.assertEqual(len(found), 1, found)
        return found[0]

    def check_delivery(self, door, step, mail):
        wanted = step.delivered
        if wanted is None:
            wanted = [to for to in step.to if to not in step.refused
                      ] if step.code == 250 else []
        wanted = sorted(to.casefold() for to in wanted)
        if len(wanted) < len(step.to) or step.form == "local":
            door.settle()

        def find():
            found = door.delivered(mail.marker)
            return found if len(found) >= len(wanted) else None

        found = wait_until(find, 20, "not delivered") if wanted else \
            door.delivered(mail.marker)
        self.assertEqual([to.casefold() for to, _ in found], wanted)
        for to, text in found:
            if to == step.sender:
                self.assertRegex(text, rb"\[[A-Z_]+\] Message ")
            else:
                self.check_copy(step, mail, text)

    def check_copy(self, step, mail, text):
        head = text.partition(b"\n\n")[0].decode("utf-8", "replace")
        if step.code == 250 and step.reason is not None:
            values = re.findall(rf"(?mi)^{HEADER}:\s*(.*)$", head)
            self.assertEqual(len(values), 1, head)
            self.assertIn(step.reason, values[0])
            self.assertNotIn("FORGED", head)
        if step.no_id:
            mail.message_id = re.search(r"(?mi)^Message-ID:\s*(\S+)",
                                        head)[1]


def make_test(scenario, door):
    def test(self):
        if door not in self.doors:
            server = {"postfix": postfix, "sendmail": sendmail}[door]
            self.skipTest(server.why_not())
        self.play(scenario, door)
    return test


for _scenario in SCENARIOS:
    for _door in ("bare", "postfix", "sendmail"):
        _name = f"test_{_scenario.setting}__{_scenario.name}__{_door}"
        assert not hasattr(Scenarios, _name), _name
        setattr(Scenarios, _name, make_test(_scenario, _door))


if __name__ == "__main__":
    tap.main()
