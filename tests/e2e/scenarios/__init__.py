# SPDX-License-Identifier: BSD-2-Clause
"""The scenarios, by what they are about."""

from scenarios import (content, envelopes, failures, local, reasons, sessions,
                       threads)

SCENARIOS = [scenario
             for module in (reasons, content, threads, envelopes, sessions,
                            local, failures)
             for scenario in module.SCENARIOS]
