"""OpenSSL, and who verifies with it: Python, curl and Node.

The order is that of x509_vfy.c: path, extensions from the leaf upwards, strength, name,
signatures and dates from the root downwards, name constraints. Who stops at the first error
reports the first of these; Node goes on and reports the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from certkit.verify import size
from certkit.verify.clients import general_names as general
from certkit.verify.clients import node_names
from certkit.verify.clients.climb import Climb, any_certificate, by_key_id, roots_alone
from certkit.verify.clients.hostnames import ANYWHERE, AT_EITHER_END, LDH, Matching
from certkit.verify.clients.rules import Client, Largest, Rule
from certkit.verify.profile import common_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from certkit.verify.clients.general_names import GeneralName
    from certkit.verify.clients.sight import Sight


@dataclass(frozen=True, slots=True)
class _Error:
    """A verification error of OpenSSL: its number, its words, and the code that Node gives it."""

    flaw: str
    number: int
    text: str
    node: str = "UNSPECIFIED"


_EXPIRED: Final = (10, "certificate has expired", "CERT_HAS_EXPIRED")
_EARLY: Final = (9, "certificate is not yet valid", "CERT_NOT_YET_VALID")
_PURPOSE: Final = (26, "unsuitable certificate purpose", "INVALID_PURPOSE")
_CRITICAL: Final = (34, "unhandled critical extension")
_NO_CA: Final = (79, "invalid CA certificate", "INVALID_CA")
_TOO_DEEP: Final = (25, "path length constraint exceeded", "PATH_LENGTH_EXCEEDED")
_OUTSIDE: Final = (47, "permitted subtree violation")
_EXCLUDED: Final = (48, "excluded subtree violation")
_WEAK_HASH: Final = (68, "CA signature digest algorithm too weak")

_PATH: Final = (
    _Error("self-signed", 18, "self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"),
    _Error(
        "root-sent-untrusted",
        19,
        "self-signed certificate in certificate chain",
        "SELF_SIGNED_CERT_IN_CHAIN",
    ),
    _Error(
        "issuer-of-trusted-unknown",
        2,
        "unable to get issuer certificate",
        "UNABLE_TO_GET_ISSUER_CERT",
    ),
    _Error(
        "issuer-unknown",
        20,
        "unable to get local issuer certificate",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    ),
)


def _extensions(*, strict: bool) -> tuple[_Error, ...]:
    """The checks of extensions, certificate by certificate from the leaf upwards."""
    leaf = (
        _Error("leaf-unknown-critical", *_CRITICAL),
        _Error("leaf-key-id-critical", *_CRITICAL),
        *(_profile("leaf") if strict else ()),
        _Error("leaf-no-server-purpose", *_PURPOSE),
        _Error("leaf-netscape-type", *_PURPOSE),
        _Error("leaf-any-purpose", *_PURPOSE),
        _Error("leaf-useless", *_PURPOSE),
    )
    return (*leaf, *_of_issuer("intermediate", strict=strict), *_of_issuer("anchor", strict=strict))


def _of_issuer(which: str, *, strict: bool) -> tuple[_Error, ...]:
    return (
        _Error(f"{which}-unknown-critical", *_CRITICAL),
        _Error(f"{which}-key-id-critical", *_CRITICAL),
        _Error(f"{which}-no-ca", *_NO_CA),
        _Error(f"{which}-no-cert-sign", *_NO_CA),
        *_only_signs(which, strict=strict),
        *(_profile(which) if strict else ()),
        _Error(f"{which}-no-ca", *_PURPOSE),
        _Error(f"{which}-no-cert-sign", *_PURPOSE),
        _Error(f"{which}-no-server-purpose", *_PURPOSE),
        _Error(f"{which}-any-purpose", *_PURPOSE),
        _Error(f"too-deep-below-{which}", *_TOO_DEEP),
    )


def _only_signs(which: str, *, strict: bool) -> Iterator[_Error]:
    """The uppermost certificate may go without basic constraints, unless the profile is checked."""
    if strict:
        yield _Error(f"{which}-only-signs", *_NO_CA)
        if which == "anchor":
            yield _Error("anchor-version-1", *_NO_CA)
    elif which == "intermediate":
        yield _Error("inside-only-signs", *_NO_CA)


_PLACES: Final = ("leaf", "intermediate", "anchor")


def _profile(which: str) -> Iterator[_Error]:
    """X509_V_FLAG_X509_STRICT."""
    yield _Error(
        f"{which}-path-length-without-usage", 81, "Path length given without key usage keyCertSign"
    )
    yield _Error(
        f"{which}-basic-not-critical", 89, "Basic Constraints of CA cert not marked critical"
    )
    yield _Error(f"{which}-no-key-usage", 92, "CA cert does not include key usage extension")
    if which == "leaf":
        yield _Error("leaf-signs-certificates", 82, "Key usage keyCertSign invalid for non-CA cert")
        yield _Error("leaf-nameless", 83, "Subject name empty")
        yield _Error(
            "leaf-optional-san", 84, "Subject empty and Subject Alt Name extension not critical"
        )
        yield _Error("leaf-no-names", 87, "Empty Subject Alternative Name extension")
    if which != "anchor":
        yield _Error(f"{which}-no-authority-key-id", 85, "Missing Authority Key Identifier")
    yield _Error(f"{which}-no-subject-key-id", 86, "Missing Subject Key Identifier")


_EXTENSIONS: Final = _extensions(strict=False)
# OpenSSL 3.0 looks at the leaf's key before anything else, 3.5 after the path.
_LEAF_KEY: Final = (_Error("leaf-below-112-bits", 66, "EE certificate key too weak"),)
_WEAK_CA: Final = (67, "CA certificate key too weak")
_INTERMEDIATE_KEY: Final = _Error("intermediate-below-112-bits", *_WEAK_CA)
_ANCHOR_KEY: Final = _Error("anchor-below-112-bits", *_WEAK_CA)
_LEAF_HASH: Final = _Error("leaf-weak-hash", *_WEAK_HASH)
_INTERMEDIATE_HASH: Final = _Error("intermediate-weak-hash", *_WEAK_HASH)
_STRENGTH: Final = (_LEAF_HASH, _INTERMEDIATE_KEY, _INTERMEDIATE_HASH, _ANCHOR_KEY)
_UNFIT: Final = (7, "certificate signature failure", "CERT_SIGNATURE_FAILURE")
_ANCHOR_DATES: Final = (_Error("anchor-early", *_EARLY), _Error("anchor-expired", *_EXPIRED))
_INTERMEDIATE: Final = (
    _Error("intermediate-signature-unfit", *_UNFIT),
    _Error("intermediate-early", *_EARLY),
    _Error("intermediate-expired", *_EXPIRED),
)
_LEAF: Final = (
    _Error("leaf-signature-unfit", *_UNFIT),
    _Error("leaf-early", *_EARLY),
    _Error("leaf-expired", *_EXPIRED),
)
_DOWNWARDS: Final = (*_ANCHOR_DATES, *_INTERMEDIATE, *_LEAF)
_CONSTRAINTS: Final = (
    _Error("outside-anchor", *_OUTSIDE),
    _Error("excluded-by-anchor", *_EXCLUDED),
    _Error("outside-intermediate", *_OUTSIDE),
    _Error("excluded-by-intermediate", *_EXCLUDED),
    _Error("common-name-outside", *_OUTSIDE),
    _Error("common-name-excluded", *_EXCLUDED),
)

_PARTIAL_PATH: Final = tuple(each for each in _PATH if each.flaw != "issuer-of-trusted-unknown")
_ROOTS_ALONE: Final = Climb(by_key_id, roots_alone)
_PARTIAL: Final = Climb(by_key_id, any_certificate)


def _rules(template: str, errors: Iterable[_Error]) -> tuple[Rule, ...]:
    return tuple(
        Rule(each.flaw, template.format(number=each.number, text=each.text, node=each.node))
        for each in errors
    )


# ---- the openssl command and Python --------------------------------------------------------------

_NAME: Final = (
    Rule("host-not-named", "verify error:num=62:hostname mismatch"),
    Rule("address-not-named", "verify error:num=64:IP address mismatch"),
)
_S_CLIENT: Final = "verify error:num={number}:{text}"

OPENSSL: Final = Client(
    "OpenSSL",
    "openssl s_client 3.0.19 -verify_return_error -verify_hostname",
    climb=_ROOTS_ALONE,
    largest=Largest(size.OPENSSL, "SSL routines:read_state_machine:excessive message size:"),
    matching=Matching(
        stars=AT_EITHER_END,
        covered=LDH,
        dot_asked="kept",
        dot_presented="kept",
        common_name="no-dns",
    ),
    rules=(
        *_rules(_S_CLIENT, (*_LEAF_KEY, *_PATH, *_EXTENSIONS, *_STRENGTH)),
        *_NAME,
        *_rules(_S_CLIENT, (*_DOWNWARDS, *_CONSTRAINTS)),
    ),
)

_FAILED: Final = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {text}"
_PYTHON_NAME: Final = tuple(
    Rule(flaw, _FAILED.format(text=f"{what} mismatch, certificate is not valid for '{{name}}'."))
    for flaw, what in (("host-not-named", "Hostname"), ("address-not-named", "IP address"))
)
_PYTHON_MATCHING: Final = Matching(
    covered=LDH, dot_asked="kept", dot_presented="kept", common_name="no-dns"
)

PYTHON: Final = Client(
    "Python <= 3.12",
    "Python 3.11.7 and 3.12.1 with OpenSSL 3.0.19",
    climb=_ROOTS_ALONE,
    largest=Largest(size.OPENSSL, "[SSL: EXCESSIVE_MESSAGE_SIZE] excessive message size"),
    matching=_PYTHON_MATCHING,
    rules=(
        *_rules(_FAILED, (*_LEAF_KEY, *_PATH, *_EXTENSIONS, *_STRENGTH)),
        *_PYTHON_NAME,
        *_rules(_FAILED, (*_DOWNWARDS, *_CONSTRAINTS)),
    ),
)
_PROFILE: Final = frozenset(each.flaw for which in _PLACES for each in _profile(which))


def _of_chains(rule: Rule) -> Rule:
    """The profile is asked of chains of two certificates and more."""
    return replace(rule, unless=("alone",)) if rule.flaw in _PROFILE else rule


PYTHON_STRICT: Final = Client(
    "Python 3.13+",
    "Python 3.13.0 with OpenSSL 3.0.19",
    climb=_PARTIAL,
    largest=Largest(size.OPENSSL, "[SSL: EXCESSIVE_MESSAGE_SIZE] excessive message size"),
    matching=_PYTHON_MATCHING,
    rules=(
        *_rules(_FAILED, (*_LEAF_KEY, *_PARTIAL_PATH)),
        *map(_of_chains, _rules(_FAILED, _extensions(strict=True))),
        *_rules(_FAILED, _STRENGTH),
        *_PYTHON_NAME,
        *_rules(_FAILED, (*_DOWNWARDS, *_CONSTRAINTS)),
    ),
)


# ---- curl ----------------------------------------------------------------------------------------

_CURL: Final = "SSL certificate problem: {text}"


def _from_the_queue(rule: Rule) -> Rule:
    """A signature that does not fit is told in the words of OpenSSL's error queue."""
    return replace(rule, says="curl: (35) OpenSSL/") if "signature" in rule.flaw else rule


def _names(sight: Sight) -> Sequence[GeneralName]:
    return general.general_names(sight.leaf) or ()


def _curl_name(sight: Sight) -> str:
    """Which of its three complaints curl makes about the name."""
    names = common_names(sight.leaf)
    if any(name.tag in (general.DNS, general.IP) for name in _names(sight)):
        return (
            f"SSL: no alternative certificate subject name matches target host name '{sight.name}'"
        )
    if not names:
        return "SSL: unable to obtain common name from peer certificate"
    if "\0" in names[-1]:
        return "SSL: illegal cert name field"
    return (
        f"SSL: certificate subject name '{names[-1]}' does not match target host name "
        f"'{sight.name}'"
    )


CURL: Final = Client(
    "curl",
    "curl 7.88.1 with OpenSSL 3.0.19",
    climb=_PARTIAL,
    largest=Largest(size.OPENSSL, "error:0A000098:SSL routines::excessive message size"),
    matching=Matching(
        dot_presented="dropped",
        common_name="no-dns-or-ip",
        which_common_name="last",
        address_in_common_name=True,
    ),
    rules=(
        *_rules(_CURL, (*_LEAF_KEY, *_PARTIAL_PATH, *_EXTENSIONS, *_STRENGTH)),
        *map(_from_the_queue, _rules(_CURL, _DOWNWARDS)),
        *_rules(_CURL, _CONSTRAINTS),
        Rule("host-not-named", _curl_name),
        Rule("address-not-named", _curl_name),
    ),
)


# ---- Node ----------------------------------------------------------------------------------------

_NODE: Final = "{node}: {text}"
_ALONE: Final = _Error(
    "issuer-of-leaf-unknown",
    21,
    "unable to verify the first certificate",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
)


def _signing(which: str) -> _Error:
    return _Error(f"{which}-no-cert-sign", 32, "key usage does not include certificate signing")


def _node_name(sight: Sight) -> str:
    """tls.checkServerIdentity."""
    host, names = sight.asked.value, sight.leaf.names
    addresses = [node_names.address(name) for name in _names(sight) if name.address]
    cn = [*filter(None, common_names(sight.leaf))]
    if ":" in host:
        reason = ""  # which of its reasons it gives for IPv6 differs between versions
    elif sight.asked.type == "ip":
        reason = f"IP: {host} is not in the cert's list: {', '.join(addresses)}"
    elif any(name.type == "dns" for name in names):
        listed = node_names.listed(_names(sight))
        reason = f"Host: {host}. is not in the cert's altnames: {listed}"
    elif cn:
        reason = f"Host: {host}. is not cert's CN: {cn[-1]}"
    else:
        reason = "Cert does not contain a DNS name"
    return (
        "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: "
        f"{reason}".rstrip()
    )


_NODE_MATCHING: Final = Matching(stars=ANYWHERE, dot_presented="dropped", common_name="no-dns")
_NODE_NAME: Final = (Rule("host-not-named", _node_name), Rule("address-not-named", _node_name))


# The dates of a certificate whose issuer is unknown are not looked at.
_INTERMEDIATE_DATES: Final = ("intermediate-early", "intermediate-expired")
_INSIDE_DATES: Final = (_Error("inside-early", *_EARLY), _Error("inside-expired", *_EXPIRED))
_NOBODY_ABOVE: Final = ("issuer-unknown", "issuer-of-trusted-unknown")


def _node(
    name: str,
    version: str,
    *,
    leaf_key: tuple[_Error, ...],
    strength: tuple[_Error, ...],
    unsure: tuple[tuple[str, str], ...] = (),
) -> Client:
    """Node lets OpenSSL go on after an error, and reports the last one."""
    errors = (
        *_PATH,
        *leaf_key,
        *_EXTENSIONS,
        *strength,
        _ALONE,
        *_ANCHOR_DATES,
        _signing("anchor"),
        *_INTERMEDIATE,
        *_INSIDE_DATES,
        _signing("intermediate"),
        *_LEAF,
        *_CONSTRAINTS,
    )
    return Client(
        name,
        version,
        climb=_ROOTS_ALONE,
        largest=Largest(size.OPENSSL, "SSL routines:read_state_machine:excessive message size:"),
        matching=_NODE_MATCHING,
        unsure=unsure,
        rules=(
            *(
                replace(rule, unless=_NOBODY_ABOVE) if rule.flaw in _INTERMEDIATE_DATES else rule
                for rule in _rules(_NODE, reversed(errors))
            ),
            *_NODE_NAME,
        ),
    )


_IPV6: Final = (
    "Node 24.17 to 24.19 refuse every IPv6 address (nodejs/node#64144), other versions do not"
)

NODE_20: Final = _node(
    "Node 20",
    "Node 20.20.2 with OpenSSL 3.0",
    leaf_key=(),
    strength=(_LEAF_HASH, _INTERMEDIATE_HASH),
)
NODE_24: Final = _node(
    "Node 24",
    "Node 24.19.0 with OpenSSL 3.5",
    leaf_key=_LEAF_KEY,
    strength=_STRENGTH,
    unsure=(("ipv6-asked", _IPV6),),
)
