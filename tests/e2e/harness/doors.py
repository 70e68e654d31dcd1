# SPDX-License-Identifier: BSD-2-Clause
"""
The ways a message comes to the filter: through Postfix, through Sendmail, or
from a bare milter client that plays a mail server. A door opens sessions, and
a session sends messages; what comes of them looks alike from all doors.
"""

import itertools
import re

from harness.milter import refuses
from harness.smtp import Smtp, dot_stuffed

POSTFIX_SETTINGS = """\
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = {postfix_sasl}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
"""

SENDMAIL_SETTINGS = """\
define(`confAUTH_MECHANISMS', `PLAIN')dnl
TRUST_AUTH_MECH(`PLAIN')dnl
define(`confSERVER_CERT', `{certificate}')dnl
define(`confSERVER_KEY', `{key}')dnl
define(`confCACERT', `{certificate}')dnl
define(`confCACERT_PATH', `{sendmail_sasl}')dnl
define(`confTLS_SRV_OPTIONS', `V')dnl
LOCAL_CONFIG
ESASL_CONF_PATH={sendmail_sasl}
"""


class Answer:
    """A reply: its code and lines."""

    def __init__(self, code, lines):
        self.code = code
        self.lines = lines

    @property
    def text(self):
        return "\n".join(self.lines)

    def __repr__(self):
        return f"{self.code} {self.text!r}"


class Outcome:
    """Refusals by recipient, and the answer to the message (None: unasked)."""

    def __init__(self, refused, answer, changes=()):
        self.refused = refused
        self.answer = answer
        self.changes = changes


def reply_codes(refused):
    return {reply.code for reply in refused.values()}


class SmtpSession:
    """An SMTP session with a mail server."""

    def __init__(self, port):
        self.client = Smtp(port)

    @property
    def offers(self):
        return self.client.offers

    def close(self):
        try:
            self.client.quit()
        except OSError:
            self.client.close()  # the server has ended it

    def drop(self):
        """Ends it as a client does that has lost its connection."""
        self.client.close()

    def command(self, line):
        return self.client.command(line)

    def reset(self):
        self.client.command("RSET")

    def start_tls(self):
        return self.client.start_tls().code == 220

    def log_in(self, user):
        return self.client.log_in(user).code == 235

    def begin(self, mail):
        """MAIL and RCPT only; the answers of refused recipients."""
        return self.client.envelope(mail.sender, mail.recipients)

    def send(self, mail, form="data", options=""):
        if form == "pipelined":
            return self._send_pipelined(mail)
        refused = self.client.envelope(mail.sender, mail.recipients, options)
        outcome = Outcome({to: Answer(reply.code, reply.lines)
                           for to, reply in refused.items()}, None)
        if "" in refused:
            outcome.refused = {}
            return self._answered(outcome, refused[""])
        if len(refused) == len(mail.recipients):
            if reply_codes(refused) != {421}:
                self.reset()  # with 421 the server ends the session
            return outcome
        send = self._send_chunks if form == "chunks" else self.client.data
        return self._answered(outcome, send(mail.octets()))

    @staticmethod
    def _answered(outcome, reply):
        outcome.answer = Answer(reply.code, reply.lines)
        return outcome

    def _send_chunks(self, octets):
        """BDAT, in two chunks."""
        octets = re.sub(rb"\r?\n", b"\r\n", octets)
        half = len(octets) // 2
        self.client.send_raw(b"BDAT %d\r\n" % half + octets[:half])
        reply = self.client.read_reply()
        if reply.code != 250:
            return reply
        self.client.send_raw(b"BDAT %d LAST\r\n" % (len(octets) - half) +
                             octets[half:])
        return self.client.read_reply()

    def _send_pipelined(self, mail):
        """Envelope and DATA in one piece."""
        lines = [f"MAIL FROM:<{mail.sender}>"]
        lines += [f"RCPT TO:<{to}>" for to in mail.recipients] + ["DATA"]
        self.client.send_raw("".join(line + "\r\n" for line in lines).encode())
        replies = [self.client.read_reply() for _ in lines]
        refused = {to: Answer(reply.code, reply.lines)
                   for to, reply in zip(mail.recipients, replies[1:])
                   if reply.code != 250}
        outcome = Outcome(refused, None)
        if replies[-1].code == 354:
            self.client.send_raw(dot_stuffed(mail.octets()))
            self._answered(outcome, self.client.read_reply())
        return outcome


class ServerDoor:
    """A real mail server; REJECTED is how it logs a refusal."""

    NAME = REJECTED = None

    def __init__(self, server):
        self.server = server
        self.copies = {}

    def open(self):
        return SmtpSession(self.server.port)

    def submit(self, mail):
        """By sendmail(1); returns when all is delivered or returned."""
        self.server.sendmail(mail.sender, mail.recipients, mail.octets())
        self.settle()

    def settle(self):
        """Until the queue is empty."""
        self.server.wait_empty()

    def logged_refusal(self, queue_id):
        """The server's own log line of a refusal."""
        return self.server.log.wait_for(
            rf"{queue_id}: {self.REJECTED}", timeout=10)

    def delivered(self, marker):
        """Recipient -> message, of the copies with the marker in them."""
        for path in self.server.mailbox_files():
            if path not in self.copies:
                with open(path, "rb") as file:
                    self.copies[path] = file.read()
        return sorted(
            (re.search(rb"(?m)^Delivered-To: (.*)$", text)[1].decode(), text)
            for text in self.copies.values() if marker.encode() in text)


class PostfixDoor(ServerDoor):
    NAME = "postfix"
    REJECTED = r"milter-reject: END-OF-MESSAGE"


class SendmailDoor(ServerDoor):
    NAME = "sendmail"
    REJECTED = r"Milter: data, reject="

    def settle(self):
        """What was split is in the queue of sendmail(1), to be tried again."""
        while self.server.queue():
            self.server.flush()
        super().settle()


class BareSession:
    """
    A milter connection: one SMTP session, as the filter sees it. Both servers
    open one for each.
    """

    numbers = itertools.count(1)

    def __init__(self, client, **connect):
        self.client = client
        self.macros = {}
        self.offers = {}
        self.client.connect(**connect)
        self.client.helo()

    def close(self):
        self.client.quit()
        self.client.close()

    def drop(self):
        self.client.abort()
        self.close()

    def command(self, line):
        """The server answers by itself, or refuses."""

    def reset(self):
        self.client.abort()

    def start_tls(self):
        self.macros["{tls_version}"] = "TLSv1.3"
        self.client.helo()
        return True

    def log_in(self, user):
        self.macros["{auth_authen}"] = user
        return True

    def begin(self, mail):
        self.client.mail(mail.sender, macros=self.macros)
        answers = [(to, self.client.rcpt(to, macros=self.macros))
                   for to in mail.recipients]
        return {to: answer for to, answer in answers if refuses(answer)}

    def send(self, mail, form="data", options=""):
        """form: all the same to the filter, but for "local" mail."""
        queue_id = f"4Bare{next(self.numbers)}"
        known = dict(self.macros, i=queue_id)
        self.client.mail(mail.sender, *options.split(),
                         macros=known if form == "local" else self.macros)
        refused = {}
        for to in mail.recipients:
            if " " in to and '"' not in to:
                continue  # a server refuses it before it asks
            answer = self.client.rcpt(to, macros=self.macros)
            if refuses(answer):
                refused[to] = self._answer(answer)
        if len(refused) == len(mail.recipients):
            self.client.abort()
            return Outcome(refused, None)
        verdict = self._content(mail, known)
        return Outcome(refused, self._answer(verdict), verdict.changes)

    def _content(self, mail, macros):
        self.client.data(macros=macros)
        for name, value in mail.fields():
            self.client.header(name, value)
        self.client.eoh(macros=macros)
        body = mail.body.encode() if isinstance(mail.body, str) else mail.body
        self.client.body(re.sub(rb"\r?\n", b"\r\n", body))
        if not any(name == "Message-ID" for name, _ in mail.headers):
            macros = dict(macros, **{"{msg_id}": mail.message_id})
        return self.client.eom(macros=macros)

    @staticmethod
    def _answer(verdict):
        """As the client of a mail server sees it."""
        text = verdict.text.replace("%%", "%")
        return Answer(verdict.code, text.split("\r\n") if text else [])


class BareDoor:
    NAME = "bare"

    def __init__(self, site):
        self.site = site

    def open(self, **connect):
        return BareSession(self.site.client(), **connect)

    def submit(self, mail):
        """As Postfix does for mail of sendmail(1)."""
        session = self.open(macros={"v": "Postfix 3.7.11"})
        outcome = session.send(mail, "local")
        session.close()
        return outcome
