"""ws:// in pages, scripts and bundles: what is opened, what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from certkit.audit.edits import apply
from certkit.audit.files import Source
from certkit.audit.page.websockets import problems


def mended(text: str, suffix: str = ".js") -> str:
    """The text with every patch applied."""
    source = Source(Path(f"x{suffix}"), text)
    return apply(text, [edit for each in problems(source, suffix) for edit in each.edits])


def hosts(text: str, suffix: str = ".js") -> list[str]:
    found = problems(Source(Path(f"x{suffix}"), text), suffix)
    return [problem.what.removeprefix("ws:// to ") for problem in found]


BUILT = "a host that the script puts together"
CHOICE = 'location.protocol === "https:" ? "wss://" : "ws://"'


@pytest.mark.parametrize(
    ("text", "host", "expected"),
    [
        ('new WebSocket("ws://app.test/x")', "app.test", 'new WebSocket("wss://app.test/x")'),
        ("const url = 'WS://10.0.0.5:19808';", "10.0.0.5", "const url = 'WSs://10.0.0.5:19808';"),
        ("x(`ws://app.test/${room}`)", "app.test", "x(`wss://app.test/${room}`)"),
        ("x(`ws://${host}/y`)", BUILT, "x(`wss://${host}/y`)"),
        ('u="ws://"+h+"/y"', BUILT, 'u="wss://"+h+"/y"'),
        ('u="ws://".concat(h)', BUILT, 'u="wss://".concat(h)'),
        ('u="ws://api."+domain', "api.", 'u="wss://api."+domain'),
        (r'{"url":"ws:\/\/app.test\/x"}', "app.test", r'{"url":"wss:\/\/app.test\/x"}'),
        (
            'let s = new WebSocket("ws://" + location.host + "/y");',
            BUILT,
            f'let s = new WebSocket(({CHOICE}) + location.host + "/y");',
        ),
        (
            "let s = 'ws://' + window.location.hostname;",
            BUILT,
            f"let s = ({CHOICE}) + window.location.hostname;".replace('"', "'"),
        ),
        (
            "let s = `ws://${location.host}/y`;",
            BUILT,
            's = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/y`;',
        ),
        ('a/*"ws://no.test"*/="ws://yes.test"', "yes.test", "wss://yes.test"),
        ("a = b / c; d = 'ws://yes.test'; e = 1 / 2", "yes.test", "wss://yes.test"),
        ("if (/[/'\"]ws:/.test(x)) y('ws://yes.test')", "yes.test", "wss://yes.test"),
        ("return /'/.exec('ws://yes.test')", "yes.test", "wss://yes.test"),
        ("if (a(b)) /'/.test(c); d('ws://yes.test')", "yes.test", "wss://yes.test"),
        ("a = (b) / c; d = e('x') / f('ws://yes.test')", "yes.test", "wss://yes.test"),
        ("`${`${'}'}`}`;x('ws://yes.test')", "yes.test", "wss://yes.test"),
        ("<p>Don't</p>\n<Chat url='ws://yes.test' />", "yes.test", "wss://yes.test"),
        ("x = 'it\\'s'; y = 'ws://yes.test'", "yes.test", "wss://yes.test"),
        ("new WebSocket('ws://[2001:db8::1]:80/')", "[2001:db8::1]", "wss://[2001:db8::1]:80/"),
        ("new WebSocket('ws://user:secret@yes.test/')", "yes.test", "wss://user:secret@yes.test/"),
        ("const to = {prod: 'wss://a.test', dev: 'ws://yes.test'}", "yes.test", "'wss://yes.test'"),
        ("new WebSocket(['ws://', host, ':', port].join(''))", BUILT, "['wss://', host"),
        ("u = 'ws:' + '//' + host", BUILT, "u = 'wss:' + '//' + host"),
        ("u = 'ws' + '://' + host", BUILT, "u = 'wss' + '://' + host"),
        (
            "u = 'ws:' + '//' + location.host",
            BUILT,
            "(location.protocol === 'https:' ? 'wss:' : 'ws:') + '//' + location.host",
        ),
        (
            "u = new URL('/ws', location); u.protocol = 'ws:'",
            BUILT,
            "u.protocol = (location.protocol === 'https:' ? 'wss:' : 'ws:')",
        ),
        (
            "const p = 'ws'; go(`${p}://${location.host}`)",
            BUILT,
            "const p = (location.protocol === 'https:' ? 'wss' : 'ws');",
        ),
        ("let p: string = 'ws:'\ngo(p + '//' + host)", BUILT, "p: string = 'wss:'"),
        ("go('ws://{{ request.get_host }}/ws')", BUILT, "'wss://{{ request.get_host }}/ws'"),
        ("u = 'ws://<?= $_SERVER[\"HTTP_HOST\"] ?>/ws'", BUILT, "'wss://<?="),
        ('u = "ws://${HOST}/ws"', BUILT, '"wss://${HOST}/ws"'),
    ],
)
def test_what_a_script_opens_is_found_and_mended(text: str, host: str, expected: str) -> None:
    assert hosts(text) == [host]
    assert expected in mended(text)
    assert mended(mended(text)) == mended(text)


@pytest.mark.parametrize(
    "text",
    [
        'new WebSocket("wss://app.test")',
        "// new WebSocket('ws://app.test')",
        "/* 'ws://app.test' */",
        "x = /ws:\\/\\/app.test/",
        "new WebSocket('ws://localhost:3000')",
        "new WebSocket(`ws://127.0.0.1:${port}/`)",
        "new WebSocket('ws://[::1]/')",
        "new WebSocket('ws://dev.localhost/')",
        "new WebSocket('ws://' + 'localhost:1')",
        "const scheme = secure ? 'wss://' : 'ws://';",
        "const scheme = insecure ? 'ws://' : 'wss://';",
        "s = (p === 'https:' ? `wss://${h}` : `ws://${h}`) + '/x'",
        "if (location.protocol === 'https:') { s = 'wss://' } else { s = 'ws://' } go(s + host)",
        "let s = 'ws://'; if (location.protocol == 'https:') s = 'wss://'; go(s + host)",
        "if (u.startsWith('https://')) return `wss://${u.slice(8)}`;\nreturn `ws://${u.slice(7)}`;",
        "if (url.startsWith('ws://')) fail()",
        "if (url.indexOf('ws://') === 0) fail()",
        "if (scheme === 'ws://' || 'ws://' === scheme) fail()",
        "url.replace('ws://', 'wss://')",
        "throw Error('use ws:// or wss://')",
        "const schemes = ['ws://', 'wss://', 'http://']",
        "<Field placeholder='ws://app.test' />",
        "q({placeholder:'ws://app.test'})",
        "const aws = 'aws://bucket'; const news = 'news://x'",
        "throw Error('ws://app.test is not allowed')",
        "help(`ws://app.test opens ${n} rooms`)",
        "u = 'ws' + (secure ? 's' : '') + '://' + host",
        "u = `ws${location.protocol === 'https:' ? 's' : ''}://${location.host}`",
        "log('ws:' + state)",
        "const p = 'ws'; connect({p, host})",
        "let p = 'ws:'; if (domain !== 'localhost') { p = 'wss:' } go(`${p}//${domain}`)",
        "if (u.protocol === 'ws:') u.protocol = 'http:'",
        "u.protocol = u.protocol === 'https:' ? 'wss:' : 'ws:'",
        "const ports = {'ws:': 80, 'wss:': 443}; const schemes = ['ws', 'wss']",
        "location.href.replace(/^http/, 'ws')",
        "{proxy: {'/ws': {target: 'ws://backend.test', ws: true}}}",
        "import WebSocket from 'ws'; new WebSocket('ws://backend.test')",
        "const { readFile } = require('node:fs'); x('ws://backend.test')",
        "#!/usr/bin/env node\nx('ws://backend.test')",
        "",
    ],
)
def test_what_is_not_opened_or_is_allowed_is_not_found(text: str) -> None:
    assert hosts(text) == []
    assert mended(text) == text


@pytest.mark.parametrize("name", ["vite.config.ts", "webpack.config.js", "setupProxy.js"])
def test_the_configuration_of_a_tool_is_read_by_no_browser(name: str) -> None:
    text = "export default { server: { proxy: 'ws://backend.test' } }"
    assert list(problems(Source(Path(name), text), Path(name).suffix)) == []
    assert hosts(text) == ["backend.test"]


@pytest.mark.parametrize("suffix", [".html", ".htm", ".vue", ".svelte"])
def test_scripts_and_attributes_of_a_page_are_read(suffix: str) -> None:
    page = """<!doctype html>
<!-- <script>new WebSocket('ws://comment.test')</script> -->
<style>a { background: url("ws://style.test") }</style>
<meta http-equiv="Content-Security-Policy" content="connect-src ws://csp.test">
<p>Open ws://text.test, or <code>new WebSocket("ws://text.test")</code></p>
<input placeholder="ws://example.test" value='ws://value.test/x'>
<button onclick="go(new WebSocket('ws://onclick.test'))">go</button>
<div hx-ws="connect:ws://htmx.test/x"></div>
<div hx-ext=ws ws-connect=ws://unquoted.test/x data-x='{"u":"ws://json.test"}'></div>
<Chat :url="'ws://bound.test'" @open="s = new WebSocket(`ws://${host}`)" title="ws://title.test"/>
<script type="application/json">{"u": "ws://data.test"}</script>
<SCRIPT>
    // ws://comment.test
    new WebSocket("ws://" + location.host);
</SCRIPT>
"""
    assert hosts(page, suffix) == [
        "value.test",
        "onclick.test",
        "htmx.test",
        "unquoted.test",
        "json.test",
        "bound.test",
        BUILT,
        "data.test",
        BUILT,
    ]
    text = mended(page, suffix)
    assert hosts(text, suffix) == []
    assert (
        """@open="s = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://""" in text
    )
    unmended = text.replace("wss://", "ws://")
    for line in page.splitlines():
        if "location" not in line and "host}" not in line:
            assert line in unmended


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("nas", "Chromium and Firefox throw SecurityError"),
        ("app.test", "Chromium and Firefox throw SecurityError"),
        ("198.51.100.7", "Chromium throws SecurityError"),
        ("10.0.0.5", "Firefox throws SecurityError; Chromium connects to private"),
        ("[fd00::1]", "Firefox throws SecurityError; Chromium connects to private"),
        ("printer.local.", "Firefox throws SecurityError; Chromium connects to private"),
    ],
)
def test_each_finding_says_which_browser_does_what(host: str, said: str) -> None:
    (problem,) = problems(Source(Path("x.js"), f"new WebSocket('ws://{host}/')"), ".js")
    assert said in problem.why


def test_a_minified_bundle_is_read_to_its_end() -> None:
    piece = "!function(e){var t=/[\"'/]/g,n=e/2/3;return n?`a${t}`:'b'}(1),"
    bundle = piece * 20_000 + 'new WebSocket("ws://end.test/");'
    assert len(bundle) > 1_000_000
    assert hosts(bundle) == ["end.test"]
    assert mended(bundle).endswith('new WebSocket("wss://end.test/");')


def test_lines_are_those_of_the_file() -> None:
    source = Source(Path("x.html"), "<p>\r\n<script>\r\nnew WebSocket('ws://a.test')</script>")
    (problem,) = problems(source, ".html")
    assert problem.line == 3
