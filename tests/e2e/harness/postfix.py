# SPDX-License-Identifier: BSD-2-Clause
"""A private Postfix: own configuration, queue, log and loopback port."""

import grp
import os
import pwd
import re
import subprocess

from harness.logfile import LogFile
from harness.ports import free_port
from harness.server import Server
from harness.waiting import wait_until

SBIN = "/usr/lib/postfix/sbin"
QUEUE_DIRS = ("active", "bounce", "corrupt", "defer", "deferred", "flush",
              "hold", "incoming", "private", "saved", "trace")

MASTER_CF = """\
127.0.0.1:{port} inet n - {chroot} - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - {chroot} - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""

# Every domain is a mailbox domain: nothing leaves the machine, and what
# Postfix sends back to a sender arrives in a mailbox, too.
MAIN_CF = """\
compatibility_level = 3.6
mail_owner = postfix
setgid_group = postdrop
queue_directory = {queue}
data_directory = {data}
maillog_file = {log}
maillog_file_prefixes = {base}
myhostname = mx.marketplace.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
append_dot_mydomain = no
biff = no
enable_long_queue_ids = yes
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = static:all
virtual_mailbox_base = {mail}
virtual_mailbox_maps = {mailboxes}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
message_size_limit = 0
mailbox_size_limit = 0
queue_minfree = 0
in_flow_delay = 0
notify_classes =
smtpd_recipient_limit = 2000
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 100000
smtpd_hard_error_limit = 100000
smtpd_junk_command_limit = 100000
smtpd_client_connection_count_limit = 0
milter_connect_timeout = 10
"""

MILTER_CF = """\
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_default_action = tempfail
milter_protocol = 6
"""


def why_not():
    """Why a private Postfix cannot run here; "" if it can."""
    if os.geteuid() != 0:
        return "a private Postfix needs root"
    if not os.access(os.path.join(SBIN, "master"), os.X_OK):
        return "Postfix is not installed"
    try:
        pwd.getpwnam("postfix")
        grp.getgrnam("postdrop")
    except KeyError:
        return "users of Postfix are missing"
    return ""


class Postfix(Server):
    NAME = "Postfix"

    def __init__(self, workdir, milter="", mailboxes=None, chroot=False,
                 settings=""):
        """
        milter as in main.cf; mailboxes maps addresses to mailboxes;
        settings: more lines of main.cf.
        """
        self.workdir = workdir
        self.chroot = chroot
        self.port = free_port()
        self.base = workdir.mkdir("postfix")
        self.config = workdir.mkdir("postfix/etc")
        self.mail = workdir.join("postfix", "mail")
        self.log = LogFile(workdir.join("postfix", "mail.log"))
        self.process = None
        self._make_directories()
        self._write_config(milter, mailboxes, settings)

    def _make_directories(self):
        owner = pwd.getpwnam("postfix").pw_uid
        drop = grp.getgrnam("postdrop").gr_gid
        reader = pwd.getpwnam("nobody")
        make = self.workdir.mkdir
        make("postfix/data", 0o700, owner)
        make("postfix/mail", 0o755, reader.pw_uid, reader.pw_gid)
        make("postfix/queue")
        make("postfix/queue/pid")
        make("postfix/queue/public", 0o710, owner, drop)
        make("postfix/queue/maildrop", 0o730, owner, drop)
        for name in QUEUE_DIRS:
            make("postfix/queue/" + name, 0o700, owner)

    def _write_config(self, milter, mailboxes, settings):
        reader = pwd.getpwnam("nobody")
        maps = "static:inbox/"
        if mailboxes is not None:
            lines = [f"{key} {value}/\n" for key, value in mailboxes.items()]
            maps = "texthash:" + self.workdir.write(
                "postfix/etc/mailboxes", "".join(lines))
            os.utime(self.workdir.join("postfix/etc/mailboxes"), (0, 0))
        main = MAIN_CF.format(
            base=self.base, queue=self.base + "/queue",
            data=self.base + "/data", log=self.log.path, mail=self.mail,
            mailboxes=maps, uid=reader.pw_uid, gid=reader.pw_gid)
        if milter:
            main += MILTER_CF.format(milter=milter)
        main += settings
        master = MASTER_CF.format(port=self.port,
                                  chroot="y" if self.chroot else "n")
        for name, text in (("main.cf", main), ("master.cf", master)):
            path = self.workdir.write("postfix/etc/" + name, text)
            # Postfix waits a second before it trusts a file just written.
            os.utime(path, (0, 0))

    def start(self):
        environment = dict(os.environ, MAIL_CONFIG=self.config)
        self.process = subprocess.Popen(
            [SBIN + "/master", "-d", "-c", self.config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=environment, start_new_session=True)
        self.wait_until_up()

    def sendmail(self, sender, recipients, message):
        """Submits a message by sendmail(1)."""
        subprocess.run(
            ["/usr/sbin/sendmail", "-C", self.config, "-i", "-f", sender,
             "--", *recipients], input=message, check=True, timeout=30)

    def queue_id(self, message_id):
        """The queue ID of a message that reached cleanup(8)."""
        line = self.log.wait_for(
            rf": \w+: message-id={re.escape(message_id)}")
        return re.search(r": (\w+): message-id=", line).group(1)

    def flush(self):
        """Tries again what is in the queue."""
        subprocess.run(["/usr/sbin/postqueue", "-c", self.config, "-f"],
                       check=True, timeout=30)

    def requeue(self):
        """Puts all messages that wait back, as if they came anew."""
        subprocess.run(["/usr/sbin/postsuper", "-c", self.config, "-r",
                        "ALL"], check=True, timeout=30,
                       stderr=subprocess.DEVNULL)
        self.flush()

    def queue(self):
        """The queue IDs that are in the queue."""
        found = []
        for name in ("maildrop", "incoming", "active", "deferred", "hold",
                     "corrupt"):
            for _, _, files in os.walk(f"{self.base}/queue/{name}"):
                found += files
        return found

    def is_settled(self):
        """Whether nothing is under way: what is left waits to be retried."""
        def under_way():
            return sum(len(os.listdir(f"{self.base}/queue/{name}"))
                       for name in ("maildrop", "incoming", "active"))

        # Twice: a bounce is queued in a place that was already looked at.
        return under_way() == 0 and under_way() == 0

    def wait_empty(self, timeout=60):
        """Waits until the queue is empty: all is delivered or returned."""
        # Twice: a bounce is queued in a place that was already looked at.
        wait_until(lambda: not self.queue() and not self.queue(), timeout,
                   "the queue of Postfix does not become empty")

    def mailbox_files(self, name="inbox"):
        try:
            folder = os.path.join(self.mail, name, "new")
            return [os.path.join(folder, file) for file in os.listdir(folder)]
        except FileNotFoundError:
            return []

    def mailbox(self, name="inbox"):
        """The messages delivered to a mailbox, as octets."""
        messages = []
        for path in self.mailbox_files(name):
            with open(path, "rb") as file:
                messages.append(file.read())
        return messages
