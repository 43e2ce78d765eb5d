"""Faults of files: certificates, keys, requests and lists, and of the names that are asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certkit.lab.certificates import DAY, alternative
from certkit.lab.folder import File, FolderScenario, certificates, key, pair, sound
from certkit.pki.keys import signature_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.lab.certificates import Made, Maker
    from certkit.lab.folder import Files, MakeFiles

_VERIFY: Final = "verify {folder}/server.pem --host localhost --ca {folder}/root.pem"
_CHECK: Final = "bundle {folder}/server.pem {folder}/server-key.pem --check"
_PASSPHRASE: Final = b"correct horse battery staple"
_PRIVATE: Final = 0o600
_CA: Final = x509.BasicConstraints(ca=True, path_length=None)


def _issue(what: str) -> str:
    """By a CA of the folder's own, which the command makes."""
    return f"issue {what} --home {{folder}}/home --out {{folder}}/issued"


def _nothing(_: Maker) -> Files:
    return {}


# --- keys and certificates ---


def _other_key(maker: Maker) -> Files:
    return sound(maker) | {"server-key.pem": key(maker.leaf(maker.root))}


def _encrypted(maker: Maker) -> Files:
    leaf = maker.leaf(maker.root)
    return pair(leaf, maker.root) | {
        "server-key.pem": key(leaf, passphrase=_PASSPHRASE),
        "passphrase.txt": File(_PASSPHRASE + b"\n", _PRIVATE),
    }


def _binary(maker: Maker) -> Files:
    leaf = maker.leaf(maker.root)
    return pair(leaf, maker.root) | {"server.pem": File(leaf.certificate.der)}


def _readable(maker: Maker) -> Files:
    leaf = maker.leaf(maker.root)
    return pair(leaf, maker.root) | {"server-key.pem": key(leaf, 0o644)}


def _leaf_last(maker: Maker) -> Files:
    between = maker.authority(maker.root)
    leaf = maker.leaf(between)
    return pair(leaf, maker.root) | {"server.pem": certificates(between, leaf)}


def _repository(_: Maker) -> Files:
    """What git makes of a folder, as far as git needs it."""
    return {
        ".git/HEAD": File(b"ref: refs/heads/main\n"),
        ".git/objects/info/alternates": File(b""),
        ".git/refs/heads/.keep": File(b""),
        "README": File(b"A site that is kept in git.\n"),
    }


# --- requests and lists ---


def _request(_: Maker) -> Files:
    own = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(alternative("localhost"), critical=False)
        .add_extension(_CA, critical=True)
        .sign(own, signature_hash(own))
    )
    return {"server.csr": File(request.public_bytes(Encoding.PEM))}


def _listed(
    make: Callable[[Maker, Made], x509.CertificateRevocationListBuilder],
) -> MakeFiles:
    def files(maker: Maker) -> Files:
        leaf = maker.leaf(maker.root)
        signed = make(maker, leaf).sign(maker.root.key, signature_hash(maker.root.key))
        return pair(leaf, maker.root) | {"ca.crl": File(signed.public_bytes(Encoding.PEM))}

    return files


def revocation_list(maker: Maker, age: timedelta = DAY) -> x509.CertificateRevocationListBuilder:
    """A list of the root, made ``age`` ago for a week."""
    made = maker.now - age
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(maker.root.certificate.x509.subject)
        .last_update(made)
        .next_update(made + 7 * DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(maker.root.certificate.as_issuer, critical=False)
    )


def _revoked(maker: Maker, leaf: Made) -> x509.CertificateRevocationListBuilder:
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(leaf.certificate.x509.serial_number)
        .revocation_date(maker.now - DAY)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
    )
    return revocation_list(maker).add_revoked_certificate(entry.build())


def _outdated(maker: Maker, _: Made) -> x509.CertificateRevocationListBuilder:
    return revocation_list(maker, age=30 * DAY)


# --- certificate authorities ---


def _of_mkcert(root: Callable[[Maker], Made]) -> MakeFiles:
    """The files that mkcert keeps its root in."""

    def files(maker: Maker) -> Files:
        made = root(maker)
        return {"mkcert/rootCA.pem": certificates(made), "mkcert/rootCA-key.pem": key(made)}

    return files


def _unconstrained(maker: Maker) -> Made:
    return maker.authority(without=(x509.NameConstraints,))


def _no_intermediate(maker: Maker) -> Made:
    return maker.authority(change=((x509.BasicConstraints(ca=True, path_length=0), True),))


_IMPORT: Final = "ca import {folder}/mkcert --home {folder}/home"
FOLDERS: Final = (
    FolderScenario(
        "other-key", "files.key-mismatch",
        "the key is the one of another certificate", _other_key, (_CHECK,),
    ),
    FolderScenario(
        "encrypted-key", "files.encrypted-key",
        "the key has a passphrase, and a server has nobody to ask for it",
        _encrypted, (f"{_CHECK} --passphrase-file {{folder}}/passphrase.txt",),
    ),
    FolderScenario(
        "binary", "files.wrong-format",
        "server.pem is DER, which is not PEM", _binary, (_VERIFY,),
    ),
    FolderScenario(
        "readable-key", "files.key-readable",
        "everybody on this machine can read the key", _readable, (_CHECK,),
    ),
    FolderScenario(
        "leaf-last", "files.leaf-not-first",
        "the intermediate stands before the server's certificate", _leaf_last, (_VERIFY,),
    ),
    FolderScenario(
        "bundle-left-behind", "files.outdated",
        "the certificate was issued again, and a bundle holds the one before",
        _nothing, (_issue("localhost --bundle"), _issue("localhost")),
    ),
    FolderScenario(
        "key-in-git", "files.key-in-git",
        "a key is written into a folder that is kept in git",
        _repository, ("issue localhost --home {folder}/home --out {folder}",),
    ),
    FolderScenario(
        "server-as-client", "usage.eku-not-client",
        "a server's certificate is to be one for a client",
        sound, ("verify {folder}/server.pem --purpose client --ca {folder}/root.pem",),
    ),
    FolderScenario(
        "greedy-request", "usage.csr-extensions-ignored",
        "a request asks to become a CA",
        _request, (_issue("--csr {folder}/server.csr"),),
    ),
    FolderScenario(
        "revoked", "revocation.revoked",
        "the CA has revoked the certificate, as its list says",
        _listed(_revoked), (f"{_VERIFY} --untrusted {{folder}}/ca.crl",),
    ),
    FolderScenario(
        "old-revocation-list", "revocation.crl-unusable",
        "the CA's revocation list was to be replaced weeks ago",
        _listed(_outdated), (f"{_VERIFY} --untrusted {{folder}}/ca.crl",),
    ),
    FolderScenario(
        "short-name", "name.single-label",
        "the name is a single word, which no DNS knows", _nothing, (_issue("intranet"),),
    ),
    FolderScenario(
        "two-scripts", "name.idn-mixed-script",
        "a letter of the name is Cyrillic, and the others are Latin",
        _nothing, (_issue("p\N{CYRILLIC SMALL LETTER A}ypal.test"),),
    ),
    FolderScenario(
        "preloaded", "name.hsts-preloaded",
        "browsers open names below .dev over https and wss alone",
        _nothing, (_issue("shop.dev"),),
    ),
    FolderScenario(
        "unconstrained-root", "ca.unconstrained",
        "the root of another tool may sign for every name", _of_mkcert(_unconstrained), (_IMPORT,),
    ),
    FolderScenario(
        "no-intermediate", "ca.no-intermediate",
        "the root of another tool allows no intermediate", _of_mkcert(_no_intermediate), (_IMPORT,),
    ),
)  # fmt: skip
