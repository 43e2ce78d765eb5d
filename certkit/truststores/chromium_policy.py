"""Chromium, Chrome, Edge and Brave on Linux: roots by managed policy, for every user.

It needs no NSS tool, and the browser holds the root to its constraints even where the certificate
has none. It is not installed unless asked for: the browser then says that it is managed.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from certkit.errors import CertkitError
from certkit.pki.certificate import Certificate
from certkit.truststores.steps import RemoveFile, WriteFile
from certkit.truststores.store import Held, Store, by_hand, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from certkit.truststores.machine import Machine
    from certkit.truststores.steps import Step

NAME: Final = "chromium-policy"
FILE: Final = "certkit.json"
"""One file for every CA of certkit: of two files that set a policy the browser reads the last."""

FOLDERS: Final = {
    "/etc/chromium/policies/managed": ("chromium",),
    "/etc/chromium-browser/policies/managed": ("chromium-browser",),
    "/etc/opt/chrome/policies/managed": ("google-chrome", "google-chrome-stable"),
    "/etc/opt/edge/policies/managed": ("microsoft-edge", "microsoft-edge-stable"),
    "/etc/brave/policies/managed": ("brave-browser", "brave"),
}

_PLAIN: Final = "CACertificates"
_CONSTRAINED: Final = "CACertificatesWithConstraints"


def policy_store(machine: Machine) -> Store:
    """One place for each browser of the family that is installed."""
    folders = [
        machine.at(folder)
        for folder, programs in FOLDERS.items()
        if machine.at(folder).is_dir() or any(map(machine.which, programs))
    ]
    places = tuple(PolicyFolder(machine, folder) for folder in folders)
    title = "the managed policy of Chromium, Chrome, Edge and Brave"
    return Store(NAME, title, places, missing="no browser of the Chromium family")


@dataclass(frozen=True, slots=True)
class PolicyFolder:
    """The folder ``where`` of JSON files that one browser reads."""

    machine: Machine
    where: Path
    shared: bool = True
    fed_by: str = ""

    def held(self) -> tuple[Held, ...]:
        """What the policies name; of two files that set one policy, the last by name counts."""
        found = []
        files = self._files()
        for policy in (_PLAIN, _CONSTRAINED):
            setting = [name for name, content in files.items() if policy in content]
            for name in setting:
                trusted = name == setting[-1]
                certificates = _certificates(files[name][policy])
                found += [Held(name, certificate, trusted) for certificate in certificates]
        return tuple(found)

    def change(self, root: Certificate, *, add: bool, drop: tuple[Held, ...]) -> tuple[Step, ...]:
        """Write certkit's own file anew, or remove it with the last CA in it."""
        if not (add or drop):
            return ()
        files = self._files()
        for held in drop:
            if held.label != FILE:
                raise by_hand(
                    f"{self.where / held.label} names this CA, and certkit did not write it",
                    f"take the certificate with SHA-256 {held.certificate.sha256} out of it",
                )
        unwanted = {held.certificate.sha256 for held in drop}
        wanted = _without(files.get(FILE, {}), unwanted)
        if add:
            policy, entry = _entry(root)
            wanted.setdefault(policy, []).append(entry)
            self._refuse_second_file(policy, entry, files)
        path = self.where / FILE
        if not wanted:
            return (RemoveFile(path, as_root=True),)
        return (WriteFile(path, (json.dumps(wanted, indent=1) + "\n").encode(), as_root=True),)

    def _refuse_second_file(
        self, policy: str, entry: object, files: Mapping[str, dict[str, Any]]
    ) -> None:
        other = next((name for name in files if name != FILE and policy in files[name]), None)
        if other is not None:
            raise by_hand(
                f"{self.where / other} sets {policy}, and the browser takes that from one file",
                f"add to its list: {json.dumps(entry)}",
            )

    def _files(self) -> dict[str, dict[str, Any]]:
        """File name -> what is in it, in the browser's order."""
        found = {}
        for path in sorted(self.where.glob("*")):
            if path.is_dir():  # the browser reads files only
                continue
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except OSError as error:
                raise unreadable(
                    f"cannot read {path}: {error.strerror or error}",
                    "the browser reads it as the user who starts it: its mode should be 0644",
                ) from error
            except ValueError:  # the browser leaves it out too
                continue
            if isinstance(content, dict):
                found[path.name] = content
        return found


def _entry(root: Certificate) -> tuple[str, object]:
    """The policy that fits ``root``, and what is to stand in its list."""
    certificate = b64encode(root.der).decode("ascii")
    if root.constraints is None:
        return _PLAIN, certificate
    permitted = root.constraints.as_dict()
    constraints = {"permitted_dns_names": permitted["dns"], "permitted_cidrs": permitted["ip"]}
    return _CONSTRAINED, {"certificate": certificate, "constraints": constraints}


def _without(content: Mapping[str, Any], unwanted: set[str]) -> dict[str, list[object]]:
    wanted = {
        policy: [
            entry
            for entry in content.get(policy, ())
            if not unwanted.intersection(one.sha256 for one in _certificates([entry]))
        ]
        for policy in (_PLAIN, _CONSTRAINED)
    }
    return {policy: entries for policy, entries in wanted.items() if entries}


def _certificates(entries: Iterable[Any]) -> Iterator[Certificate]:
    """Those that can be read of a list that anybody may have written."""
    for entry in entries if isinstance(entries, list) else ():
        text = entry.get("certificate", "") if isinstance(entry, dict) else entry
        try:
            yield Certificate.from_der(b64decode(text, validate=True))
        except (CertkitError, ValueError, TypeError):
            continue
