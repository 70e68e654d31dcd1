# SPDX-License-Identifier: BSD-2-Clause
"""Processes that were started here."""

import os
import signal

from harness.waiting import wait_until


def state_and_group(pid):
    """The state letter and process group of a process; None if gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[2])


def is_alive(pid):
    """False for a zombie, unless threads of it still run."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except FileNotFoundError:
        return False
    found = [state_and_group(f"{pid}/task/{thread}") for thread in threads]
    return any(thread and thread[0] not in "ZX" for thread in found)


def group_is_alive(pgid):
    for name in os.listdir("/proc"):
        found = state_and_group(name) if name.isdigit() else None
        if found is not None and found[1] == pgid and is_alive(name):
            return True
    return False


def kill_group(pgid, timeout=10):
    """Ends a process group by SIGKILL; returns when it has ended."""
    try:
        os.killpg(pgid, signal.SIGKILL)
    except ProcessLookupError:
        return
    wait_until(lambda: not group_is_alive(pgid), timeout,
               f"processes of group {pgid} do not end")


def processes_in(directory):
    """The pids of processes whose working directory is in a directory."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            path = os.readlink(f"/proc/{name}/cwd")
        except OSError:
            continue
        if path.startswith(directory + "/"):
            found.append(int(name))
    return found


def kill_in(directory, timeout=10):
    """Ends by SIGKILL the processes that work in a directory."""
    def none_left():
        found = processes_in(directory)
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not found

    wait_until(none_left, timeout, f"processes in {directory} do not end")


def children(pid):
    """The pids of the direct children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []
