"""The trust stores that certkit knows, one row each, in the order in which they are installed to.

The system store comes before Java, since on Debian it feeds Java's keystore; removal goes the other
way round. Stores that are not there by default are installed to when they are named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError, ExitCode
from certkit.truststores import chromium_policy, firefox, java, linux, macos, nss, windows
from certkit.truststores.machine import is_absent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from certkit.truststores.machine import Machine
    from certkit.truststores.store import Place, Store


@dataclass(frozen=True, slots=True)
class Row:
    """``remembered`` makes a place of a path in a receipt that a scan no longer finds."""

    name: str
    platforms: tuple[str, ...]
    find: Callable[[Machine], Store]
    by_default: bool = True
    remembered: Callable[[Machine, Path], Place] | None = None


_ALL: Final = ("linux", "darwin", "win32")
ROWS: Final = (
    Row(linux.NAME, ("linux",), linux.system_store),
    Row(macos.SYSTEM, ("darwin",), macos.system_keychain),
    Row(macos.USER, ("darwin",), macos.login_keychain, by_default=False),
    Row(windows.SYSTEM, ("win32",), windows.machine_root),
    Row(windows.USER, ("win32",), windows.user_root, by_default=False),
    Row(nss.NAME, ("linux",), nss.nss_store, remembered=nss.NssDatabase),
    Row(firefox.NAME, ("linux",), firefox.firefox_store, remembered=nss.NssDatabase),
    Row(
        chromium_policy.NAME,
        ("linux",),
        chromium_policy.policy_store,
        by_default=False,
        remembered=chromium_policy.PolicyFolder,
    ),
    Row(java.NAME, _ALL, java.java_store, remembered=java.keystore_at),
    Row(windows.FROM_WSL, ("linux",), windows.windows_from_wsl, by_default=False),
)


def stores(machine: Machine, names: Collection[str] = ()) -> tuple[Store, ...]:
    """The stores called ``names`` on this platform; by default those that need no asking.

    Raises CertkitError ``trust.unknown-store``.
    """
    here = [row for row in ROWS if machine.platform in row.platforms]
    unknown = sorted(set(names).difference(row.name for row in here))
    if unknown:
        raise CertkitError(
            "trust.unknown-store",
            f"there is no trust store called {unknown[0]!r} on this system",
            hint=f"there are: {', '.join(row.name for row in here)}",
        )
    chosen = [row for row in here if row.name in names or (row.by_default and not names)]
    return tuple(row.find(machine) for row in chosen)


def every_store(machine: Machine) -> tuple[Store, ...]:
    """Also those that are installed to only when they are named."""
    return tuple(row.find(machine) for row in ROWS if machine.platform in row.platforms)


def with_remembered(
    found: Iterable[Store], receipts: Iterable[tuple[str, Path]], machine: Machine
) -> tuple[Store, ...]:
    """``found`` with the places of ``receipts``, (store, path), that are there and were not found.

    A profile that left profiles.ini, a JDK that $JAVA_HOME no longer names.
    """
    make = {row.name: row.remembered for row in ROWS if machine.platform in row.platforms}
    by_store: dict[str, list[Path]] = {}
    for name, path in receipts:
        by_store.setdefault(name, []).append(path)
    return tuple(
        replace(
            store,
            places=(
                *store.places,
                *(
                    remembered(machine, path)
                    for path in dict.fromkeys(by_store.get(store.name, ()))
                    if path not in {place.where for place in store.places} and not is_absent(path)
                ),
            ),
        )
        if (remembered := make[store.name]) is not None
        else store
        for store in found
    )


def within(found: Iterable[Store], machine: Machine, *, shared: bool | None) -> tuple[Store, ...]:
    """``found`` with only the places that are shared, or only those that are not; None for both.

    Under sudo the places of a user are left alone: what root writes into a user's browser profile,
    the browser can no longer write to. And who asks for those only, gets no others instead.
    """
    kinds = {True, False} if shared is None else {shared}
    wanted = kinds & {True} if under_sudo(machine) else kinds
    if wanted == {True, False}:
        return tuple(found)
    return tuple(
        replace(store, places=places, missing="")
        for store in found
        if (places := tuple(place for place in store.places if place.shared in wanted))
    )


def under_sudo(machine: Machine) -> bool:
    """Whether root acts for a user of the machine."""
    return machine.is_root and bool(machine.variables.get("SUDO_UID"))


def no_place(found: Iterable[Store], machine: Machine) -> CertkitError:
    """Why an installation into ``found``, as they were before :func:`within`, reaches no place."""
    given = tuple(found)
    why = "; ".join(f"{store.name}: {store.missing}" for store in given if not store.available())
    hint = "certkit trust status shows the stores of this machine"
    owned = any(not place.shared for store in given for place in store.places)
    if owned and under_sudo(machine):
        why = "under sudo only what counts for every user is changed, and this is a user's own"
        hint = "run it without sudo: certkit asks for root where a step needs it"
    return CertkitError(
        "trust.no-place",
        f"there is no place to put the root: {why or 'none is both named and of the kind asked'}",
        hint=hint,
        exit_code=ExitCode.ENVIRONMENT,
    )
