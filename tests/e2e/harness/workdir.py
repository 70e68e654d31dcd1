# SPDX-License-Identifier: BSD-2-Clause
"""Where the programs are, and a directory for the files of one run."""

import os
import shutil
import tempfile


def build_path(*names):
    """A file in the build directory."""
    return os.path.join(
        os.path.abspath(os.environ.get("OPTOUT_BUILDDIR", ".")), *names)


def source_path(*names):
    """A file in the source tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    top = os.path.join(here, "..", "..", "..")
    return os.path.join(
        os.path.abspath(os.environ.get("OPTOUT_SRCDIR", top)), *names)


class WorkDir:
    """A private directory that other users may enter; remove() ends it."""

    def __init__(self, path=None):
        """path: an existing directory to use."""
        base = os.environ.get("TMPDIR", "/tmp")
        self.path = path or tempfile.mkdtemp(prefix="optout-e2e-", dir=base)
        os.chmod(self.path, 0o755)

    def join(self, *names):
        return os.path.join(self.path, *names)

    def mkdir(self, name, mode=0o755, uid=-1, gid=-1):
        path = self.join(name)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        if os.geteuid() == 0:
            os.chown(path, uid, gid)
        return path

    def write(self, name, text):
        """Puts a file in place at once, by rename; returns its path."""
        path = self.join(name)
        fresh = path + ".new"
        with open(fresh, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(fresh, 0o644)
        os.rename(fresh, path)
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
