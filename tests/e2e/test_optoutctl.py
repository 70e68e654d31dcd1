# SPDX-License-Identifier: BSD-2-Clause
"""The operator's command: every subcommand, its errors, exit codes, JSON."""

import json
import os
import shutil

from harness import tap
from harness.case import SiteCase
from harness.mail import buyer

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


class VerifyBackup(CtlCase):
    def test_verify(self):
        self.run_ctl(0, "add", ANN)
        out, _ = self.run_ctl(0, "verify")
        self.assertIn("1", out)

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

    def test_missing_file(self):
        self.run_ctl(2, "explain", "/nonexistent.eml")


class Usage(CtlCase):
    def test_help(self):
        for command in ("init", "add", "remove", "query", "import", "export",
                        "verify", "backup", "explain"):
            out, _ = self.run_ctl(0, command, "--help")
            self.assertIn(f"optoutctl [-c FILE] {command}", out)

    def test_bad_configuration(self):
        self.daemon.write_policy_text("profile = 5;\n")
        _, error = self.run_ctl(78, "add", ANN, "--order", ORDER)
        self.assertIn("policy.conf:1:", error)


if __name__ == "__main__":
    tap.main()
