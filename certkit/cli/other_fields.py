"""Certificate requests and revocation lists for ``inspect``: rows for people, data for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509  # noqa: TID253 - for `inspect` alone, which reads such files

from certkit.cli.certificate_fields import Row
from certkit.pki.certificate import rfc3339
from certkit.pki.keys import describe_public_key
from certkit.pki.names import presented
from certkit.text import argument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.pki.names import Name


def request_data(request: x509.CertificateSigningRequest) -> dict[str, object]:
    """The JSON shape of a request."""
    return {
        "subject": _name(request),
        "names": [{"type": each.type, "value": each.value} for each in _asked_names(request)],
        "key": _request_key(request),
        "signature_valid": _is_signed(request),
    }


def request_rows(request: x509.CertificateSigningRequest, label: str) -> Iterator[Row]:
    """A request for people; ``label`` is its file."""
    key = _request_key(request)
    names = ", ".join(each.unicode for each in _asked_names(request))
    yield Row("subject", _name(request) or "(empty)", "whom the request is about")
    yield Row("names", names or "(none)", "the names and addresses that are asked for")
    yield Row(
        "key",
        f"{key['algorithm']} ({key['bits']} bits)",
        "the public key to certify; its private key stays with whoever asks",
    )
    yield Row(
        "signed",
        "by the key in it" if _is_signed(request) else "not by the key in it",
        "proves that whoever asks has the private key",
    )
    yield Row(
        "to sign it",
        f"certkit issue --csr {argument(label)}",
        "certkit takes the names and the key from it, and nothing else",
    )


def _asked_names(request: x509.CertificateSigningRequest) -> list[Name]:
    try:
        found = request.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except Exception:  # noqa: BLE001 - absent, or a hostile request; either way none is asked for
        return []
    return [name for name in map(presented, found.value) if name is not None]


def _request_key(request: x509.CertificateSigningRequest) -> dict[str, object]:
    try:
        return describe_public_key(request.public_key())
    except Exception:  # noqa: BLE001 - a hostile key may raise anything, and means "unusable"
        return {"algorithm": "unknown", "bits": None}


def _is_signed(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except Exception:  # noqa: BLE001 - as above
        return False


def crl_data(crl: x509.CertificateRevocationList) -> dict[str, object]:
    """The JSON shape of a revocation list."""
    number = _crl_number(crl)
    return {
        "issuer": _name(crl),
        "number": number,
        "last_update": rfc3339(crl.last_update_utc),
        "next_update": rfc3339(crl.next_update_utc) if crl.next_update_utc else None,
        "revoked": len(crl),
    }


def crl_rows(crl: x509.CertificateRevocationList) -> Iterator[Row]:
    """A revocation list for people."""
    data = crl_data(crl)
    number = "(none)" if data["number"] is None else str(data["number"])
    yield Row("issuer", str(data["issuer"]), "the CA whose certificates it revokes")
    yield Row("number", number, "counts up with every list; a list must have one")
    yield Row("made", str(data["last_update"]), "before this the list says nothing")
    yield Row(
        "next one by",
        str(data["next_update"] or "(not said)"),
        "after this the list is too old to prove that a certificate is not revoked",
    )
    yield Row("revoked", str(data["revoked"]), "how many certificates the CA took back")


def _crl_number(crl: x509.CertificateRevocationList) -> int | None:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except Exception:  # noqa: BLE001 - absent, or a hostile list
        return None


def _name(holder: x509.CertificateSigningRequest | x509.CertificateRevocationList) -> str:
    """The subject of a request or the issuer of a list, as certificates show theirs."""
    try:
        name = holder.issuer if isinstance(holder, _CRL) else holder.subject
        return ",".join(relative.rfc4514_string() for relative in name.rdns)
    except (ValueError, TypeError):
        return "(unreadable)"


_CRL: Final = x509.CertificateRevocationList
