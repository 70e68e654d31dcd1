# SPDX-License-Identifier: BSD-2-Clause
"""
Odd and hostile inputs, through each mail server and without one;
inputs/table.py lists them.
"""

import importlib
import re
import unittest

from harness import tap
from harness.doors import (POSTFIX_SETTINGS, SENDMAIL_SETTINGS, BareDoor,
                           PostfixDoor, SendmailDoor)
from harness.workdir import source_path
from inputs import address, header, queue, sender, session, threads
from inputs.table import read_table
from scenarios import SCENARIOS


class Inputs(header.HeaderInputs, sender.SenderInputs, threads.ThreadInputs,
             address.AddressInputs, session.SessionInputs):
    """Played through every door."""


class BareClient(Inputs):
    @classmethod
    def open_door(cls, site, _settings):
        return BareDoor(site)


class Postfix(Inputs, session.SmtpSessionInputs):
    NEEDS_POSTFIX = True
    # Like that of a client elsewhere, a header is not rewritten.
    SETTINGS = POSTFIX_SETTINGS + "local_header_rewrite_clients =\n"

    @classmethod
    def open_door(cls, site, settings):
        return PostfixDoor(site.start_postfix(settings=settings))


class Sendmail(Inputs, session.SmtpSessionInputs):
    NEEDS_SENDMAIL = True
    # By default it takes 32 KiB, and refuses a larger header by itself.
    SETTINGS = ("define(`confMAX_HEADERS_LENGTH', `1048576')dnl\n" +
                SENDMAIL_SETTINGS)

    @classmethod
    def open_door(cls, site, settings):
        return SendmailDoor(site.start_sendmail(settings=settings))


class PostfixQueue(queue.QueueInputs):
    pass


class Table(unittest.TestCase):
    """The list of inputs speaks of tests that exist."""

    def test_each_has_a_test(self):
        here = [name for case in (Postfix, PostfixQueue)
                for name in dir(case) if name.startswith("test_")]
        for number, (what, places) in read_table().items():
            with self.subTest(number=number, what=what):
                own = [name for name in here
                       if name.startswith(f"test_{number:02}_")]
                self.assertTrue(own + places)
                for place in places:
                    self.assertTrue(self.exists(place), place)

    def test_each_number_is_listed(self):
        numbers = {int(name[5:7]) for case in (Postfix, PostfixQueue)
                   for name in dir(case) if name.startswith("test_")}
        self.assertLessEqual(numbers, set(read_table()))

    @staticmethod
    def exists(place):
        kind, colon, name = place.rpartition(":")
        if kind == "scenario":
            return any(one.name == name for one in SCENARIOS)
        if colon:
            with open(source_path("tests", kind), encoding="utf-8") as file:
                return re.search(rf"START_TEST\({name}\)|\b{name}\[\]",
                                 file.read())
        module, *names = place.split(".")
        found = importlib.import_module(module)
        for one in names:
            found = getattr(found, one, None)
        return found is not None


del Inputs

if __name__ == "__main__":
    tap.main()
