"""What :mod:`certkit.pki.load` says about the odd things that it meets."""

from __future__ import annotations

import shlex

from certkit.findings import Finding, Fix, Severity
from certkit.text import printable


def leaf_not_first(source: str) -> Finding:
    """Say that a server would send the wrong certificate as its own."""
    return Finding(
        "files.leaf-not-first",
        Severity.ERROR,
        f"{printable(source)}: the certificate of a CA stands before the server's own",
        "a server sends the first certificate as its own (RFC 8446 section 4.4.2); nginx stops "
        'with "key values mismatch"',
        Fix("command", f"certkit bundle {shlex.quote(source)} --out NEW.pem"),
    )


def layout(source: str, what: str) -> Finding:
    """Say that certkit reads what other programs refuse."""
    return Finding(
        "files.wrong-format",
        Severity.WARNING,
        f"{printable(source)}: {what}",
        "certkit reads it; OpenSSL, Go and Java (nginx, Node, Python with them) do not, or not all",
        Fix("advice", "write it anew: certkit bundle FILE --out NEW.pem (for a key: --to key)"),
    )


def named_pem(source: str) -> Finding:
    """Say that a file is not what its name says."""
    return Finding(
        "files.wrong-format",
        Severity.WARNING,
        f"{printable(source)}: the file is DER (binary), and its name says PEM",
        "nginx, HAProxy, Node and Python read PEM alone here, and stop at it (no start line)",
        Fix("command", f"certkit bundle {shlex.quote(source)} --out NEW.pem"),
    )


def trusted_certificate(source: str) -> Finding:
    """Say that a certificate has OpenSSL's own trust settings with it."""
    return Finding(
        "files.wrong-format",
        Severity.WARNING,
        f"{printable(source)}: the certificate stands between BEGIN TRUSTED CERTIFICATE lines",
        "that is OpenSSL's own format: Python and Node read it, Go, Java and GnuTLS do not",
        Fix("command", f"certkit bundle {shlex.quote(source)} --out NEW.pem"),
    )


def wrong_format(summary: str, advice: str, severity: Severity = Severity.ERROR) -> Finding:
    """Say that something was left out, or is not what its label says."""
    why = "what cannot be read is left out, here and by every server and client"
    return Finding("files.wrong-format", severity, summary, why, Fix("advice", advice))


def opened(source: str) -> Finding:
    """Say that a key is encrypted although it could be read."""
    return Finding(
        "files.encrypted-key",
        Severity.WARNING,
        f"{printable(source)}: the private key is encrypted",
        "a server that starts without a person stops at it: Caddy and Go refuse it, nginx needs "
        "ssl_password_file",
        _decrypt(source),
    )


def locked(source: str, why: str) -> Finding:
    """Say that a key or keystore stayed closed."""
    return Finding(
        "files.encrypted-key",
        Severity.ERROR,
        f"{printable(source)}: {why}",
        "what is inside cannot be looked at, nor used by a server that starts without a person",
        _decrypt(source),
    )


def _decrypt(source: str) -> Fix:
    return Fix(
        "command",
        f"certkit bundle {shlex.quote(source)} --to key --out NEW-key.pem "
        "--passphrase-file PASSPHRASE-FILE",
    )
