# SPDX-License-Identifier: BSD-2-Clause
"""A plain SMTP client that shows whole replies."""

import re
import socket


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
        """The queue ID in "queued as ...", or None."""
        match = re.search(r"queued as (\w+)", self.text)
        return match and match.group(1)

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
            self.command("EHLO client.example")
            if login:
                self.command(f"XCLIENT LOGIN={login}")
                self.command("EHLO client.example")
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

    def envelope(self, sender, recipients):
        """Returns the refusals by recipient, that of the sender as ""."""
        reply = self.command(f"MAIL FROM:<{sender}>")
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
