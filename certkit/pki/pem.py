"""PEM armour: one block out (RFC 7468). Reading is certkit.pki.load's work."""

from __future__ import annotations

from base64 import b64encode


def encode(label: str, der: bytes) -> bytes:
    r"""One PEM block: ``label`` in its header, ``der`` as base64 in lines of 64 characters.

    >>> encode("CERTIFICATE", b"\x30\x00")
    b'-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
    """
    body = b64encode(der).decode("ascii")
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return "\n".join(
        [f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]
    ).encode()
