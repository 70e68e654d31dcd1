# SPDX-License-Identifier: BSD-2-Clause
"""Messages to send."""

import uuid

ORDER = "002-1234567-1234567"
SELLER = "shop@seller.example"
DOMAIN = "marketplace.example"
QUESTION = "Which name shall we engrave?\r\n"


class Mail:
    """An envelope, and content as header fields and a body."""

    def __init__(self, recipients, subject="How did you like it?",
                 headers=(), body="Please leave us some feedback.\r\n",
                 sender=SELLER, login=None):
        """A field name with a colon says all that stands before the value."""
        if isinstance(recipients, str):
            recipients = [recipients]
        self.sender = sender
        self.recipients = list(recipients)
        self.login = login
        self.body = body
        self.message_id = f"<{uuid.uuid4()}@client.example>"
        fields = [("Message-ID", self.message_id),
                  ("From", f"<{sender or SELLER}>"),
                  ("To", ", ".join(self.recipients[:5]))]
        if subject is not None:
            fields.append(("Subject", subject))
        self.headers = fields + list(headers)

    def without(self, *names):
        """Takes fields out of the header; returns the message."""
        self.headers = [field for field in self.headers
                        if field[0] not in names]
        return self

    def octets(self):
        """The message as it stands in a file."""
        lines = [octets_of(name) + (b"" if b":" in octets_of(name) else b": ")
                 + octets_of(value) for name, value in self.headers]
        return b"\n".join(lines + [b"", b""]) + octets_of(self.body)

    def fields(self):
        """The header as a mail server reads it."""
        for name, value in self.headers:
            name, colon, rest = octets_of(name).partition(b":")
            value = (rest if colon else b" ") + octets_of(value)
            yield name, value[1:] if value.startswith(b" ") else value


def octets_of(text):
    return text if isinstance(text, bytes) else text.encode()


def buyer(name):
    return f"{name}@{DOMAIN}"
