"""The CA home as the commands use it.

    with Home.open(path, environ=os.environ, now=None, passphrase=None, on_wait=None,
                   create=True) as home:
        home.recovered                      Findings: what an interrupted command left, repaired
        home.folder                         Path
        home.root  home.constraints         Certificate | None, Constraints | None; no key is read
        home.files                          {"root", "root-key", "intermediate", ...} -> Path
        home.authority(permit=())           -> (CertificateAuthority, created: bool)
        home.init(...)                      -> CertificateAuthority; refuses a second CA (exit 2)
        home.adopt(authority)               takes over a CA that another tool made
        home.permit(*texts)                 -> CertificateAuthority, its root signed again
        home.issue(names, Output(...), ...) -> Published(issued, files, created, permitted, ...)
        home.issue_all([names, ...], ...)   -> tuple[Published, ...], durable as one group
        home.sign_csr(csr, Output(...))     -> Published, without a key
        home.certificates()                 -> tuple[Recorded, ...]
        home.find(path | serial | name)     -> Recorded
        home.receipts                       the trust stores that the root was put into

One home holds one CA. It is locked from ``open`` to the end of the ``with`` block: everything in
between happens as if nobody else were there.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

from certkit.errors import CertkitError
from certkit.home import files, issuing, journal, records
from certkit.home.authority_files import AuthorityFiles, no_ca
from certkit.home.issuing import Signer
from certkit.home.ledger import Ledger
from certkit.home.location import exists, home_path, make_private_folder
from certkit.home.lock import Lock
from certkit.home.output import Output
from certkit.home.receipts import Receipts
from certkit.pki import keys, profiles
from certkit.pki.authority import CertificateAuthority, self_signed
from certkit.pki.constraints import Constraints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import TypedDict, Unpack

    from certkit.findings import Finding
    from certkit.home.issuing import Plan
    from certkit.home.records import Published, Recorded
    from certkit.pki.certificate import Certificate, Issued
    from certkit.pki.names import Name

    class LeafOptions(TypedDict, total=False):
        """What :meth:`certkit.CertificateAuthority.issue` takes."""

        client: bool
        days: int
        key: str
        common_name: bool


_HERE: Final = Output()


class Home:
    """One CA with everything it issued. Make one with :meth:`open`, use it in ``with``.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Home.open(Path(folder, "home")) as home:
    ...     published = home.issue(["10.0.0.5"], Output(Path(folder, "out")))
    ...     sorted(path.name for path in published.files.values())
    ['10.0.0.5-key.pem', '10.0.0.5.pem', 'root.pem']
    """

    def __init__(
        self,
        folder: Path,
        lock: Lock,
        *,
        now: datetime | None,
        passphrase: Callable[[], bytes] | None,
    ) -> None:
        self.folder: Final = folder
        self._lock = lock
        self._now = now or datetime.now(UTC)
        with files.failures_named("open", folder / "ledger.db", there="--home DIR"):
            self._ledger = Ledger(folder / "ledger.db")
        self._ca = AuthorityFiles(folder, self._ledger, passphrase)
        try:
            self.recovered: Final[tuple[Finding, ...]] = (
                journal.recover(self._ledger) + self._ca.recover()
            )
        except BaseException:
            self._ledger.close()
            raise

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        now: datetime | None = None,
        passphrase: Callable[[], bytes] | None = None,
        on_wait: Callable[[str], None] | None = None,
        create: bool = True,
    ) -> Self:
        """Lock the home and repair what an interrupted command left.

        A home that is missing is made, or with ``create=False`` refused: ``home.no-ca``.
        ``passphrase`` is called, once at most, when the CA's key is encrypted; ``on_wait``, once,
        with a sentence for the user, after two seconds of waiting for the lock. Raises
        CertkitError (exit 3): ``home.under-sudo``, ``home.not-ours``, ``home.writable-by-others``,
        ``home.locked`` after 60 seconds, ``home.ledger-*``, ``files.cannot-write``.
        """
        folder = home_path(path, environ)
        with files.failures_named("use", folder, there="--home DIR"):
            if not create and not exists(folder):
                raise no_ca(folder)
            make_private_folder(folder)
            folder = folder.resolve()
            lock = Lock(folder / "lock")
            lock.acquire(on_wait=on_wait)
        try:
            return cls(folder, lock, now=now, passphrase=passphrase)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Close the ledger, then let the next command in."""
        self._ledger.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # The CA

    @property
    def root(self) -> Certificate | None:
        """The certificate that clients trust; None in a home without a CA."""
        return self._ca.certificate("root")

    @property
    def constraints(self) -> Constraints | None:
        """What the CA may sign; None: everything (or there is no CA)."""
        signing = self._ca.certificate("intermediate") or self.root
        return signing.constraints if signing else None

    @property
    def files(self) -> dict[str, Path]:
        """The CA's files: ``root``, ``root-key`` (unless discarded), ``intermediate``, ..."""
        return self._ca.paths()

    def authority(self, permit: Iterable[str] = ()) -> tuple[CertificateAuthority, bool]:
        """The CA that signs, and whether it was made just now, permitting ``permit`` too.

        Raises CertkitError (exit 3): ``home.key-missing``, ``home.key-mismatch``,
        ``home.key-discarded``, ``home.key-readable``, ``home.certificate-changed``...; exit 2
        ``files.encrypted-key`` without the right passphrase.
        """
        authority = self._ca.load()
        return (self.init(permit), True) if authority is None else (authority, False)

    def init(
        self,
        permit: Iterable[str] = (),
        *,
        unconstrained: bool = False,
        key: str = "p256",
        days: int = profiles.CA_DAYS,
        intermediate: bool = False,
        discard_root_key: bool = False,
        passphrase: bytes | None = None,
    ) -> CertificateAuthority:
        """Make the CA; the answer is what signs, the intermediate if there is one.

        ``passphrase`` encrypts root.key; an intermediate's key stays plain, so that everyday
        certificates need none. A discarded root key is never written at all. Raises CertkitError
        ``home.ca-exists`` and ``home.discard-needs-intermediate`` (exit 2),
        ``home.leftover-file`` (exit 3), and what CertificateAuthority.create raises.
        """
        self._refuse_second_ca()
        if discard_root_key and not intermediate:
            raise CertkitError(
                "home.discard-needs-intermediate",
                "without its key and without an intermediate the CA could sign nothing",
                hint="certkit ca init --intermediate --discard-root-key",
            )
        root = CertificateAuthority.create(
            permit, unconstrained=unconstrained, key=key, days=days, now=self._now
        )
        root_key = None if discard_root_key else keys.dump_private_key(root.key, passphrase)
        below = root.intermediate(key=key, now=self._now) if intermediate else None
        journal.publish(self._ledger, self._ca.drafts(root, root_key, below))
        return below or root

    def adopt(self, authority: CertificateAuthority, passphrase: bytes | None = None) -> None:
        """Make a root that another tool made the CA of this home; its files there stay.

        ``passphrase`` encrypts root.key. Raises CertkitError ``home.ca-exists`` (exit 2),
        ``home.leftover-file`` (exit 3).
        """
        self._refuse_second_ca()
        key = keys.dump_private_key(authority.key, passphrase)
        journal.publish(self._ledger, self._ca.drafts(authority, key))

    def _refuse_second_ca(self) -> None:
        if self.root is not None:
            raise CertkitError(
                "home.ca-exists",
                f"{self.folder} has a CA already: {self.root.subject}",
                hint="look at it: certkit ca show\nanother CA is another home: --home DIR",
            )

    def permit(self, *texts: str) -> CertificateAuthority:
        """Sign the root again (and the intermediate) with wider constraints; keys stay.

        The certificates are replaced in place, the ledger keeps the old ones. When all is
        permitted already nothing changes. Raises as :meth:`authority` and
        :meth:`certkit.CertificateAuthority.permit`.
        """
        root = self._ca.load_root()
        signing = self._ca.load() or root
        if root.constraints is not None and root.constraints.widened(texts) == root.constraints:
            return signing
        widened = root.permit(*texts, now=self._now)
        changed = {"root": widened.certificate}
        if signing.certificate != root.certificate:
            # An intermediate is bound by its own constraints too, and only a new one is wider.
            widened = widened.intermediate(private_key=signing.key, now=self._now)
            changed["intermediate"] = widened.certificate
        journal.publish(self._ledger, self._ca.drafts_again(changed))
        return widened

    # Certificates

    def issue(
        self,
        names: Sequence[str | Name],
        output: Output = _HERE,
        *,
        self_signed: bool = False,
        **leaf: Unpack[LeafOptions],
    ) -> Published:
        """A certificate for ``names`` in ``output``, and on first use the CA around them.

        ``leaf`` is passed on: client, days, key, common_name. The same names at the same place
        keep their key unless ``key`` asks for another kind or ``output.new_key`` for a new one.
        Raises CertkitError: of the names and options (exit 2), ``files.exists`` (2), what
        :meth:`authority` raises, ``files.cannot-write`` (3). Nothing is changed then.
        """
        return self.issue_all([names], output, self_signed=self_signed, **leaf)[0]

    def issue_all(
        self,
        lists: Iterable[Sequence[str | Name]],
        output: Output = _HERE,
        *,
        self_signed: bool = False,
        **leaf: Unpack[LeafOptions],
    ) -> tuple[Published, ...]:
        """As :meth:`issue`, one certificate for each list of names, all or none of them.

        They are made durable together, which costs a fraction of one by one.
        """
        client = leaf.get("client", False)
        kind = "self-signed" if self_signed else "client" if client else "server"
        plans = [
            issuing.plan(self._ledger, names, output, kind=kind, key=leaf.get("key"))
            for names in lists
        ]
        signer = None if self_signed else self._signer(plans)
        sign = signer.authority.issue if signer else _self_signed
        with self._hints_that_work():
            issued = [
                sign(*planned.names, private_key=planned.kept, now=self._now, **leaf)
                for planned in plans
            ]
        return issuing.publish(self._ledger, plans, issued, output, signer)

    def sign_csr(
        self, csr: bytes, output: Output = _HERE, *, client: bool = False, days: int | None = None
    ) -> Published:
        """A certificate for the names and the key of a CSR (PEM or DER).

        Raises as :meth:`issue`, and ``csr.*`` (exit 2).
        """
        from certkit.pki.csr import read_request

        planned = issuing.plan(self._ledger, read_request(csr).names, output, kind="csr")
        signer = self._signer([planned])
        options = {} if days is None else {"days": days}
        with self._hints_that_work():
            issued = signer.authority.sign(csr, client=client, now=self._now, **options)
        return issuing.publish(self._ledger, [planned], [issued], output, signer)[0]

    @contextmanager
    def _hints_that_work(self) -> Iterator[None]:
        """Without the root's key no `ca permit` can widen what the CA may sign."""
        try:
            yield
        except CertkitError as error:
            if error.code != "chain.name-constraint" or "root-key" in self.files:
                raise
            raise CertkitError(
                error.code,
                f"{error.message}, and its root's key was discarded",
                hint="make a CA for it in another home: certkit ca init --home DIR --permit NAME",
            ) from error

    def certificates(self) -> tuple[Recorded, ...]:
        """Every certificate that was signed here, CA certificates too, in that order."""
        return tuple(records.recorded(entry, self._now) for entry in self._ledger.entries())

    @property
    def receipts(self) -> Receipts:
        """Where the root was put for clients to trust."""
        return Receipts(self._ledger, self._now)

    def find(self, text: str) -> Recorded:
        """The certificate meant by a path, serial number, SHA-256 or name; the newest of several.

        Raises CertkitError ``home.unknown-certificate`` (exit 2).
        """
        return records.find(self._ledger, text, self._now)

    def _signer(self, plans: Iterable[Plan]) -> Signer:
        authority, root_path = self._ca.load(), self.folder / "root.pem"
        if authority is not None:
            return Signer(authority, root_path)
        names = [name for planned in plans for name in planned.names]
        permitted = Constraints.DEFAULT.missing_for(names)
        root = CertificateAuthority.create(permitted, now=self._now)
        return Signer(root, root_path, self._ca.drafts(root, root.key_pem), permitted)


def _self_signed(*names: Name, client: bool = False, **options: Any) -> Issued:  # noqa: ANN401 - passed on
    if client:
        raise CertkitError(
            "issue.self-signed-client",
            "a client certificate needs a CA that the server trusts",
            hint="leave out --self-signed",
        )
    return self_signed(*names, **options)
