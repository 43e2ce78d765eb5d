"""certkit: a local certificate authority and wss:// bootstrap toolkit.

    import certkit
    ca = certkit.CertificateAuthority.create()
    issued = ca.issue("10.0.0.5", "localhost")
    server = certkit.server_context(issued)
    client = certkit.client_context(ca)

Every name is imported when it is first used (PEP 562): `import certkit` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

__version__ = "0.1.0"

if TYPE_CHECKING:
    from certkit.diagnose.diagnosis import Diagnosis
    from certkit.errors import CertkitError, ExitCode
    from certkit.examine import doctor
    from certkit.findings import Finding, Fix, Severity
    from certkit.judge import verify_chain
    from certkit.pki.authority import CertificateAuthority, self_signed
    from certkit.pki.certificate import Certificate, Issued
    from certkit.pki.constraints import Constraints
    from certkit.pki.names import Name, parse
    from certkit.tls import client_context, server_context
    from certkit.verify.verdict import Verdict

_WHERE: Final = {
    "Certificate": "certkit.pki.certificate",
    "CertificateAuthority": "certkit.pki.authority",
    "CertkitError": "certkit.errors",
    "Constraints": "certkit.pki.constraints",
    "Diagnosis": "certkit.diagnose.diagnosis",
    "ExitCode": "certkit.errors",
    "Finding": "certkit.findings",
    "Fix": "certkit.findings",
    "Issued": "certkit.pki.certificate",
    "Name": "certkit.pki.names",
    "Severity": "certkit.findings",
    "Verdict": "certkit.verify.verdict",
    "client_context": "certkit.tls",
    "doctor": "certkit.examine",
    "parse": "certkit.pki.names",
    "self_signed": "certkit.pki.authority",
    "server_context": "certkit.tls",
    "verify_chain": "certkit.judge",
}

__all__ = [
    "Certificate",
    "CertificateAuthority",
    "CertkitError",
    "Constraints",
    "Diagnosis",
    "ExitCode",
    "Finding",
    "Fix",
    "Issued",
    "Name",
    "Severity",
    "Verdict",
    "__version__",
    "client_context",
    "doctor",
    "parse",
    "self_signed",
    "server_context",
    "verify_chain",
]


def __getattr__(name: str) -> object:
    try:
        module = _WHERE[name]
    except KeyError:
        raise AttributeError(f"module 'certkit' has no attribute {name!r}") from None
    value: object = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
