"""A configuration as nginx sees it: the statements of all its files in one tree."""

from __future__ import annotations

import glob
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from certkit.audit.files import Reader, Source, Unreadable, resolved
from certkit.audit.nginx.syntax import MAX_DEPTH, NotNginx, Statement, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 4 * 2**20
"""The largest file that is read as configuration."""
MAX_STATEMENTS: Final = 100_000
"""Of a whole tree: a file that includes another twice, which does so too, doubles at each step."""
MAX_INCLUDES: Final = 16
"""Files within files."""
_MAX_MATCHES: Final = 2_000
_MAX_WILD_FOLDERS: Final = 1
# What nginx's packages bring beside nginx.conf, and a copy of it elsewhere lacks.
_ABOUT_OTHER_THINGS: Final = ("mime.types", "fastcgi", "scgi", "uwsgi", "koi-", "win-utf")
_OTHER_PROTOCOLS: Final = frozenset({"stream", "mail", "rtmp"})


@dataclass(eq=False, slots=True)
class Node:
    """A statement in its place. ``via`` is the include in the parent's own text that brought it."""

    statement: Statement
    source: Source
    parent: Node | None = None
    via: Node | None = None
    children: list[Node] = field(default_factory=list)
    incomplete: bool = False
    """Whether an include in this block could not be read."""
    _by_name: dict[str, list[Node]] | None = None

    @property
    def name(self) -> str:
        return self.statement.name

    @property
    def args(self) -> tuple[str, ...]:
        return self.statement.args

    @property
    def at(self) -> int:
        return self.statement.start

    @property
    def line(self) -> int:
        return self.source.line(self.at)

    @property
    def raw(self) -> str:
        return self.source.text[self.statement.start : self.statement.end]

    def own(self, name: str) -> list[Node]:
        """The statements of this name directly in this block."""
        if self._by_name is None:
            self._by_name = {}
            for child in self.children:
                self._by_name.setdefault(child.name, []).append(child)
        return self._by_name.get(name, [])

    def level(self, name: str) -> list[Node]:
        """The statements of this name that hold here: nginx takes those of the innermost block
        that has any, and none of the blocks around it.
        """
        for block in self.upwards():
            if found := block.own(name):
                return found
        return []

    def knows(self, name: str) -> bool:
        """Whether :meth:`level` is sure: no file that was not read could say otherwise."""
        for block in self.upwards():
            if block.incomplete:
                return False
            if block.own(name):
                return True
        return True

    def value(self, name: str) -> str | None:
        """The first argument of the statement that holds here."""
        found = self.level(name)
        return found[-1].args[0] if found and found[-1].args else None

    def upwards(self) -> Iterator[Node]:
        """This block and those around it, innermost first."""
        block: Node | None = self
        while block is not None:
            yield block
            block = block.parent

    def enclosing(self, name: str) -> Node | None:
        return next((block for block in self.upwards() if block.name == name), None)

    def walk(self) -> Iterator[Node]:
        """Everything below, in order; not the blocks of other protocols than HTTP."""
        for child in self.children:
            yield child
            if child.children and child.name not in _OTHER_PROTOCOLS:
                yield from child.walk()


@dataclass(slots=True)
class Configuration:
    """The tree below ``root``, a block without a name.

    ``whole``: it is all that nginx loads, from its main file on. A file of conf.d alone is not:
    what stands around it is unknown.
    """

    root: Node
    whole: bool
    folder: Path
    """The main file's: relative paths start here, in every file (measured: not at the file that
    includes, nor at the working directory)."""
    sources: dict[Path, Source]
    """Every file in it, by its resolved path."""
    patterns: list[str] = field(default_factory=list)
    """Those of its includes that are patterns, from the root of the file system."""
    unread: dict[Path, str] = field(default_factory=dict)

    def http(self) -> list[Node]:
        """The blocks that hold servers: http {}, or the fragment itself."""
        return self.root.own("http") or [self.root]

    def servers(self) -> list[Node]:
        return [server for block in self.http() for server in block.own("server")]

    def statements(self, *names: str) -> Iterator[Node]:
        return (node for block in self.http() for node in block.walk() if node.name in names)

    def place(self, name: str) -> Path:
        """The file that a directive names."""
        return self.folder / name


class NoConfiguration(Unreadable):
    """The text is not nginx's: ``why`` not."""

    def __init__(self, why: str) -> None:
        super().__init__(f"is no nginx configuration: {why}")


@dataclass(slots=True)
class Files:
    """Reads configuration files, each once, into statements."""

    reader: Reader
    _parsed: dict[Source, list[Statement]] = field(default_factory=dict)

    def read(self, path: Path) -> tuple[Source, list[Statement]]:
        """Raises Unreadable; NoConfiguration where the text breaks nginx's grammar."""
        source = self.reader.source(path, MAX_BYTES)
        if source not in self._parsed:
            try:
                self._parsed[source] = parse(source.text)
            except NotNginx as error:
                line = source.line(error.offset)
                raise NoConfiguration(f"{error} (line {line})") from error
        return source, self._parsed[source]


def load(path: Path, folder: Path, files: Files) -> Configuration:
    """The configuration that begins at ``path``; relative paths in it start at ``folder``.

    Raises Unreadable for ``path`` itself. An included file that cannot be used stands in
    ``unread`` with the reason.
    """
    source, statements = files.read(path)
    size = len(source.text)
    root = Node(Statement((), 0, size, statements, (0, size)), source)
    whole = any(each.name in ("http", "events") for each in statements)
    configuration = Configuration(root, whole, folder, {resolved(path): source})
    _Loading(configuration, files).fill(root, statements, source, (resolved(path),))
    return configuration


@dataclass(slots=True)
class _Loading:
    into: Configuration
    files: Files
    left: int = MAX_STATEMENTS

    def fill(
        self,
        block: Node,
        statements: list[Statement],
        source: Source,
        inside: tuple[Path, ...],
        via: Node | None = None,
    ) -> None:
        """Put ``statements`` of ``source`` into ``block``; ``inside``: the files being included."""
        for statement in statements:
            self.left -= 1
            if self.left < 0:
                self.into.unread.setdefault(source.path, "is part of what goes on without end")
                return
            node = Node(statement, source, block, via)
            block.children.append(node)
            if statement.block is not None:
                if sum(1 for _ in node.upwards()) > MAX_DEPTH + 1:
                    self.into.unread[source.path] = f"nests blocks deeper than {MAX_DEPTH}"
                    continue
                self.fill(node, statement.block, source, inside)
            elif statement.name == "include" and len(statement.args) == 1:
                self.include(node, via or node, inside)

    def include(self, node: Node, via: Node, inside: tuple[Path, ...]) -> None:
        assert node.parent is not None  # noqa: S101 - fill gives each node its block
        for path in self.matches(node.args[0]):
            try:
                real = resolved(path)
                if real in inside:
                    raise Unreadable("includes itself")  # noqa: TRY301 - one reason among several
                if len(inside) == MAX_INCLUDES:
                    raise Unreadable(f"is included through {MAX_INCLUDES} files")  # noqa: TRY301
                source, statements = self.files.read(path)
            except Unreadable as reason:
                self.into.unread[path] = str(reason)
                node.parent.incomplete |= not path.name.startswith(_ABOUT_OTHER_THINGS)
            else:
                self.into.sources[real] = source
                self.fill(node.parent, statements, source, (*inside, real), via)

    def matches(self, pattern: str) -> list[Path]:
        """The files that ``include`` takes in, in nginx's order (glob(3) sorts)."""
        path = self.into.place(pattern)
        if not glob.has_magic(pattern):
            return [path]
        folder = glob.escape(str(self.into.folder))
        whole = pattern if path == Path(pattern) else f"{folder}/{pattern}"
        if sum(map(glob.has_magic, Path(pattern).parent.parts)) > _MAX_WILD_FOLDERS:
            self.into.unread[path] = "is a pattern over too many folders"
            return []
        try:
            self.into.patterns.append(str(resolved(Path(whole).parent) / Path(whole).name))
            found = sorted(islice(glob.iglob(whole), _MAX_MATCHES))  # noqa: PTH207 - as nginx
        except (Unreadable, OSError, ValueError) as error:
            self.into.unread[path] = str(error)
            return []
        return [Path(each) for each in found]
