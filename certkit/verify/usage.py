"""What certificates may be used for: key usage, extended key usage, CA or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from certkit.verify import netscape
from certkit.verify.wording import advice, error, issue_again, some_of, title, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.findings import Finding
    from certkit.verify.path import Path
    from certkit.verify.question import Question

_PURPOSES: Final = {
    "server": (Eku.SERVER_AUTH, "usage.eku-not-server", "serverAuth"),
    "client": (Eku.CLIENT_AUTH, "usage.eku-not-client", "clientAuth"),
}


def check_extended_key_usage(path: Path, question: Question) -> Iterator[Finding]:
    """The purpose in every certificate that names purposes at all.

    RFC 5280 leaves the meaning on a CA open; Chromium, Firefox, Go, OpenSSL and cryptography take
    it as a limit on what is below (measured), Java, GnuTLS and rustls do not look.
    """
    wanted, code, label = _PURPOSES[question.purpose]
    for index, node in enumerate(path.nodes):
        certificate = node.certificate
        found = certificate.extension(x509.ExtendedKeyUsage)
        if found is None:
            continue
        purposes = set(found.value)
        # On a leaf, OpenSSL, Firefox and cryptography do not take "any" for the one that is asked.
        if wanted in purposes or (index and Eku.ANY_EXTENDED_KEY_USAGE in purposes):
            continue
        has = some_of(certificate.extended_key_usage)
        yield error(
            code,
            f"{title(path, index)} is for {has} and not for {label}",
            "RFC 5280 section 4.2.1.12: the purposes listed are the only ones"
            if index == 0
            else "the purposes of a CA limit what is below it in Chromium, Firefox, Go and OpenSSL",
            issue_again(certificate.names, *(["--client"] if question.purpose == "client" else []))
            if index == 0
            else advice(f"issue the CA certificate without extended key usage or with {label}"),
        )


def check_missing_extended_key_usage(path: Path, question: Question) -> Iterator[Finding]:
    """A server certificate without purposes: in order for RFC 5280, not for Apple."""
    leaf = path.nodes[0].certificate
    if question.purpose == "server" and leaf.malformed is None and not leaf.extended_key_usage:
        yield warning(
            "usage.eku-not-server",
            "the certificate has no extended key usage",
            "Apple's clients want serverAuth in it (support.apple.com/103769), and so do the "
            "CA/Browser Forum's requirements; every other client accepts it",
            issue_again(leaf.names),
        )


def check_netscape_type(path: Path, question: Question) -> Iterator[Finding]:
    """A server certificate that was made for OpenVPN's clients, or by an old script."""
    leaf = path.nodes[0].certificate
    if question.purpose == "server" and netscape.is_for_no_server(leaf):
        yield warning(
            "usage.eku-not-server",
            "the Netscape certificate type is not that of a server",
            "the extension is obsolete and in no RFC; OpenSSL, curl, Python, Node and Java still "
            "read it and refuse the certificate, Go, GnuTLS, rustls and the browsers do not",
            issue_again(leaf.names),
        )


def check_key_usage(path: Path, question: Question) -> Iterator[Finding]:
    """What the leaf's key usage allows: TLS 1.3 and every ECDHE suite sign with the key."""
    leaf = path.nodes[0].certificate
    usage = leaf.extension(x509.KeyUsage)
    if usage is None or leaf.is_ca:
        return
    if usage.value.key_cert_sign:
        yield error(
            "usage.key-usage",
            "the certificate may sign certificates (keyCertSign) and is no CA",
            "RFC 5280 section 4.2.1.3: keyCertSign goes with CA:TRUE",
            issue_again(leaf.names),
        )
    if not usage.value.digital_signature:
        has = ", ".join(leaf.key_usage) or "nothing"
        yield error(
            "usage.key-usage",
            f"the key usage is {has}, without digitalSignature",
            "RFC 8446 section 4.4.2.2: the key must be allowed to sign; Chromium, Java and "
            "gnutls-cli refuse the certificate, Firefox, OpenSSL and Go do not look",
            issue_again(leaf.names),
        )


def check_leaf_is_ca(path: Path, question: Question) -> Iterator[Finding]:
    """A CA certificate in the place of the leaf: allowed by RFC 5280, refused by some."""
    leaf = path.nodes[0].certificate
    if not leaf.is_ca:
        return
    usage = leaf.extension(x509.KeyUsage)
    if usage is not None and not usage.value.key_cert_sign:
        yield error(
            "usage.leaf-is-ca",
            "the certificate is a CA (CA:TRUE) that may not sign certificates",
            "RFC 5280 section 4.2.1.9: CA:TRUE goes with keyCertSign; Firefox and rustls refuse "
            "every CA certificate of a server",
            issue_again(leaf.names),
        )
        return
    yield warning(
        "usage.leaf-is-ca",
        "the certificate is a CA (CA:TRUE), as `openssl req -x509` makes it",
        "Firefox (MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY), rustls and cryptography refuse "
        "it; whoever trusts it trusts everything that its key signs",
        issue_again(leaf.names),
    )
