# SPDX-License-Identifier: BSD-2-Clause
"""Runs the filter with a real Postfix, or with a bare milter client."""
