# SPDX-License-Identifier: BSD-2-Clause
"""The filter under test, with its own configuration and cache."""

import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import time

from harness import libconfig
from harness.logfile import LogFile
from harness.mail import DOMAIN
from harness.process import children, is_alive
from harness.verdicts import read_verdicts
from harness.waiting import wait_until
from harness.workdir import build_path, source_path

USER = "nobody"
POLICY = {
    "profile": "test", "version": 1,
    "buyers": {"addresses": ["@" + DOMAIN]},
    "modes": {"default": "enforce"},
}


def why_not():
    """Why the filter cannot run; "" if it can."""
    for program in ("optout-milter", "optoutctl"):
        if not os.access(build_path(program), os.X_OK):
            return build_path(program) + " is not built"
    return ""


class Daemon:
    def __init__(self, workdir, policy=None, conf=None, inet_port=None,
                 socket_path=None):
        """policy and conf: settings that differ from the usual ones."""
        self.workdir = workdir
        self.process = None
        self.log = LogFile(workdir.join("optout-milter.log"))
        self.socket_path = socket_path or workdir.join("run", "milter.sock")
        self.inet_port = inet_port
        self._make_directories()
        self.write_policy(policy or {})
        self.write_conf(conf or {})

    def _make_directories(self):
        owner = pwd.getpwnam(USER)
        self.workdir.mkdir("etc")
        self._copy_phrases(self.workdir.mkdir("etc/phrases"))
        for name, mode in (("run", 0o755), ("cache", 0o700)):
            self.workdir.mkdir(name, mode, owner.pw_uid, owner.pw_gid)

    @staticmethod
    def _copy_phrases(directory):
        """Files that others could write to would be refused."""
        packs = source_path("conf", "phrases")
        for name in os.listdir(packs):
            copy = os.path.join(directory, name)
            shutil.copyfile(os.path.join(packs, name), copy)
            os.chmod(copy, 0o644)

    def keep_phrases(self, *languages):
        """Leaves only these packs, where a test loads them often."""
        directory = self.workdir.join("etc", "phrases")
        for name in os.listdir(directory):
            if os.path.splitext(name)[0] not in languages:
                os.unlink(os.path.join(directory, name))

    @property
    def cache(self):
        return self.workdir.join("cache")

    @property
    def conf_path(self):
        return self.workdir.join("etc", "optout-milter.conf")

    @property
    def address(self):
        """Where a milter client connects to."""
        if self.inet_port:
            return ("127.0.0.1", self.inet_port)
        return self.socket_path

    @property
    def postfix_spec(self):
        """The socket as main.cf spells it."""
        if self.inet_port:
            return f"inet:127.0.0.1:{self.inet_port}"
        return "unix:" + self.socket_path

    @property
    def sendmail_spec(self):
        """The socket as sendmail.cf spells it."""
        if self.inet_port:
            return f"inet:{self.inet_port}@127.0.0.1"
        return "local:" + self.socket_path

    # configuration

    def _usual_conf(self):
        spec = "unix:" + self.socket_path
        if self.inet_port:
            spec = f"inet:{self.inet_port}@127.0.0.1"
        root = os.geteuid() == 0
        return {
            "policy": self.workdir.join("etc", "policy.conf"),
            "phrases": self.workdir.join("etc", "phrases"),
            "socket": spec,
            "socket_mode": "0660",
            "socket_group": "postfix" if root else "",
            "user": USER if root else "",
            "cache": {"directory": self.cache, "size_max": "1G",
                      "keys": self.workdir.join("etc", "keys")},
            "log": {"target": "stderr"},
        }

    def write_conf(self, changes):
        self.workdir.write("etc/optout-milter.conf", libconfig.settings(
            libconfig.merged(self._usual_conf(), changes)))

    def write_policy(self, changes):
        self.write_policy_text(
            libconfig.settings(libconfig.merged(POLICY, changes)))

    def write_policy_text(self, text):
        self.workdir.write("etc/policy.conf", text)

    # the operator's command

    def ctl_command(self, *arguments):
        return [build_path("optoutctl"), "-c", self.conf_path, *arguments]

    def ctl(self, *arguments, check=True, timeout=120):
        """Runs optoutctl; returns the finished process, with its output."""
        done = subprocess.run(
            self.ctl_command(*arguments), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"optoutctl {' '.join(arguments)}: exit "
                               f"{done.returncode}\n{done.stdout}"
                               f"{done.stderr}")
        return done

    def init(self, *opted_out):
        """Makes key ring and cache, and adds opt-outs."""
        self.ctl("init")
        for address in opted_out:
            self.ctl("add", address)

    # running

    def start(self, *options, timeout=30):
        """Starts the filter; returns when it is ready."""
        notify, environment = self._notify_socket()
        with notify:
            with open(self.log.path, "ab") as log:
                self.process = subprocess.Popen(
                    [build_path("optout-milter"), "-f", "-c", self.conf_path,
                     *options],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env=environment, start_new_session=True)
            self._wait_ready(notify, timeout)

    def _notify_socket(self):
        path = self.workdir.join("notify")
        if os.path.exists(path):
            os.unlink(path)
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(path)
        os.chmod(path, 0o777)
        environment = dict(os.environ, NOTIFY_SOCKET=path)
        return notify, environment

    def _wait_ready(self, notify, timeout):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if select.select([notify], [], [], 0.05)[0]:
                if b"READY=1" in notify.recv(4096).split(b"\n"):
                    return
            elif self.process.poll() is not None:
                raise RuntimeError(
                    f"optout-milter ended with {self.process.returncode}:\n"
                    + "\n".join(self.log.tail()))
        raise TimeoutError("optout-milter does not become ready")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def worker(self):
        """The pid of the child that serves, or None."""
        return next(iter(children(self.process.pid)), None)

    def memory_kib(self):
        """What the worker has resident; 0 under a sanitizer, which hoards."""
        with open(f"/proc/{self.worker}/maps", encoding="utf-8") as file:
            if re.search(r"/lib[at]san\.so", file.read()):
                return 0
        with open(f"/proc/{self.worker}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4

    def open_files(self):
        """How many files the worker has open."""
        return len(os.listdir(f"/proc/{self.worker}/fd"))

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=40):
        """Stops by SIGTERM; returns the exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._kill(process)
            raise

    def kill(self):
        """Ends parent and worker by SIGKILL."""
        process, self.process = self.process, None
        self._kill(process)

    @staticmethod
    def _kill(process):
        family = [process.pid] + children(process.pid)
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid in family), 10,
                   "the filter does not end after SIGKILL")

    def reload(self):
        """Sends SIGHUP; returns the log line that tells the result."""
        start = self.log.size()
        self.signal(signal.SIGHUP)
        return self.log.wait_for(
            r"reloaded configuration: |reload failed: ", start)

    def verdicts(self, start=0):
        return read_verdicts(self.log.text(start))

    def verdict(self, queue_id):
        """The verdict on a message; waits for it."""
        line = self.log.wait_for(rf": {queue_id}: outcome=")
        return read_verdicts(line)[0]
