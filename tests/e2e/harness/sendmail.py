# SPDX-License-Identifier: BSD-2-Clause
"""A private Sendmail: own configuration, queue, log and loopback port."""

import os
import pwd
import re
import subprocess

from harness.logfile import LogFile
from harness.ports import free_port
from harness.process import kill_in
from harness.server import Server
from harness.smtp import Smtp
from harness.waiting import wait_until
from harness.workdir import build_path, source_path

# Unpacked here from Debian's packages, which cannot be installed beside those
# of Postfix; see contrib/packages.sh.
PREFIX = build_path("sendmail")
PROGRAM = os.path.join(PREFIX, "usr/libexec/sendmail/sendmail")
CF = os.path.join(PREFIX, "usr/share/sendmail/cf")
SHIM = build_path("tests", "sendmail_shim.so")
HOST = "mx.marketplace.example"

COMMON_MC = """\
divert(0)dnl
include(`{cf}/m4/cf.m4')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{host}')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confSERVICE_SWITCH_FILE', `{base}/etc/service.switch')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
"""

SENDMAIL_MC = COMMON_MC + """\
define(`confPID_FILE', `{base}/sendmail.pid')dnl
define(`QUEUE_DIR', `{base}/queue')dnl
define(`STATUS_FILE', `{base}/statistics')dnl
undefine(`ALIAS_FILE')dnl
undefine(`HELP_FILE')dnl
define(`confTO_IDENT', `0')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confMIN_FREE_BLOCKS', `0')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confREFUSE_LA', `0')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREJECT_NUL', `true')dnl
define(`confPRIVACY_FLAGS', `')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr=127.0.0.1, Port={port}')dnl
{settings}
MAILER(`local')dnl
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Minbox, P=/bin/sh, F=lsDFMnSuE, S=0, R=0, U={user}, T=DNS/RFC822/X-Unix,
\tA=sh {base}/etc/deliver {base}/mail $g $u
LOCAL_RULE_0
R$+ < @ $+ . > $*\t$#inbox $@ $2 $: $1 @ $2
R$+ < @ $+ > $*\t$#inbox $@ $2 $: $1 @ $2
"""

# The one that sendmail(1) runs as: it hands all mail to the server.
SUBMIT_MC = COMMON_MC + """\
define(`confRUN_AS_USER', `{user}')dnl
define(`confPID_FILE', `{base}/submit.pid')dnl
define(`STATUS_FILE', `{base}/statistics.submit')dnl
define(`MSP_QUEUE_DIR', `{base}/clientqueue')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl
define(`LOCAL_MAILER_ARGS', `TCP $h {port}')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""

# Names are looked up in /etc/hosts only: nothing waits for a name server.
SERVICE_SWITCH = "hosts files\naliases files\npasswd files\n"

# A file for each recipient, put in place when it is whole.
DELIVER = """\
{ printf 'Return-Path: <%s>\\nDelivered-To: %s\\n' "$2" "$3" && cat; } \\
\t>"$1/tmp/$$" && mv "$1/tmp/$$" "$1/new/$(date +%s%N).$$"
"""

FEATURE = "FEATURE(`optout_milter', `{milter}')dnl"


def why_not():
    """Why a private Sendmail cannot run here; "" if it can."""
    if os.geteuid() != 0:
        return "a private Sendmail needs root"
    if not os.access(PROGRAM, os.X_OK):
        return f"no Sendmail in {PREFIX}: make sendmail"
    return ""


class Sendmail(Server):
    NAME = "Sendmail"

    def __init__(self, workdir, milter="", settings=""):
        """milter: the socket as Sendmail spells it; settings: more m4."""
        self.workdir = workdir
        self.port = free_port()
        self.base = workdir.mkdir("sendmail")
        self.config = workdir.join("sendmail", "etc", "sendmail.cf")
        self.mail = workdir.join("sendmail", "mail")
        self.log = LogFile(workdir.join("sendmail", "mail.log"))
        self.process = None
        self._make_directories()
        self._write_config(milter, settings)

    def _make_directories(self):
        reader = pwd.getpwnam("nobody")
        make = self.workdir.mkdir
        make("sendmail/etc")
        make("sendmail/queue", 0o700)
        # For sendmail(1), which is not root.
        make("sendmail/clientqueue", 0o770, reader.pw_uid, reader.pw_gid)
        os.chmod(self.workdir.write("sendmail/mail.log", ""), 0o666)
        for name in ("mail", "mail/tmp", "mail/new"):
            make("sendmail/" + name, 0o755, reader.pw_uid, reader.pw_gid)

    def _write_config(self, milter, settings):
        write = self.workdir.write
        write("sendmail/etc/service.switch", SERVICE_SWITCH)
        write("sendmail/etc/deliver", DELIVER)
        write("sendmail/statistics", "")
        if milter:
            settings = FEATURE.format(milter=milter) + "\n" + settings
        tree = self._feature_tree()
        for name, text in (("sendmail", SENDMAIL_MC), ("submit", SUBMIT_MC)):
            write(f"sendmail/etc/{name}.mc", text.format(
                cf=tree, host=HOST, base=self.base, port=self.port,
                settings=settings, user="nobody"))
            write(f"sendmail/etc/{name}.cf", self._m4(name + ".mc"))

    def _feature_tree(self):
        """The cf tree, with the features of contrib/sendmail among them."""
        tree = self.workdir.mkdir("sendmail/cf")
        for name in os.listdir(CF):
            if name != "feature":
                self._link(os.path.join(CF, name), tree)
        features = self.workdir.mkdir("sendmail/cf/feature")
        for name in os.listdir(os.path.join(CF, "feature")):
            self._link(os.path.join(CF, "feature", name), features)
        self._link(source_path("contrib", "sendmail", "optout_milter.m4"),
                   features)
        return tree

    @staticmethod
    def _link(path, directory):
        link = os.path.join(directory, os.path.basename(path))
        if not os.path.lexists(link):
            os.symlink(path, link)

    def _m4(self, name):
        done = subprocess.run(
            ["m4", name], cwd=self.workdir.join("sendmail", "etc"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            raise RuntimeError(f"m4 {name}: {done.stderr}")
        return done.stdout

    def _environment(self):
        return {"PATH": os.defpath, "LD_PRELOAD": SHIM,
                "SENDMAIL_SHIM_LOG": self.log.path,
                "SENDMAIL_SHIM_HOST": HOST}

    def start(self):
        with open(self.log.path, "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-bD", "-C", self.config], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=self._environment(),
                start_new_session=True)
        self.wait_until_up()

    def stop(self):
        super().stop()
        # A delivery is in a process group of its own; all work in a queue.
        kill_in(self.base)

    def smtp(self):
        """An SMTP session."""
        return Smtp(self.port)

    def sendmail(self, sender, recipients, message):
        """Submits a message by sendmail(1), whose exit status it returns."""
        return self.run("submit", "-i", "-f", sender, "--", *recipients,
                        message=message).returncode

    def flush(self):
        """Tries again what is in the queues."""
        self.run("submit", "-q")
        self.run("sendmail", "-q")

    def run(self, config, *arguments, message=b""):
        """The program with the settings of the server or of sendmail(1)."""
        path = self.workdir.join("sendmail", "etc", config + ".cf")
        done = subprocess.run(
            [PROGRAM, "-C", path, *arguments], input=message,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self._environment(), timeout=30)
        # What was refused at once and sent back is told by the status, too.
        if done.returncode not in (0, os.EX_UNAVAILABLE):
            raise RuntimeError(f"sendmail {' '.join(arguments)}: exit "
                               f"{done.returncode}\n{done.stdout}")
        return done

    def queue_id(self, message_id):
        """The queue ID of a message that was seen whole."""
        line = self.log.wait_for(
            rf": \w+: from=.* msgid={re.escape(message_id)}")
        return re.search(r": (\w+): from=", line).group(1)

    def queue(self):
        """The files of messages that are in the queues."""
        return [name for queue in ("queue", "clientqueue")
                for name in os.listdir(f"{self.base}/{queue}")
                if name[:2] in ("qf", "tf", "df")]

    def wait_empty(self, timeout=60):
        """Waits until the queue is empty: all is delivered or returned."""
        # Twice: a bounce is queued in a place that was already looked at.
        wait_until(lambda: not self.queue() and not self.queue(), timeout,
                   "the queue of Sendmail does not become empty")

    def mailbox_files(self):
        folder = os.path.join(self.mail, "new")
        return [os.path.join(folder, name) for name in os.listdir(folder)]

    def mailbox(self):
        """The messages delivered, one for each recipient, as octets."""
        messages = []
        for path in self.mailbox_files():
            with open(path, "rb") as file:
                messages.append(file.read())
        return messages
