# SPDX-License-Identifier: BSD-2-Clause
"""A certificate for the mail servers under test."""

import os
import subprocess


def make_certificate(workdir):
    """Makes it; returns the paths of the certificate and the key."""
    directory = workdir.mkdir("tls")
    certificate = os.path.join(directory, "certificate.pem")
    key = os.path.join(directory, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=mx.marketplace.example", "-keyout", key, "-out", certificate],
        stdin=subprocess.DEVNULL, capture_output=True, check=True)
    os.chmod(key, 0o600)
    return certificate, key
