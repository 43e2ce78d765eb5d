"""What may be asked of one certificate on a way up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import SignatureAlgorithmOID as Algorithm

from certkit.verify import netscape
from certkit.verify.clients.general_names import IP, TEXTS, URI, common_name_tags, general_names
from certkit.verify.clients.hostnames import ALL_STRINGS
from certkit.verify.profile import large_oids
from certkit.verify.signature import BROKEN_HASHES
from certkit.verify.uris import go_parses

if TYPE_CHECKING:
    from collections.abc import Callable

    from certkit.pki.certificate import Certificate
    from certkit.verify.clients.general_names import GeneralName
    from certkit.verify.clients.sight import Sight
    from certkit.verify.path import Node

    Question = Callable[[Sight, Node], object]


def expired(sight: Sight, node: Node) -> bool:
    return sight.chain.at > node.certificate.not_after


def early(sight: Sight, node: Node) -> bool:
    return sight.chain.at < node.certificate.not_before


def for_other_purposes(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return found is not None and not {Eku.SERVER_AUTH, Eku.ANY_EXTENDED_KEY_USAGE} & {*found.value}


def for_no_server(sight: Sight, node: Node) -> bool:
    """The same, where server gated cryptography of the nineties still counts for serverAuth."""
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return for_other_purposes(sight, node) and found is not None and not _GATED & {*found.value}


_GATED: Final = frozenset(
    {
        x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),  # Microsoft's
        x509.ObjectIdentifier("2.16.840.1.113730.4.1"),  # Netscape's
    }
)


def no_netscape_server(sight: Sight, node: Node) -> bool:
    return netscape.is_for_no_server(node.certificate)


def for_any_purpose(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return (
        found is not None
        and Eku.ANY_EXTENDED_KEY_USAGE in found.value
        and Eku.SERVER_AUTH not in found.value
    )


def may_not_sign_data(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not found.value.digital_signature


def may_only_agree(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not (found.value.digital_signature or found.value.key_encipherment)


def agrees(node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and found.value.key_agreement


def may_not_sign_certificates(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and not found.value.key_cert_sign


def signs_certificates_without_being_a_ca(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.KeyUsage)
    return found is not None and found.value.key_cert_sign and not node.certificate.is_ca


def has_basic_constraints_of_no_ca(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.BasicConstraints)
    return found is not None and not found.value.ca


def only_signs(sight: Sight, node: Node) -> bool:
    usage = node.certificate.extension(x509.KeyUsage)
    basic = node.certificate.extension(x509.BasicConstraints)
    return basic is None and usage is not None and usage.value.key_cert_sign


def says_no_ca(sight: Sight, node: Node) -> bool:
    return (
        not node.certificate.is_ca
        and not only_signs(sight, node)
        and not (node.self_issued and version_1(sight, node))
    )


def version_1(sight: Sight, node: Node) -> bool:
    return node.certificate.x509.version is x509.Version.v1


def small_rsa(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048


def below_112_bits(sight: Sight, node: Node) -> bool:
    """RSA that OpenSSL rounds down: it counts in steps of eight bits of security (measured)."""
    key = node.certificate.public_key
    return isinstance(key, rsa.RSAPublicKey) and key.key_size < 1963


def has_ed25519(sight: Sight, node: Node) -> bool:
    return isinstance(node.certificate.public_key, ed25519.Ed25519PublicKey)


def signed_with_ed25519(sight: Sight, node: Node) -> bool:
    return algorithm(node) == Algorithm.ED25519


def p521(sight: Sight, node: Node) -> bool:
    key = node.certificate.public_key
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP521R1)


def broken_hash(name: str) -> Question:
    return lambda _, node: hash_of(node.certificate) == name


def hash_of(certificate: Certificate) -> str | None:
    return BROKEN_HASHES.get(certificate.x509.signature_algorithm_oid)


def weak_hash(sight: Sight, node: Node) -> bool:
    return hash_of(node.certificate) is not None


def algorithm(node: Node) -> x509.ObjectIdentifier:
    return node.certificate.x509.signature_algorithm_oid


def key_id_critical(certificate: Certificate) -> bool:
    kinds = (x509.AuthorityKeyIdentifier, x509.SubjectKeyIdentifier)
    found = [certificate.extension(kind) for kind in kinds]
    return any(each is not None and each.critical for each in found)


def unknown_critical(sight: Sight, node: Node) -> bool:
    return any(
        isinstance(each.value, x509.UnrecognizedExtension)
        and each.critical
        and each.oid != netscape.TYPE
        for each in node.certificate.extensions
    )


def critical(kind: type[x509.ExtensionType]) -> Question:
    def holds(sight: Sight, node: Node) -> bool:
        found = node.certificate.extension(kind)
        return found is not None and found.critical

    return holds


def path_length_without_usage(node: Node, is_ca: bool) -> bool:
    basic = node.certificate.extension(x509.BasicConstraints)
    limited = basic is not None and basic.value.path_length is not None
    usage = node.certificate.extension(x509.KeyUsage)
    return is_ca and limited and (usage is None or not usage.value.key_cert_sign)


def nameless(sight: Sight, node: Node) -> bool:
    return node.subject == () and node.certificate.extension(x509.SubjectAlternativeName) is None


def must_staple(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.TLSFeature)
    return found is not None and x509.TLSFeatureType.status_request in found.value


def demands_features(sight: Sight, node: Node) -> bool:
    return node.certificate.extension(x509.TLSFeature) is not None


def extension_over_64_bits(sight: Sight, node: Node) -> bool:
    ids = {extension.oid for extension in node.certificate.extensions}
    return not ids.isdisjoint(large_oids(node.certificate, 64))


def purpose_over_64_bits(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.ExtendedKeyUsage)
    return found is not None and not {*found.value}.isdisjoint(large_oids(node.certificate, 64))


def over_64_kb(sight: Sight, node: Node) -> bool:
    return len(node.certificate.der) > 0xFFFF


def raw_names(sight: Sight, node: Node) -> bool:
    """An IA5String holds ASCII alone (RFC 5280 section 4.2.1.6)."""
    return any(not name.value.isascii() for name in node.certificate.names)


def without_names(sight: Sight, node: Node) -> bool:
    return general_names(node.certificate) == ()


def empty_names(sight: Sight, node: Node) -> bool:
    return any(not name.octets and name.tag in (*TEXTS, IP) for name in _general_names(node))


def odd_addresses(sight: Sight, node: Node) -> bool:
    return any(name.tag == IP and name.address is None for name in _general_names(node))


def mapped_addresses(sight: Sight, node: Node) -> bool:
    return any(name.mapped_address for name in _general_names(node))


def critical_names_of_no_endpoint(sight: Sight, node: Node) -> bool:
    found = node.certificate.extension(x509.SubjectAlternativeName)
    return found is not None and found.critical and not node.certificate.names


def unparsed_uris(sight: Sight, node: Node) -> bool:
    return any(
        name.tag == URI and name.text.isascii() and not go_parses(name.text)
        for name in _general_names(node)
    )


def unreadable_subject(sight: Sight, node: Node) -> bool:
    return node.subject is None and not common_name_of_no_text(sight, node)


def common_name_of_no_text(sight: Sight, node: Node) -> bool:
    return not common_name_tags(node.certificate) <= ALL_STRINGS


def _general_names(node: Node) -> tuple[GeneralName, ...]:
    return general_names(node.certificate) or ()
