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
        if isinstance(recipients, str):
            recipients = [recipients]
        self.sender = sender
        self.recipients = list(recipients)
        self.login = login
        self.body = body
        self.message_id = f"<{uuid.uuid4()}@client.example>"
        fields = [("Message-ID", self.message_id), ("From", f"<{sender}>"),
                  ("To", ", ".join(self.recipients[:5]))]
        if subject is not None:
            fields.append(("Subject", subject))
        self.headers = fields + list(headers)

    def octets(self):
        """The message as it stands in a file."""
        lines = []
        for name, value in self.headers:
            lines.append(name.encode() + b": " + octets_of(value))
        return b"\n".join(lines) + b"\n\n" + octets_of(self.body)


def octets_of(text):
    return text if isinstance(text, bytes) else text.encode()


def buyer(name):
    return f"{name}@{DOMAIN}"
