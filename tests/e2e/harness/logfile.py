# SPDX-License-Identifier: BSD-2-Clause
"""A log that another process writes."""

import os
import re

from harness.waiting import wait_until


class LogFile:
    def __init__(self, path):
        self.path = path

    def size(self):
        try:
            return os.stat(self.path).st_size
        except FileNotFoundError:
            return 0

    def text(self, start=0):
        """What was written from octet start on."""
        try:
            with open(self.path, "rb") as file:
                file.seek(start)
                return file.read().decode("utf-8", "backslashreplace")
        except FileNotFoundError:
            return ""

    def lines(self, pattern="", start=0):
        """The whole lines that match."""
        regex = re.compile(pattern)
        whole = self.text(start).rpartition("\n")[0]
        return [line for line in whole.split("\n") if regex.search(line)]

    def wait_for(self, pattern, start=0, timeout=20):
        """The first whole line from start on that matches."""
        found = wait_until(lambda: self.lines(pattern, start), timeout,
                           f"no line /{pattern}/ in {self.path}")
        return found[0]

    def tail(self, count=40):
        return self.text(max(0, self.size() - 200 * count)).split(
            "\n")[-count - 1:]
