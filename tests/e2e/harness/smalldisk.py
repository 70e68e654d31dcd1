# SPDX-License-Identifier: BSD-2-Clause
"""A filter whose opt-out cache is on a small file system of its own."""

import os
import shutil
import subprocess


def start_daemon(test, size, *opted_out):
    """size as mount(8) takes it. Skips the test where nothing can be mounted."""
    if os.geteuid() != 0:
        test.skipTest("needs root")
    workdir = test.site.workdir
    daemon = test.site.make_daemon()
    # init made it: start anew.
    shutil.rmtree(daemon.cache)
    os.unlink(workdir.join("etc", "keys"))
    cache = workdir.mkdir("cache", 0o700)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none",
         cache], capture_output=True, text=True)
    if done.returncode != 0:
        test.skipTest("cannot mount a tmpfs: " + done.stderr.strip())
    test.addCleanup(subprocess.run, ["umount", "-l", cache])
    owner = os.stat(workdir.join("run"))
    os.chown(cache, owner.st_uid, owner.st_gid)
    daemon.init(*opted_out)
    daemon.start()
