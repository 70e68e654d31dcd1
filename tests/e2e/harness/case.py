# SPDX-License-Identifier: BSD-2-Clause
"""Base classes of the tests."""

import unittest

from harness import daemon, postfix, sendmail
from harness.site import Site


class SiteCase(unittest.TestCase):
    """Each test has a site of its own."""

    NEEDS_POSTFIX = False
    NEEDS_SENDMAIL = False

    def setUp(self):
        skip_if_impossible(self)
        self.site = Site()
        self.addCleanup(self.site.close)

    def diagnostics(self):
        site = getattr(self, "site", None)
        return site.diagnostics() if site else ""


class SharedSiteCase(unittest.TestCase):
    """The tests of a class share a site, which build() starts."""

    NEEDS_POSTFIX = False
    NEEDS_SENDMAIL = False
    site = None

    @classmethod
    def build(cls, site):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        if why_not(cls):
            return
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        try:
            cls.build(cls.site)
        except Exception as error:
            error.add_note(cls.site.diagnostics())
            raise

    def setUp(self):
        skip_if_impossible(self)

    def diagnostics(self):
        return self.site.diagnostics() if self.site else ""


def why_not(case):
    """Why the tests of a class cannot run; "" if they can."""
    return (case.NEEDS_POSTFIX and postfix.why_not() or
            case.NEEDS_SENDMAIL and sendmail.why_not() or "")


def skip_if_impossible(test):
    reason = why_not(type(test))
    if reason:
        test.skipTest(reason)
    # A build without programs is no reason to skip: it is a failure.
    test.assertEqual(daemon.why_not(), "")
