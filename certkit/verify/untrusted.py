"""Why no path reached a trust anchor: where the chain broke off and what is missing there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from certkit.pki.refusal import quoted
from certkit.verify.wording import advice, error, issue_again, subject_of, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate
    from certkit.verify.path import DeadEnd, Node, PathBuilder

_TRUST_IT: Final = advice(
    "give its root with --ca FILE, trust it with `certkit trust install`, or issue the "
    "certificate again with the CA that is trusted"
)
# What CAs call those of theirs that are no roots.
_INTERMEDIATE: Final = re.compile(
    r"\b(intermediate|issuing|sub(ordinate)?[ -]?ca|ica|tls ca)\b", re.IGNORECASE
)


def explain_no_path(builder: PathBuilder, roots: Sequence[Certificate]) -> Finding:
    """The one finding for a leaf from which no path leads to ``roots``."""
    if builder.exhausted:
        return _given_up()
    end = max(builder.dead_ends, key=lambda end: len(end.path.nodes))
    top = end.path.top
    if end.namesakes:
        return _other_key(end)
    if top.self_issued:
        return _self_signed(end, builder)
    return _issuer_unknown(end, roots)


def _given_up() -> Finding:
    return error(
        "chain.search-limit",
        "the search for a chain was given up: it is too long, or too many certificates seem to "
        "have issued each other",
        "a real chain needs a handful of signatures; hundreds are an attack on the verifier's time",
        advice("send only the certificates between the leaf and the root"),
    )


def _other_key(end: DeadEnd) -> Finding:
    """Somebody with the right name is there, and did not sign this."""
    top, index = end.path.top, len(end.path.nodes) - 1
    namesake = next((node for node in end.namesakes if node.anchor), end.namesakes[0])
    name = subject_of(namesake.certificate)
    if top.certificate.aki is not None and top.certificate.aki == namesake.certificate.ski:
        return error(
            "chain.malformed",
            f"the signature of {title(end.path, index)} does not fit its issuer {name}: it was "
            "changed after it was signed",
            "RFC 5280 section 6.1.3 (a) (1)",
            issue_again(end.path.nodes[0].certificate.names),
        )
    if not namesake.anchor:
        return error(
            "chain.missing-intermediate",
            f"{title(end.path, index)} was signed by a CA called {name}, and the one that was "
            "given has another key",
            "the intermediate was replaced; the old or the new one does not belong to this chain",
            advice("serve the intermediate that signed the certificate"),
        )
    return _regenerated(end, name)


def _regenerated(end: DeadEnd, name: str) -> Finding:
    return error(
        "chain.ca-regenerated",
        f"a CA called {name} is trusted, but {title(end.path, len(end.path.nodes) - 1)} was "
        "signed by another key of that name",
        "the CA was made again under its old name; Firefox says SEC_ERROR_BAD_SIGNATURE, others "
        "that the CA is unknown",
        issue_again(end.path.nodes[0].certificate.names),
    )


def _self_signed(end: DeadEnd, builder: PathBuilder) -> Finding:
    top = end.path.top
    if len(end.path.nodes) == 1:
        return error(
            "chain.self-signed",
            "the certificate is signed by itself, and it is not trusted here",
            "clients trust it only where it was installed itself; a CA is trusted once for all "
            "its certificates",
            issue_again(top.certificate.names),
        )
    trusted = [node for node in builder.namesakes(top) if node.anchor]
    if trusted:
        return _regenerated(end, subject_of(trusted[0].certificate))
    return error(
        "chain.untrusted-root",
        f"the chain ends in the root {subject_of(top.certificate)}, which is not trusted here",
        "a root is trusted where it was installed, not because a server sends it",
        _TRUST_IT,
    )


def _issuer_unknown(end: DeadEnd, roots: Sequence[Certificate]) -> Finding:
    top, index = end.path.top, len(end.path.nodes) - 1
    issuer = quoted(top.certificate.issuer)
    if _is_intermediate(top):
        return error(
            "chain.missing-intermediate",
            f"{title(end.path, index)} was signed by {issuer}, an intermediate that is missing",
            "RFC 8446 section 4.4.2: a server sends every certificate between its own and the "
            "root; only some browsers fetch what is missing",
            advice("serve the leaf and its intermediates in one file (full chain)"),
        )
    trusted = ", ".join(subject_of(root) for root in roots[:3])
    return error(
        "chain.untrusted-root",
        f"{title(end.path, index)} was signed by {issuer}, which is not trusted here",
        f"trusted are: {trusted}{' and more' if len(roots) > 3 else ''}; if the issuer is an "
        "intermediate of one of them, it is missing"
        if roots
        else "no root is trusted here at all",
        _TRUST_IT,
    )


def _is_intermediate(top: Node) -> bool:
    """Whether the unknown issuer is more likely an intermediate than a root.

    Nothing in a certificate says what kind of CA signed it; the issuer's name and an address where
    to fetch its certificate are the signs there are.
    """
    issuer = top.certificate.x509.issuer
    if _INTERMEDIATE.search(" ".join(_values(issuer, NameOID.COMMON_NAME))):
        return True
    aia = top.certificate.extension(x509.AuthorityInformationAccess)
    return aia is not None and any(
        each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in aia.value
    )


def _values(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(attribute.value) for attribute in name.get_attributes_for_oid(oid)]
