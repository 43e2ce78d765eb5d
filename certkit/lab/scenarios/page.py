"""Faults of pages: what a browser refuses to open before a byte is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from certkit.lab.folder import File, FolderScenario

if TYPE_CHECKING:
    from certkit.lab.folder import MakeFiles

SOUND: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'self'; script-src 'unsafe-inline'; connect-src wss://chat.test:8443">
<title>Chat</title>
<p id="said">connecting</p>
<script>
  const socket = new WebSocket('wss://chat.test:8443/room');
  socket.onopen = () => socket.send("hello");
  socket.onmessage = (event) => { document.getElementById("said").textContent = event.data; };
</script>
</html>
"""


def page(text: str) -> MakeFiles:
    return lambda _: {"index.html": File(text.encode())}


FOLDERS: Final = (
    FolderScenario(
        "ws-in-page", "page.insecure-websocket",
        "the page moved to https, and its script still opens ws://",
        page(SOUND.replace("Socket('wss:", "Socket('ws:")), ("audit {folder}/index.html",),
    ),
)  # fmt: skip
