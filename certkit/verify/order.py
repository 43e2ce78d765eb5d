"""The order in which a server sends its chain: RFC 8446 section 4.4.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certkit.findings import Finding, Severity
from certkit.verify.path import Node
from certkit.verify.wording import advice, subject_of, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from certkit.pki.certificate import Certificate
    from certkit.verify.path import Path


def check_order(path: Path, sent: Sequence[Certificate]) -> tuple[Finding, ...]:
    """What is odd about ``sent``, the certificates after the leaf, when the path is ``path``."""
    place = {certificate: index for index, certificate in reversed(list(enumerate(sent)))}
    found: list[Finding] = []
    between = [
        place[node.certificate]
        for node in path.nodes[1:]
        if node.certificate in place and not (node.anchor and node.self_issued)
    ]
    if between != sorted(between):
        found.append(
            warning(
                "chain.wrong-order",
                "the intermediates are not in the order in which they sign each other",
                "RFC 5246 section 7.4.2: each certificate directly certifies the one before it; "
                "TLS 1.3 only asks for it, and every client measured sorts them itself",
                advice("put the leaf first, then its issuer, then the issuer of that"),
            )
        )
    found += _twins_before(path, sent, place)
    root = path.top
    if root.self_issued and len(path.nodes) > 1 and root.certificate in place:
        found.append(
            Finding(
                "chain.root-sent",
                Severity.NOTE,
                f"the root {subject_of(root.certificate)} is sent with the chain",
                "a client has the root or does not trust it: sending it costs a kilobyte",
                advice("leave the root out of the file that the server sends"),
            )
        )
    return tuple(found)


def _twins_before(
    path: Path, sent: Sequence[Certificate], place: dict[Certificate, int]
) -> Iterator[Finding]:
    """Certificates of a CA that lead nowhere, sent before one of that CA that leads up."""
    last = {
        node.subject: place[node.certificate]
        for node in path.nodes[1:]
        if node.certificate in place and not node.anchor
    }
    on_path = set(path.certificates)
    for index, certificate in enumerate(sent[: max(last.values(), default=0)]):
        subject = Node.of(certificate, anchor=False).subject
        if certificate not in on_path and index < last.get(subject, 0):
            yield warning(
                "chain.wrong-order",
                f"a certificate of {subject_of(certificate)} that leads nowhere is sent before the "
                "one that leads to the root",
                "OpenSSL, curl, Python, Node and GnuTLS may take the first of that name and do not "
                "try the second; browsers, Go and Java try both",
                advice("send only the certificates between the leaf and the root"),
            )
            return
