"""How long a chain may be: clients take so much, and no more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.verify.wording import advice, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Path

# Octets of the message Certificate; measured with each.
JAVA: Final = 32_768
RUSTLS: Final = 65_440
OPENSSL: Final = 102_400
GNUTLS: Final = 130_300
FIREFOX: Final = 131_071
GO: Final = 262_144


def message_length(chain: Sequence[Certificate]) -> int:
    """The length of the message that carries ``chain`` in TLS 1.3 (RFC 8446 section 4.4.2)."""
    return 4 + sum(len(certificate.der) + 5 for certificate in chain)


def check_size(path: Path, sent: Sequence[Certificate]) -> Iterator[Finding]:
    """What some clients refuse unread, of a chain that leads to a root.

    ``sent`` begins with the leaf.
    """
    if not path.top.anchor:
        return  # nothing that is sent leads anywhere, and that is the fault
    octets = message_length(sent)
    between = max(len(path.nodes) - 2, 0)
    limits = (
        (octets, JAVA, "Java takes 32 KB"),
        (octets, RUSTLS, "rustls takes 64 KB, and so does Firefox of each certificate"),
        (octets, OPENSSL, "OpenSSL, curl, Python, Node and Chromium take 100 KB"),
        (octets, GNUTLS, "GnuTLS and Firefox take 128 KB"),
        (octets, GO, "Go takes 256 KB"),
        (len(sent), 10, "Java takes 10 certificates"),
        (len(sent), 16, "GnuTLS takes 16 certificates"),
        (between, 6, "Firefox and rustls take 6 intermediates"),
        (between, 19, "Chromium takes 19 intermediates"),
    )
    minding = [who for found, most, who in limits if found > most]
    if minding:
        yield warning(
            "chain.too-large",
            f"the chain is longer than some clients take: {octets // 1024} KB in {len(sent)} "
            f"certificate{'s' * (len(sent) != 1)}, {between} between the first and the root",
            f"{'; '.join(minding)}; RFC 5280 sets no limit",
            advice("send the certificate and the intermediates above it, and nothing else"),
        )
