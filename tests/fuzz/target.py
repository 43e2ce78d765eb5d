"""One damaged file through everything that reads it: load, describe, inspect, verify."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from certkit import Certificate, CertkitError, verify_chain
from certkit.cli.certificate_fields import rows
from certkit.cli.other_fields import crl_data, crl_rows, request_data, request_rows
from certkit.findings import has_error
from certkit.pki.csr import read_request
from certkit.pki.load import read_contents
from certkit.pki.order import order
from certkit.pki.quiet import quietly
from tests.fuzz import seeds
from tests.fuzz.mutate import mutated
from tests.verify.make import NOW, signed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from certkit import Finding
    from certkit.cli.certificate_fields import Row
    from certkit.pki.load import Contents


def fuzzed(number: int) -> tuple[str, bytes]:
    """The input of this number, and what it was made from.

    The damage is drawn from the number; keys and signatures are new in each process, so a fault
    is repeated from its octets and not from its number.
    """
    random = Random(number)  # noqa: S311 - no secret
    if random.random() < 0.6:
        kind = random.choice(sorted(seeds.SIGNED))
        body, key = seeds.SIGNED[kind]
        return f"{kind}, signed anew", signed(mutated(body, random), key)
    if random.random() < 0.1:
        kind = random.choice(sorted(seeds.PEM))
        return f"{kind} in PEM", mutated(seeds.PEM[kind], random)
    kind = random.choice(sorted(seeds.DER))
    return kind, mutated(seeds.DER[kind], random)


def exercise(data: bytes) -> bool:
    """Whether anything was recognised in ``data``. Raises for a fault of certkit's alone."""
    with suppress(CertkitError):
        _printable(read_request(data).findings)
    try:
        contents = read_contents(data, passphrase=seeds.PASSPHRASE, source="fuzzed.pem")
    except CertkitError:
        return False
    _printable(contents.findings)
    with quietly():
        _described(contents)
    for certificate in contents.certificates:
        _judged(certificate)
    if contents.crls:
        _ask(seeds.LEAF.certificate, seeds.MIDDLE.certificate, contents.crls)
    return True


def _described(contents: Contents) -> None:
    for certificate in contents.certificates:
        assert certificate.describe()
        _shown(rows(certificate))
    for request in contents.requests:
        assert request_data(request)
        _shown(request_rows(request, "fuzzed.pem"))
    for crl in contents.crls:
        assert crl_data(crl)
        _shown(crl_rows(crl))
    with suppress(CertkitError):
        order(contents.certificates)


def _shown(lines: Iterable[Row]) -> None:
    for row in lines:
        for line in row.lines(explain=True):
            assert line.replace("\x1b", "").isprintable(), line


def _judged(certificate: Certificate) -> None:
    """The certificate in each place of the chain."""
    lists = [seeds.LIST]
    _ask(certificate, seeds.MIDDLE.certificate, lists)
    _ask(seeds.LEAF.certificate, certificate, lists)
    _ask(seeds.LEAF.certificate, seeds.MIDDLE.certificate, lists, root=certificate)


def _ask(
    leaf: Certificate,
    middle: Certificate,
    lists: Iterable[x509.CertificateRevocationList],
    root: Certificate = seeds.CA.certificate,
) -> None:
    verdict = verify_chain(
        leaf, roots=[root], intermediates=[middle], name="app.test", at=NOW, crls=lists
    )
    assert verdict.ok is not has_error(verdict.findings)
    _printable(verdict.findings)


def _printable(findings: Iterable[Finding]) -> None:
    for finding in findings:
        shown = finding.summary + finding.why + finding.fix.text
        assert shown.isprintable(), shown
        assert "cannot be judged" not in shown, shown
