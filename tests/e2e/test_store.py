# SPDX-License-Identifier: BSD-2-Clause
"""The opt-out cache: failing under a running filter, filled, killed."""

import csv
import io
import os
import random
import resource
import shutil
import subprocess
import time

from harness import smalldisk, tap
from harness.case import SiteCase
from harness.daemon import Daemon
from harness.mail import ORDER, Mail, buyer
from harness.waiting import wait_until
from harness.workdir import WorkDir, build_path

OUT = buyer("anna")
IN = buyer("ben")
UNKNOWN = (451, "CACHE_UNAVAILABLE")
RIGHT = {OUT: (550, "OPTED_OUT"), IN: (250, "NOT_OPTED_OUT")}


class StoreCase(SiteCase):
    serial = 0

    def ask(self, recipient, sender="shop@seller.example"):
        """Reply code and logged reason for a message."""
        self.serial += 1
        queue_id = f"4Store{self.serial}"
        verdict = self.site.ask(Mail(recipient, ORDER, sender=sender),
                                queue_id)
        logged = self.site.daemon.verdict(queue_id)
        return verdict.code, logged.reason

    def answers(self):
        return {who: self.ask(who) for who in (OUT, IN)}

    def assert_right(self):
        self.assertEqual(self.answers(), RIGHT)

    def assert_unknown(self):
        """Neither accepted nor refused for good; the rest passes."""
        self.assertEqual(self.answers(), {OUT: UNKNOWN, IN: UNKNOWN})
        self.assertEqual(self.ask("a@office.example"),
                         (250, "NOT_GOVERNED"))
        # It could not be remembered, so that nobody could answer it.
        self.assertEqual(self.ask("shop@seller.example", sender=OUT), UNKNOWN)

    def assert_recovers(self):
        """Without a restart, soon; until then nothing wrong is said."""
        worker = self.site.daemon.worker

        def is_right():
            found = self.answers()
            for who, answer in found.items():
                self.assertIn(answer, (UNKNOWN, RIGHT[who]))
            return found == RIGHT

        wait_until(is_right, 10, "the filter does not recover")
        self.assertEqual(self.site.daemon.worker, worker)

    def wait_unknown(self):
        """Until the failure is noticed, only right answers are given."""
        def is_unknown():
            found = self.answers()
            for who, answer in found.items():
                self.assertIn(answer, (UNKNOWN, RIGHT[who]))
            return found == {OUT: UNKNOWN, IN: UNKNOWN}

        wait_until(is_unknown, 10, "the failure is not noticed")
        self.assert_unknown()

    @property
    def database(self):
        return os.path.join(self.site.daemon.cache, "data.mdb")


class Failing(StoreCase):
    """The database changes for the worse under a running filter."""

    def setUp(self):
        super().setUp()
        self.site.start_daemon(OUT)
        self.assert_right()

    def put_aside(self):
        """Moves the cache directory away; returns a way back."""
        cache = self.site.daemon.cache
        aside = cache + ".aside"
        os.rename(cache, aside)
        return lambda: os.rename(aside, cache)

    def copy_database(self):
        """A copy beside it, to be put in place by rename."""
        copy = self.database + ".copy"
        shutil.copyfile(self.database, copy)
        self.give(copy)
        return copy

    def give(self, path):
        shutil.copystat(self.database, path)
        owner = os.stat(self.database)
        os.chown(path, owner.st_uid, owner.st_gid)

    def test_directory_is_removed(self):
        back = self.put_aside()
        self.wait_unknown()
        self.assertFalse(os.path.exists(self.database))
        back()
        self.assert_recovers()

    def test_database_is_removed(self):
        copy = self.copy_database()
        os.unlink(self.database)
        self.wait_unknown()
        self.assertFalse(os.path.exists(self.database))
        os.rename(copy, self.database)
        self.assert_recovers()

    def test_restore_from_a_backup(self):
        backup = self.site.workdir.join("backup")
        self.site.daemon.ctl("backup", backup)
        os.unlink(self.database)
        self.wait_unknown()
        shutil.copyfile(os.path.join(backup, "data.mdb"),
                        self.database + ".new")
        owner = os.stat(self.site.daemon.cache)
        os.chown(self.database + ".new", owner.st_uid, owner.st_gid)
        os.rename(self.database + ".new", self.database)
        self.assert_recovers()

    def test_unreadable(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        for path in (self.database, self.site.daemon.cache):
            with self.subTest(path):
                mode = os.stat(path).st_mode & 0o777
                os.chmod(path, 0)
                self.wait_unknown()
                os.chmod(path, mode)
                self.assert_recovers()

    def test_of_another_owner(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        owner = os.stat(self.database)
        os.chown(self.database, 0, 0)
        os.chmod(self.database, 0o600)
        self.wait_unknown()
        os.chown(self.database, owner.st_uid, owner.st_gid)
        self.assert_recovers()

    def test_replaced_by_something_else(self):
        size = os.stat(self.database).st_size
        keep = self.copy_database()
        for name, text in (("empty", b""), ("zeros", b"\0" * size),
                           ("short", open(keep, "rb").read(4096)),
                           ("half", open(keep, "rb").read(size // 2)),
                           ("noise", random.Random(3).randbytes(size))):
            with self.subTest(name):
                fresh = self.database + ".fresh"
                with open(fresh, "wb") as file:
                    file.write(text)
                self.give(fresh)
                os.rename(fresh, self.database)
                self.wait_unknown()
                shutil.copyfile(keep, fresh)
                self.give(fresh)
                os.rename(fresh, self.database)
                self.assert_recovers()

    def test_replaced_by_that_of_another_key_ring(self):
        directory = WorkDir()
        self.addCleanup(directory.remove)
        other = Daemon(directory)
        other.init()
        keep = self.copy_database()
        fresh = self.database + ".fresh"
        shutil.copyfile(os.path.join(other.cache, "data.mdb"), fresh)
        self.give(fresh)
        os.rename(fresh, self.database)
        self.wait_unknown()
        os.rename(keep, self.database)
        self.assert_recovers()

    def test_emptied_in_place(self):
        keep = self.copy_database()
        os.truncate(self.database, 0)
        self.wait_unknown()
        os.rename(keep, self.database)
        self.assert_recovers()

    def test_start_without_database_is_refused(self):
        daemon = self.site.daemon
        daemon.stop()
        back = self.put_aside()
        with self.assertRaises(RuntimeError):
            daemon.start()
        self.assertFalse(os.path.exists(self.database))
        back()
        daemon.start()
        self.assert_right()

    def test_changes_are_seen_at_once(self):
        self.site.daemon.ctl("add", IN)
        self.assertEqual(self.ask(IN), RIGHT[OUT])
        self.site.daemon.ctl("remove", OUT)
        self.assertEqual(self.ask(OUT), RIGHT[IN])


class FullDisk(StoreCase):
    SIZE = 2 << 20

    def setUp(self):
        super().setUp()
        smalldisk.start_daemon(self, self.SIZE, OUT)

    def write_csv(self, prefix, rows):
        text = "buyer\n" + "".join(
            buyer(f"{prefix}x{number}") + "\n" for number in range(rows))
        return self.site.workdir.write("optouts.csv", text)

    def test_full(self):
        daemon = self.site.daemon
        self.assert_right()
        done = daemon.ctl("import", "optouts", self.write_csv("c", 60000),
                          check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "(?i)space|full")
        self.assert_right()
        daemon.ctl("verify")
        self.fill()
        self.assert_not_acknowledged()
        self.assert_right()
        os.unlink(os.path.join(daemon.cache, "filler"))
        daemon.ctl("import", "optouts", self.write_csv("c", 100))
        daemon.ctl("add", IN)
        self.assertEqual(self.ask(IN), RIGHT[OUT])
        self.assertEqual(self.ask(buyer("cx99")), RIGHT[OUT])
        daemon.ctl("verify")

    def fill(self):
        with open(os.path.join(self.site.daemon.cache, "filler"),
                  "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def assert_not_acknowledged(self):
        """What could not be stored is not said to be stored."""
        for number in range(200):
            path = self.write_csv(f"full{number}", 500)
            done = self.site.daemon.ctl("import", "optouts", path,
                                        check=False)
            asked = self.site.daemon.ctl("query", buyer(f"full{number}x7"),
                                         check=False)
            self.assertEqual(asked.returncode,
                             0 if done.returncode == 0 else 1)
            if done.returncode != 0:
                return
        self.fail("the disk did not become full")


class Import(StoreCase):
    ROWS = 1000000

    def setUp(self):
        super().setUp()
        self.rng = random.Random(5)

    def write_csv(self, name, addresses):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["buyer"])
        writer.writerows([address] for address in addresses)
        return self.site.workdir.write(name, out.getvalue())

    def query(self, addresses):
        """Which of the addresses have opted out."""
        command = self.site.daemon.ctl_command
        found = []
        for address in addresses:
            done = subprocess.run(command("query", address),
                                  capture_output=True, text=True)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            found.append(done.returncode == 0)
        return found

    def test_a_million(self):
        daemon = self.site.start_daemon(OUT)
        path = self.write_csv("million.csv", (
            f"m{number}@marketplace.example" for number in range(self.ROWS)))
        begin = time.monotonic()
        done = daemon.ctl("import", "optouts", path, timeout=300)
        seconds = time.monotonic() - begin
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"# {self.ROWS} opt-outs imported in {seconds:.1f} s, "
              f"peak of memory {peak} MiB, database "
              f"{os.stat(self.database).st_size >> 20} MiB")
        print("# " + done.stdout.strip())
        members = [buyer(f"m{number}") for number in
                   [0, 1, self.ROWS - 1] +
                   [self.rng.randrange(self.ROWS) for _ in range(50)]]
        others = [buyer(f"m{self.ROWS + number}") for number in range(50)]
        self.assertEqual(self.query(members), [True] * len(members))
        self.assertEqual(self.query(others), [False] * len(others))
        for address in members[:10]:
            self.assertEqual(self.ask(address), RIGHT[OUT])
        for address in others[:10]:
            self.assertEqual(self.ask(address), RIGHT[IN])
        self.assert_right()

    def test_bad_rows_are_told_with_their_line(self):
        daemon = self.site.start_daemon(OUT)
        path = self.write_csv("bad.csv", [buyer("good"), "no address", "",
                                          buyer("better")])
        done = daemon.ctl("import", "optouts", path, check=False)
        self.assertIn("bad.csv:3", done.stdout + done.stderr)
        before = self.query([OUT])
        done = daemon.ctl("import", "optouts", path, "--replace", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.query([OUT]), before)

    def test_kill_at_any_moment(self):
        """200 times: it opens, and what was acknowledged is there."""
        daemon = self.site.start_daemon(OUT)
        usual = self.usual_time()
        kept, killed = [], 0
        for number in range(200):
            names = [buyer(f"k{number}x{row}") for row in range(3000)]
            command = daemon.ctl_command(
                "import", "optouts", self.write_csv("rows.csv", names))
            if self.run_and_kill(command, usual * 3 * self.rng.random()):
                kept.append(self.rng.choice(names))
            else:
                killed += 1
                daemon.ctl("add", buyer("settled"))
                whole = self.query([names[0], names[-1]])
                self.assertEqual(whole[0], whole[1], "half of an import")
            if number % 20 == 0:
                daemon.ctl("verify")
                self.assert_right()
        daemon.ctl("verify")
        self.assertEqual(self.query(kept), [True] * len(kept))
        self.assert_right()
        self.assertGreater(killed, 20)
        self.assertGreater(len(kept), 20)
        print(f"# {killed} imports killed, {len(kept)} acknowledged")

    def usual_time(self):
        path = self.write_csv("usual.csv", (
            buyer(f"usual{row}") for row in range(3000)))
        begin = time.monotonic()
        for _ in range(3):
            self.site.daemon.ctl("import", "optouts", path)
        return (time.monotonic() - begin) / 3

    @staticmethod
    def run_and_kill(command, seconds):
        """True when the command acknowledged before it was killed."""
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait() == 0

    def test_kill_single_changes(self):
        """As above, of add and remove."""
        daemon = self.site.start_daemon(OUT)
        begin = time.monotonic()
        daemon.ctl("add", buyer("first"))
        usual = time.monotonic() - begin
        state = {}
        for number in range(200):
            address = buyer(f"s{number % 40}")
            verb = "remove" if state.get(address) else "add"
            done = self.run_and_kill(daemon.ctl_command(verb, address),
                                     usual * 1.5 * self.rng.random())
            if not done:
                # What was not acknowledged may yet come to effect, with the
                # next change at the latest.
                daemon.ctl("add", buyer("settled"))
            found = self.query([address])[0]
            if done:
                self.assertEqual(found, verb == "add", address)
            state[address] = found
        daemon.ctl("verify")
        self.assertEqual(self.query(state), list(state.values()))
        self.assert_right()


class Program(SiteCase):
    """What concerns the command's whole."""

    def test_programs_name_the_file_they_miss(self):
        for program in ("optout-milter", "optoutctl"):
            done = subprocess.run(
                [build_path(program), "-c", "/no/such.conf", "verify"][
                    :3 if program == "optout-milter" else 4],
                capture_output=True, text=True, timeout=20)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("/no/such.conf", done.stderr)


if __name__ == "__main__":
    tap.main()
