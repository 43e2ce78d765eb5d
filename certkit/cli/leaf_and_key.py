"""Which certificate of a target is meant, and whether the key that goes with it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from certkit.errors import CertkitError
from certkit.findings import Severity
from certkit.pki.order import find_leaf, has_key, newest_versions
from certkit.pki.parts import Parts, mismatches
from certkit.text import argument
from certkit.verify.identity import find_match, reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from certkit.cli.target import Target
    from certkit.findings import Finding
    from certkit.pki.certificate import Certificate
    from certkit.pki.load import Contents


def leaf_and_chain(seen: Target, name: str | None) -> tuple[Certificate, tuple[Certificate, ...]]:
    """The certificate to judge, and what was found or sent with it.

    A server's first certificate is its leaf, whatever it is. In a file it is looked for, and in a
    folder with several the one for ``name`` is meant. Raises CertkitError ``files.no-certificate``,
    ``files.several-leaves``.
    """
    certificates = seen.contents.certificates
    if not certificates:
        what = "a private key and no certificate" if seen.contents.keys else "no certificate"
        raise CertkitError(
            "files.no-certificate",
            f"{seen.label!r} holds {what}",
            hint=f"see what it is: certkit inspect {argument(seen.label)}",
        )
    leaf = certificates[0] if seen.sent else _leaf(seen, name)
    return leaf, tuple(each for each in certificates if each != leaf)


def _leaf(seen: Target, name: str | None) -> Certificate:
    certificates = seen.contents.certificates
    named = _for_name(certificates, name) if seen.folder and name is not None else []
    if len(named) == 1:
        return named[0]
    try:
        return find_leaf(certificates, keys=[key.public_key() for key in seen.contents.keys])
    except CertkitError as several:
        if seen.folder and several.code == "files.several-leaves":
            raise CertkitError(
                several.code,
                several.message,
                hint=f"say which: --host NAME, or name a file: ls {argument(seen.label)}",
            ) from several
        raise


def _for_name(certificates: Iterable[Certificate], name: str) -> list[Certificate]:
    asked = reference(name)
    leaves = newest_versions(one for one in certificates if not one.is_ca)
    return [one for one in leaves if find_match(asked, one.names) is not None]


def about_key(
    leaf: Certificate,
    seen: Target,
    given: Contents | None,
    passphrase: tuple[Path | None, str | None],
) -> tuple[Finding, ...]:
    """Whether the key given, or else one in the target or beside it, belongs to ``leaf``.

    A key that only lies beside the certificate's file may be for something else: a warning.
    """
    if given is not None:
        _refuse_no_key(given)
        return (*_mismatch(leaf, given), *_about_files([given]))
    if seen.contents.keys or seen.sent or seen.folder:
        return _mismatch(leaf, seen.contents)
    from certkit.cli.folders import key_beside

    beside = key_beside(Path(seen.label), passphrase)
    if beside is None or not beside.keys:
        return ()
    return tuple(
        replace(finding, severity=Severity.WARNING)
        for finding in (*_mismatch(leaf, beside), *beside.findings)
    )


def _refuse_no_key(given: Contents) -> None:
    if given.keys:
        return
    locked = given.locked
    raise CertkitError(
        locked.code if locked else "files.no-key",
        locked.summary if locked else "the file given with --key holds no private key",
        hint="give its passphrase: --passphrase-file FILE"
        if locked
        else "a key in PEM begins with -----BEGIN PRIVATE KEY-----",
    )


def _mismatch(leaf: Certificate, contents: Contents) -> tuple[Finding, ...]:
    """Keys that belong to another certificate of the same place are no fault."""
    keys = [key.public_key() for key in contents.keys]
    if any(has_key(leaf, key) for key in keys):
        return ()
    others = [one for one in contents.certificates if one != leaf]
    lonely = tuple(
        key
        for key, public in zip(contents.keys, keys, strict=True)
        if not any(has_key(one, public) for one in others)
    )
    return mismatches(Parts((leaf,), lonely)) if lonely else ()


def about_files(contents: Sequence[Contents]) -> Iterator[Finding]:
    """Oddities of the files. An encrypted key is one for its server, and not for the verdict."""
    for finding in dict.fromkeys(_about_files(contents)):
        encrypted = finding.code == "files.encrypted-key"
        yield replace(finding, severity=Severity.WARNING) if encrypted else finding


def _about_files(contents: Iterable[Contents]) -> Iterator[Finding]:
    for each in contents:
        yield from each.findings
