# SPDX-License-Identifier: BSD-2-Clause
"""optoutctl doctor: silent on what we ship, and one finding for each fault.

Each fault is one change to a correct, private configuration. Those of Postfix
are also shown to Postfix itself, so that no fault is only a mistake of ours
in its syntax.
"""

import json
import os
import pwd
import re
import socket
import subprocess
import time

from harness import tap
from harness.case import SharedSiteCase, SiteCase
from harness.mail import DOMAIN, buyer
from harness.postfix import Postfix
from harness.workdir import source_path

SERVER_ERRORS = ("error", "warning")

SENDMAIL_CF = """\
V10/Berkeley
# level 10
Cwlocalhost
DZ8.18.1
O DaemonPortOptions=Name=MTA
O DaemonPortOptions=Port=587, Name=MSA, M=E
O MaxHeadersLength=32768
O InputMailFilters=optout-milter
O Milter.macros.connect=j, _, {{daemon_name}}, {{if_name}}, {{if_addr}}, v
O Milter.macros.envfrom=i, {{auth_type}}, {{auth_authen}}
O Milter.macros.eom={{msg_id}}
Mlocal, P=/usr/bin/procmail, F=lsDFMAw5:/|@qSPfhn9,
\tS=EnvFromL/HdrFromL, T=DNS/RFC822/X-Unix,
\tA=procmail
Xoptout-milter, S=local:{socket}, F=T, T=C:30s;S:30s;R:30s;E:5m
"""


def snippet():
    with open(source_path("contrib", "postfix", "main.cf"),
              encoding="ascii") as file:
        return file.read()


def change(text, old, new):
    """text with one part replaced, which must be there."""
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


class DoctorSite:
    """A correct configuration, and a socket where the filter would listen."""

    def __init__(self, site):
        self.site = site
        queue = site.workdir.join("postfix", "queue")
        path = os.path.join(queue, "optout-milter", "milter.sock")
        self.daemon = site.make_daemon(buyer("ann"), socket_path=path)
        self.postfix = Postfix(site.workdir, chroot=True)
        self.queue = queue
        self.directory = os.path.dirname(path)
        self.path = path
        self._listen()
        self.main = self.read("main.cf") + snippet()
        self.master = self.read("master.cf")

    def _listen(self):
        group = pwd.getpwnam("postfix").pw_gid
        os.makedirs(self.directory)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        for path, mode in ((self.directory, 0o750), (self.path, 0o660)):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, group)
            os.chmod(path, mode)

    def close(self):
        self.listener.close()

    def read(self, name):
        with open(os.path.join(self.postfix.config, name),
                  encoding="ascii") as file:
            return file.read()

    def write(self, main=None, master=None):
        for name, text in (("main.cf", main or self.main),
                           ("master.cf", master or self.master)):
            self.site.workdir.write("postfix/etc/" + name, text)

    def write_file(self, name, text):
        return self.site.workdir.write("postfix/etc/" + name, text)

    def doctor(self, *arguments):
        """The exit status and the findings."""
        done = self.daemon.ctl("doctor", "--json", *arguments, check=False)
        if done.returncode > 1:
            raise AssertionError(done.stderr)
        return done.returncode, json.loads(done.stdout)

    def postfix_findings(self, *arguments):
        return self.doctor("--postfix", self.postfix.config, *arguments)


def grave(findings):
    return [f for f in findings if f["severity"] in SERVER_ERRORS]


def wanted(findings, name):
    return [f for f in findings if f["id"] == name]


class DoctorCase(SharedSiteCase):
    NEEDS_POSTFIX = True
    doctor = None

    @classmethod
    def build(cls, site):
        cls.doctor = DoctorSite(site)
        cls.addClassCleanup(cls.doctor.close)

    def check_found(self, status, findings, name, place=None):
        found = wanted(findings, name)
        self.assertTrue(found, json.dumps(findings, indent=1))
        others = [f["id"] for f in grave(findings) if f["id"] != name]
        self.assertEqual(others, [], "one change, one finding")
        severe = any(f["severity"] == "error" for f in found)
        self.assertEqual(status, 1 if severe else 0)
        self.assertTrue(found[0]["what"])
        if place is not None:
            self.assertEqual(
                [os.path.basename(found[0]["file"]), found[0]["line"]], place)


# --- Postfix: (name, finding, where, change of main.cf, of master.cf) ---------

MILTERS = "smtpd_milters = unix:optout-milter/milter.sock\n"
LOCAL = "non_smtpd_milters = $smtpd_milters\n"
ACTION = "milter_default_action = tempfail\n"
PICKUP = "pickup unix n - n 60 1 pickup\n"
MORE = "[::1]:2525 inet n - y - - smtpd\n"

POSTFIX_FAULTS = (
    ("smtpd_milters_absent", "SMTPD_MILTERS_MISSING", "main.cf",
     (MILTERS, "optout = unix:optout-milter/milter.sock\n"),
     (LOCAL, "non_smtpd_milters = $optout\n")),
    ("smtpd_milters_commented_out", "SMTPD_MILTERS_MISSING", "main.cf",
     (MILTERS, "smtpd_milters =\n#  unix:optout-milter/milter.sock\n"),
     (LOCAL, "non_smtpd_milters = unix:optout-milter/milter.sock\n")),
    ("smtpd_milters_set_again", "SMTPD_MILTERS_MISSING", "main.cf",
     (LOCAL, "non_smtpd_milters = unix:optout-milter/milter.sock\n"
             "smtpd_milters = inet:localhost:11332\n")),
    ("smtpd_milters_by_undefined_name", "SMTPD_MILTERS_MISSING", "main.cf",
     (MILTERS, "smtpd_milters = ${optout_milter}\n"),
     (LOCAL, "non_smtpd_milters = unix:optout-milter/milter.sock\n")),
    ("submission_empties_the_list", "SERVICE_UNFILTERED", "master.cf",
     MORE + "  -o smtpd_milters=\n"),
    ("submission_in_braces", "SERVICE_UNFILTERED", "master.cf",
     MORE + "  -o { smtpd_milters = inet:localhost:11332,\n"
            "    inet:localhost:11333 }\n"),
    ("submission_without_blank", "SERVICE_UNFILTERED", "master.cf",
     MORE + "  -vosmtpd_milters=\n"),
    ("submission_disables", "SERVICE_UNFILTERED", "master.cf",
     MORE + "  -o smtpd_milters=${mua_milters}\n"),
    ("no_milters_in_a_service", "SERVICE_NO_MILTERS", "master.cf",
     MORE + "  -o receive_override_options=no_address_mappings,no_milters\n"),
    ("no_milters_for_local_mail", "SERVICE_NO_MILTERS", "master.cf",
     (PICKUP, PICKUP + "  -o receive_override_options=no_milters\n")),
    ("no_milters_everywhere", "SERVICE_NO_MILTERS", "main.cf",
     (LOCAL, LOCAL + "receive_override_options = no_milters\n")),
    ("local_mail_absent", "NON_SMTPD_MILTERS_MISSING", "main.cf",
     (LOCAL, "")),
    ("local_mail_other_milter", "NON_SMTPD_MILTERS_MISSING", "main.cf",
     (LOCAL, "non_smtpd_milters = inet:localhost:11332\n")),
    ("milter_maps_disable", "MILTER_MAPS_BYPASS", "clients.cidr",
     (LOCAL, LOCAL + "smtpd_milter_maps = cidr:{config}/clients.cidr\n")),
    ("milter_maps_unread", "MILTER_MAPS_UNREAD", "main.cf",
     (LOCAL, LOCAL + "smtpd_milter_maps = pcre:{config}/clients.pcre\n")),
    ("proxy_filter", "PROXY_FILTER_BLIND", "main.cf",
     (LOCAL, LOCAL + "smtpd_proxy_filter = 127.0.0.1:10024\n")),
    ("default_action_accept", "DEFAULT_ACTION_ACCEPT", "main.cf",
     (ACTION, "milter_default_action =\n\n# none\n  accept\n")),
    ("default_action_of_one", "DEFAULT_ACTION_ACCEPT", "main.cf",
     (MILTERS, "smtpd_milters = { unix:optout-milter/milter.sock,\n"
               "  connect_timeout=10s, default_action=accept }\n")),
    ("default_action_quarantine", "DEFAULT_ACTION_ACCEPT", "main.cf",
     (ACTION, "milter_default_action = quarantine\n")),
    ("default_action_of_a_service", "DEFAULT_ACTION_ACCEPT", "master.cf",
     MORE + "  -o milter_default_action=accept\n"),
    ("default_action_reject", "DEFAULT_ACTION_REJECT", "main.cf",
     (ACTION, "milter_default_action = reject\n")),
    ("soft_bounce", "SOFT_BOUNCE", "main.cf",
     (ACTION, ACTION + "soft_bounce = yes\n")),
    ("short_timeout", "MILTER_TIMEOUT", "main.cf",
     (ACTION, ACTION + "milter_content_timeout = 1\n")),
    ("old_protocol", "MILTER_PROTOCOL", "main.cf",
     ("milter_protocol = 6\n", "milter_protocol = 3\n")),
    ("other_socket", "SOCKET_MISMATCH", "main.cf",
     (MILTERS, "smtpd_milters = unix:run/optout-milter.sock\n")),
    ("inet_for_unix", "SOCKET_MISMATCH", "main.cf",
     (MILTERS, "optout_host = optout.example\n"
               "smtpd_milters = inet:$optout_host:8891\n")),
    ("path_outside_the_chroot", "SOCKET_CHROOT", "master.cf",
     (MILTERS, "smtpd_milters = unix:{socket}\n")),
    ("nul_taken", "NUL_HIDES_TEXT", "main.cf",
     ("message_reject_characters = \\0\n",
      "message_reject_characters = \\10\n")),
    ("nul_check_off", "NUL_HIDES_TEXT", "master.cf",
     MORE + "  -o receive_override_options=no_header_body_checks\n"),
    ("smuggling", "SMTP_SMUGGLING", "main.cf",
     ("smtpd_forbid_bare_newline = normalize\n",
      "smtpd_forbid_bare_newline = no\n")),
    ("large_header", "HEADER_LIMIT", "main.cf",
     (ACTION, ACTION + "header_size_limit = 1000000\n")),
    ("login_unbound", "LOGIN_UNBOUND", "master.cf",
     MORE + "  -o smtpd_sasl_auth_enable=yes\n"),
    ("second_local_domain", "LOCAL_DOMAIN_ALIAS", "main.cf",
     ("mydestination =\n",
      f"mydestination = $myhostname, localhost, {DOMAIN}\n")),
    ("alias_of_a_buyer", "ALIAS_TO_BUYER", "aliases",
     (ACTION, ACTION + "virtual_alias_maps = texthash:{config}/aliases\n")),
    ("alias_maps_unread", "ALIAS_MAPS_UNREAD", "main.cf",
     (ACTION, ACTION + "virtual_alias_maps = regexp:{config}/aliases\n")),
    ("address_tags", "ADDRESS_TAGS", "main.cf",
     (ACTION, ACTION + "recipient_delimiter = +\n")),
    ("unknown_user", "USER_UNKNOWN", "main.cf",
     ("mail_owner = postfix\n", "mail_owner = postfixx\n")),
)

TABLES = {
    "clients.cidr": "# local\n127.0.0.0/8\tDISABLE\n",
    "clients.pcre": "/^127/ DISABLE\n",
    "aliases": "postmaster@other.example root@elsewhere.example\n"
               f"ann@other.example\tann@{DOMAIN}\n",
}

# Postfix itself stops at this one.
NOT_FOR_POSTFIX = {"unknown_user"}


class PostfixFaults(DoctorCase):
    def apply(self, changes):
        main, master = self.doctor.main, self.doctor.master
        for fault in changes:
            if isinstance(fault, str):
                master += fault
                continue
            old, new = fault
            new = new.replace("{config}", self.doctor.postfix.config)
            new = new.replace("{socket}", self.doctor.path)
            if old in master:
                master = change(master, old, new)
            else:
                main = change(main, old, new)
        self.doctor.write(main, master)
        return main, master

    def ask_postfix(self):
        """Postfix reads the same files without a complaint."""
        for option in ("-n", "-M"):
            done = subprocess.run(
                ["/usr/sbin/postconf", "-c", self.doctor.postfix.config,
                 option], capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)

    def check(self, fault):
        label, name, where, *changes = fault
        for table, text in TABLES.items():
            self.doctor.write_file(table, text)
        self.apply(changes)
        if label not in NOT_FOR_POSTFIX:
            self.ask_postfix()
        status, findings = self.doctor.postfix_findings()
        self.check_found(status, findings, name)
        found = wanted(findings, name)[0]
        self.assertEqual(os.path.basename(found["file"]), where)


def add_tests(case, faults):
    for fault in faults:
        def test(self, fault=fault):
            self.check(fault)
        setattr(case, "test_" + fault[0], test)


add_tests(PostfixFaults, POSTFIX_FAULTS)


class PostfixSilence(DoctorCase):
    def check_silent(self, main=None, master=None, arguments=()):
        self.doctor.write(main, master)
        status, findings = self.doctor.postfix_findings(*arguments)
        self.assertEqual(grave(findings), [])
        self.assertEqual(status, 0)
        return findings

    def test_shipped_snippet(self):
        findings = self.check_silent()
        read = wanted(findings, "MAIL_SERVER")
        self.assertRegex(read[0]["what"], r"\APostfix 3\.\d+\.\d+, ")

    def test_snippet_and_defaults_of_new_postfix(self):
        main = re.sub(r"(?m)^smtpd_forbid.*\n|^milter_default.*\n|"
                      r"^milter_protocol.*\n", "", self.doctor.main)
        self.check_silent(main, None, ("--mail-version", "3.11.0"))
        self.doctor.write(main)
        _, findings = self.doctor.postfix_findings("--mail-version", "3.8.4")
        self.assertTrue(wanted(findings, "SMTP_SMUGGLING"))

    def test_old_version_with_its_workaround(self):
        main = re.sub(r"(?m)^smtpd_forbid.*\n", "", self.doctor.main)
        self.doctor.write(main)
        _, findings = self.doctor.postfix_findings("--mail-version", "3.7.8")
        self.assertTrue(wanted(findings, "SMTP_SMUGGLING"))
        main += ("smtpd_data_restrictions = permit_mynetworks,\n"
                 "  reject_unauth_pipelining\n"
                 "smtpd_discard_ehlo_keywords = chunking, silent-discard\n")
        self.check_silent(main, None, ("--mail-version", "3.7.8"))

    def test_spellings(self):
        """The same settings, written otherwise."""
        main = change(self.doctor.main, MILTERS, (
            "base = optout-milter\n"
            "smtpd_milters = inet:wrong:1\n"
            "# the last one counts\n"
            "smtpd_milters\n"
            "  = inet:localhost:11332,\n"
            "# between\n"
            "\n"
            "  ${{$compatibility_level} >=level {3.6} ? {${what:{unix:}}} :\n"
            "  {nothing}}${base}/$(name?no)milter.sock\n"))
        master = self.doctor.master + (
            "submission inet n - y - - smtpd\n"
            "# as it comes\n"
            "  -o syslog_name=x -o smtpd_milters=$smtpd_m,$non_smtpd_m\n"
            "  -o smtpd_m=inet:127.0.0.1:11332\n"
            "  -o {non_smtpd_m={unix:optout-milter/milter.sock,\n"
            "    default_action=tempfail}}\n"
            "127.0.0.1:10026 inet n - y - - smtpd\n"
            "  -o receive_override_options=no_milters -o content_filter=\n")
        main += "content_filter = scan:[127.0.0.1]:10025\n"
        findings = self.check_silent(main, master)
        self.assertEqual(len(wanted(findings, "REINJECTION")), 1)
        self.assertTrue(wanted(findings, "MILTER_ORDER_LATE"))

    def test_without_chroot(self):
        master = self.doctor.master.replace(" n - y - - smtpd",
                                            " n - n - - smtpd")
        self.check_silent(None, master)

    def test_tags_of_a_server_behind(self):
        """Who relays to the buyers' server does not know its tags."""
        self.check_silent(self.doctor.main + "recipient_delimiter = +\n"
                          f"relay_domains = {DOMAIN}\n")

    def test_second_domain_that_is_a_buyers(self):
        main = change(self.doctor.main, "mydestination =\n",
                      f"mydestination = {DOMAIN}\n")
        self.check_silent(main)

    def test_text(self):
        self.doctor.write()
        done = self.doctor.daemon.ctl(
            "doctor", "--postfix", self.doctor.postfix.config)
        self.assertIn("note MAIL_SERVER ", done.stdout)
        self.assertIn("0 errors, 0 warnings, ", done.stdout)

    def test_fix_is_the_line(self):
        """What doctor says to put there makes it silent."""
        for old in (MILTERS, ACTION, LOCAL):
            with self.subTest(old):
                self.doctor.write(change(self.doctor.main, old,
                                         old.split("=")[0] + "= accept\n"))
                _, findings = self.doctor.postfix_findings()
                fixes = {f["fix"] for f in grave(findings)
                         if " = " in f["fix"]}
                self.check_silent(change(self.doctor.main, old,
                                         "\n".join(fixes) + "\n"))


# --- Sendmail -----------------------------------------------------------------

XLINE = "F=T, T=C:30s;S:30s;R:30s;E:5m"

SENDMAIL_FAULTS = (
    ("no_filter", "SENDMAIL_FILTER_MISSING",
     ("Xoptout-milter,", "#Xoptout-milter,")),
    ("other_filter_only", "SENDMAIL_FILTER_MISSING",
     ("Xoptout-milter, S=local:{socket}", "Xother, S=inet:8899@localhost")),
    ("not_in_the_list", "SENDMAIL_FILTER_UNUSED",
     ("O InputMailFilters=optout-milter", "O InputMailFilters=opendkim")),
    ("list_set_again", "SENDMAIL_FILTER_UNUSED",
     ("O Milter.macros.eom", "O inputmailfilters=\nO Milter.macros.eom")),
    ("daemon_with_a_list", "SENDMAIL_DAEMON_UNFILTERED",
     ("Name=MSA, M=E", "Name=MSA, InputMailFilters=opendkim;other, M=E")),
    ("no_flag", "SENDMAIL_FLAG_MISSING", ("F=T, ", "")),
    ("empty_flag", "SENDMAIL_FLAG_MISSING", ("F=T, ", "F=, ")),
    ("flag_reject", "SENDMAIL_FLAG", ("F=T, ", "F=R, ")),
    ("socket", "SOCKET_MISMATCH", ("S=local:{socket}",
                                   "S=local:/run/optout.sock")),
    ("inet_socket", "SOCKET_MISMATCH", ("S=local:{socket}",
                                        "S=inet:8891@localhost")),
    ("short_timeout", "MILTER_TIMEOUT", ("R:30s", "R:2s")),
    ("macros", "SENDMAIL_MACROS", ("eom={msg_id}", "eom={x}")),
    ("large_header", "HEADER_LIMIT", ("MaxHeadersLength=32768",
                                      "MaxHeadersLength=0")),
    ("nul", "NUL_HIDES_TEXT",
     ("O MaxHeaders", "O RejectNUL=False\nO MaxHeaders")),
    ("version", "SMTP_SMUGGLING", ("DZ8.18.1", "DZ8.17.1/Other-1")),
    ("second_domain", "LOCAL_DOMAIN_ALIAS",
     ("Cwlocalhost", f"Cwlocalhost {DOMAIN}")),
)


class SendmailFaults(DoctorCase):
    @property
    def usual(self):
        return SENDMAIL_CF.format(socket=self.doctor.path)

    def ask(self, text, *arguments):
        path = self.doctor.site.workdir.write("sendmail.cf", text)
        return self.doctor.doctor("--sendmail", path, *arguments)

    def tagged(self):
        """Sendmail always knows tags: the filter must, too."""
        self.doctor.daemon.write_conf(
            {"addresses": {"tag_separator": "+"}})
        self.addCleanup(self.doctor.daemon.write_conf, {})

    def check(self, fault):
        _, name, (old, new) = fault
        old = old.replace("{socket}", self.doctor.path)
        status, findings = self.ask(change(self.usual, old, new))
        if name == "LOCAL_DOMAIN_ALIAS":
            self.assertTrue(wanted(findings, "ADDRESS_TAGS"))
            findings = [f for f in findings if f["id"] != "ADDRESS_TAGS"]
        self.check_found(status, findings, name)

    def test_silent(self):
        status, findings = self.ask(self.usual)
        self.assertEqual(grave(findings), [])
        self.assertEqual(status, 0)
        self.assertEqual(wanted(findings, "MAIL_SERVER")[0]["what"],
                         "Sendmail 8.18.1")

    def test_silent_on_debians_mended_version(self):
        text = self.usual.replace("8.18.1", "8.17.1.9/Debian-2+deb12u2")
        self.assertEqual(grave(self.ask(text)[1]), [])

    def test_unsafe_directory(self):
        os.chmod(self.doctor.directory, 0o770)
        self.addCleanup(os.chmod, self.doctor.directory, 0o750)
        _, findings = self.ask(self.usual)
        self.assertTrue(wanted(findings, "SOCKET_UNSAFE"))

    def test_both_servers(self):
        self.doctor.write()
        _, findings = self.ask(self.usual, "--postfix",
                               self.doctor.postfix.config)
        self.assertEqual(len(wanted(findings, "MAIL_SERVER")), 2)
        self.assertEqual(grave(findings), [])


add_tests(SendmailFaults, SENDMAIL_FAULTS)


# --- Files and the filter's own settings --------------------------------------

class FileFaults(SiteCase):
    NEEDS_POSTFIX = True

    def setUp(self):
        super().setUp()
        self.doctor = DoctorSite(self.site)
        self.addCleanup(self.doctor.close)
        self.doctor.write()
        self.daemon = self.doctor.daemon

    def expect(self, name, status=None, alone=True):
        got, findings = self.doctor.postfix_findings()
        found = wanted(findings, name)
        self.assertTrue(found, json.dumps(findings, indent=1))
        if alone:
            others = [f for f in grave(findings) if f["id"] != name]
            self.assertEqual(others, [])
        severe = any(f["severity"] == "error" for f in grave(findings))
        self.assertEqual(got, 1 if severe else 0)
        return found[0]

    def test_socket_missing(self):
        os.unlink(self.doctor.path)
        self.expect("SOCKET_MISSING")

    def test_socket_is_a_file(self):
        os.unlink(self.doctor.path)
        open(self.doctor.path, "w", encoding="ascii").close()
        self.expect("SOCKET_TYPE")

    def test_socket_mode(self):
        os.chmod(self.doctor.path, 0o600)
        self.expect("SOCKET_MODE")

    def test_socket_group(self):
        os.chown(self.doctor.path, -1, 0)
        self.expect("SOCKET_MODE")

    def test_socket_for_everyone(self):
        os.chmod(self.doctor.path, 0o666)
        self.expect("SOCKET_PUBLIC")

    def test_directory_closed(self):
        os.chmod(self.doctor.directory, 0o700)
        self.expect("SOCKET_DIRECTORY")

    def test_directory_writable(self):
        os.chmod(self.doctor.directory, 0o757)
        self.expect("SOCKET_UNSAFE")

    def test_directories_outside_the_chroot_do_not_matter(self):
        os.chmod(self.doctor.postfix.base, 0o700)
        _, findings = self.doctor.postfix_findings()
        self.assertEqual(grave(findings), [])

    def test_inet_socket_for_all(self):
        self.daemon.write_conf({"socket": "inet:8891@0.0.0.0"})
        self.doctor.write(change(self.doctor.main, MILTERS,
                                 "smtpd_milters = inet:127.0.0.1:8891\n"))
        self.expect("SOCKET_REMOTE")

    def test_inet_socket(self):
        self.daemon.write_conf({"socket": "inet:8891@127.0.0.1"})
        for host in ("127.0.0.1", "localhost", "[127.0.0.1]"):
            self.doctor.write(change(
                self.doctor.main, MILTERS,
                f"smtpd_milters = inet:{host}:8891\n"))
            _, findings = self.doctor.postfix_findings()
            self.assertEqual(grave(findings), [])
        for spec in ("inet:127.0.0.2:8891", "inet:[::1]:8891"):
            self.doctor.write(change(self.doctor.main, MILTERS,
                                     f"smtpd_milters = {spec}\n"))
            self.expect("SOCKET_MISMATCH")

    def test_milter_before(self):
        self.daemon.write_conf({"verdict_header": "X-Optout"})
        self.doctor.write(change(
            self.doctor.main, MILTERS, "smtpd_milters = inet:localhost:11332 "
            "unix:optout-milter/milter.sock\n"))
        self.expect("MILTER_ORDER")

    def test_header_limit_of_the_filter(self):
        self.daemon.write_conf({"limits": {"header_bytes": "64K"}})
        self.expect("HEADER_LIMIT")

    def test_policy(self):
        self.daemon.write_policy_text("profile = 1;\n")
        found = self.expect("POLICY_UNUSABLE")
        self.assertIn("policy.conf:1:", found["what"])

    def test_phrases(self):
        packs = os.path.join(os.path.dirname(self.daemon.conf_path), "phrases")
        os.unlink(os.path.join(packs, "wording.tsv"))
        self.expect("WORDS_MISSING")
        with open(os.path.join(packs, "en.conf"), "a",
                  encoding="utf-8") as file:
            file.write("(\n")
        self.assertIn("en.conf:", self.expect("PHRASES_UNUSABLE")["what"])

    def test_shadow(self):
        self.daemon.write_policy({"modes": {"default": "shadow"}})
        self.assertIn("all reasons", self.expect("SHADOW_MODE")["what"])
        self.daemon.write_policy({"modes": {"OPTED_OUT": "shadow"}})
        self.assertEqual(self.expect("SHADOW_MODE")["what"],
                         "in shadow mode: OPTED_OUT")

    def test_keys_readable(self):
        os.chmod(self.keys, 0o444)
        self.expect("KEYS_UNUSABLE")

    def test_keys_missing(self):
        os.unlink(self.keys)
        self.expect("KEYS_UNUSABLE")

    def test_keys_old(self):
        self.age(self.keys, 800)
        self.expect("KEYS_OLD")

    def test_cache_old(self):
        self.age(os.path.join(self.daemon.cache, "data.mdb"), 31)
        self.expect("CACHE_OLD")

    def test_cache_missing(self):
        os.unlink(os.path.join(self.daemon.cache, "data.mdb"))
        self.expect("CACHE_UNUSABLE")

    def test_cache_readable(self):
        os.chmod(self.daemon.cache, 0o755)
        self.expect("CACHE_OPEN")

    def test_cache_owner(self):
        os.chown(os.path.join(self.daemon.cache, "data.mdb"), 0, 0)
        self.expect("CACHE_OWNER", alone=False)

    def test_cache_empty(self):
        self.daemon.ctl("remove", buyer("ann"))
        self.expect("CACHE_EMPTY")

    def test_tags_known(self):
        self.daemon.write_conf({"addresses": {"tag_separator": "+"}})
        os.unlink(os.path.join(self.daemon.cache, "data.mdb"))
        self.daemon.ctl("init")
        self.daemon.ctl("add", buyer("ann"))
        self.doctor.write(self.doctor.main + "recipient_delimiter = +\n")
        _, findings = self.doctor.postfix_findings()
        self.assertEqual(grave(findings), [])
        self.doctor.write(self.doctor.main + "recipient_delimiter = +-\n")
        self.assertEqual(self.expect("ADDRESS_TAGS")["fix"],
                         "recipient_delimiter = +")

    def test_exit_codes(self):
        def ask(*arguments):
            return self.daemon.ctl("doctor", *arguments,
                                   check=False).returncode
        self.assertEqual(ask("--postfix", "/nonexistent"), 66)
        self.assertEqual(ask("--sendmail", "/nonexistent"), 66)
        self.assertEqual(ask("--mail-version", "new"), 64)
        self.assertEqual(ask("extra"), 64)
        os.chmod(self.daemon.conf_path, 0o666)
        self.assertEqual(ask("--postfix", self.doctor.postfix.config), 78)

    @property
    def keys(self):
        return os.path.join(os.path.dirname(self.daemon.conf_path), "keys")

    @staticmethod
    def age(path, days):
        then = time.time() - days * 86400
        os.utime(path, (then, then))


if __name__ == "__main__":
    tap.main()
