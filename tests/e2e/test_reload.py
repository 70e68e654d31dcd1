# SPDX-License-Identifier: BSD-2-Clause
"""SIGHUP under load: each message is judged by one configuration."""

import os
import re
import signal

from harness import libconfig, tap
from harness.case import SiteCase
from harness.daemon import POLICY
from harness.load import Load, SmtpSender
from harness.mail import QUESTION, Mail, buyer
from harness.verdicts import by_queue_id
from harness.waiting import wait_until

OUT = buyer("anna")
SUBJECT = "Additional Information Required"
ORDERS = {1: "001-1234567-1234567", 2: "002-1234567-1234567",
          3: "003-1234567-1234567"}


def policy(version):
    """
    A policy that takes the order number from a field of its own, and refuses
    by a notice of its own, or (the third) accepts.
    """
    subjects = [SUBJECT] if version == 3 else ["Something Else"]
    return libconfig.merged(POLICY, {
        "version": version,
        "order_id": {"headers": [f"X-Order-{version}"]},
        "critical": {"subjects": subjects},
        "notices": {"OPTED_OUT": [f"by policy {version}"]},
    })


GOOD = {version: libconfig.settings(policy(version)) for version in ORDERS}
BAD = (
    "", "profile = \"test\"\n", GOOD[1][:len(GOOD[1]) // 2],
    GOOD[2].replace("buyers", "byers"), GOOD[2] + "version = 9;\n",
    GOOD[1].replace("version = 1", "version = \"one\""),
    GOOD[1] + "order_id = { pattern = \"[\"; };\n",
    GOOD[2].replace("by policy", "by\u00fc policy"), "\0\xff" * 50,
)


def mail_for_all():
    return Mail(OUT, SUBJECT, [(f"X-Order-{version}", order)
                               for version, order in ORDERS.items()],
                body=QUESTION)


def policy_of_reply(code, text):
    """The version whose doing a reply is; None if it is of no single one."""
    if code == 250:
        return 3
    found = re.search(r"\[OPTED_OUT\] Message for order (\S+) not delivered: "
                      r"by policy (\d)", text)
    if code == 550 and found:
        version = int(found.group(2))
        if ORDERS.get(version) == found.group(1):
            return version
    return None


class ReloadCase(SiteCase):
    def reload_often(self, rounds, load):
        """Alternates good policies and, at times, bad ones."""
        current = 1
        for number in range(rounds):
            bad = number % 7 == 3
            if bad:
                text = BAD[number // 7 % len(BAD)]
            else:
                current = (current % 3) + 1
                text = GOOD[current]
            self.site.daemon.write_policy_text(text)
            line = self.site.daemon.reload()
            self.assertIn(f"policy=test@{current}", line)
            if bad:
                self.assertRegex(line, r"reload failed: \S+/policy\.conf")
            else:
                self.assertIn("reloaded configuration: ", line)
            if number % 20 == 0:
                load.wait_progress(5)

    def check_log(self, versions):
        """versions: queue ID -> version that the reply came from."""
        table = by_queue_id(self.site.daemon.verdicts())
        for queue_id, version in versions.items():
            lines = table.get(queue_id, [])
            self.assertEqual(len(lines), 1, queue_id)
            verdict = lines[0]
            self.assertEqual(verdict.policy, f"test@{version}", verdict)
            self.assertEqual(verdict.order, ORDERS[version], verdict)
            wanted = "CRITICAL" if version == 3 else "OPTED_OUT"
            self.assertEqual(verdict.reason, wanted, verdict)
        self.assertEqual(len(set(versions.values())), 3)

    def start(self):
        self.site.make_daemon(OUT)
        self.site.daemon.write_policy_text(GOOD[1])
        self.site.daemon.keep_phrases("en")
        self.site.daemon.start()


class Reload(ReloadCase):
    def test_1000_reloads_20_sessions(self):
        self.start()
        parent, worker = self.site.daemon.process.pid, self.site.daemon.worker
        clients = [self.site.client().start() for _ in range(20)]
        for client in clients:
            self.addCleanup(client.close)
        versions = {}

        def send_one(thread, number):
            queue_id = f"4L{thread}x{number}"
            verdict = clients[thread].send(mail_for_all(), queue_id)
            version = policy_of_reply(verdict.code, verdict.text)
            if version is None:
                raise AssertionError(f"{queue_id}: {verdict}")
            versions[queue_id] = version

        with Load(len(clients), send_one) as load:
            load.wait_progress(20)
            self.reload_often(150, load)
            memory = self.site.daemon.memory_kib()
            self.reload_often(850, load)
            load.wait_progress(20)
        self.assertEqual(load.errors, [])
        self.assertLess(self.site.daemon.memory_kib() - memory, 16 * 1024)
        self.assertEqual((self.site.daemon.process.pid,
                          self.site.daemon.worker), (parent, worker))
        self.check_log(versions)
        print(f"# {len(versions)} messages during 1,000 reloads")

    def test_burst_of_signals(self):
        """Signals that come faster than reloads are not lost at the end."""
        self.start()
        for version in (2, 3, 1, 2):
            self.site.daemon.write_policy_text(GOOD[version])
            start = self.site.daemon.log.size()
            for _ in range(100):
                self.site.daemon.signal(signal.SIGHUP)
            self.site.daemon.log.wait_for(
                f"reloaded configuration: policy=test@{version}", start)
        verdict = self.site.ask(mail_for_all())
        self.assertEqual(policy_of_reply(verdict.code, verdict.text), 2)

    def test_signals_while_the_worker_starts(self):
        """One that comes before the worker is ready does it no harm."""
        self.start()
        for _ in range(20):
            worker = self.site.daemon.worker
            start = self.site.daemon.log.size()
            os.kill(worker, signal.SIGKILL)

            def is_ready():
                self.site.daemon.signal(signal.SIGHUP)
                return self.site.daemon.log.lines("ready: ", start)

            wait_until(is_ready, 10, "no worker is started")
            died = self.site.daemon.log.lines("worker died", start)
            self.assertEqual(len(died), 1, died)

    def test_message_keeps_its_configuration(self):
        """A reload in the midst of a message is for the next one."""
        self.start()
        mail = mail_for_all()
        with self.site.client() as client:
            client.start()
            client.mail(mail.sender)
            client.flush()
            client.rcpt(OUT)
            self.site.daemon.write_policy_text(GOOD[2])
            self.site.daemon.reload()
            for name, value in mail.headers:
                client.header(name, value)
            client.eoh()
            verdict = client.eom()
            self.assertEqual(policy_of_reply(verdict.code, verdict.text), 1)
            verdict = client.send(mail)
            self.assertEqual(policy_of_reply(verdict.code, verdict.text), 2)

    def test_bad_daemon_file(self):
        self.start()
        self.site.daemon.write_conf({"no_such_option": 1})
        line = self.site.daemon.reload()
        self.assertRegex(line, r"reload failed: \S+/optout-milter\.conf:\d+: ")
        self.assertIn("keeping policy=test@1", line)
        self.site.daemon.write_conf({})
        self.assertIn("reloaded configuration: policy=test@1",
                      self.site.daemon.reload())


class ReloadBehindPostfix(ReloadCase):
    NEEDS_POSTFIX = True

    def test_150_reloads(self):
        self.start()
        self.site.start_postfix()
        sender = SmtpSender(self.site.postfix.port,
                            lambda thread, number: mail_for_all())
        self.addCleanup(sender.close)
        with Load(8, sender) as load:
            load.wait_progress(20)
            self.reload_often(150, load)
        self.assertEqual(load.errors, [])
        queue_ids = dict(reversed(pair) for pair in re.findall(
            r": (\w+): message-id=(\S+)", self.site.postfix.log.text()))
        versions = {}
        for sending in load.done:
            self.assertEqual(len(sending.replies), 1, sending.replies)
            reply = sending.final
            version = policy_of_reply(reply.code, reply.text)
            self.assertIsNotNone(version, reply)
            versions[queue_ids[sending.mail.message_id]] = version
        self.check_log(versions)
        self.site.postfix.wait_empty()
        accepted = sum(version == 3 for version in versions.values())
        self.assertEqual(len(self.site.postfix.mailbox_files()), accepted)


if __name__ == "__main__":
    tap.main()
