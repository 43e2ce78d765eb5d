"""The certificate and key files that a configuration names, read where they can be."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from certkit.audit.files import Unreadable
from certkit.audit.nginx.servers import parsed_address
from certkit.audit.problem import Problem
from certkit.errors import CertkitError
from certkit.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from certkit.audit.files import Reader
    from certkit.audit.nginx.servers import Address, Server, Sockets
    from certkit.audit.nginx.tree import Configuration, Node
    from certkit.pki.certificate import Certificate
    from certkit.pki.load import Contents

MAX_BYTES: Final = 2**20
_MAX_FILES: Final = 1_000
# Values that name no file: what is behind them is known only while nginx runs.
_NO_FILE: Final = ("data:", "engine:", "store:")


@dataclass
class Certificates:
    """Reads each file once; what cannot be read stands in ``unread`` with the reason."""

    configuration: Configuration
    reader: Reader
    unread: dict[Path, str] = field(default_factory=dict)
    _seen: dict[Path, Contents | None] = field(default_factory=dict)

    def pairs(self, server: Server) -> list[tuple[Node, Node]]:
        """The statements that name a certificate and its key; nginx pairs them by their order."""
        certificates = server.node.level("ssl_certificate")
        keys = server.node.level("ssl_certificate_key")
        return list(zip(certificates, keys, strict=False))

    def contents(self, node: Node) -> Contents | None:
        """What is in the file that the statement names."""
        if len(node.args) != 1 or "$" in node.args[0] or node.args[0].startswith(_NO_FILE):
            return None
        path = self.configuration.place(node.args[0])
        if path not in self._seen:
            self._seen[path] = self._read(path) if len(self._seen) < _MAX_FILES else None
        return self._seen[path]

    def _read(self, path: Path) -> Contents | None:
        from certkit.pki.load import read_contents

        try:
            return read_contents(self.reader.data(path, MAX_BYTES), source=str(path))
        except (Unreadable, CertkitError) as error:
            self.unread[path] = str(error).removeprefix(str(path)).strip()
            return None

    def leaf(self, node: Node) -> Certificate | None:
        """The certificate that the server presents as its own."""
        contents = self.contents(node)
        return contents.certificates[0] if contents and contents.certificates else None

    def addresses(self, server: Server) -> set[Address]:
        """The IP addresses in the server's certificates."""
        leaves = map(self.leaf, server.node.level("ssl_certificate"))
        names = [name.value for leaf in leaves if leaf for name in leaf.names if name.type == "ip"]
        return {address for name in names if (address := parsed_address(name))}


def key_mismatch(sockets: Sockets, certificates: Certificates) -> Iterator[Problem]:
    """The key of another certificate, or a chain whose first certificate is not the key's."""
    from certkit.pki.order import has_key

    for server in sockets.servers:
        for certificate, key in certificates.pairs(server):
            chain, found = certificates.contents(certificate), certificates.contents(key)
            if not chain or not found or not chain.certificates or not found.keys:
                continue
            own = found.keys[0].public_key()
            if has_key(chain.certificates[0], own):
                continue
            if any(has_key(each, own) for each in chain.certificates[1:]):
                yield _leaf_not_first(certificate)
            else:
                leaf_key = chain.certificates[0].public_key
                yield _mismatch(certificate, key, silent=type(leaf_key) is not type(own))


def _mismatch(certificate: Node, key: Node, *, silent: bool) -> Problem:
    return Problem(
        "nginx.key-mismatch",
        Severity.ERROR,
        f"the key {key.args[0]!r} does not belong to the certificate {certificate.args[0]!r}",
        "they are of two kinds, so nginx -t says nothing, and every handshake fails: no shared "
        "cipher in the log, ERR_SSL_VERSION_OR_CIPHER_MISMATCH or a handshake failure at the client"
        if silent
        else "nginx does not start: SSL_CTX_use_PrivateKey failed, key values mismatch",
        key.source,
        key.at,
        advice="name the key that was made with this certificate, or issue both anew; "
        "certkit bundle CERTIFICATE KEY --check compares two files",
    )


def _leaf_not_first(certificate: Node) -> Problem:
    name = certificate.args[0]
    return Problem(
        "files.leaf-not-first",
        Severity.ERROR,
        f"the first certificate in {name!r} is not the server's own",
        "a server sends the first certificate as its own (RFC 8446 section 4.4.2); nginx stops "
        "with key values mismatch",
        certificate.source,
        certificate.at,
        advice=f"put it in order: certkit bundle {shlex.quote(name)} --out NEW.pem",
    )


def out_of_date(sockets: Sockets, certificates: Certificates, now: datetime) -> Iterator[Problem]:
    """nginx loads and serves a certificate whatever its dates are."""
    for server in sockets.servers:
        for node in server.node.level("ssl_certificate"):
            leaf = certificates.leaf(node)
            if leaf is None or leaf.not_before <= now <= leaf.not_after:
                continue
            expired = now > leaf.not_after
            limit = _day(leaf.not_after if expired else leaf.not_before)
            names = " ".join(shlex.quote(name.value) for name in leaf.names)
            yield Problem(
                "validity.expired" if expired else "validity.not-yet",
                Severity.ERROR,
                f"the certificate {node.args[0]!r} "
                + (f"expired at {limit}" if expired else f"is not valid before {limit}"),
                "nginx -t looks at no date; Chromium says ERR_CERT_DATE_INVALID, and for wss:// "
                "there is no way to go on",
                node.source,
                node.at,
                advice=f"issue a new one, then reload nginx: certkit issue {names or 'NAMES'}"
                if expired
                else "set the clock right, of this machine or of the one that issued it",
            )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
