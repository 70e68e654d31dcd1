# SPDX-License-Identifier: BSD-2-Clause
"""Stops, kills and starts under load: nothing is lost, nothing unfiltered."""

import os
import random
import signal
import socket
import stat
import subprocess
import time

from harness import tap
from harness.case import SiteCase
from harness.daemon import Daemon
from harness.load import Load, SmtpSender
from harness.mail import ORDER, SELLER, Mail, buyer
from harness.verdicts import by_queue_id
from harness.waiting import wait_until
from harness.workdir import WorkDir, build_path

OUT = buyer("anna")
IN = buyer("ben")
SESSIONS = 4


def make_mail(thread, number):
    return Mail(OUT if (thread + number) % 3 == 0 else IN, ORDER)


class UnderLoad(SiteCase):
    NEEDS_POSTFIX = True

    def setUp(self):
        super().setUp()
        self.rng = random.Random(11)

    def run_rounds(self, rounds, end):
        """Ends and starts the filter again and again under load."""
        self.site.start_daemon(OUT)
        self.site.start_postfix()
        sender = SmtpSender(self.site.postfix.port, make_mail)
        self.addCleanup(sender.close)
        begin = time.monotonic()
        with Load(SESSIONS, sender) as load:
            for _ in range(rounds):
                load.wait_progress(2)
                time.sleep(self.rng.random() / 100)
                end()
                self.site.daemon.start()
            load.wait_progress(SESSIONS)
        self.assertEqual(load.errors, [])
        self.check(load.done)
        retried = sum(len(sending.replies) > 1 for sending in load.done)
        print(f"# {rounds} rounds in {time.monotonic() - begin:.0f} s, "
              f"{len(load.done)} messages, {retried} of them after a 4xx")

    def check(self, sendings):
        accepted = {}
        for sending in sendings:
            wanted = 550 if sending.mail.recipients == [OUT] else 250
            self.assertEqual(sending.final.code, wanted, sending.replies)
            if wanted == 250:
                accepted[sending.mail.message_id] = sending.final.queue_id
            else:
                self.assertIn("[OPTED_OUT]", sending.final.text)
        self.check_delivered(accepted)

    def check_delivered(self, accepted):
        """Just the accepted, once each, and each with a verdict."""
        self.site.postfix.wait_empty()
        delivered = []
        for text in self.site.postfix.mailbox():
            head = text.decode("utf-8", "replace").split("\n\n")[0]
            fields = dict(line.split(": ", 1) for line in head.split("\n")
                          if ": " in line)
            delivered.append(fields["Message-ID"])
            self.assertEqual(fields["Delivered-To"], IN)
        self.assertEqual(sorted(delivered), sorted(accepted))
        table = by_queue_id(self.site.daemon.verdicts())
        for queue_id in accepted.values():
            outcomes = [(verdict.outcome, verdict.reason)
                        for verdict in table.get(queue_id, [])]
            self.assertIn(("accept", "NOT_OPTED_OUT"), outcomes, queue_id)

    def test_200_stops(self):
        def end():
            self.assertEqual(self.site.daemon.stop(), 0)

        self.run_rounds(200, end)

    def test_200_kills(self):
        def end():
            self.site.daemon.kill()

        self.run_rounds(200, end)
        self.site.daemon.ctl("verify")
        self.assertEqual(self.site.daemon.ctl("query", OUT).returncode, 0)
        done = self.site.daemon.ctl("query", IN, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_20_crashes_of_the_worker(self):
        """The parent starts another; the parent itself stays."""
        def crash():
            parent = self.site.daemon.process.pid
            worker = self.site.daemon.worker
            start = self.site.daemon.log.size()
            os.kill(worker, signal.SIGKILL)
            self.site.daemon.log.wait_for("ready: ", start)
            self.assertNotEqual(self.site.daemon.worker, worker)
            self.assertEqual(self.site.daemon.process.pid, parent)

        self.site.start_daemon(OUT)
        self.site.start_postfix()
        sender = SmtpSender(self.site.postfix.port, make_mail)
        self.addCleanup(sender.close)
        with Load(SESSIONS, sender) as load:
            for _ in range(20):
                load.wait_progress(10)
                crash()
        self.assertEqual(load.errors, [])
        self.check(load.done)
        self.assertEqual(self.site.daemon.stop(), 0)


class Stop(SiteCase):
    """SIGTERM while a message is under way."""

    def begin(self):
        self.site.start_daemon(OUT)
        client = self.site.client()
        self.addCleanup(client.close)
        client.start()
        client.mail(SELLER)
        client.rcpt(OUT)
        client.header("Subject", ORDER)
        client.flush()
        return client

    def test_message_under_way_is_finished(self):
        client = self.begin()
        idle = self.site.client().start()
        self.addCleanup(idle.close)
        self.site.daemon.signal(signal.SIGTERM)
        wait_until(lambda: self.is_draining(idle), 10, "no drain")
        self.assertTrue(self.site.daemon.is_running())
        client.eoh()
        self.assertIn("[OPTED_OUT]", client.eom().text)
        client.quit()
        self.assertEqual(self.site.daemon.process.wait(10), 0)

    def is_draining(self, client):
        """Whether a message that begins now is told to come again."""
        try:
            answer = client.mail(SELLER) or client.rcpt(IN)
            if answer is None or answer.name == "continue":
                client.eoh()
                answer = client.eom()
        except OSError:
            return True
        if answer.code == 250:
            return False
        self.assertIn(answer.code, (421, 451), answer)
        return True

    def test_silent_message_does_not_hold_it_for_ever(self):
        self.site.make_daemon(OUT, conf={"drain_timeout": "1s"})
        self.site.daemon.start()
        with self.site.client() as client:
            client.start()
            client.mail(SELLER)
            client.rcpt(OUT)
            begin = time.monotonic()
            self.assertEqual(self.site.daemon.stop(timeout=15), 0)
            self.assertLess(time.monotonic() - begin, 8)

    def test_idle_stop_is_quick_and_repeats(self):
        self.site.start_daemon(OUT)
        for _ in range(5):
            begin = time.monotonic()
            self.assertEqual(self.site.daemon.stop(), 0)
            self.assertLess(time.monotonic() - begin, 3)
            self.site.daemon.start()

    def test_stop_right_after_the_start(self):
        """Also before the worker is ready it ends in good order."""
        daemon = self.site.make_daemon(OUT)
        for number in range(40):
            with open(daemon.log.path, "ab") as log:
                start = daemon.log.size()
                process = subprocess.Popen(
                    [build_path("optout-milter"), "-f", "-c",
                     daemon.conf_path], stdin=subprocess.DEVNULL, stderr=log)
            daemon.log.wait_for("starting; ", start)
            time.sleep(number / 4000)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(30), 0, f"round {number}")
            self.assertFalse(os.path.exists(daemon.socket_path))

    def test_no_process_is_left(self):
        self.site.start_daemon(OUT)
        worker = self.site.daemon.worker
        self.assertEqual(self.site.daemon.stop(), 0)
        self.assertFalse(os.path.exists(f"/proc/{worker}"))

    def test_worker_ends_when_the_parent_is_killed(self):
        self.site.start_daemon(OUT)
        daemon = self.site.daemon
        worker = daemon.worker
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
        try:
            wait_until(lambda: not os.path.exists(f"/proc/{worker}"), 10,
                       "the worker stays without its parent")
        finally:
            if os.path.exists(f"/proc/{worker}"):
                os.kill(worker, signal.SIGKILL)


class Socket(SiteCase):
    def run_program(self, *options, timeout=20):
        return subprocess.run(
            [build_path("optout-milter"), *options], capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=timeout)

    def assert_serves(self):
        self.assertIn("[OPTED_OUT]", self.site.ask(Mail(OUT, ORDER)).text)

    def test_second_instance_refuses(self):
        self.site.start_daemon(OUT)
        for _ in range(3):
            done = self.run_program("-f", "-c", self.site.daemon.conf_path)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(self.site.daemon.socket_path, done.stderr)
            self.assert_serves()

    def test_second_instance_of_another_configuration_refuses(self):
        self.site.start_daemon(OUT)
        directory = WorkDir()
        self.addCleanup(directory.remove)
        other = Daemon(directory, conf={
            "socket": "unix:" + self.site.daemon.socket_path})
        other.init()
        done = self.run_program("-f", "-c", other.conf_path)
        self.assertNotEqual(done.returncode, 0)
        self.assert_serves()

    def test_stale_socket(self):
        self.site.start_daemon(OUT)
        self.site.daemon.kill()
        self.assertTrue(os.path.exists(self.site.daemon.socket_path))
        self.site.daemon.start()
        self.assert_serves()

    def test_start_right_after_a_kill(self):
        """It waits for the rest of the former one to end."""
        self.site.start_daemon(OUT)
        for _ in range(10):
            former = self.site.daemon.process
            os.kill(former.pid, signal.SIGKILL)
            former.wait()
            self.site.daemon.start()
        self.assert_serves()

    def test_stale_socket_of_nobody(self):
        daemon = self.site.make_daemon(OUT)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_over:
            left_over.bind(daemon.socket_path)
            left_over.listen()
        daemon.start()
        self.assert_serves()

    def test_other_file_is_not_removed(self):
        daemon = self.site.make_daemon(OUT)
        self.site.workdir.write("run/milter.sock", "precious")
        done = self.run_program("-f", "-c", daemon.conf_path)
        self.assertNotEqual(done.returncode, 0)
        with open(daemon.socket_path, encoding="ascii") as file:
            self.assertEqual(file.read(), "precious")

    def test_socket_is_removed_at_the_end(self):
        self.site.start_daemon(OUT)
        self.site.daemon.stop()
        self.assertFalse(os.path.exists(self.site.daemon.socket_path))

    def test_socket_of_another_is_not_removed(self):
        self.site.start_daemon(OUT)
        path = self.site.daemon.socket_path
        os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as newer:
            newer.bind(path)
            newer.listen()
            self.assertEqual(self.site.daemon.stop(), 0)
            self.assertTrue(os.path.exists(path))

    def test_mode_and_group(self):
        self.site.start_daemon(OUT, conf={"socket_mode": "0622"})
        found = os.stat(self.site.daemon.socket_path)
        self.assertEqual(stat.S_IMODE(found.st_mode), 0o622)


class Account(SiteCase):
    """What it runs as."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs root")

    def test_gives_up_root(self):
        self.site.start_daemon(OUT)
        pids = [self.site.daemon.worker, self.site.daemon.process.pid]
        for pid in pids:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                fields = dict(line.rstrip("\n").split(":\t", 1)
                              for line in file if ":\t" in line)
            self.assertNotIn("0", fields["Uid"].split(), pid)
            self.assertNotIn("0", fields["Gid"].split(), pid)
            self.assertNotIn("0", fields["Groups"].split(), pid)

    def test_refuses_to_stay_root(self):
        daemon = self.site.make_daemon(OUT)
        for user in ("", "root"):
            daemon.write_conf({"user": user})
            done = subprocess.run(
                [build_path("optout-milter"), "-f", "-c", daemon.conf_path],
                capture_output=True, text=True, timeout=20)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("root", done.stderr)


class Options(SiteCase):
    def run_program(self, *options):
        return subprocess.run(
            [build_path("optout-milter"), *options], capture_output=True,
            text=True, stdin=subprocess.DEVNULL, timeout=20)

    def test_check_only(self):
        daemon = self.site.make_daemon(OUT)
        done = self.run_program("-n", "-c", daemon.conf_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.write_policy_text('profile = "test";\nbyers = { };\n')
        done = self.run_program("-n", "-c", daemon.conf_path)
        self.assertEqual(done.returncode, 78)
        self.assertRegex(done.stderr, r"/policy\.conf:2: ")

    def test_pid_file_and_socket(self):
        daemon = self.site.make_daemon(OUT)
        pid_file = self.site.workdir.join("run", "pid")
        daemon.socket_path = self.site.workdir.join("run", "other.sock")
        daemon.start("-P", pid_file, "-p", "unix:" + daemon.socket_path)
        with open(pid_file, encoding="ascii") as file:
            self.assertEqual(int(file.read()), daemon.process.pid)
        self.assertIn("[OPTED_OUT]", self.site.ask(Mail(OUT, ORDER)).text)
        daemon.stop()
        self.assertFalse(os.path.exists(pid_file))

    def test_version(self):
        done = self.run_program("-V")
        self.assertEqual(done.returncode, 0)
        self.assertIn("optout-milter", done.stdout)


if __name__ == "__main__":
    tap.main()
