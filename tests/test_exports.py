"""The public names: lazy, complete, and never in the way of a submodule."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import certkit


def test_every_export_can_be_imported_and_is_listed():
    assert sorted(certkit.__all__) == dir(certkit)
    for name in certkit.__all__:
        assert getattr(certkit, name) is not None


def test_the_type_checkers_list_agrees_with_the_lazy_one():
    from certkit import _WHERE

    assert sorted([*_WHERE, "__version__"]) == sorted(certkit.__all__)
    for name, module in _WHERE.items():
        assert getattr(import_module(module), name) is getattr(certkit, name)


def test_no_export_is_named_like_a_submodule():
    assert set(certkit.__all__).isdisjoint(
        module.name for module in pkgutil.iter_modules(certkit.__path__)
    )


def test_every_submodule_imports_and_every_export_still_works_afterwards():
    code = """
import importlib, pkgutil, certkit
for module in pkgutil.walk_packages(certkit.__path__, "certkit."):
    if module.name != "certkit.__main__":
        importlib.import_module(module.name)
ca = certkit.CertificateAuthority.create()
issued = ca.issue("localhost")
assert certkit.verify_chain(
    issued.certificate, roots=[ca.root], intermediates=[], name="localhost").ok
assert certkit.server_context(issued) and certkit.client_context(ca)
assert certkit.self_signed("localhost").certificate.self_signed
assert str(certkit.parse("localhost")) == "localhost"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    import pytest

    with pytest.raises(AttributeError, match="no_such_name"):
        certkit.no_such_name  # noqa: B018


def test_every_export_has_a_docstring():
    for name in certkit.__all__:
        assert name.startswith("__") or getattr(certkit, name).__doc__, name


def test_an_error_survives_a_process_pool():
    import pickle

    error = certkit.CertkitError("a.b", "what", hint="type this", exit_code=certkit.ExitCode.NO)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (again.code, again.message, again.hint, again.exit_code) == (
        "a.b",
        "what",
        "type this",
        1,
    )


def test_misuse_is_an_error_of_ours():
    from datetime import UTC, datetime

    ca = certkit.CertificateAuthority.create()
    assert ca.issue("localhost", now=datetime.now(UTC).replace(tzinfo=None))
    for misuse in (
        lambda: ca.issue(5),
        lambda: ca.issue(["localhost"]),
        lambda: ca.issue("localhost", serial=0),
        lambda: ca.issue("localhost", serial=1 << 160),
        lambda: ca.sign("text"),
        lambda: certkit.server_context(ca),
        lambda: certkit.client_context(ca.root.pem),
        lambda: certkit.CertificateAuthority.create(unconstrained=True, permit=["a.example.com"]),
    ):
        with pytest.raises(certkit.CertkitError):
            misuse()
