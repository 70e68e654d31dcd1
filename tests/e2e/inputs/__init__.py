# SPDX-License-Identifier: BSD-2-Clause
"""Hostile and odd inputs, by what they hide in; played through every door."""
