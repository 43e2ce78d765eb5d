"""Java parses every name of a certificate: at the first bad one it loses them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.verify.clients.general_names import (
    EMAIL,
    IP,
    URI,
    critical_names,
    mended,
    names_sent,
    reread,
)
from certkit.verify.uris import java_complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.general_names import GeneralName

_ADDRESSES: Final = (4, 8, 16, 32)  # with a mask as well, as in name constraints


def complaint(certificate: Certificate) -> str | None:
    """What sun.security.x509 says of the names; None when it reads them."""
    names = names_sent(certificate)
    if names == ():
        return "No data available in passed DER encoded value."
    said = (_COMPLAINTS[name.tag](name) for name in names or () if name.tag in _COMPLAINTS)
    return next((each for each in said if each is not None), None)


def _email(name: GeneralName) -> str | None:
    _, at, domain = name.text.partition("@")
    if not name.octets:
        return "RFC822Name may not be null or empty"
    if at and not domain:
        return "RFC822Name may not end with @"
    return "RFC822Name domain may not be just ." if domain == "." else None


def _address(name: GeneralName) -> str | None:
    return None if len(name.octets) in _ADDRESSES else "Invalid IPAddressName"


_COMPLAINTS: Final[Mapping[int, Callable[[GeneralName], str | None]]] = {
    EMAIL: _email,
    URI: lambda name: java_complaint(name.text),
    IP: _address,
}


def critical_complaint(certificate: Certificate) -> bool:
    """The same where the extension is critical, which no version of Java gets over."""
    return critical_names(certificate) and complaint(certificate) is not None


def without_bad_names(certificate: Certificate) -> Certificate:
    """Java 17 goes on as if there were no subject alternative name."""
    if complaint(certificate) is None:
        return mended(certificate)
    return reread(certificate, None)
