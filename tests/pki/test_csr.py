"""Requests that no honest program writes: refused by a code, without a word on stderr."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certkit import CertkitError
from certkit.pki.csr import read_request
from tests.verify.make import dn, san, signed

KEY = ec.generate_private_key(ec.SECP256R1())


def altered(old: str, new: str, *names: str) -> bytes:
    """A request with octets exchanged and signed anew; its subject is O=abc,CN=app.test."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(dn("O=abc,CN=app.test"))
    if names:
        builder = builder.add_extension(san(*names), critical=False)
    tbs = builder.sign(KEY, hashes.SHA256()).tbs_certrequest_bytes
    assert tbs.count(bytes.fromhex(old)) == 1
    return signed(tbs.replace(bytes.fromhex(old), bytes.fromhex(new)), KEY)


ORGANISATION = "0603" + "55040a" + "0c03" + b"abc".hex()


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("a version that is not there", altered("020100", "020105")),
        ("a bit string for text", altered(ORGANISATION, "060355040a0303" + b"abc".hex())),
        (
            "names that are none",
            altered("8208" + b"app.test".hex(), "0008" + b"app.test".hex(), "app.test"),
        ),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(what, data):
    with pytest.raises(CertkitError) as refused:
        read_request(data)
    assert refused.value.code == "csr.wrong-format"


def test_what_cryptography_warns_about_is_not_said_on_stderr():
    # A country of three letters; filterwarnings makes an error of a warning.
    country = altered(ORGANISATION, "0603550406" + "0c03" + b"abc".hex())
    assert [str(name) for name in read_request(country).names] == ["app.test"]


def test_an_unaltered_request_is_read():
    assert [str(name) for name in read_request(altered("020100", "020100", "b.test")).names] == [
        "b.test"
    ]
