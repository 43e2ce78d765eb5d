"""A Python client. Standard input: a line of port, name and trust anchor file for each handshake.

    python client.py [strict]      answers a line each: accept, or refuse and OpenSSL's reason

``strict`` adds the two flags that create_default_context sets by itself from Python 3.13 on.
"""

from __future__ import annotations

import socket
import ssl
import sys


def judge(port: str, name: str, roots: str, *, strict: bool) -> str:
    context = ssl.create_default_context(cafile=roots)
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=name):
                return "accept\t"
        except ssl.SSLError as error:
            return f"refuse\t{error}"


for line in sys.stdin:
    print(judge(*line.rstrip("\n").split("\t"), strict="strict" in sys.argv), flush=True)
