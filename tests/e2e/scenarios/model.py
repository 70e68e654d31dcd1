# SPDX-License-Identifier: BSD-2-Clause
"""
What a scenario is: steps of an SMTP client, and what must come of each. The
same is wanted from every mail server, and from the filter alone; where a
server cannot do a step, or changes a message before the filter sees it, the
scenario says so.
"""

import dataclasses

from harness.mail import SELLER, buyer

OUT = buyer("anna")      # has opted out
OUT_TOO = buyer("carl")  # has opted out, too
IN = buyer("ben")        # has not
IN_TOO = buyer("dora")
OFFICE = "colleague@office.example"
OTHER_SHOP = "kites@other.example"
EXEMPT = "service@exempt.example"


@dataclasses.dataclass
class Send:
    """
    A message, and what becomes of it. code, reason and rule: the filter's
    verdict; reason None: the message is stopped before the filter decides.
    """

    to: object
    code: int = 250
    reason: str = None
    subject: str = "How did you like it?"
    headers: tuple = ()
    body: object = "Please leave us some feedback.\n"
    sender: str = SELLER
    form: str = "data"          # or "pipelined", "chunks", "local"
    options: str = ""           # of MAIL FROM
    headless: bool = False      # no header at all
    no_id: bool = False         # no Message-ID
    name: str = ""              # for answers
    answers: str = ""           # the message of this name
    quotes: object = True       # its text; or another one; or False
    order: str = None           # as logged; "" is none
    log: dict = dataclasses.field(default_factory=dict)
    says: tuple = ()            # words of the reply
    refused: dict = dataclasses.field(default_factory=dict)
    delivered: tuple = None     # else: code 250 is, to all not refused
    at: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        if isinstance(self.to, str):
            self.to = [self.to]

    def seen_at(self, door):
        """The message, with what is different at a door."""
        return dataclasses.replace(self, at={}, **self.at.get(door, {}))


@dataclasses.dataclass
class Begin:
    """MAIL and RCPT of a message that is not sent."""

    to: object
    sender: str = SELLER


@dataclasses.dataclass
class Command:
    """A command with nothing to do with the message under way."""

    line: str
    refused: bool = False


@dataclasses.dataclass
class LogIn:
    """AUTH; inside a message it is refused."""

    user: str
    refused: bool = False


RSET, QUIT, DROP, STARTTLS = "RSET", "QUIT", "DROP", "STARTTLS"
# The filter is told to stop, while a message of another client is under way.
STOP_FILTER = "STOP_FILTER"


@dataclasses.dataclass
class Scenario:
    """
    setting: one of settings.SETTINGS; needs: an extension that the server
    must offer, without which the scenario cannot be played there; lacks: the
    doors that are known not to offer it; because: why a door differs.
    """

    name: str
    steps: tuple
    setting: str = "enforce"
    needs: str = ""
    lacks: tuple = ()
    because: str = ""

    def __post_init__(self):
        if not isinstance(self.steps, (list, tuple)):
            self.steps = [self.steps]


def passes(to, reason, **more):
    return Send(to, 250, reason, **more)


def refused(to, reason="OPTED_OUT", **more):
    return Send(to, 550, reason, **more)


def deferred(to, reason, code=451, **more):
    return Send(to, code, reason, **more)
