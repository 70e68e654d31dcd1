# SPDX-License-Identifier: BSD-2-Clause
"""The filter's log lines, one for each message."""

import re

LINE = re.compile(r"optout-milter\[(\d+)\]: (\S+): (outcome=.*)")


class LogVerdict:
    """The fields of a line as attributes; None for an absent or empty one."""

    def __init__(self, queue_id, text):
        self.queue_id = queue_id
        self.line = text
        self.fields = dict(word.split("=", 1) for word in text.split(" ")
                           if "=" in word)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        value = self.fields.get(name)
        return None if value == "-" else value

    def __repr__(self):
        return f"{self.queue_id}: {self.line}"


def read_verdicts(text):
    """The verdicts in a log, in their order."""
    return [LogVerdict(match.group(2), match.group(3))
            for match in LINE.finditer(text)]


def by_queue_id(verdicts):
    """Queue ID -> its verdicts."""
    table = {}
    for verdict in verdicts:
        table.setdefault(verdict.queue_id, []).append(verdict)
    return table
