# SPDX-License-Identifier: BSD-2-Clause
"""
A bare milter client: plays the mail server's side of the milter protocol,
version 6 as Postfix speaks it, or less.
"""

import socket
import struct

ALL_ACTIONS = 0x1FF
ALL_STEPS = 0x1FFFFF

NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT = 0x01, 0x02, 0x04, 0x08
NO_BODY, NO_HEADERS, NO_EOH, NR_HEADER = 0x10, 0x20, 0x40, 0x80
NO_UNKNOWN, NO_DATA, SKIP, RCPT_REJECTED = 0x100, 0x200, 0x400, 0x800
NR_CONNECT, NR_HELO, NR_MAIL, NR_RCPT = 0x1000, 0x2000, 0x4000, 0x8000
NR_DATA, NR_UNKNOWN, NR_EOH, NR_BODY = 0x10000, 0x20000, 0x40000, 0x80000
LEADING_SPACE = 0x100000

# A stage, in the list of macros that the filter asks for.
MACROS_OF_CONNECT = 0

ADD_HEADERS, CHANGE_HEADERS = 0x01, 0x10

# command: (step that leaves it out, step that leaves the reply out)
STEPS = {
    b"C": (NO_CONNECT, NR_CONNECT), b"H": (NO_HELO, NR_HELO),
    b"M": (NO_MAIL, NR_MAIL), b"R": (NO_RCPT, NR_RCPT),
    b"T": (NO_DATA, NR_DATA), b"L": (NO_HEADERS, NR_HEADER),
    b"N": (NO_EOH, NR_EOH), b"B": (NO_BODY, NR_BODY),
    b"U": (NO_UNKNOWN, NR_UNKNOWN), b"E": (0, 0),
}

NAMES = {b"c": "continue", b"a": "accept", b"r": "reject", b"t": "tempfail",
         b"d": "discard", b"y": "reply", b"s": "skip", b"4": "shutdown"}
CHUNK = 65535


def packet(command, payload=b""):
    return struct.pack("!I", len(payload) + 1) + command + payload


def strings(*values):
    """Values, each closed by NUL."""
    return b"".join(to_octets(value) + b"\0" for value in values)


def to_octets(value):
    return value if isinstance(value, bytes) else value.encode()


def refuses(answer):
    """Whether an answer to a step ends it; None is no answer."""
    return answer is not None and answer.name != "continue"


class Verdict:
    """A final answer: name, reply text ("" if none), header changes."""

    def __init__(self, name, text="", changes=()):
        self.name = name
        self.text = text
        self.changes = list(changes)

    @property
    def code(self):
        """The reply code: 250 when the message may pass."""
        plain = {"continue": 250, "accept": 250, "skip": 250,
                 "reject": 550, "tempfail": 451, "shutdown": 421}
        return int(self.text[:3]) if self.text else plain[self.name]

    def __repr__(self):
        return f"Verdict({self.name}, {self.text!r}, {self.changes})"


class MilterClient:
    def __init__(self, address, version=6, actions=ALL_ACTIONS,
                 steps=ALL_STEPS, negotiate=True, timeout=60):
        """address: the path of a unix socket, or (host, port)."""
        family = socket.AF_UNIX if isinstance(address, str) else \
            socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        # With a time limit it would fail at once on a full backlog.
        self.socket.connect(address)
        self.socket.settimeout(timeout)
        self.out = bytearray()
        self.input = bytearray()
        self.version, self.actions, self.steps = 0, 0, 0
        self.symbols = {}
        if negotiate:
            self.negotiate(version, actions, steps)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # packets

    def raw(self, octets):
        """Sends octets as they are, now."""
        self.flush()
        self.socket.sendall(octets)

    def flush(self):
        if self.out:
            self.socket.sendall(self.out)
            self.out.clear()

    def _fill(self, size):
        while len(self.input) < size:
            octets = self.socket.recv(65536)
            if not octets:
                raise ConnectionError("the filter closed the connection")
            self.input += octets

    def read_packet(self):
        self.flush()
        self._fill(4)
        length = struct.unpack("!I", self.input[:4])[0]
        self._fill(4 + length)
        body = bytes(self.input[4:4 + length])
        del self.input[:4 + length]
        return body[:1], body[1:]

    def is_closed(self):
        """Waits until the filter closes; False if it says something."""
        self.flush()
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    # commands

    def negotiate(self, version, actions, steps):
        self.raw(packet(b"O", struct.pack("!III", version, actions, steps)))
        command, body = self.read_packet()
        if command != b"O":
            raise ConnectionError(f"no negotiation: {command!r}")
        self.version, self.actions, self.steps = struct.unpack(
            "!III", body[:12])
        rest = body[12:]
        while len(rest) > 4:
            stage = struct.unpack("!I", rest[:4])[0]
            names, _, rest = rest[4:].partition(b"\0")
            self.symbols[stage] = names.decode().split()

    def macros(self, stage, values):
        """Defines macros for the command of a stage; sent with it."""
        if not values:
            return
        pairs = [part for pair in values.items() for part in pair]
        self.out += packet(b"D", to_octets(stage) + strings(*pairs))

    def command(self, command, payload=b""):
        """Sends a command; a Verdict, or None when none is to come."""
        left_out, unanswered = STEPS[command]
        if self.steps & left_out:
            return None
        self.out += packet(command, payload)
        if self.steps & unanswered:
            return None
        return self.read_verdict()

    def read_verdict(self):
        changes = []
        while True:
            command, body = self.read_packet()
            if command in NAMES:
                text = body.rstrip(b"\0").decode("utf-8", "backslashreplace")
                return Verdict(NAMES[command], text, changes)
            if command != b"p":
                changes.append((command.decode(), body))

    def connect(self, name="client.example", address="127.0.0.1",
                family=b"4", port=12345, macros=None):
        self.macros("C", macros or {"j": "mx.marketplace.example",
                                    "{daemon_name}": "mx"})
        if family == b"U":
            return self.command(b"C", strings(name) + family)
        return self.command(b"C", strings(name) + family +
                            struct.pack("!H", port) + strings(address))

    def helo(self, name="client.example"):
        return self.command(b"H", strings(name))

    def mail(self, sender, *arguments, macros=None):
        self.macros("M", dict(macros or {}, **{"{mail_addr}": sender}))
        return self.command(b"M", strings(f"<{sender}>", *arguments))

    def rcpt(self, recipient, *arguments, macros=None):
        self.macros("R", dict(macros or {}, **{"{rcpt_addr}": recipient}))
        return self.command(b"R", strings(f"<{recipient}>", *arguments))

    def data(self, macros=None):
        self.macros("T", macros or {})
        return self.command(b"T")

    def header(self, name, value):
        value = to_octets(value)
        if self.steps & LEADING_SPACE:
            value = b" " + value
        return self.command(b"L", strings(name, value))

    def eoh(self, macros=None):
        self.macros("N", macros or {})
        return self.command(b"N")

    def body(self, text):
        """Sends text in chunks; stops when the filter wants no more."""
        text = to_octets(text)
        answer = None
        for start in range(0, len(text), CHUNK):
            answer = self.command(b"B", text[start:start + CHUNK])
            if answer and answer.name != "continue":
                break
        return answer

    def eom(self, macros=None, payload=b""):
        self.macros("E", macros or {})
        return self.command(b"E", payload)

    def abort(self):
        self.out += packet(b"A")

    def quit(self):
        self.out += packet(b"Q")
        self.flush()

    def quit_new_connection(self):
        """Ends the SMTP session; the next one uses this connection."""
        self.out += packet(b"K")

    # a whole message

    def start(self):
        """CONNECT and HELO."""
        self.connect()
        self.helo()
        return self

    def send(self, message, queue_id=None):
        """
        Sends a message (harness.mail.Mail) as Postfix does. Returns the
        Verdict that ended it.
        """
        login = {"{auth_authen}": message.login} if message.login else {}
        answer = self.mail(message.sender, macros=login)
        if refuses(answer):
            return answer
        answers = [self.rcpt(recipient, macros=login)
                   for recipient in message.recipients]
        if all(refuses(answer) for answer in answers):
            self.abort()
            return answers[-1]
        macros = dict(login, i=queue_id) if queue_id else login
        return self._send_content(message, macros)

    def _send_content(self, message, macros):
        answer = self.data(macros=macros)
        if refuses(answer):
            return answer
        for name, value in message.headers:
            answer = self.header(name, value)
            if refuses(answer):
                return answer
        answer = self.eoh(macros=macros)
        if refuses(answer):
            return answer
        self.body(message.body)
        return self.eom(macros=macros)
