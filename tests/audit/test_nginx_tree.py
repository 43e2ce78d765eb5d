"""Which files belong to a configuration, and what holds where in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from certkit.audit.files import Reader, Unreadable
from certkit.audit.nginx.tree import MAX_BYTES, MAX_STATEMENTS, Configuration, Files, load


def read(folder: Path, main: str = "nginx.conf") -> Configuration:
    return load(folder / main, folder, Files(Reader({})))


def write(folder: Path, **texts: str) -> None:
    """``conf_d__a`` is conf.d/a.conf."""
    for name, text in texts.items():
        path = folder / (name.replace("conf_d__", "conf.d/") + ".conf")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def names(configuration: Configuration) -> list[str]:
    return [node.name for node in configuration.root.walk()]


def test_includes_start_at_the_main_file_s_folder_also_from_a_file_elsewhere(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        nginx="http { include conf.d/*.conf; }",
        conf_d__b="server { include tls.conf; }",
        conf_d__a="map $a $b { }",
        tls="ssl_protocols TLSv1.2;",
    )
    configuration = read(tmp_path)
    assert names(configuration) == ["http", "include", "map", "server", "include", "ssl_protocols"]
    assert [path.name for path in configuration.sources] == [
        "nginx.conf",
        "a.conf",
        "b.conf",
        "tls.conf",
    ]
    assert configuration.unread == {}


def test_an_included_statement_knows_its_file_and_the_include_that_brought_it(
    tmp_path: Path,
) -> None:
    write(
        tmp_path, nginx="http {\n include one.conf;\n}", one="include two.conf;", two="\nserver{}"
    )
    (server,) = read(tmp_path).servers()
    assert server.source.path.name == "two.conf"
    assert server.source.line(server.at) == 2
    assert server.via is not None
    assert server.via.raw == "include one.conf;"


def test_the_innermost_block_with_a_directive_decides_alone(tmp_path: Path) -> None:
    write(
        tmp_path,
        nginx="""http {
            proxy_set_header A http; proxy_set_header B http; proxy_read_timeout 1s;
            server { proxy_set_header A server; location / { return 204; } }
            server { location / { proxy_set_header C location; location /x { return 204; } } }
        }""",
    )
    first, second = (server.own("location")[0] for server in read(tmp_path).servers())
    assert [node.args for node in first.level("proxy_set_header")] == [("A", "server")]
    inner = second.own("location")[0]
    assert [node.args for node in inner.level("proxy_set_header")] == [("C", "location")]
    assert inner.value("proxy_read_timeout") == "1s"
    assert inner.level("proxy_http_version") == []


def test_other_protocols_are_not_http(tmp_path: Path) -> None:
    write(tmp_path, nginx="stream { server { listen 443; ssl_protocols SSLv3; } } http { }")
    assert list(read(tmp_path).statements("ssl_protocols")) == []


def test_files_that_include_each_other_are_read_once(tmp_path: Path) -> None:
    write(
        tmp_path, nginx="http { include a.conf; }", a="include b.conf; x;", b="include a.conf; y;"
    )
    configuration = read(tmp_path)
    assert names(configuration).count("x") == names(configuration).count("y") == 1
    assert configuration.unread == {tmp_path / "a.conf": "includes itself"}


def test_files_that_double_at_each_step_come_to_an_end(tmp_path: Path) -> None:
    texts = {f"f{i}": f"include f{i + 1}.conf; " * 8 for i in range(14)}
    write(tmp_path, nginx="http { include f0.conf; }", **texts, f14="x;")
    configuration = read(tmp_path)
    assert len(names(configuration)) <= MAX_STATEMENTS
    assert any("without end" in reason for reason in configuration.unread.values())


def test_blocks_nested_over_many_files_come_to_an_end(tmp_path: Path) -> None:
    deep = "a { " * 60 + "include {}.conf;" + " }" * 60
    texts = {f"f{i}": deep.replace("{}", f"f{i + 1}") for i in range(15)}
    write(tmp_path, nginx="http { include f0.conf; }", **texts)
    configuration = read(tmp_path)
    assert any("nests blocks" in reason for reason in configuration.unread.values())
    assert len(names(configuration)) < 100


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda _: None, "is not there"),
        (lambda path: path.mkdir(), "is not a file"),
        (os.mkfifo, "is not a file"),
        (lambda path: path.symlink_to(path), "cannot be read"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file"),
        (lambda path: path.write_bytes(b"a;" * MAX_BYTES), "larger than 4 MiB"),
        (lambda path: path.write_text("{"), "is no nginx configuration: unexpected '{' (line 1)"),
    ],
    ids=["missing", "folder", "pipe", "link loop", "device", "huge", "no nginx"],
)
def test_what_cannot_be_read_is_named_and_passed_over(make, reason: str, tmp_path: Path) -> None:
    write(tmp_path, nginx="http { include x.conf; server { } }")
    make(tmp_path / "x.conf")
    configuration = read(tmp_path)
    assert len(configuration.servers()) == 1
    ((path, why),) = configuration.unread.items()
    assert path == tmp_path / "x.conf"
    assert reason in why


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_others_is_named(tmp_path: Path) -> None:
    write(tmp_path, nginx="http { include x.conf; }", x="y;")
    (tmp_path / "x.conf").chmod(0)
    assert "permission denied" in read(tmp_path).unread[tmp_path / "x.conf"]


def test_a_pattern_over_many_folders_is_not_searched(tmp_path: Path) -> None:
    write(tmp_path, nginx="include /*/*/*/*.conf;")
    assert list(read(tmp_path).unread.values()) == ["is a pattern over too many folders"]


@pytest.mark.parametrize("pattern", ["loop/*.conf", "'a\\x00b/*'", "'*\x00'"])
def test_a_pattern_that_leads_nowhere_is_passed_over(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    write(tmp_path, nginx=f"http {{ include {pattern}; server {{ }} }}")
    assert len(read(tmp_path).servers()) == 1


def test_a_folder_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "site[1]"
    folder.mkdir()
    write(folder, nginx="http { include conf.d/*.conf; }", conf_d__a="server { }")
    assert len(read(folder).servers()) == 1


def test_the_main_file_itself_must_be_readable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is not there"):
        read(tmp_path)
