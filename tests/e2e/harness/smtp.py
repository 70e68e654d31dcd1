# SPDX-License-Identifier: BSD-2-Clause
"""A plain SMTP client that shows whole replies."""

import base64
import re
import socket
import ssl

from harness.logins import PASSWORD


class Reply:
    """A reply of one or more lines, as received."""

    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[0][:3])

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def queue_id(self):
        """The queue ID, as Postfix or Sendmail tell it, or None."""
        match = re.search(
            r"queued as (\w+)|(?<=^250 2\.0\.0 )(\w+)(?= Message accepted)",
            self.text)
        return match and (match.group(1) or match.group(2))

    def __repr__(self):
        return f"Reply({self.text!r})"


def dot_stuffed(message):
    """A message with CRLF line ends, as DATA carries it."""
    message = re.sub(rb"\r?\n", b"\r\n", message)
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", message) + b".\r\n"


class Smtp:
    def __init__(self, port, login=None, timeout=60):
        """Connects and greets; login is claimed by XCLIENT."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")
        self.transcript = []
        try:
            self.greeting = self.read_reply()
            self.hello()
            if login:
                self.command(f"XCLIENT LOGIN={login}")
                self.hello()
        except OSError:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def read_reply(self):
        lines = []
        while True:
            line = self.file.readline()
            if not line.endswith(b"\n"):
                raise ConnectionError("SMTP connection closed")
            lines.append(line.decode("utf-8", "backslashreplace").rstrip())
            if line[3:4] != b"-":
                break
        self.transcript += ["S: " + line for line in lines]
        return Reply(lines)

    def hello(self):
        """EHLO; the extensions that the server offers, by their keyword."""
        lines = self.command("EHLO client.example").lines[1:]
        self.offers = {line[4:].split()[0]: line[4:] for line in lines}

    def start_tls(self):
        """STARTTLS and EHLO; any certificate will do."""
        reply = self.command("STARTTLS")
        if reply.code == 220:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
            self.file = self.socket.makefile("rb")
            self.hello()
        return reply

    def log_in(self, user):
        """AUTH PLAIN, with the password of harness.logins."""
        answer = base64.b64encode(f"\0{user}\0{PASSWORD}".encode()).decode()
        return self.command("AUTH PLAIN " + answer)

    def send_raw(self, octets):
        self.socket.sendall(octets)

    def command(self, line):
        self.transcript.append("C: " + line)
        self.send_raw(line.encode() + b"\r\n")
        return self.read_reply()

    def send(self, sender, recipients, message):
        """
        Sends one message. Returns the first refusal, else the reply to the
        message; refused recipients do not stop it while one is taken.
        """
        refused = self.envelope(sender, recipients)
        if len(refused) == len(recipients) or "" in refused:
            self.command("RSET")
            return next(iter(refused.values()))
        return self.data(message)

    def envelope(self, sender, recipients, options=""):
        """
        options: of MAIL FROM, with a blank before each. Returns the refusals
        by recipient, that of the sender as "".
        """
        reply = self.command(f"MAIL FROM:<{sender}>{options}")
        if reply.code != 250:
            return {"": reply}
        refused = {}
        for recipient in recipients:
            reply = self.command(f"RCPT TO:<{recipient}>")
            if reply.code != 250:
                refused[recipient] = reply
        return refused

    def data(self, message):
        reply = self.command("DATA")
        if reply.code != 354:
            return reply
        octets = dot_stuffed(message)
        self.transcript += ["C: " + line for line in octets.decode(
            "utf-8", "backslashreplace").split("\r\n")[:-1]]
        self.send_raw(octets)
        return self.read_reply()

    def quit(self):
        reply = self.command("QUIT")
        self.close()
        return reply
