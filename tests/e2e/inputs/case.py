# SPDX-License-Identifier: BSD-2-Clause
"""What the inputs share: the site, and how a verdict is checked."""

import contextlib

from harness import libconfig
from harness.case import SharedSiteCase
from harness.certificate import make_certificate
from harness.logins import Logins
from harness.mail import Mail, buyer

OUT = buyer("anna")            # has opted out
IN = buyer("ben")              # has not
IDN = "bücher@münchen.example"  # has opted out, too
PLAIN_IDN = "carl@münchen.example"
QUOTED = '"a b"@marketplace.example'
LONG = buyer("x" * 65)
DASH = buyer("-x")
ODD = [buyer(name) for name in ("|cmd", "../../etc", "$id", "`id`", "'")]
SCOPED = buyer("dora")          # from LOGIN only
LOGIN = "shop-17"
HEADER = "X-Opt-Out-Verdict"
ANY = object()
POLICY = {"buyers": {"addresses": ["@marketplace.example",
                                   "@münchen.example"]}}


class Outcome:
    """What a client was told, and the verdict logged; None if none was."""

    def __init__(self, answer, verdict):
        self.code = answer.code
        self.text = answer.text
        self.verdict = verdict

    @property
    def reason(self):
        return self.verdict and self.verdict.reason

    @property
    def order(self):
        return self.verdict and self.verdict.order

    def __repr__(self):
        return f"Outcome({self.code}, {self.text!r}, {self.verdict})"


class InputCase(SharedSiteCase):
    SETTINGS = ""

    @classmethod
    def build(cls, site):
        site.make_daemon(OUT, IDN, PLAIN_IDN, QUOTED, LONG, policy=POLICY,
                         conf={"verdict_header": HEADER})
        for address in [DASH] + ODD:
            site.daemon.ctl("add", "--", address)
        site.daemon.ctl("add", SCOPED, "--seller", LOGIN)
        site.daemon.start()
        logins = Logins(site.workdir)
        cls.addClassCleanup(logins.close)
        certificate, key = make_certificate(site.workdir)
        cls.door = cls.open_door(site, cls.SETTINGS.format(
            postfix_sasl=logins.postfix_directory,
            sendmail_sasl=logins.directory, certificate=certificate, key=key))

    @classmethod
    def open_door(cls, site, settings):
        """Starts the mail server; a door as of harness.doors."""
        raise NotImplementedError

    @contextlib.contextmanager
    def session(self):
        session = self.door.open()
        try:
            yield session
        finally:
            session.drop()

    def send(self, session, mail, options=""):
        start = self.site.daemon.log.size()
        outcome = session.send(mail, options=options)
        answer = outcome.answer or next(iter(outcome.refused.values()))
        # The filter logs before it answers.
        verdicts = self.site.daemon.verdicts(start)
        return Outcome(answer, verdicts[-1] if verdicts else None)

    def expect(self, reason, mail, order=None, options="", altered=None):
        """
        Sends a message, and checks the verdict on it. altered says what a
        mail server makes of it, by the name of the door: the code by which
        it refuses the message itself, or the reason and order that remain.
        """
        with self.session() as session:
            if mail.login:
                self.assertTrue(session.log_in(mail.login))
            outcome = self.send(session, mail, options)
        wanted = (altered or {}).get(self.door.NAME, (reason, order))
        if isinstance(wanted, int):
            self.assertEqual((outcome.code, outcome.reason), (wanted, None),
                             outcome)
            return outcome
        reason, order = wanted
        self.assertEqual(outcome.reason, reason, outcome)
        if order is not ANY:
            self.assertEqual(outcome.order, order, outcome)
        refused = outcome.verdict.outcome == "reject"
        self.assertEqual(outcome.code, 550 if refused else 250, outcome)
        self.assertEqual(f"[{reason}]" in outcome.text, refused, outcome)
        return outcome

    def expect_both(self, reason, order=None, altered=None, options="",
                    fields=None, **content):
        """
        The reason for a buyer who opted out; one who did not gets the
        message. fields: take the place of header fields of these names.
        """
        for to in (OUT, IN):
            mail = Mail(to, **content).without(*(fields or {}))
            mail.headers += [(name, value)
                             for name, values in (fields or {}).items()
                             for value in values]
            if to == IN:
                reason, order, altered = self.not_opted_out(order, altered)
            self.expect(reason, mail, order, options, altered)

    @staticmethod
    def not_opted_out(order, altered):
        """What is expected of a message that need not be read."""
        return "NOT_OPTED_OUT", order, {
            door: wanted if isinstance(wanted, int)
            else ("NOT_OPTED_OUT", ANY)
            for door, wanted in (altered or {}).items()}

    @contextlib.contextmanager
    def policy(self, changes):
        """Another policy for a while."""
        daemon = self.site.daemon
        daemon.write_policy(libconfig.merged(POLICY, changes))
        self.assertIn("reloaded", daemon.reload())
        try:
            yield
        finally:
            daemon.write_policy(POLICY)
            daemon.reload()
