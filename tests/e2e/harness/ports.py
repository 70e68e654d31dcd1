# SPDX-License-Identifier: BSD-2-Clause
"""Loopback ports."""

import socket


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def greets(port):
    """Whether a mail server answers there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as end:
            return end.recv(512).startswith(b"220")
    except ConnectionRefusedError:
        return False
