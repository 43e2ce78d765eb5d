"""From names to drafts: what is written where, with which key, replacing what."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from certkit.findings import Finding, Fix, Severity
from certkit.home import files, journal, ownership
from certkit.home.journal import Draft, NewFile
from certkit.home.output import key_in_git, make_folders
from certkit.home.records import Published
from certkit.home.rows import certificate_row
from certkit.pki.authority import parse_names
from certkit.pki.names import parse
from certkit.pki.profiles import BACKDATE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from certkit.home.ledger import Ledger
    from certkit.home.output import Output
    from certkit.pki.authority import CertificateAuthority
    from certkit.pki.certificate import Issued
    from certkit.pki.keys import PrivateKey
    from certkit.pki.names import Name


class Signer(NamedTuple):
    """The CA at work.

    ``drafts`` are its own files when it was made just now, around names that needed ``permitted``
    beyond the private ones.
    """

    authority: CertificateAuthority
    root_path: Path
    drafts: tuple[Draft, ...] = ()
    permitted: tuple[str, ...] = ()


class Plan(NamedTuple):
    """One certificate before it is signed. ``names`` are complete, wildcards with their bases."""

    kind: str
    names: tuple[Name, ...]
    paths: dict[str, Path]
    kept: PrivateKey | None


def plan(
    ledger: Ledger,
    names: Sequence[str | Name],
    output: Output,
    *,
    kind: str,
    key: str | None = None,
) -> Plan:
    """What a certificate of ``kind`` for ``names`` replaces; ``key`` is the kind asked for.

    Raises CertkitError: the refusal of a name, ``files.exists`` and its like (exit 2).
    """
    given = [parse(name) if isinstance(name, str) else name for name in names]
    complete = parse_names(given)
    paths = output.paths(given, client=kind == "client", with_key=kind != "csr")
    keep = "key" in paths and not output.new_key
    with files.failures_named("look at"):
        for path in paths.values():
            ownership.refuse_reserved(ledger.path.parent, path)
            ownership.refuse_foreign(ledger, path, complete, kind, force=output.force)
        kept = ownership.kept_key(ledger, paths["key"], complete, kind, key) if keep else None
    return Plan(kind, complete, paths, kept)


def publish(
    ledger: Ledger,
    plans: Sequence[Plan],
    issued: Sequence[Issued],
    output: Output,
    signer: Signer | None,
) -> tuple[Published, ...]:
    """Write everything, all or nothing. ``signer`` is None for self-signed certificates.

    Raises CertkitError ``files.same-path`` (exit 2), and as :func:`certkit.home.journal.publish`.
    """
    pairs = list(zip(plans, issued, strict=True))
    ownership.refuse_twice(list(chain.from_iterable(each.paths.values() for each in plans)))
    with files.failures_named("look at"):
        drafts = [_draft(ledger, planned, each, output) for planned, each in pairs]
        stale = [ownership.stale_files(ledger, planned.paths) for planned in plans]
    make_folders(file.path for each in drafts for file in each.files)
    # A new CA and what it signs first reach the disk together: two commits, not four.
    journal.publish(ledger, [*(signer.drafts if signer else ()), *drafts])
    checked: set[Path] = set()
    published = [_published(planned, each, signer, checked) for planned, each in pairs]
    return tuple(
        replace(each, findings=(*each.findings, *map(_outdated, paths)))
        for each, paths in zip(published, stale, strict=True)
    )


def _outdated(path: Path) -> Finding:
    return Finding(
        "files.outdated",
        Severity.WARNING,
        f"{path} still holds the certificate before this one",
        "a file that is not asked for again is not written again",
        Fix("advice", "write it again, with the same option as before, or remove it"),
    )


def _before_its_ca(issued: Issued, signer: Signer) -> tuple[Finding, ...]:
    """A warning when the clock has gone back since the CA was made."""
    begins, now = signer.authority.certificate.not_before, issued.certificate.not_before + BACKDATE
    if now >= begins:
        return ()
    return (
        Finding(
            "validity.not-yet",
            Severity.WARNING,
            f"this machine's clock says {now:%Y-%m-%d}, and its CA is valid from {begins:%Y-%m-%d}",
            "no client accepts a certificate before the CA that signed it has begun",
            Fix("advice", "set the clock, then issue the certificate again"),
        ),
    )


def _draft(ledger: Ledger, planned: Plan, issued: Issued, output: Output) -> Draft:
    row = certificate_row(issued.certificate, planned.kind)
    new = []
    for role, path in planned.paths.items():
        mode, gid = output.mode_of(role, path, ledger)
        new.append(NewFile(role, path, _content(role, issued, planned, output), mode, gid))
    return Draft(row, tuple(new), ownership.outdated_files(ledger, planned.paths, row.key_id))


def _published(
    planned: Plan, issued: Issued, signer: Signer | None, checked: set[Path]
) -> Published:
    findings = (*issued.findings, *(_before_its_ca(issued, signer) if signer else ()))
    if "key" in planned.paths and planned.kept is None:
        folder = planned.paths["key"].parent
        if folder not in checked:  # one warning for a folder, however many keys
            findings += key_in_git(planned.paths["key"])
        checked.add(folder)
    return Published(
        issued,
        planned.paths | ({"ca": signer.root_path} if signer else {}),
        created=signer is not None and bool(signer.drafts),
        permitted=signer.permitted if signer else (),
        key_kept=planned.kept is not None,
        findings=findings,
    )


def _content(role: str, issued: Issued, planned: Plan, output: Output) -> bytes:
    if role == "certificate":
        return issued.chain_pem
    if role == "key":
        # Byte for byte what is there, so that the journal sees that it need not be written.
        return issued.key_pem if planned.kept is None else planned.paths["key"].read_bytes()
    return output.also[role](issued)
