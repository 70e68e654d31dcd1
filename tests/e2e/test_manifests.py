# SPDX-License-Identifier: BSD-2-Clause
"""optoutctl test: a shop's own cases, and the mail of tests/mail."""

import json
import os
import signal
import subprocess

from harness import libconfig, tap
from harness.case import SiteCase
from harness.daemon import POLICY, Daemon
from harness.mail import buyer
from harness.waiting import wait_until
from harness.workdir import source_path

ANN, BEN, EVE = buyer("ann"), buyer("ben"), buyer("eve")
SHOP, OTHER = "shop@seller.example", "other@seller.example"
ORDER, SECOND = "002-1234567-1234567", "002-1234567-7654321"
WORDS = "Does the kettle whistle an octave lower in the green version?"

MESSAGES = {
    "ask.eml": f"From: {ANN}\nTo: {SHOP}\nMessage-ID: <k1@phone.example>\n"
               f"Subject: Kettle\n\n{WORDS}\n",
    "reply.eml": "Subject: Re: Kettle\nIn-Reply-To: <k1@phone.example>\n\n"
                 f"It does.\n\n> {WORDS}\n",
    "review.eml": f"Subject: {ORDER}\n\nPlease leave a review.\n",
    "critical.eml": "Subject: Additional Information Required\n\n"
                    f"Which name shall we engrave for order {ORDER}?\n",
    "marked.eml": "Subject: Important\n\nWhich name shall we engrave?\n",
    "text.eml": f"Subject: Hello\n\nYour order {ORDER} was shipped.\n",
}
COLUMNS = ("file", "group", "envelope_from", "rcpt", "order_id", "verdict",
           "reason", "language", "thread_original", "ambiguous",
           "order_id_also")
CASES = (
    ("reply.eml", "reply", SHOP, ANN, "-", "reject", "THREAD_UNKNOWN",
     "en", "-", "no", "."),
    ("reply.eml", "reply", OTHER, ANN, "-", "reject", "THREAD_UNKNOWN",
     "en", "ask.eml", "no", "."),
    ("reply.eml", "reply", SHOP, ANN, "-", "accept", "REPLY_IN_THREAD",
     "en", "ask.eml", "no", "."),
    ("ask.eml", "thread-original", ANN, SHOP, "-", "accept", "BUYER_MESSAGE",
     "en", "-", "no", "."),
    ("ask.eml", "spoofed", ANN, SHOP, "-", "accept", "NOT_GOVERNED",
     "en", "-", "no", "."),
    ("review.eml", "abuse", SHOP, ANN, ORDER, "reject", "OPTED_OUT",
     "en", "-", "no", "."),
    ("review.eml", "abuse", SHOP, f"{EVE},{ANN}", SECOND, "reject",
     "OPTED_OUT", "en", "-", "no", f"{ORDER},-"),
    ("critical.eml", "critical", SHOP, BEN, ORDER, "accept", "CRITICAL",
     "de", "-", "no", "."),
    ("text.eml", "optin", SHOP, EVE, ORDER, "accept", "NOT_OPTED_OUT",
     "de", "-", "no", "."),
    ("text.eml", "elsewhere", SHOP, "x@elsewhere.example", ORDER, "accept",
     "NOT_GOVERNED", "de", "-", "no", "."),
    ("review.eml", "-", SHOP, ANN, ".", "accept", ".", "-", "-", "yes", "."),
)
BUYERS = f"alias\topted_out\n{ANN}\tyes\n{BEN}\tyes\n{EVE}\tno\n"


def table(rows, columns=COLUMNS):
    return "".join("\t".join(row) + "\n" for row in (columns, *rows))


class ManifestCase(SiteCase):
    """With a configuration whose cache and key ring do not exist."""

    def setUp(self):
        super().setUp()
        self.daemon = Daemon(self.site.workdir)
        self.temporary = self.site.workdir.mkdir("temporary", 0o1777)
        for name, text in MESSAGES.items():
            self.write(name, text)
        self.buyers = self.write("buyers.tsv", BUYERS)
        self.manifest = self.write("cases.tsv", table(CASES))

    def write(self, name, text):
        return self.site.workdir.write(name, text)

    def command(self, *arguments):
        return self.daemon.ctl_command("test", *arguments)

    def environment(self):
        return dict(os.environ, TMPDIR=self.temporary)

    def run_test(self, status, *arguments, **options):
        """Runs the command; returns standard output and error."""
        done = subprocess.run(
            self.command(*arguments), stdin=subprocess.DEVNULL,
            env=self.environment(), capture_output=True, text=True,
            timeout=300, **options)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertEqual(os.listdir(self.temporary), [])
        self.assertNotIn("data.mdb", os.listdir(self.daemon.cache))
        if status not in (0, 1):
            self.assertRegex(done.stderr, r"\Aoptoutctl: ")
        return done.stdout, done.stderr

    def play(self, status, rows, *arguments):
        """What it tells of some cases."""
        path = self.write("some.tsv", table(rows))
        out, _ = self.run_test(status, path, "--buyers", self.buyers, "--json",
                           *arguments)
        return json.loads(out)


class Cases(ManifestCase):
    def test_all_are_right(self):
        results = self.site.workdir.join("results.tsv")
        out, error = self.run_test(0, self.manifest, "--buyers", self.buyers,
                               "--results", results)
        self.assertEqual(error, "")
        self.assertRegex(out, r"(?m)^policy +10 of 10  100\.0%")
        self.assertIn("not counted: 1 ambiguous", out)
        with open(results, encoding="utf-8") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        wanted = [[row[0], row[5], row[6], row[4]] for row in CASES]
        wanted[6][3] = ORDER
        wanted[10][1:] = ["reject", "OPTED_OUT", ORDER]
        self.assertEqual(lines, wanted)

    def test_shadow_mode_changes_nothing(self):
        self.daemon.write_policy({"modes": {"default": "shadow"}})
        self.run_test(0, self.manifest, "--buyers", self.buyers)

    def test_no_one_need_be_trusted(self):
        """The buyers' messages are, whatever the policy says."""
        self.daemon.write_policy({"buyers": {"trusted": []}})
        self.run_test(0, self.manifest, "--buyers", self.buyers)

    def test_sellers_known_by_login_only(self):
        self.daemon.write_policy({"sellers": {"identity": ["login"]}})
        self.play(0, CASES[2:4] + CASES[5:9])

    def test_any_user_may(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        self.run_test(0, self.manifest, "--buyers", self.buyers, user="nobody",
                  group="nogroup", extra_groups=[])

    def test_few_columns(self):
        path = self.write("few.tsv", table(
            (("yes", "accept", BEN, SHOP, "critical.eml"),
             ("yes", "reject", ANN, SHOP, "review.eml"),
             ("no", "accept", EVE, SHOP, "review.eml")),
            ("buyer_opted_out", "verdict", "rcpt", "envelope_from", "file")))
        self.run_test(0, path)
        out, _ = self.run_test(1, path, "--buyers", self.write(
            "none.tsv", f"alias\topted_out\n{BEN}\tyes\n"))
        self.assertIn(":3: review.eml: accept NOT_OPTED_OUT, not reject\n",
                      out)

    def test_differences(self):
        rows = [list(row) for row in CASES]
        rows[5][6] = "THREAD_UNKNOWN"
        rows[7][4] = SECOND
        rows[8][5:7] = ["reject", "OPTED_OUT"]
        rows[9][4] = "-"
        path = self.write("wrong.tsv", table(rows))
        out, _ = self.run_test(1, path, "--buyers", self.buyers)
        for text in (
                ":7: review.eml: reject OPTED_OUT, not reject THREAD_UNKNOWN",
                f":9: critical.eml: accept CRITICAL; order {ORDER}, not "
                + SECOND,
                ":10: text.eml: accept NOT_OPTED_OUT, not reject OPTED_OUT",
                f":11: text.eml: accept NOT_GOVERNED; order {ORDER}, not -",
                ":12: review.eml: reject OPTED_OUT, not accept (ambiguous)"):
            self.assertIn(text + "\n", out)
        self.assertEqual(out.count("cases.tsv:") + out.count("wrong.tsv:"), 5)

    def test_scores(self):
        rows = [list(row) for row in CASES]
        rows[8][5:7] = ["reject", "OPTED_OUT"]
        rows[5][5:7] = ["accept", "CRITICAL"]
        told = self.play(1, rows)
        self.assertEqual(told["right"], {"count": 8, "of": 10})
        self.assertEqual(told["false_rejects"], {"count": 1, "of": 3})
        self.assertEqual(told["false_accepts"], {"count": 1, "of": 4})
        self.assertEqual(told["ambiguous"], 1)
        scores = {one["name"]: one["right"] for one in told["groups"]}
        self.assertEqual(scores["abuse"], {"count": 1, "of": 2})
        self.assertEqual(scores["reply"], {"count": 3, "of": 3})
        scores = {one["name"]: one["right"] for one in told["languages"]}
        self.assertEqual(scores, {"en": {"count": 6, "of": 7},
                                  "de": {"count": 2, "of": 3},
                                  "-": {"count": 0, "of": 0}})
        self.assertEqual(
            [(one["file"], one["line"], one["result"]["reason"],
              one["wanted"]["reason"]) for one in told["differences"]],
            [("review.eml", 7, "OPTED_OUT", "CRITICAL"),
             ("text.eml", 10, "NOT_OPTED_OUT", "OPTED_OUT"),
             ("review.eml", 12, "OPTED_OUT", None)])

    def test_original_without_a_row(self):
        """Its header tells from whom and to whom it was, else its reply."""
        self.play(0, CASES[1:3])
        self.write("ask.eml", MESSAGES["ask.eml"].split("\n", 2)[2])
        told = self.play(1, CASES[1:3])
        self.assertEqual([one["line"] for one in told["differences"]], [2])

    def test_original_of_nobody(self):
        """An original that no buyer wrote makes no thread, and is told."""
        row = list(CASES[2])
        row[3], row[8] = "x@elsewhere.example", "review.eml"
        row[5:7] = ["accept", "REPLY_IN_THREAD"]
        told = self.play(1, [row])
        self.assertEqual(told["differences"][0]["thread_original"],
                         "NOT_GOVERNED")

    def test_budget_counts(self):
        self.daemon.write_policy({"replies": {"budget": 2}})
        told = self.play(1, [CASES[2]] * 3)
        self.assertEqual([one["line"] for one in told["differences"]], [4])


class Diff(ManifestCase):
    def policy(self, changes):
        return self.write("other.conf", libconfig.settings(
            libconfig.merged(POLICY, changes)))

    def test_the_same(self):
        out, _ = self.run_test(0, self.manifest, "--buyers", self.buyers,
                           "--diff", self.policy({}))
        self.assertIn("\n0 verdicts change\n", "\n" + out)

    def test_changes(self):
        other = self.policy({"critical": {"subjects": ["Important"]}})
        rows = CASES[7:9] + (
            ("marked.eml", "critical", SHOP, BEN, "-", "accept", "CRITICAL",
             "en", "-", "no", "."),)
        path = self.write("some.tsv", table(rows))
        out, _ = self.run_test(1, path, "--buyers", self.buyers,
                               "--diff", other)
        for text in ("critical.eml: accept CRITICAL becomes reject OPTED_OUT "
                     "(wrong)",
                     "marked.eml: reject OPTED_OUT becomes accept CRITICAL "
                     "(right)",
                     "2 verdicts change"):
            self.assertIn(text + "\n", out)
        told = self.play(1, rows, "--diff", other)["other"]
        self.assertEqual(told["right"], {"count": 2, "of": 3})
        self.assertEqual([one["right"] for one in told["changes"]],
                         [False, True])

    def test_change_alone_is_a_difference(self):
        other = self.policy({"critical": {"subjects": ["Important"]}})
        self.run_test(0, self.manifest, "--buyers", self.buyers)
        self.run_test(1, self.manifest, "--buyers", self.buyers,
                      "--diff", other)

    def test_order(self):
        other = self.policy({"order_id": {"body": False}})
        told = self.play(1, CASES[8:9], "--diff", other)["other"]["changes"]
        self.assertEqual([(one["result"]["order"], one["becomes"]["order"])
                          for one in told], [(ORDER, None)])


class Errors(ManifestCase):
    def fails(self, status, pattern, *arguments):
        _, error = self.run_test(status, *arguments)
        self.assertRegex(error, pattern)

    def test_usage(self):
        self.fails(64, "give one manifest")
        self.fails(64, "give one manifest", self.manifest, self.buyers)
        self.fails(64, "needs a value", self.manifest, "--buyers")
        self.fails(64, "give --buyers", self.manifest)
        out, _ = self.run_test(0, "--help")
        self.assertIn("optoutctl [-c FILE] test", out)

    def test_manifest(self):
        for text, pattern in (
                ("", r"m\.tsv:1: is empty"),
                (table((), COLUMNS), "names no message"),
                (table([CASES[0][:-1]]), r"m\.tsv:2: 10 fields instead"),
                (table([("no.eml", *CASES[0][1:])]),
                 r"m\.tsv:2: no\.eml: cannot open"),
                (table([(*CASES[0][:5], "maybe", *CASES[0][6:])]),
                 r'm\.tsv:2: verdict: "maybe"')):
            with self.subTest(pattern):
                self.fails(65, pattern, self.write("m.tsv", text), "--buyers",
                           self.buyers)

    def test_files(self):
        missing = self.site.workdir.join("missing")
        folder = self.site.workdir.path
        for arguments, status, pattern in (
                ((missing, "--buyers", self.buyers), 66, "cannot open"),
                ((folder, "--buyers", self.buyers), 66, "is a directory"),
                ((self.manifest, "--buyers", missing), 66, "cannot open"),
                ((self.manifest, "--buyers", folder), 66, "is a directory"),
                ((self.manifest, "--buyers", self.buyers, "--results",
                  folder), 73, "cannot write"),
                ((self.manifest, "--buyers", self.buyers, "--results",
                  "/dev/full"), 74, "cannot write"),
                ((self.manifest, "--buyers", self.buyers, "--diff", missing),
                 78, "cannot open"),
                ((self.manifest, "--buyers", self.buyers, "--diff",
                  self.buyers), 78, r"buyers\.tsv:\d+: ")):
            with self.subTest(arguments):
                self.fails(status, pattern, *arguments)

    def test_buyer_of_two_minds(self):
        path = self.write("two.tsv", BUYERS + f"{ANN.upper()}\tno\n")
        self.fails(65, r"two\.tsv:5: ann@.* has not opted out here, but has "
                       "in line 2", self.manifest, "--buyers", path)

    def test_policy_of_others(self):
        self.daemon.write_policy(
            {"buyers": {"addresses": ["@elsewhere.example"]}})
        _, error = self.run_test(1, self.manifest, "--buyers", self.buyers)
        self.assertIn("warning: 2 that opted out are no buyers", error)

    def test_broken_policy(self):
        self.daemon.write_policy_text("profile = 5;\n")
        self.fails(78, r"policy\.conf:1:", self.manifest, "--buyers",
                   self.buyers)

    def test_no_room_for_the_cache(self):
        done = subprocess.run(
            self.command(self.manifest, "--buyers", self.buyers),
            env=dict(os.environ, TMPDIR="/nonexistent"), capture_output=True,
            text=True, timeout=60)
        self.assertEqual(done.returncode, 73)
        self.assertIn("set TMPDIR", done.stderr)


class Interrupted(ManifestCase):
    def interrupt(self, number):
        path = self.write("many.tsv", table(CASES[:1] * 50000))
        process = subprocess.Popen(
            self.command(path, "--buyers", self.buyers),
            env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_until(lambda: os.listdir(self.temporary), 60,
                   "there is no temporary cache")
        process.send_signal(number)
        self.assertEqual(process.wait(60), -number)
        self.assertEqual(os.listdir(self.temporary), [])

    def test_leaves_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                self.interrupt(number)


class OwnMail(ManifestCase):
    """The mail of the source tree, as a shop's team would run it."""

    def mail(self, *names):
        return source_path("tests", "mail", *names)

    def test_replies(self):
        self.run_test(0, self.mail("reply.tsv"))

    def test_english(self):
        results = self.site.workdir.join("results.tsv")
        path = self.mail("en.tsv")
        done = subprocess.run(
            self.command(path, "--json", "--results", results, "--buyers",
                         self.mail("buyers-en.tsv")),
            env=self.environment(), capture_output=True, text=True,
            timeout=300)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        right = json.loads(done.stdout)["right"]
        self.assertGreaterEqual(right["count"], 0.92 * right["of"])
        with open(results, encoding="utf-8") as file:
            names = [line.split("\t")[0] for line in file]
        with open(path, encoding="utf-8") as file:
            self.assertEqual(
                names, [line.split("\t")[0] for line in file][1:])


if __name__ == "__main__":
    tap.main()
