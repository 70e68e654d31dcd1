# SPDX-License-Identifier: BSD-2-Clause
"""The operator's command: every subcommand, its errors, exit codes, JSON."""

import json
import os
import re
import shutil
import signal
import subprocess

from harness import tap
from harness.case import SiteCase
from harness.mail import buyer
from harness.waiting import wait_until

ANN = buyer("ann")
BEN = buyer("ben")
ALIAS = buyer("x7k2qd9")
SHOP = "shop@seller.example"
ORDER = "002-1234567-1234567"
MESSAGE = f"""From: Shop <{SHOP}>
To: {ANN}
Subject: Your order
 {ORDER}

Rate us!
"""


class CtlCase(SiteCase):
    def setUp(self):
        super().setUp()
        self.daemon = self.site.make_daemon()

    def ctl(self, *arguments):
        return self.daemon.ctl(*arguments, check=False)

    def run_ctl(self, status, *arguments):
        """Runs the command; returns standard output and error."""
        done = self.ctl(*arguments)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        if status not in (0, 1):
            self.assertRegex(done.stderr, r"\Aoptoutctl: |\AUsage: ")
        return done.stdout, done.stderr

    def write(self, name, text):
        return self.site.workdir.write(name, text) or \
            self.site.workdir.join(name)


class Init(CtlCase):
    def test_overwrites_nothing(self):
        keys = open(self.daemon_path("keys"), encoding="ascii").read()
        self.run_ctl(73, "init")
        self.assertEqual(
            open(self.daemon_path("keys"), encoding="ascii").read(), keys)

    def test_makes_a_database_for_a_key_ring(self):
        self.run_ctl(0, "add", ANN)
        shutil.rmtree(self.daemon.cache)
        self.run_ctl(2, "query", ANN)
        self.run_ctl(0, "init")
        self.run_ctl(1, "query", ANN)

    def test_modes(self):
        self.assertEqual(os.stat(self.daemon_path("keys")).st_mode & 0o777,
                         0o400)
        self.assertEqual(os.stat(self.daemon.cache).st_mode & 0o027, 0)

    def test_readable_key_ring_is_refused(self):
        os.chmod(self.daemon_path("keys"), 0o644)
        _, error = self.run_ctl(2, "query", ANN)
        self.assertIn("chmod 0400", error)

    def daemon_path(self, name):
        return os.path.join(os.path.dirname(self.daemon.conf_path), name)


class AddRemoveQuery(CtlCase):
    def test_whole_opt_out(self):
        self.run_ctl(1, "query", ANN)
        self.run_ctl(0, "add", ANN)
        self.run_ctl(0, "query", ANN)
        self.run_ctl(0, "query", ANN.upper())
        self.run_ctl(1, "query", ANN, BEN)
        self.run_ctl(0, "remove", ANN)
        self.run_ctl(1, "remove", ANN)
        self.run_ctl(1, "query", ANN)

    def test_scopes(self):
        self.run_ctl(0, "add", ANN, "--seller", SHOP)
        self.run_ctl(0, "add", ANN, "--order", ORDER)
        self.run_ctl(0, "remove", ANN, "--seller", SHOP)
        out, _ = self.run_ctl(0, "export", "optouts", "-")
        self.assertEqual(len(out.splitlines()), 2)
        self.run_ctl(64, "add", ANN, "--seller", SHOP, "--order", ORDER)

    def test_until(self):
        self.run_ctl(0, "add", ANN, "--until", "90d")
        self.run_ctl(0, "query", ANN)
        self.run_ctl(0, "add", BEN, "--until", "2099-12-31")
        out, _ = self.run_ctl(0, "query", BEN)
        self.assertIn("2099-12-31", out)

    def test_bad_arguments(self):
        for arguments in (("add",), ("add", "nonsense"),
                          ("add", ANN, "--until", "soon"),
                          ("add", ANN, "--source", "hearsay"),
                          ("add", ANN, "--order", "12"),
                          ("nosuch",), ("add", "--nosuch", ANN)):
            with self.subTest(arguments):
                done = self.ctl(*arguments)
                self.assertIn(done.returncode, (64, 65))
                self.assertTrue(done.stderr)

    def test_alias(self):
        path = self.write("a.csv", f"alias,buyer\n{ALIAS},{ANN}\n")
        self.run_ctl(0, "import", "aliases", path)
        self.run_ctl(0, "add", ALIAS)
        self.run_ctl(0, "query", ANN)
        self.run_ctl(0, "query", ALIAS)

    def test_order(self):
        path = self.write("o.csv", "order,buyer,seller,custom\n"
                                   f"{ORDER},{ANN},{SHOP},no\n")
        self.run_ctl(0, "import", "orders", path)
        self.run_ctl(1, "query", ORDER)
        self.run_ctl(0, "add", ANN)
        self.run_ctl(0, "query", ORDER)

    def test_json(self):
        self.run_ctl(0, "add", ANN)
        for arguments in (("query", "--json", ANN), ("verify", "--json"),
                          ("add", "--json", BEN)):
            with self.subTest(arguments):
                out, _ = self.run_ctl(0, *arguments)
                for line in out.splitlines():
                    json.loads(line)


    def test_arguments_from_input(self):
        self.run_ctl(0, "add", ANN)
        for text, status, lines in ((f"{ANN}\r\n\n", 0, 1),
                                    (f" {ANN}\n{BEN}", 1, 2),
                                    (f"{BEN}\nnonsense\n{ANN}\n", 2, 2),
                                    ("", 2, 0)):
            with self.subTest(text):
                done = subprocess.run(
                    self.daemon.ctl_command("query", "-"), input=text,
                    capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertEqual(len(done.stdout.splitlines()), lines)

    def test_what_cannot_be_asked(self):
        for argument in ("nonsense", ORDER, "a@b@"):
            with self.subTest(argument):
                self.run_ctl(2, "query", ANN, argument)

    def test_remove_tells_how_many(self):
        self.run_ctl(0, "add", ALIAS)
        path = self.write("a.csv", f"alias,buyer\n{ALIAS},{ANN}\n")
        self.run_ctl(0, "import", "aliases", path)
        self.run_ctl(0, "add", ANN)
        self.run_ctl(0, "add", ANN, "--seller", SHOP)
        out, _ = self.run_ctl(0, "remove", ALIAS, "--json")
        self.assertEqual(json.loads(out)["removed"], 3)
        self.run_ctl(1, "query", ALIAS)

    def test_removes_one_scope_only(self):
        self.run_ctl(0, "add", ANN)
        self.run_ctl(0, "add", ANN, "--seller", SHOP)
        self.run_ctl(0, "remove", ANN, "--seller", SHOP)
        self.run_ctl(1, "remove", ANN, "--seller", SHOP)
        self.run_ctl(0, "query", ANN)


class ImportExport(CtlCase):
    def test_bad_rows_are_told(self):
        path = self.write("b.csv", f"buyer,seller\n{ANN},\nbad,\n{BEN},\n")
        _, error = self.run_ctl(65, "import", "optouts", path)
        self.assertIn("b.csv:3:", error)
        self.run_ctl(0, "query", ANN, BEN)

    def test_replace_is_all_or_nothing(self):
        self.run_ctl(0, "add", ANN)
        bad = self.write("b.csv", f"buyer\n{BEN}\nbad\n")
        self.run_ctl(65, "import", "optouts", bad, "--replace")
        self.run_ctl(0, "query", ANN)
        self.run_ctl(1, "query", BEN)
        good = self.write("g.csv", f"buyer\n{BEN}\n")
        self.run_ctl(0, "import", "optouts", good, "--replace")
        self.run_ctl(1, "query", ANN)
        self.run_ctl(0, "query", BEN)

    def test_hostile_files(self):
        for number, (text, status) in enumerate((
                ("", 65), ("nosuch\nx\n", 65), ("buyer,buyer\na,b\n", 65),
                (f"buyer\r\n{ANN}\r\n\r\n", 0),
                (f"\ufeffbuyer\n\"{ANN}\"\n", 0),
                ("buyer\n" + "x" * 1000000 + "\n", 65),
                (f"buyer,until\n{ANN},never\n", 65),
                ("buyer_id\n123\n", 65))):
            with self.subTest(text[:30]):
                path = self.write(f"h{number}.csv", text)
                done = self.ctl("import", "optouts", path)
                self.assertEqual(done.returncode, status, done.stderr)

    def test_missing_file(self):
        self.run_ctl(66, "import", "optouts", "/nonexistent.csv")

    def test_round_trip(self):
        self.run_ctl(0, "add", ANN, "--until", "2099-12-31")
        self.run_ctl(0, "add", BEN, "--seller", SHOP)
        first, _ = self.run_ctl(0, "export", "optouts")
        self.assertNotIn(ANN, first)
        path = self.write("e.csv", first)
        self.run_ctl(0, "remove", ANN)
        self.run_ctl(0, "import", "optouts", path, "--replace")
        second, _ = self.run_ctl(0, "export", "optouts")
        self.assertEqual(first, second)


    def test_only_some_bad_rows_are_told(self):
        path = self.write("b.csv", "buyer\n" + "bad\n" * 25 + ANN + "\n")
        out, error = self.run_ctl(65, "import", "optouts", path, "--json")
        told = json.loads(out)
        self.assertEqual(len(re.findall(r"b\.csv:\d+:", error)), 20)
        self.assertEqual([row["line"] for row in told["bad_rows"]],
                         list(range(2, 22)))
        self.assertEqual((told["read"], told["imported"], told["bad"]),
                         (26, 1, 25))

    def test_lines_are_those_of_the_file(self):
        path = self.write("l.csv", "buyer,until\r\n\r\n\"a\n@b\",\r\n"
                                   f"bad,\r\n\r\n{ANN},\r\nno\0@x.example,")
        _, error = self.run_ctl(65, "import", "optouts", path)
        self.assertEqual(re.findall(r"l\.csv:(\d+):", error),
                         ["3", "5", "8"])
        self.run_ctl(0, "query", ANN)

    def test_quote_that_never_closes(self):
        path = self.write("q.csv", "buyer\n\"" + f"{ANN}\n" * 300000)
        _, error = self.run_ctl(65, "import", "optouts", path)
        self.assertIn("q.csv:2:", error)
        self.run_ctl(1, "query", ANN)

    def test_nothing_replaces_nothing(self):
        self.run_ctl(0, "add", ANN)
        path = self.write("n.csv", "buyer\n")
        self.run_ctl(65, "import", "optouts", path, "--replace")
        self.run_ctl(0, "query", ANN)

    def test_alias_stands_for_its_buyer(self):
        aliases = self.write("a.csv", f"buyer,alias\n{ANN},{ALIAS}\n")
        optouts = self.write("o.csv", f"buyer\n{ALIAS}\n")
        self.run_ctl(0, "import", "aliases", aliases)
        self.run_ctl(0, "import", "optouts", optouts)
        self.run_ctl(0, "query", ANN)

    def test_round_trip_of_aliases_and_orders(self):
        for kind, text in (
                ("aliases", f"alias,buyer\n{ALIAS},{ANN}\n"),
                ("orders", "custom,order,buyer,seller\n"
                           f"yes,{ORDER},{ANN},{SHOP}\n")):
            with self.subTest(kind):
                self.run_ctl(0, "import", kind, self.write("1.csv", text))
                first, _ = self.run_ctl(0, "export", kind)
                path = self.site.workdir.join(kind + ".csv")
                self.run_ctl(0, "export", kind, path)
                with open(path, encoding="ascii") as file:
                    self.assertEqual(file.read(), first)
                self.run_ctl(0, "import", kind, path, "--replace")
                self.assertEqual(self.run_ctl(0, "export", kind)[0], first)
                self.assertEqual(len(first.splitlines()), 2)


class Interrupted(CtlCase):
    def begin(self, *options):
        """Imports 60000 rows, of which 50000 make a batch, and waits."""
        process = subprocess.Popen(
            self.daemon.ctl_command("import", "optouts", "-", *options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        rows = [buyer(f"b{number}") for number in range(60000)]
        process.stdin.write("\n".join(["buyer", *rows, ""]).encode())
        process.stdin.flush()
        return process

    def end(self, process, number):
        process.send_signal(number)
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, -number)
        self.run_ctl(0, "verify")
        return error.decode()

    def test_keeps_whole_batches(self):
        process = self.begin()
        first, last = buyer("b0"), buyer("b49999")
        wait_until(lambda: self.ctl("query", last).returncode == 0, 60,
                   "the first batch is not committed")
        error = self.end(process, signal.SIGTERM)
        self.assertIn(" 50000 rows", error)
        self.run_ctl(0, "query", first, last)
        self.run_ctl(1, "query", buyer("b50000"))

    def test_replaces_nothing(self):
        self.run_ctl(0, "add", ANN)
        error = self.end(self.begin("--replace"), signal.SIGINT)
        self.assertIn(" 0 rows", error)
        self.run_ctl(0, "query", ANN)
        self.run_ctl(1, "query", buyer("b0"))


class VerifyBackup(CtlCase):
    def test_verify(self):
        self.run_ctl(0, "add", ANN)
        self.run_ctl(0, "add", BEN)
        out, _ = self.run_ctl(0, "verify", "--json")
        told = json.loads(out)
        self.assertEqual(told["optouts"],
                         {"good": 2, "bad": 0, "counted": 2})
        self.assertTrue(told["sound"])

    def damage(self):
        """Changes the value of each opt-out of Ann's."""
        out, _ = self.run_ctl(0, "export", "optouts")
        key = bytes.fromhex(out.splitlines()[1].split(",")[0])
        path = os.path.join(self.daemon.cache, "data.mdb")
        with open(path, "r+b") as file:
            octets = bytearray(file.read())
            for match in re.finditer(re.escape(key), bytes(octets)):
                octets[match.end() + 20] ^= 1
            file.seek(0)
            file.write(octets)

    def test_bad_record(self):
        self.run_ctl(0, "add", ANN)
        self.damage()
        out, error = self.run_ctl(1, "verify")
        self.assertIn("0 records, 1 bad", out)
        self.assertIn("optoutctl: ", error)
        self.run_ctl(2, "query", ANN)
        self.run_ctl(65, "export", "optouts")
        self.run_ctl(1, "query", BEN)
        self.run_ctl(0, "remove", ANN)
        self.run_ctl(0, "verify")

    def test_backup_is_a_cache(self):
        self.run_ctl(0, "add", ANN)
        copy = self.site.workdir.join("copy")
        self.run_ctl(0, "backup", copy)
        self.run_ctl(73, "backup", copy)
        self.run_ctl(0, "remove", ANN)
        shutil.rmtree(self.daemon.cache)
        shutil.move(copy, self.daemon.cache)
        self.run_ctl(0, "query", ANN)


class Explain(CtlCase):
    def test_refused(self):
        self.run_ctl(0, "add", ANN)
        path = self.write("m.eml", MESSAGE)
        out, _ = self.run_ctl(1, "explain", path)
        for part in ("OPTED_OUT", ORDER, SHOP, ANN, "550-5.7.1", "log line"):
            self.assertIn(part, out)

    def test_accepted(self):
        path = self.write("m.eml", MESSAGE.replace("\n", "\r\n"))
        out, _ = self.run_ctl(0, "explain", path)
        self.assertIn("NOT_OPTED_OUT", out)

    def test_envelope(self):
        self.run_ctl(0, "add", BEN, "--seller", "shop7")
        path = self.write("m.eml", MESSAGE)
        out, _ = self.run_ctl(1, "explain", path, "-f", "a@b.example",
                              "-r", BEN, "--login", "shop7")
        self.assertIn("OPTED_OUT", out)

    def test_json(self):
        self.run_ctl(0, "add", ANN)
        path = self.write("m.eml", MESSAGE)
        out, _ = self.run_ctl(1, "explain", "--json", path)
        told = json.loads(out)
        self.assertEqual(told["reason"], "OPTED_OUT")
        self.assertEqual(told["order"]["id"], ORDER)

    def test_without_cache(self):
        shutil.rmtree(self.daemon.cache)
        path = self.write("m.eml", MESSAGE)
        out, _ = self.run_ctl(1, "explain", path)
        self.assertIn("CACHE_UNAVAILABLE", out)

    def explain(self, status, text, *options):
        path = self.write("m.eml", text)
        out, _ = self.run_ctl(status, "explain", "--json", path, *options)
        return json.loads(out)

    def test_mbox_and_null_sender(self):
        self.run_ctl(0, "add", ANN)
        told = self.explain(0, "From x@y Mon\nReturn-Path: <>\n" + MESSAGE)
        self.assertEqual((told["sender"], told["reason"]),
                         ("", "NOT_GOVERNED"))

    def test_recipients_of_the_header(self):
        text = (f'From: {SHOP}\nTo: "Last, \\"First\\"" <{ANN}>,\n'
                f' (a, comment) {BEN}\nCc: group: c@d.example;\n\n')
        told = self.explain(0, text)
        self.assertEqual([one["address"] for one in told["recipients"]],
                         [ANN, BEN, "c@d.example"])

    def test_split_recipients(self):
        self.run_ctl(0, "add", ANN)
        told = self.explain(1, MESSAGE, "-r", BEN, "-r", ANN)
        self.assertEqual([one["refused"] for one in told["recipients"]],
                         [None, "SPLIT_RECIPIENTS"])
        self.assertEqual(told["reason"], "NOT_OPTED_OUT")

    def test_client_decides_who_is_a_buyer(self):
        text = MESSAGE.replace(SHOP, "@").replace(ANN, SHOP) \
            .replace("<@>", f"<{ANN}>")
        told = self.explain(0, text, "--client", "127.0.0.1")
        self.assertEqual((told["reason"], told["trusted_by"]),
                         ("BUYER_MESSAGE", "network"))
        told = self.explain(0, text, "--client", "192.0.2.1")
        self.assertEqual(told["reason"], "NOT_GOVERNED")
        self.run_ctl(2, "explain", "-", "--client", "nonsense")

    def test_order_in_the_text(self):
        self.run_ctl(0, "add", ANN)
        text = MESSAGE.replace("\n " + ORDER, "") + f"About {ORDER}.\n"
        told = self.explain(1, text)
        self.assertEqual((told["order"]["id"], told["order"]["place"]),
                         (ORDER, "text"))

    def test_controls_of_a_message_are_not_printed(self):
        path = self.write("m.eml", MESSAGE.replace("Your", "\x1b[2JYour"))
        out, _ = self.run_ctl(0, "explain", path)
        self.assertNotIn("\x1b", out)

    def test_missing_file(self):
        self.run_ctl(2, "explain", "/nonexistent.eml")


class Usage(CtlCase):
    def test_help(self):
        for command in ("init", "add", "remove", "query", "import", "export",
                        "verify", "backup", "explain"):
            out, _ = self.run_ctl(0, command, "--help")
            self.assertIn(f"optoutctl [-c FILE] {command}", out)

    def test_unknown_setting(self):
        self.daemon.write_conf({"nosuch": 1})
        _, error = self.run_ctl(78, "verify")
        self.assertRegex(error, r"optout-milter\.conf:\d+: ")
        self.run_ctl(2, "query", ANN)

    def test_cache_is_missing(self):
        shutil.rmtree(self.daemon.cache)
        for arguments in (("add", ANN), ("remove", ANN), ("verify",),
                          ("export", "orders")):
            with self.subTest(arguments):
                self.run_ctl(69, *arguments)

    def test_bad_configuration(self):
        self.daemon.write_policy_text("profile = 5;\n")
        _, error = self.run_ctl(78, "add", ANN, "--order", ORDER)
        self.assertIn("policy.conf:1:", error)


if __name__ == "__main__":
    tap.main()
