"""What ``verify`` and ``inspect`` look at: a file, a folder, or what a URL's server sends."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Final

from certkit.cli.passphrase import read_passphrase
from certkit.cli.target import Target
from certkit.cli.user_files import exposed_key, read_file
from certkit.errors import CertkitError
from certkit.pki.load import Contents, read_contents
from certkit.verify.identity import reference

_HOST_AND_PORT: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.*-]+):[0-9]{1,5}")


def read_target(
    text: str,
    *,
    asked: str | None = None,
    connect: str = "",
    passphrase_file: Path | None = None,
    passphrase_env: str | None = None,
    locked_is_fine: bool = False,
) -> Target:
    """What the file or folder ``text`` holds, or the chain that the server at that URL sends.

    ``asked`` is the name to ask a server for in place of the URL's. With ``locked_is_fine`` no
    passphrase is asked for a lone key. Raises CertkitError: what reading a file raises, ``url.*``,
    and with exit code 3 ``dns.*``, ``tcp.*`` and ``tls.*``.
    """
    if "://" in text:
        return _dialled(text, asked, connect)
    if connect:
        raise CertkitError(
            "usage.bad-arguments",
            "--connect goes with a URL",
            hint=shlex.join(["certkit", "verify", "wss://app.test", "--connect", connect]),
        )
    if _HOST_AND_PORT.fullmatch(text) and not Path(text).exists():
        raise CertkitError(
            "files.not-found",
            f"there is no file {text!r}; for a server give a URL",
            hint=shlex.join(["certkit", "verify", f"wss://{text}"]),
        )
    path = Path(text)
    if path.is_dir():
        from certkit.cli.folders import read_folder

        return read_folder(path, passphrase_file, passphrase_env)
    contents = read_with_passphrase(
        path, passphrase_file, passphrase_env, locked_is_fine=locked_is_fine
    )
    return Target(text, contents)


def read_with_passphrase(
    path: Path, file: Path | None, env: str | None, *, locked_is_fine: bool = False
) -> Contents:
    """What the file holds; a passphrase is asked for only when nothing can be seen without.

    Raises CertkitError, ``files.encrypted-key`` when the passphrase does not fit.
    """
    data = read_file(path)
    contents = read_contents(data, source=str(path))
    if contents.keys:
        contents = replace(contents, findings=contents.findings + exposed_key(path))
    closed = contents.locked is not None and not contents.certificates
    # Of a lone key its being locked can be told; of a keystore nothing can.
    seen = not closed or (locked_is_fine and b"PRIVATE KEY" in data)
    if seen and file is None and env is None:
        return contents
    passphrase = read_passphrase(file, env, prompt=f"passphrase for {path}", confirm=False)
    contents = read_contents(data, passphrase=passphrase, source=str(path))
    if contents.locked is not None and not contents.certificates:
        raise CertkitError(
            "files.encrypted-key",
            contents.locked.summary,
            hint="check the passphrase; one line end at its end is dropped, nothing else",
        )
    return contents


def _dialled(url: str, asked: str | None, connect: str) -> Target:
    from certkit.probe.address import parse_url
    from certkit.probe.chain import fetch_chain

    address = parse_url(url, connect or None)
    name = address.name.text
    if asked is not None:
        name = asked
        wanted = reference(asked)
        if wanted.problem is None:
            address = replace(address, name=wanted)
    sent = fetch_chain(address)
    return Target(url, Contents(sent.certificates, (), (), (), ()), name, sent)
