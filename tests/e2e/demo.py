# SPDX-License-Identifier: BSD-2-Clause
"""
The demonstration: a private Postfix with the filter, a dozen messages, and
what became of each. contrib/demo.sh builds the filter and runs this.
"""

import argparse
import base64
import os
import shutil
import signal
import sys

from harness import daemon, postfix
from harness.mail import ORDER, SELLER, Mail, buyer
from harness.process import is_alive, kill_group
from harness.site import Site
from harness.waiting import wait_until
from harness.workdir import build_path, source_path

ANNA = buyer("anna")   # has opted out
BEN = buyer("ben")     # has not
ALIAS = buyer("x7k2qd9")   # the relay address of Anna at one seller
SERVICE = "service@marketplace-service.example"
OFFICE = "office@seller.example"
EVERYONE = (ANNA, BEN, ALIAS, SERVICE, OFFICE, SELLER)

POLICY = {
    "profile": "demo", "version": 1,
    "sellers": {"exempt": ["@marketplace-service.example"]},
    "notices": {"help_url": "https://marketplace.example/help/opt-out"},
}
SHADOW = {"version": 2, "modes": {"default": "shadow"}}


def encoded(text):
    """An encoded word."""
    return "=?UTF-8?B?" + base64.b64encode(text.encode()).decode() + "?="


def html_mail(recipient):
    """The order number is in HTML, with tags inside, in base64."""
    text = ("<p>Hello,</p><p>order 002-<b>1234567</b>-1234&#53;67: please "
            "rate us with 5 stars.</p>")
    return Mail(recipient, "Five stars?", [
        ("MIME-Version", "1.0"), ("Content-Type", "text/html"),
        ("Content-Transfer-Encoding", "base64")],
        base64.encodebytes(text.encode()).decode())


class Step:
    """A message, and (code, reason, order) expected for each recipient."""

    def __init__(self, title, mail, *expected, policy=None):
        self.title = title
        self.mail = mail
        self.expected = dict(zip(mail.recipients, expected))
        self.policy = policy


REFUSED = (550, "OPTED_OUT", ORDER)
STEPS = (
    Step("feedback request to a buyer who opted out",
         Mail(ANNA, f"How was your order {ORDER}?"), REFUSED),
    Step("the same to a buyer who did not",
         Mail(BEN, f"How was your order {ORDER}?"),
         (250, "NOT_OPTED_OUT", ORDER)),
    Step("critical subject to a buyer who opted out",
         Mail(ANNA, "Additional Information Required",
              [("X-Order-ID", ORDER)], "Which name shall we engrave?\n"),
         (250, "CRITICAL", ORDER)),
    Step("critical subject, folded, in capitals, with an order number",
         Mail(ANNA, f"ADDITIONAL  Information\n Required: {ORDER}",
              (), "The house number is missing. What is it?\n"),
         (250, "CRITICAL", ORDER)),
    Step("critical subject over a feedback request",
         Mail(ANNA, "Additional Information Required",
              [("X-Order-ID", ORDER)]), (550, "CRITICAL_MISUSED", ORDER)),
    Step("order number in X-Shop-Order-ID",
         Mail(ANNA, "Your opinion counts",
              [("X-Shop-Order-ID", ORDER)]), REFUSED),
    Step("order number in a folded subject",
         Mail(ANNA, f"Thank you for your order\n\t{ORDER} of Monday"),
         REFUSED),
    Step("order number in an encoded subject, over two words",
         Mail(ANNA, encoded("Grüße zu 002-12345") + "\n " +
              encoded("67-1234567 ★★★★★")), REFUSED),
    Step("order number in an HTML text only", html_mail(ANNA), REFUSED),
    Step("feedback request to the relay address of one who opted out",
         Mail(ALIAS, f"How was your order {ORDER}?"), REFUSED),
    Step("one message to both buyers",
         Mail([BEN, ANNA], f"How was your order {ORDER}?"),
         (250, "NOT_OPTED_OUT", ORDER), REFUSED),
    Step("the buyer who opted out writes to the seller",
         Mail(SELLER, "Where is my order?", sender=ANNA,
              body="I ordered a cup. Where is it?\n"),
         (250, "BUYER_MESSAGE", None)),
    Step("unrelated mail",
         Mail(OFFICE, "Lunch", body="At noon?\n"),
         (250, "NOT_GOVERNED", None)),
    Step("the marketplace's own service",
         Mail(ANNA, "Your account", sender=SERVICE,
              body="Your address was changed.\n"), (250, "EXEMPT", None)),
    Step("shadow mode: the first message again",
         Mail(ANNA, f"How was your order {ORDER}?"),
         (250, "OPTED_OUT", ORDER), policy=SHADOW),
)


def mailbox_name(address):
    return address.replace("@", "-at-")


class Demo:
    def __init__(self, path):
        self.site = Site(path)
        self.rows = []

    def start(self):
        site = self.site
        site.make_daemon(ANNA, policy=POLICY)
        aliases = site.workdir.write("aliases.csv",
                                     f"alias,buyer\n{ALIAS},{ANNA}\n")
        site.daemon.ctl("import", "aliases", aliases)
        site.daemon.start()
        site.start_postfix(mailboxes={
            address: mailbox_name(address) for address in EVERYONE})

    def run_step(self, number, step):
        heading = f"{number}. {step.title}"
        print(f"\n{heading}\n{'=' * len(heading)}")
        if step.policy:
            self.site.daemon.write_policy(dict(POLICY, **step.policy))
            print("filter  | " + self.site.daemon.reload())
        waiting = list(step.mail.recipients)
        while waiting:
            waiting = self.send(number, step, waiting)

    def send(self, number, step, recipients):
        """Sends to recipients; returns those to be sent to again."""
        mark_filter = self.site.daemon.log.size()
        mark_postfix = self.site.postfix.log.size()
        before = self.mailboxes()
        mail = step.mail
        with self.site.smtp() as client:
            refused = client.envelope(mail.sender, recipients)
            taken = [one for one in recipients if one not in refused]
            reply = client.data(mail.octets()) if taken else None
            client.quit()
        if reply is not None and reply.code == 250:
            self.site.postfix.log.wait_for(
                rf"{reply.queue_id}: removed", mark_postfix)
        begin = client.transcript.index(f"C: MAIL FROM:<{mail.sender}>")
        print("\n".join(client.transcript[begin:-2]))
        self.print_logs(mark_filter, mark_postfix)
        delivered = sorted(self.mailboxes() - before)
        for path in delivered:
            print("mailbox | " + path)
        for one in taken:
            self.add_row(number, step, one, reply, mark_filter, delivered)
        later = [one for one in refused if refused[one].code // 100 == 4]
        if not taken:
            for one in recipients:
                self.add_row(number, step, one, refused[one], mark_filter, [])
            later = []
        elif later:
            print("again, by itself, to " + ", ".join(later))
        return later

    def print_logs(self, mark_filter, mark_postfix):
        wanted = r"milter-reject|status=|warning|fatal"
        for line in self.site.postfix.log.lines(wanted, mark_postfix):
            print("postfix | " + line)
        for line in self.site.daemon.log.lines("outcome=", mark_filter):
            print("filter  | " + line)

    def mailboxes(self):
        return {path for address in EVERYONE
                for path in self.site.postfix.mailbox_files(
                    mailbox_name(address))}

    def add_row(self, number, step, recipient, reply, mark, delivered):
        verdict = self.site.daemon.verdicts(mark)[-1]
        got = (reply.code, verdict.reason, verdict.order)
        box = "/" + mailbox_name(recipient) + "/"
        arrived = any(box in path for path in delivered)
        expected = step.expected[recipient]
        named = reply.code == 250 or \
            f"[{verdict.reason}] Message for order {ORDER}" in reply.lines[0]
        good = got == expected and arrived == (reply.code == 250) and named
        if step.policy and verdict.would != "reject":
            good = False
        self.rows.append((number, step, recipient, expected, got, arrived,
                          good))

    def print_table(self):
        print("\n    message                                              "
              "          to       expected           got                "
              "delivered")
        for number, step, to, expected, got, arrived, good in self.rows:
            print(f"{number:>2}. {step.title:<63} {to.split('@')[0]:<9}"
                  f"{expected[0]} {expected[1]:<14} {got[0]} {got[1]:<14} "
                  f"{'yes' if arrived else 'no ':<4}"
                  f"{'as expected' if good else 'WRONG'}")
        return all(row[-1] for row in self.rows)

    def run(self):
        """Returns whether all came out as expected."""
        self.start()
        for number, step in enumerate(STEPS, 1):
            self.run_step(number, step)
        return self.print_table()

    def keep(self):
        """Leaves it running, in enforcing mode."""
        site = self.site
        site.daemon.write_policy(dict(POLICY, version=3))
        site.daemon.reload()
        pids = [site.daemon.process.pid, site.postfix.process.pid]
        site.workdir.write("pids", "".join(f"{pid}\n" for pid in pids))
        print(KEPT.format(
            port=site.postfix.port, directory=site.workdir.path,
            conf=site.daemon.conf_path, log=site.daemon.log.path,
            maillog=site.postfix.log.path, mail=site.postfix.mail,
            ctl=build_path("optoutctl"), anna=ANNA, ben=BEN,
            seller=SELLER, order=ORDER,
            demo=source_path("contrib", "demo.sh")))


KEPT = """
It is left running.
To send by hand, by SMTP to port {port} of 127.0.0.1, for example:
  /usr/bin/python3 -c 'import smtplib; \\
  s = smtplib.SMTP("127.0.0.1", {port}); s.set_debuglevel(1); \\
  s.sendmail("{seller}", "{anna}",
  "Subject: Your order {order}\\r\\n\\r\\nRate us!")'
To change who has opted out:
  {ctl} -c {conf} add {ben}
  {ctl} -c {conf} remove {anna}
To look at the logs and the mailboxes:
  tail -f {maillog} {log}
  ls -R {mail}
To stop it and remove all:
  {demo} --stop {directory}
"""


def stop(directory):
    """Ends what keep() left running in a directory and removes that."""
    directory = os.path.abspath(directory)
    with open(os.path.join(directory, "pids"), encoding="ascii") as file:
        pids = [int(line) for line in file]
    for pid in pids:
        if is_ours(pid, directory):
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda pid=pid: not is_alive(pid), 30,
                       f"process {pid} does not end")
            # Each leads a group of its own.
            kill_group(pid)
    shutil.rmtree(directory)


def is_ours(pid, directory):
    """Whether a process was started with a path of the directory."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.fsencode(directory + "/") in file.read()
    except FileNotFoundError:
        return False


def interrupted(number, _frame):
    raise SystemExit(128 + number)


def run(directory, keep):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    demo = Demo(directory)
    kept = False
    try:
        good = demo.run()
        if keep:
            demo.keep()
            kept = True
    except Exception:
        print(demo.site.diagnostics(), file=sys.stderr)
        raise
    finally:
        if not kept:
            demo.site.close()
    print("All came out as expected." if good else "Not as expected.")
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description="Demonstrates the filter.")
    parser.add_argument("--directory", help="an existing directory to use")
    parser.add_argument("--keep", action="store_true",
                        help="leave it running")
    parser.add_argument("--stop", metavar="DIRECTORY",
                        help="end what was left running")
    options = parser.parse_args()
    if options.stop:
        stop(options.stop)
        return 0
    reason = daemon.why_not() or postfix.why_not()
    if reason:
        print(reason, file=sys.stderr)
        return 77
    return run(options.directory, options.keep)


if __name__ == "__main__":
    sys.exit(main())
