"""Name constraints: what a CA may sign (RFC 5280 section 4.2.1.10)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from typing import TYPE_CHECKING, ClassVar, Final

from cryptography import x509

from certkit.errors import CertkitError
from certkit.pki.permits import PRIVATE_BLOCKS, IPNetwork, is_inside, parse_permit, refuse_wide
from certkit.pki.refusal import command, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certkit.pki.names import Name
    from certkit.pki.permits import Subtree

# Names that nobody can register: RFC 6761, ICANN's `internal`, RFC 8375, RFC 6762, and what home
# routers hand out. Without leading dots: pyca/cryptography rejects every name under ".test".
_UNREGISTRABLE: Final = ("localhost", "test", "internal", "home.arpa", "local", "lan")


@dataclass(frozen=True)
class Constraints:
    """The subtrees within which a CA may sign.

    ``dns`` and ``ip`` are the permitted subtrees; where one is empty, names of its type are free,
    as RFC 5280 has it. The other fields are empty in every CA that certkit makes. They keep what
    another program's CA excludes, and its subtrees of the types that certkit does not weigh.

    >>> from certkit.pki.names import parse
    >>> Constraints.DEFAULT.permits(parse("app.test")), Constraints.DEFAULT.permits(parse("a.com"))
    (True, False)
    """

    dns: tuple[str, ...]
    ip: tuple[IPNetwork, ...]
    excluded_dns: tuple[str, ...] = ()
    excluded_ip: tuple[IPNetwork, ...] = ()
    other_permitted: tuple[x509.GeneralName, ...] = ()
    other_excluded: tuple[x509.GeneralName, ...] = ()

    DEFAULT: ClassVar[Constraints]
    """What a new CA may sign: names and addresses that belong to nobody on the internet."""
    NOTHING: ClassVar[Constraints]
    """What a CA may sign whose own extensions cannot be read."""

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> Constraints | None:
        """The name constraints of ``certificate``; None when it has none, and :attr:`NOTHING`
        when its extensions cannot be read.

        >>> import certkit
        >>> root = certkit.CertificateAuthority.create().certificate
        >>> Constraints.from_certificate(root.x509) == Constraints.DEFAULT
        True
        """
        try:
            value = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        except x509.ExtensionNotFound:
            return None
        except Exception:  # noqa: BLE001 - what a hostile one makes pyca raise varies
            return cls.NOTHING
        dns, ip, other_permitted = _by_type(value.permitted_subtrees or ())
        excluded_dns, excluded_ip, other_excluded = _by_type(value.excluded_subtrees or ())
        return cls(dns, ip, excluded_dns, excluded_ip, other_permitted, other_excluded)

    def to_extension(self) -> x509.NameConstraints:
        """The extension with all of these subtrees; it has to be marked critical.

        >>> Constraints.DEFAULT.to_extension().permitted_subtrees[0]
        <DNSName(value='localhost')>
        """
        permitted = [*_general_names(self.dns, self.ip), *self.other_permitted]
        excluded = [*_general_names(self.excluded_dns, self.excluded_ip), *self.other_excluded]
        return x509.NameConstraints(permitted or None, excluded or None)

    def as_dict(self) -> dict[str, object]:
        """The JSON shape ``{"dns": [...], "ip": [...]}``, with ``"excluded"`` where there is any.

        >>> Constraints(("test",), ()).as_dict()
        {'dns': ['test'], 'ip': []}
        """
        shape: dict[str, object] = {"dns": list(self.dns), "ip": list(map(str, self.ip))}
        if self.excluded_dns or self.excluded_ip:
            excluded = Constraints(self.excluded_dns, self.excluded_ip)
            shape["excluded"] = excluded.as_dict()
        return shape

    def permits(self, name: Name) -> bool:
        """Whether a certificate with ``name`` may be signed.

        A wildcard is permitted only when its base lies in a permitted subtree, and never when
        an excluded subtree touches what it covers. E-mail and URI names are free, unless another
        program's CA constrains their type: certkit does not weigh those subtrees and says no.
        """
        if name.type == "dns":
            return self._permits_dns(name.base.value.lower(), name.value.lower())
        if name.type == "ip":
            address = name.address
            return (not self.ip or any(address in block for block in self.ip)) and not any(
                address in block for block in self.excluded_ip
            )
        kind = x509.RFC822Name if name.type == "email" else x509.UniformResourceIdentifier
        return not any(
            isinstance(subtree, kind) for subtree in (*self.other_permitted, *self.other_excluded)
        )

    def widened(self, permits: Iterable[str]) -> Constraints:
        """These constraints and ``permits``: names, addresses and blocks as a person types them.

        What is covered already changes nothing, and what a new subtree covers is dropped. Raises
        CertkitError: ``name.public-suffix``, ``name.block-too-wide``, ``name.excluded``, or the
        refusal of a text (:func:`certkit.pki.permits.parse_permit`).

        >>> Constraints.DEFAULT.widened(["*.dev.example.com", "app.test"]).dns[-2:]
        ('lan', 'dev.example.com')
        """
        # A single text is an iterable of letters, each of which would be a name of one label.
        texts = (permits,) if isinstance(permits, str) else permits
        wider = self
        for subtree in map(parse_permit, texts):
            wider._refuse_excluded(subtree)
            if not wider._covers(subtree):
                refuse_wide(subtree)
                wider = wider._with(subtree)
        return wider

    def missing_for(self, names: Iterable[Name]) -> tuple[str, ...]:
        """The fewest permits that bring ``names`` inside, in their order.

        >>> from certkit.pki.names import parse
        >>> names = [parse("www.dev.example.com"), parse("*.dev.example.com")]
        >>> Constraints.DEFAULT.missing_for(names)
        ('dev.example.com',)
        """
        outside = tuple(
            dict.fromkeys(
                name.base.value
                for name in names
                if name.type in ("dns", "ip") and not self.permits(name)
            )
        )
        return tuple(
            value
            for value in outside
            if not any(value != other and _is_within(value, other) for other in outside)
        )

    def _permits_dns(self, base: str, value: str) -> bool:
        if self.dns and not any(_is_within(base, subtree) for subtree in self.dns):
            return False
        # Another program's excluded subtree may be written with dots around it, and so may a name
        # in a certificate. Excluding more than was meant is safe; excluding less is not.
        covered = value.rpartition("*")[2].partition(".")[2] if "*" in value else value
        covered = covered.rstrip(".")
        for subtree in (each.strip(".") for each in self.excluded_dns):
            if _is_within(covered, subtree) or ("*" in value and _is_within(subtree, covered)):
                return False
        return True

    def _covers(self, subtree: Subtree) -> bool:
        if isinstance(subtree, str):
            return not self.dns or any(_is_within(subtree, each) for each in self.dns)
        return not self.ip or any(is_inside(subtree, each) for each in self.ip)

    def _with(self, subtree: Subtree) -> Constraints:
        if isinstance(subtree, str):
            kept_dns = (each for each in self.dns if not _is_within(each, subtree))
            return replace(self, dns=(*kept_dns, subtree))
        kept_ip = (each for each in self.ip if not is_inside(each, subtree))
        return replace(self, ip=(*kept_ip, subtree))

    def _refuse_excluded(self, subtree: Subtree) -> None:
        excluded = (
            any(_is_within(subtree, each.strip(".")) for each in self.excluded_dns)
            if isinstance(subtree, str)
            else any(is_inside(subtree, each) for each in self.excluded_ip)
        )
        if excluded:
            raise CertkitError(
                "name.excluded",
                f"this CA's own certificate excludes {quoted(str(subtree))}",
                hint="use another CA, in another home: certkit ca init --home DIR",
            )


Constraints.DEFAULT = Constraints(_UNREGISTRABLE, PRIVATE_BLOCKS)
Constraints.NOTHING = Constraints(
    dns=(),
    ip=(),
    excluded_dns=("",),
    excluded_ip=(IPv4Network("0.0.0.0/0"), IPv6Network("::/0")),
    other_excluded=(x509.RFC822Name("."), x509.UniformResourceIdentifier(".")),
)


def refuse_outside(constraints: Constraints, names: Iterable[Name]) -> None:
    """Raise CertkitError ``chain.name-constraint`` (exit code 2) for names outside.

    The hint is the command that permits them all; where none can, why.

    >>> from certkit.pki.names import parse
    >>> refuse_outside(Constraints.DEFAULT, [parse("app.test"), parse("10.0.0.5")])
    """
    outside = tuple(name for name in names if not constraints.permits(name))
    if not outside:
        return
    shown = ", ".join(quoted(name.value) for name in outside)
    message = f"outside what this CA may sign: {shown}"
    missing = constraints.missing_for(outside)
    hint = command("ca", "permit", *missing)
    if not missing:
        hint = "this CA constrains e-mail or URI names; use another CA for them"
    try:
        constraints.widened(missing)
    except CertkitError as error:
        message, hint = f"{message}; {error.message}", error.hint
    raise CertkitError("chain.name-constraint", message, hint=hint)


def _is_within(domain: str, subtree: str) -> bool:
    # RFC 5280: any number of labels added on the left, none too. A leading dot, which other
    # programs write, asks for one at least.
    if subtree.startswith("."):
        return domain.endswith(subtree)
    return not subtree or domain == subtree or domain.endswith(f".{subtree}")


_Subtrees = tuple[tuple[str, ...], tuple[IPNetwork, ...], tuple[x509.GeneralName, ...]]


def _by_type(subtrees: Iterable[x509.GeneralName]) -> _Subtrees:
    dns: list[str] = []
    ip: list[IPNetwork] = []
    other: list[x509.GeneralName] = []
    for subtree in subtrees:
        if isinstance(subtree, x509.DNSName):
            dns.append(subtree.value.lower())
        elif isinstance(subtree.value, IPv4Network | IPv6Network):
            ip.append(subtree.value)
        else:
            other.append(subtree)
    return tuple(dns), tuple(ip), tuple(other)


def _general_names(dns: tuple[str, ...], ip: tuple[IPNetwork, ...]) -> list[x509.GeneralName]:
    return [*map(x509.DNSName, dns), *map(x509.IPAddress, ip)]
