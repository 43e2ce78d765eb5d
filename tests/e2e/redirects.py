"""What a client is told that comes by http."""

from __future__ import annotations

import http.client
from contextlib import closing


def location(port: int, host: str, path: str = "/a/b?c=d") -> tuple[int, str | None]:
    """The status and the Location for http://host:port/path, dialled on this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")
