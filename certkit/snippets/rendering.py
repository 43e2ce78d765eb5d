"""Template + input -> text."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from shlex import quote
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from certkit.errors import CertkitError
from certkit.mozilla import CIPHERS, TLS13_CIPHERS
from certkit.snippets.registry import find

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import jinja2

    from certkit.snippets.inputs import SnippetInput
    from certkit.snippets.registry import Snippet

_COMMENT_WIDTH: Final = 96
# nginx puts names into hash buckets of 64 bytes, its default on x86-64 and arm64: an entry is a
# pointer, a length and the name, rounded up to 8, and one more pointer ends the bucket.
_NGINX_LONGEST_NAME: Final = 46


class Word(str):
    """Text that may stand in the file as it is: quoted, or validated when it came in."""

    __slots__ = ()


def render(name: str, given: SnippetInput) -> str:
    """The text of snippet ``name`` for ``given``, ending in a newline.

    Raises CertkitError ``snippet.unknown``, ``snippet.unquotable`` for a path that the file's
    language cannot hold, ``snippet.no-key`` and ``snippet.no-ca`` where one is needed and not
    given, and ``snippet.upstream-ip`` for an upstream that the server cannot verify.

    >>> from pathlib import Path
    >>> from certkit.pki.names import parse
    >>> from certkit.snippets import SnippetInput
    >>> text = render("nginx", SnippetInput(
    ...     certificate=Path("/tls/10.0.0.5.pem"), key=Path("/tls/10.0.0.5-key.pem"),
    ...     names=(parse("10.0.0.5"),)))
    >>> "listen 443 ssl default_server;" in text
    True
    """
    snippet = find(name)
    _check_complete(snippet, given)
    text = _environment().get_template(snippet.template).render(_context(snippet, given))
    return text.rstrip("\n") + "\n"


def placed(snippet: Snippet, given: SnippetInput) -> tuple[str, str]:
    """Where the text goes, and the command that checks it there."""
    values = {"label": given.label, "host": given.host, "listen": given.listen}
    return snippet.place.format_map(values), snippet.check.format_map(values)


def _context(snippet: Snippet, given: SnippetInput) -> dict[str, object]:
    upstream = given.upstream
    bundle = given.bundle or given.certificate.with_name(f"{given.certificate.stem}-bundle.pem")
    paths = {
        "certificate": given.certificate,
        "key": given.key,
        "ca": given.ca,
        "bundle": bundle,
    }
    return {
        **{name: path and _quoted(snippet, path) for name, path in paths.items()},
        "header": Word(_header(snippet, given)),
        "make_bundle": None if given.bundle else Word(_join(given.certificate, given.key, bundle)),
        "hosts": [Word(host) for host in given.hosts],
        "server_names": [Word(_nginx_server_name(host)) for host in given.hosts],
        "host": Word(given.host),
        "dns_host": Word(given.dns_host),
        "other_hosts": [Word(host) for host in given.hosts if host != given.dns_host],
        "only_ip": all(name.type == "ip" for name in given.names),
        "label": Word(given.label),
        "modules": Word(_apache_modules(given)),
        "ca_tag": Word(sha256(str(given.ca).encode()).hexdigest()[:8]),
        "url": Word(given.url),
        "has_ip": given.has_ip,
        "tag": Word(given.tag),
        "listen": given.listen,
        "port_suffix": Word("" if given.listen == 443 else f":{given.listen}"),
        "upstream": Word(upstream.authority),
        "upstream_host": Word(upstream.host.value),
        "upstream_port": upstream.port,
        "upstream_is_ip": upstream.host.type == "ip",
        "upstream_tls": upstream.tls,
        "modern": given.profile == "modern",
        "profile": Word(given.profile),
        "redirect": given.redirect,
        "ciphers": Word(":".join(CIPHERS)),
        "cipher_list": [Word(cipher) for cipher in CIPHERS],
        "all_ciphers": Word(":".join(TLS13_CIPHERS + CIPHERS)),
    }


def _quoted(snippet: Snippet, path: Path) -> Word:
    # Forward slashes: what every server reads on Windows too, where a backslash would escape.
    return Word(snippet.quote(path.as_posix()))


def _header(snippet: Snippet, given: SnippetInput) -> str:
    place, check = placed(snippet, given)
    goes_to = f" -> {given.upstream}" if snippet.proxies else ""
    return "\n".join(
        f"{snippet.comment} {line}"
        for line in (
            f"{given.url}{goes_to}",
            *wrap(f"The certificate is for {', '.join(given.hosts)}", _COMMENT_WIDTH),
            f"Goes to: {place}",
            f"Check:   {check}",
        )
    )


def _join(certificate: Path, key: Path | None, bundle: Path) -> str:
    parts = " ".join(quote(path.as_posix()) for path in (certificate, key) if path)
    return f"(umask 077; cat {parts} > {quote(bundle.as_posix())})"


def _nginx_server_name(host: str) -> str:
    if len(host) <= _NGINX_LONGEST_NAME:
        return host
    pattern = host.replace(".", r"\.").replace("*", "[^.]+", 1)
    return f'"~^{pattern}$"'


def _apache_modules(given: SnippetInput) -> str:
    return "ssl proxy proxy_http headers" + (" rewrite" if given.redirect else "")


def _check_complete(snippet: Snippet, given: SnippetInput) -> None:
    if snippet.kind == "server" and given.key is None:
        raise CertkitError(
            "snippet.no-key",
            f"the {snippet.name} snippet needs the key of the certificate",
            hint="add --key FILE",
        )
    if given.ca is None and (snippet.kind == "shell" or (snippet.proxies and given.upstream.tls)):
        raise CertkitError(
            "snippet.no-ca",
            f"the {snippet.name} snippet needs the root that is to be trusted",
            hint="add --ca FILE, the root certificate in PEM",
        )
    # Tried: nginx, HAProxy and Apache find no match for an iPAddress; Envoy's BoringSSL refuses one
    # below a CA whose name constraints speak of addresses, as certkit's do.
    by_ip = given.upstream.tls and given.upstream.host.type == "ip"
    if snippet.proxies and by_ip and not snippet.verifies_ip:
        raise CertkitError(
            "snippet.upstream-ip",
            f"{snippet.name} cannot verify a backend by its IP address",
            hint="give the backend's certificate a DNS name, and that name to --to",
        )


@cache
def _environment() -> jinja2.Environment:
    import jinja2  # 15 ms that no other command needs

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("certkit.snippets"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - not HTML; _only_words is what stands in its place
        finalize=_only_words,
    )
    environment.filters["words"] = _words
    return environment


def _only_words(value: object) -> object:
    """The last gate: a template cannot print a text that nobody quoted or validated."""
    if isinstance(value, (Word, int)):
        return value
    raise TypeError(f"{value!r} would enter a configuration unquoted")


def _words(values: Iterable[Word], separator: str = " ") -> Word:
    return Word(separator.join(str(_only_words(value)) for value in values))
