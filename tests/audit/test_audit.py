"""From paths to problems: which files are meant, which belong together, what is never touched."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import certkit
from certkit.audit import Report, audit, corrected
from certkit.errors import CertkitError, ExitCode
from certkit.findings import Severity
from tests.audit.cases import RECIPE_2018, SOUND, changed
from tests.audit.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

FRAGMENT = SOUND.partition("http {\n")[2].removesuffix("}\n").replace("    access_log off;\n", "")
FAULTY = FRAGMENT.replace("proxy_http_version 1.1", "proxy_http_version 1.0")
BAD_SCRIPT = "new WebSocket('ws://app.test/')"


def found(report: Report) -> list[tuple[str, str]]:
    """(file name, code) of each finding that is more than a note."""
    return [
        (problem.source.path.name, problem.code)
        for problem in report.problems
        if problem.severity is not Severity.NOTE
    ]


def place(folder: Path, **texts: str) -> None:
    """``conf_d__a`` is conf.d/a.conf."""
    for name, text in texts.items():
        path = folder / (name.replace("_d__", ".d/") + ".conf")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("begins", ["", "# a comment\n", "\n"])
def test_a_byte_order_mark_is_named_and_taken_out(begins: str, folder: Path) -> None:
    """nginx 1.22 and 1.31: unknown directive, also before a comment."""
    place(folder, conf_d__a=f"\ufeff{begins}{FRAGMENT}")
    report = audit([folder / "conf.d/a.conf"], now=NOW)
    assert ("a.conf", "files.wrong-format") in found(report)
    texts = corrected([folder / "conf.d/a.conf"], now=NOW)
    assert texts == {folder / "conf.d/a.conf": f"{begins}{FRAGMENT}"}


@pytest.mark.parametrize("port", ["${PORT}", "$PORT"])
def test_a_port_that_is_filled_in_later_is_no_odd_port(port: str, folder: Path) -> None:
    text = FRAGMENT.replace("listen 18443", f"listen {port}").replace("$http_host", "$host")
    place(folder, conf_d__a=text)
    assert found(audit([folder / "conf.d/a.conf"], now=NOW)) == []
    place(folder, conf_d__a=text.replace(port, "8443"))
    assert ("a.conf", "nginx.host-loses-port") in found(audit([folder / "conf.d/a.conf"], now=NOW))


def test_a_file_of_conf_d_alone_is_read_as_it_stands_in_http(folder: Path) -> None:
    place(folder, site=FAULTY)
    assert found(audit([folder / "site.conf"], now=NOW)) == [("site.conf", "nginx.http10-upstream")]


def test_a_fragment_is_read_within_the_main_file_beside_it(folder: Path) -> None:
    """Its ssl_protocols are in http {}, its certificates beside nginx.conf, and so is the fault of
    another file, which was not asked about.
    """
    main = "events {} http { ssl_protocols TLSv1.2 TLSv1.3; include conf.d/*.conf; ssl on; }"
    text = FRAGMENT.replace("        ssl_protocols TLSv1.2 TLSv1.3;\n", "")
    place(folder, nginx=main, conf_d__a=text, conf_d__b=FAULTY.replace("localhost", "b.test"))
    report = audit([folder / "conf.d/a.conf"], now=NOW)
    assert (report.problems, report.unread) == ([], {})
    assert [path.name for path in report.files] == ["a.conf"]
    everything = [("nginx.conf", "nginx.ssl-on"), ("b.conf", "nginx.http10-upstream")]
    assert found(audit([folder / "nginx.conf"], now=NOW)) == everything


def test_a_fragment_that_is_not_enabled_still_takes_paths_from_the_main_file_s_folder(
    folder: Path,
) -> None:
    place(folder, nginx="events {} http { }", conf_d__a=FRAGMENT.replace("-key", "-key"))
    report = audit([folder / "conf.d/a.conf"], now=NOW)
    assert report.unread == {}


def test_a_file_for_a_location_is_read_too(folder: Path) -> None:
    place(folder, proxy="proxy_pass http://127.0.0.1:1;\nproxy_set_header Upgrade $http_upgrade;\n")
    report = audit([folder / "proxy.conf"], now=NOW)
    assert found(report) == [
        ("proxy.conf", "nginx.http10-upstream"),
        ("proxy.conf", "nginx.missing-connection"),
    ]
    # There is no place for a map in it.
    assert [problem.patch is None for problem in report.problems[:2]] == [False, True]


def test_a_shared_file_is_mended_once_and_its_users_where_they_need_it(folder: Path) -> None:
    text = changed(
        ("            proxy_set_header Host $http_host;\n", "            include ws.inc;\n"),
        ("            proxy_set_header Upgrade $http_upgrade;\n", ""),
        ("location / {", "location /ws {"),
    )
    server = text[text.index("    server {") : text.rindex("}")]
    text = text.replace(server, server + server.replace("localhost", "b.test"))
    (folder / "ws.inc").write_text("proxy_set_header Host $host;\n")
    place(folder, nginx=text)
    assert found(audit([folder / "nginx.conf"], now=NOW)) == [
        *[("nginx.conf", "nginx.missing-upgrade")] * 2,
        ("ws.inc", "nginx.host-loses-port"),
    ]
    texts = corrected([folder / "nginx.conf"], now=NOW)
    assert texts[folder / "ws.inc"] == "proxy_set_header Host $http_host;\n"
    assert texts[folder / "nginx.conf"].count("Upgrade $http_upgrade;") == 2


def test_a_folder_is_searched_for_both_kinds_and_other_files_are_passed_over(folder: Path) -> None:
    place(folder, nginx="events {} http { include conf.d/*.conf; }", conf_d__a=FAULTY)
    place(folder, redis="maxmemory 2mb\nappendonly yes\n", httpd="<VirtualHost *:443>\n")
    (folder / "src").mkdir()
    (folder / "src" / "app.ts").write_text(BAD_SCRIPT)
    (folder / "README.md").write_text("new WebSocket('ws://app.test')")
    for skipped in ("node_modules", ".git"):
        (folder / skipped).mkdir()
        (folder / skipped / "app.js").write_text(BAD_SCRIPT)
    report = audit([folder], now=NOW)
    assert found(report) == [
        ("app.ts", "page.insecure-websocket"),
        ("a.conf", "nginx.http10-upstream"),
    ]
    assert {path.name for path in report.files} == {"nginx.conf", "a.conf", "app.ts"}
    assert report.unread == {}


def test_links_of_sites_enabled_are_one_file_with_what_they_lead_to(folder: Path) -> None:
    for name in ("sites-available", "sites-enabled"):
        (folder / name).mkdir()
    (folder / "sites-available/site").write_text(FAULTY)
    (folder / "sites-enabled/site").symlink_to("../sites-available/site")
    place(folder, nginx="events {} http { include sites-enabled/*; }")
    report = audit([folder], now=NOW)
    assert len(found(report)) == 1
    assert len(report.files) == 2


def test_fragments_that_include_each_other_are_still_read(folder: Path) -> None:
    place(folder, a=FAULTY + "include b.conf;", b="include a.conf;")
    assert set(found(audit([folder], now=NOW))) == {("a.conf", "nginx.http10-upstream")}


@pytest.mark.parametrize(
    ("name", "text", "code", "exit_code"),
    [
        ("missing.conf", None, "files.not-found", ExitCode.USAGE),
        ("missing.html", None, "files.not-found", ExitCode.USAGE),
        ("apache.conf", "<VirtualHost *:443>\n", "audit.not-nginx", ExitCode.USAGE),
        ("redis.conf", "save 900 1;\n", "audit.not-nginx", ExitCode.USAGE),
        ("site.conf", "server {\n  listen 443\n}\n", "audit.not-nginx", ExitCode.USAGE),
        ("big.js", " " * (16 * 2**20 + 1), "files.unreadable", ExitCode.USAGE),
    ],
)
def test_a_named_file_that_cannot_be_read_is_bad_input(
    name: str, text: str | None, code: str, exit_code: ExitCode, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(CertkitError) as raised:
        audit([tmp_path / name], now=NOW)
    assert (raised.value.code, raised.value.exit_code) == (code, exit_code)


def test_a_pipe_is_no_file_and_nobody_waits_for_it(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "x.html")
    with pytest.raises(CertkitError, match="is not a file"):
        audit([tmp_path / "x.html"], now=NOW)


def test_dates_of_a_certificate_are_looked_at(folder: Path) -> None:
    place(folder, nginx=SOUND)
    for moment, code in (
        (NOW + timedelta(days=400), "validity.expired"),
        (NOW - timedelta(days=1), "validity.not-yet"),
    ):
        assert found(audit([folder / "nginx.conf"], now=moment)) == [("nginx.conf", code)]


def test_a_chain_in_the_wrong_order_is_told_from_a_foreign_key(folder: Path) -> None:
    place(folder, nginx=SOUND)
    ca = certkit.CertificateAuthority.create()
    issued = ca.issue("localhost")
    (folder / "server.pem").unlink()
    (folder / "server.pem").write_bytes(ca.root.pem + issued.certificate_pem)
    (folder / "server-key.pem").unlink()
    (folder / "server-key.pem").write_bytes(issued.key_pem)
    assert found(audit([folder / "nginx.conf"], now=NOW)) == [
        ("nginx.conf", "files.leaf-not-first")
    ]


@pytest.mark.parametrize("name", ["$ssl_server_name.pem", "data:$certificate", "missing.pem"])
def test_certificates_that_are_not_here_are_not_judged(name: str, folder: Path) -> None:
    place(folder, nginx=changed(("certificate server.pem", f"certificate {name}")))
    report = audit([folder / "nginx.conf"], now=NOW)
    assert found(report) == []
    assert [path.name for path in report.unread] == (["missing.pem"] if "missing" in name else [])


def test_an_address_in_the_certificate_counts_like_one_in_server_name(folder: Path) -> None:
    ca = certkit.CertificateAuthority.create()
    issued = ca.issue("localhost", "10.0.0.5")
    for name, data in (("server.pem", issued.chain_pem), ("server-key.pem", issued.key_pem)):
        (folder / name).unlink()
        (folder / name).write_bytes(data)
    reject = (
        "    server { listen 18443 ssl default_server; ssl_reject_handshake on;"
        " ssl_protocols TLSv1.2 TLSv1.3; }\n}\n"
    )
    place(folder, nginx=SOUND.removesuffix("}\n") + reject)
    (problem,) = audit([folder / "nginx.conf"], now=NOW).problems
    assert problem.code == "nginx.reject-handshake-ip"
    assert "10.0.0.5" in problem.what


def test_the_default_server_of_two_sockets_takes_its_line_from_one_neighbour(folder: Path) -> None:
    tls = "ssl_certificate server.pem; ssl_certificate_key server-key.pem;"
    servers = (
        f"server {{ listen 1443 ssl; listen 2443 ssl; {tls} }}",
        f"server {{ listen 1443 ssl; {tls} ssl_protocols TLSv1.3; }}",
        f"server {{ listen 2443 ssl; {tls} ssl_protocols TLSv1.2 TLSv1.3; }}",
    )
    place(folder, nginx=f"events {{}} http {{ {' '.join(servers)} }}")
    (text,) = corrected([folder / "nginx.conf"], now=NOW).values()
    assert text.count("ssl_protocols") == 3


def test_two_servers_that_reject_do_not_pass_the_default_to_each_other(folder: Path) -> None:
    one = SOUND.replace("listen 18443 ssl;", "listen 18443 ssl; ssl_reject_handshake on;")
    server = one[one.index("    server {") : one.rindex("}")]
    text = one.replace(
        server,
        server.replace("localhost", "127.0.0.1")
        + server.replace("localhost", "[::1]")
        .replace("server.pem", "other.pem")
        .replace("server-key", "other-key"),
    )
    place(folder, nginx=text)
    assert corrected([folder / "nginx.conf"], now=NOW) == {}


def test_bytes_that_are_no_utf8_and_crlf_stay_as_they_are(folder: Path) -> None:
    data = RECIPE_2018.replace("forum", "f\u00f6rum").encode("latin-1").replace(b"\n", b"\r\n")
    (folder / "nginx.conf").write_bytes(data)
    (text,) = corrected([folder / "nginx.conf"], now=NOW).values()
    written = text.encode("utf-8", "surrogateescape")
    assert b"# from a f\xf6rum, 2018\r\n" in written
    assert written.count(b"\n") == written.count(b"\r\n")


def test_a_note_alone_is_for_a_server_that_passes_no_websockets_on(codes: Callable) -> None:
    plain = changed(
        ("            proxy_set_header Upgrade $http_upgrade;\n", ""),
        ("            proxy_set_header Connection $connection_upgrade;\n", ""),
    )
    assert codes(plain) == []
    assert codes(plain, notes=True) == ["nginx.missing-upgrade"]
    beside = plain.replace(
        "location / {",
        "location /ws { proxy_pass http://127.0.0.1:1;\n"
        "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_read_timeout 1h;\n"
        "proxy_set_header Connection $connection_upgrade; proxy_set_header Host $http_host; }\n"
        "location / {",
    )
    assert codes(beside, notes=True) == []


@pytest.mark.parametrize(
    "path",
    [
        "/ws",
        "/WS/",
        "~ ^/websocket",
        "/api/ws-feed",
        "/socket.io/",
        "= /cable",
        "~ ^/cable$",
        "^~ /sockjs/",
    ],
)
def test_a_path_that_speaks_of_websockets_asks_for_the_lines(path: str, codes: Callable) -> None:
    bare = f"server {{ listen 80; location {path} {{ proxy_pass http://127.0.0.1:1; }} }}"
    assert "nginx.missing-upgrade" in codes(bare, "site.conf")


def test_what_may_stand_in_a_file_that_is_not_here_is_not_missed(codes: Callable) -> None:
    headers = [line for line in SOUND.splitlines() if "proxy_" in line and "pass" not in line]
    bare = changed(*((f"{line}\n", "") for line in headers), ("location /", "location /ws"))
    names = ["http10-upstream", "missing-upgrade", "missing-connection"]
    assert codes(bare) == [f"nginx.{name}" for name in names]
    assert codes(bare.replace("location /ws {", "location /ws { include ws.inc;"), notes=True) == []
    # It could not hold headers of the location, where the location has some.
    outside = bare.replace("location /ws {", "include x.inc; location /ws { proxy_set_header A b;")
    assert codes(outside) == [f"nginx.{name}" for name in names[1:]]
    assert codes(bare.replace("location /ws {", "include mime.types; location /ws {")) != []


def test_a_template_s_port_is_a_port(codes: Callable, folder: Path) -> None:
    path = folder / "nginx.conf"
    path.write_text(changed(("listen 18443 ssl;", "listen 80; listen ${PORT}; ssl on;")))
    (text,) = corrected([path], now=NOW).values()
    assert "listen 80; listen ${PORT} ssl;" in text


@pytest.mark.parametrize("path", ["/", "/news/", "/aws/", "/wsdl", "~ \\.php$", "/cable-tv/"])
def test_a_path_that_does_not_asks_for_nothing(path: str, codes: Callable) -> None:
    bare = f"server {{ listen 80; location {path} {{ proxy_pass http://127.0.0.1:1; }} }}"
    assert codes(bare, "site.conf", notes=True) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=200), suffix=st.sampled_from([".conf", ".html", ".js", ".vue"]))
def test_any_bytes_are_answered_or_refused(data: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(data)
    try:
        read = audit([path], now=NOW).files == [path]
    except CertkitError as error:
        read = error.code == "audit.not-nginx"
    assert read


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [
                *("'ws://a.test'", "`ws://${", "}`", "`", "'", '"', "/", "/*", "*/", "//", "\n"),
                *("${", "{", "}", "\\", "<script>", "</script>", "<!--", "-->", "<a x=", ">"),
                *("ws://b.test", " ", "+"),
            ]
        ),
        max_size=25,
    ).map("".join),
    suffix=st.sampled_from([".html", ".js", ".svelte"]),
)
def test_a_mended_page_stays_as_it_is(text: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(text.encode())
    texts = corrected([path], now=NOW)
    assert set(texts) <= {path}
    path.write_bytes(texts.get(path, text).encode())
    assert corrected([path], now=NOW) == {}
