# SPDX-License-Identifier: BSD-2-Clause
"""What one test runs: a directory, a filter, and mail servers if wanted."""

from harness.daemon import Daemon
from harness.milter import MilterClient
from harness.postfix import Postfix
from harness.sendmail import Sendmail
from harness.smtp import Smtp
from harness.workdir import WorkDir


class Site:
    def __init__(self, path=None):
        """path: an existing directory to use, else a new one."""
        self.workdir = WorkDir(path)
        self.daemon = None
        self.postfix = None
        self.sendmail = None

    def close(self):
        """Ends all and removes the directory."""
        try:
            for server in (self.postfix, self.sendmail):
                if server is not None:
                    server.stop()
        finally:
            if self.daemon is not None and self.daemon.process is not None:
                self.daemon.kill()
            self.workdir.remove()

    def make_daemon(self, *opted_out, **options):
        """Makes a filter and its cache; start() is left to the caller."""
        self.daemon = Daemon(self.workdir, **options)
        self.daemon.init(*opted_out)
        return self.daemon

    def start_daemon(self, *opted_out, **options):
        self.make_daemon(*opted_out, **options).start()
        return self.daemon

    def start_postfix(self, milter=None, **options):
        """Starts a Postfix; milter "" is none, else it asks the filter."""
        if milter is None:
            milter = self.daemon.postfix_spec
        self.postfix = Postfix(self.workdir, milter=milter, **options)
        self.postfix.start()
        return self.postfix

    def make_sendmail(self, milter=None, **options):
        """Makes a Sendmail; milter "" is none, else it asks the filter."""
        if milter is None:
            milter = self.daemon.sendmail_spec
        self.sendmail = Sendmail(self.workdir, milter=milter, **options)
        return self.sendmail

    def start_sendmail(self, milter=None, **options):
        self.make_sendmail(milter, **options).start()
        return self.sendmail

    def client(self, **options):
        """A negotiated milter connection."""
        return MilterClient(self.daemon.address, **options)

    def ask(self, message, queue_id=None):
        """The filter's verdict on a message, without Postfix."""
        with self.client() as client:
            verdict = client.start().send(message, queue_id)
            client.quit()
        return verdict

    def smtp(self, login=None):
        return Smtp(self.postfix.port, login)

    def submit(self, message):
        """Sends a message in an SMTP session of its own; its reply."""
        with self.smtp(message.login) as client:
            reply = client.send(message.sender, message.recipients,
                                message.octets())
            client.quit()
        return reply

    def diagnostics(self):
        """The ends of the logs."""
        parts = []
        for part in (self.daemon, self.postfix, self.sendmail):
            if part is not None:
                parts += [f"--- {part.log.path}"] + part.log.tail()
        return "\n".join(parts)
