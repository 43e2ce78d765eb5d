"""The line that a load balancer puts before a connection: the PROXY protocol, version 1.

https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.1.
"""

from __future__ import annotations

import socket


def proxy_line(connection: socket.socket) -> bytes:
    """For a connection that comes from where it really comes from.

    Raises OSError when it is no longer one.
    """
    source, target = connection.getsockname(), connection.getpeername()
    family = "TCP6" if connection.family == socket.AF_INET6 else "TCP4"
    hosts = (str(address[0]).partition("%")[0] for address in (source, target))
    return f"PROXY {family} {' '.join(hosts)} {source[1]} {target[1]}\r\n".encode("ascii")
