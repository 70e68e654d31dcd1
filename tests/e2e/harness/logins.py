# SPDX-License-Identifier: BSD-2-Clause
"""
Logins of SMTP clients: a password server of our own, which SASL asks as it
would ask saslauthd(8), and the files that tell the mail servers of it.
"""

import os
import socket
import struct
import threading

PASSWORD = "secret"


class Logins:
    """Any user may log in with PASSWORD."""

    def __init__(self, workdir):
        self.directory = workdir.mkdir("sasl")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = os.path.join(self.directory, "mux")
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.listen(16)
        # Named for the program that reads it: Postfix's, which Debian looks
        # for beside main.cf, and Sendmail's.
        self.postfix_directory = workdir.mkdir("postfix/etc/sasl")
        for name in ("postfix/etc/sasl/smtpd.conf", "sasl/Sendmail.conf"):
            workdir.write(name, "pwcheck_method: saslauthd\n"
                          f"saslauthd_path: {path}\nmech_list: PLAIN\n")
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()

    def _serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client, client.makefile("rb") as file:
                words = [self._word(file) for _ in range(4)]
                answer = b"OK" if words[1] == PASSWORD.encode() else b"NO"
                client.sendall(struct.pack("!H", len(answer)) + answer)

    @staticmethod
    def _word(file):
        """User, password, service or realm, each after its length."""
        return file.read(struct.unpack("!H", file.read(2))[0])
