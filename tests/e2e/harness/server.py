# SPDX-License-Identifier: BSD-2-Clause
"""What a private mail server is, whichever it is."""

from harness.ports import greets
from harness.process import kill_group
from harness.waiting import wait_until


class Server:
    """Has a log and a port; a subclass starts self.process, its group's."""

    NAME = ""
    log = None
    port = None
    process = None

    def wait_until_up(self):
        wait_until(self._answers, 20, f"{self.NAME} does not answer")

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.NAME} ended:\n" + self.log.text())
        return greets(self.port)

    def stop(self):
        if self.process is not None:
            kill_group(self.process.pid)
            self.process.wait()
            self.process = None
