# SPDX-License-Identifier: BSD-2-Clause
"""Clients that send without pause, each in a thread."""

import threading
import time

from harness.smtp import Smtp
from harness.waiting import wait_until

RETRY_DELAY = 0.02   # of a client that got a 4xx, as clients do
PER_SESSION = 10     # messages of one SMTP session


class Sending:
    """One message and the replies to all attempts."""

    def __init__(self, mail):
        self.mail = mail
        self.replies = []

    @property
    def final(self):
        return self.replies[-1]


class Load:
    """Runs send_one(thread number, message number) until stopped."""

    def __init__(self, threads, send_one):
        self.send_one = send_one
        self.stopping = threading.Event()
        self.done = []      # what send_one returned; appending is atomic
        self.errors = []
        self.threads = [threading.Thread(target=self._run, args=(number,))
                        for number in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _run(self, number):
        count = 0
        try:
            while not self.stopping.is_set():
                self.done.append(self.send_one(number, count))
                count += 1
        except Exception as error:
            self.errors.append(error)
            self.stopping.set()

    def wait_progress(self, count=1, timeout=60):
        """Waits until count more messages are done."""
        goal = len(self.done) + count
        wait_until(lambda: len(self.done) >= goal or self.errors, timeout,
                   f"the clients do not get on: {len(self.done)} messages")
        if self.errors:
            raise self.errors[0]

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)
        if any(thread.is_alive() for thread in self.threads):
            self.errors.append(TimeoutError("a client does not end"))


class SmtpSender:
    """Sends each message until it is taken or refused for good."""

    def __init__(self, port, make_mail, deadline=60):
        self.port = port
        self.make_mail = make_mail
        self.deadline = deadline
        self.clients = {}

    def __call__(self, thread, number):
        sending = Sending(self.make_mail(thread, number))
        give_up = time.monotonic() + self.deadline
        while True:
            reply = self._try(thread, sending.mail)
            if reply is not None:
                sending.replies.append(reply)
                if reply.code // 100 != 4:
                    return sending
            if time.monotonic() > give_up:
                raise TimeoutError(f"no end of 4xx: {sending.replies[-3:]}")
            time.sleep(RETRY_DELAY)

    def _try(self, thread, mail):
        """The reply; None when there was no session to get one in."""
        client, used = self.clients.pop(thread, (None, 0))
        try:
            if client is None:
                client = Smtp(self.port)
            if client.greeting.code != 220:
                reply = client.greeting
            else:
                reply = client.send(mail.sender, mail.recipients,
                                    mail.octets())
            if reply.code // 100 != 4 and used + 1 < PER_SESSION:
                self.clients[thread] = (client, used + 1)
                return reply
            client.quit()
            return reply
        except OSError:
            # Postfix ends a session with 421, also between messages. What
            # was sent in it was not taken: no reply said so.
            if client is not None:
                client.close()
            return None

    def close(self):
        for client, _ in self.clients.values():
            client.close()
