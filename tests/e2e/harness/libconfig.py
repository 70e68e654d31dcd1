# SPDX-License-Identifier: BSD-2-Clause
"""Writes settings in libconfig's form."""


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(item):
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, str):
        return quoted(item)
    if isinstance(item, dict):
        return "{ " + settings(item).replace("\n", " ") + "}"
    return "[ " + ", ".join(value(part) for part in item) + " ]"


def settings(table):
    """A table as "name = value;" lines."""
    return "".join(f"{name} = {value(item)};\n"
                   for name, item in table.items())


def merged(base, changes):
    """base with changes; groups are merged, too."""
    result = dict(base)
    for name, item in changes.items():
        old = result.get(name)
        if isinstance(item, dict) and isinstance(old, dict):
            item = merged(old, item)
        result[name] = item
    return result
