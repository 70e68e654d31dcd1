# SPDX-License-Identifier: BSD-2-Clause
"""Runs unittest and prints the results in the Test Anything Protocol."""

import signal
import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    def __init__(self, out):
        super().__init__()
        self.out = out
        self.count = 0

    def _line(self, result, test, note=""):
        self.count += 1
        name = test.id().replace("__main__.", "")
        print(f"{result} {self.count} - {name}{note}", file=self.out,
              flush=True)

    def _comment(self, text):
        for line in text.rstrip("\n").split("\n"):
            print("# " + line, file=self.out, flush=True)

    def _failed(self, test, error):
        self._line("not ok", test)
        self._comment("".join(traceback.format_exception(*error)))
        if hasattr(test, "diagnostics"):
            self._comment(test.diagnostics())

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._failed(subtest, error)
            if hasattr(test, "diagnostics"):
                self._comment(test.diagnostics())

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("ok", test, f" # SKIP {reason}")


def stop_by_signal(result):
    """A handler that ends the tests, and lets clean-up run."""
    def handler(number, _frame):
        # The test under way takes it for an error of its own.
        result.stop()
        raise SystemExit(128 + number)
    return handler


def main():
    """Runs the tests of the program; names as arguments select some."""
    result = TapResult(sys.stdout)
    signal.signal(signal.SIGTERM, stop_by_signal(result))
    signal.signal(signal.SIGHUP, stop_by_signal(result))
    loader = unittest.defaultTestLoader
    module = sys.modules["__main__"]
    if sys.argv[1:]:
        suite = loader.loadTestsFromNames(sys.argv[1:], module)
    else:
        suite = loader.loadTestsFromModule(module)
    suite.run(result)
    print(f"1..{result.count}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
