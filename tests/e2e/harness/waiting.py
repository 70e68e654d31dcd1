# SPDX-License-Identifier: BSD-2-Clause
"""Waiting for a condition, with a deadline."""

import time

STEP = 0.004


def wait_until(condition, timeout, what):
    """Returns the first true value of condition(); fails after timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {timeout} s: {what}")
        time.sleep(STEP)
