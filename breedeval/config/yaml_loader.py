"""YAML as a tree that remembers where everything stands and how it was written.

Scalars follow the core schema of YAML 1.2, without its octal and hexadecimal numbers: only
``true`` and ``false`` are booleans, ``NO``, ``0123`` and ``12:30`` are text, ``1e-8`` is a number.
The text of every scalar is kept, so that a label is what the user wrote and nothing else.
Repeated keys, tags, merge keys and aliases that contain themselves are refused.

References
----------
YAML 1.2.2 (2021), section 10.3.2, tag resolution of the core schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from breedeval.errors import InputError, Problem

Plain = str | int | float | bool | None

MOST_NODES = 20_000
"""Aliases multiply: a few lines can stand for more than any memory holds."""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INF = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}

_SYNTAX = (
    (r"found character '\\t'", "there is a tab where YAML wants spaces",
     "Replace tabs at the start of lines by spaces"),
    (r"mapping values are not allowed", "there is a ': ' where no key can be",
     "Put text that contains ': ' in quotes, or correct the indentation of the line"),
    (r"could not find expected ':'", "a key has no ':' after it",
     "Write 'key: value', with a space after the colon"),
    (r"but found '[\]}]'", "a bracket closes here that was never opened", "Remove it"),
    (r"expected <block end>", "this line does not line up with the lines above it",
     "Give the keys of one part the same indentation"),
    (r"expected ',' or '[\]}]'", "a list or mapping in brackets is not closed, or lacks a comma",
     "Look at the brackets and commas from here upwards"),
    (r"unexpected end of stream", "a quotation mark is opened and never closed", "Close it"),
    (r"expected a single document", "a second document starts here ('---')",
     "Write one run per file"),
    (r"but found ','|found unexpected ':'", "something is missing before this character",
     "Look at the brackets and commas"),
    (r"unknown escape", "a backslash in double quotes begins a code",
     "Use single quotes, or write the backslash twice"),
    (r"undefined alias|expected alphabetic", "'*' and '&' have a meaning of their own "
     "in YAML", "Put the text in quotes"),
    (r"cannot start any token", "text begins with a character that has a meaning of its own in "
     "YAML", "Put the text in quotes"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: ``source:line:column``, or the words of an override."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as written."""

    text: str
    quoted: bool
    place: Place

    @property
    def value(self) -> Plain:
        """The value of the core schema."""
        return self.text if self.quoted else core_value(self.text)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping: every key with its value, and where the key stands."""

    values: Mapping[str, Node]
    keys: Mapping[str, Place]
    place: Place


Node = Scalar | Items | Entries


@dataclass(frozen=True, slots=True)
class FileKind:
    """What a file of ours is called, holds, and what to do where it holds nothing."""

    name: str
    keys: str
    remedy: str


RUN_FILE = FileKind("run file", "'records:' and 'model:'",
                    "breedeval init writes a run file to start from")
PLAN = FileKind("plan", "'output:' and 'runs:'", "")


def core_value(text: str) -> Plain:
    """What an unquoted scalar means in the core schema (decimal numbers only)."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if match := _INF.fullmatch(text):
        return float(f"{match[1]}inf")
    return float("nan") if text in (".nan", ".NaN", ".NAN") else text


def plain(node: Node) -> object:
    """The tree as Python values, every scalar by its own rule."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.values.items()}


def read_tree(path: Path, kind: FileKind = RUN_FILE) -> Entries:
    """Read a run file, or another of our kinds.

    Raises
    ------
    InputError
        The file cannot be read, is not UTF-8 or not YAML, is empty, or is no mapping.
    """
    source = str(path)
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise InputError(Problem(source, "this is a folder", f"Expected a {kind.name}")) from None
    except FileNotFoundError:
        raise InputError(Problem(source, "there is no such file", f"Expected a {kind.name}",
                                 _nearest(path))) from None
    except OSError as error:
        raise InputError(Problem(source, f"the file cannot be read ({error.strerror})")) from None
    root = parse_tree(_decode(data, source), Place(source, 1, 1))
    if isinstance(root, Entries):
        return root
    if isinstance(root, Scalar) and root.value is None:
        found = "the file is empty"
    else:
        found = "the file holds a list" if isinstance(root, Items) else "the file holds one text"
    raise InputError(Problem(str(root.place), found,
                             f"Expected keys such as {kind.keys}", kind.remedy))


def parse_tree(text: str, start: Place) -> Node:
    """Parse YAML text whose first character stands at ``start``.

    Raises
    ------
    InputError
        Every repeated key at once; or the first thing that is not YAML.
    """
    builder = _Builder(start)
    try:
        root = yaml.compose(text, Loader=_Loader)
        node = Scalar("", False, start) if root is None else builder.node(root, ())
    except yaml.reader.ReaderError as error:
        place = builder.at_index(text, error.position)
        raise InputError(Problem(str(place), "there is a character that no text file has "
                                 f"(code {ord(text[error.position])})", "Expected plain text",
                                 "Save the file again as UTF-8 text")) from None
    except yaml.MarkedYAMLError as error:
        raise InputError(_syntax(error, builder)) from None
    except RecursionError:
        raise InputError(Problem(str(start), "lists or mappings are nested too deeply")) from None
    if builder.problems:
        raise InputError(*builder.problems)
    return node


def _nearest(path: Path) -> str:
    from difflib import get_close_matches

    folder = path.parent
    near = get_close_matches(path.name, [p.name for p in folder.iterdir()], 1) if (
        folder.is_dir()) else []
    return f"Did you mean '{near[0]}'?" if near else ""


def _decode(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[:error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1:].decode("utf-8-sig")) + 1
        raise InputError(Problem(
            f"{source}:{line}:{column}", f"byte {data[error.start]:#04x} is not UTF-8 text",
            "Expected a file saved as UTF-8", "Save it again with the encoding UTF-8")) from None


def _syntax(error: yaml.MarkedYAMLError, builder: _Builder) -> Problem:
    unclosed = "quoted scalar" in str(error.context) and "end of stream" in str(error.problem)
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    place = builder.place(mark) if mark else builder.start
    if isinstance(error, _Refused):
        return Problem(str(place), str(error.problem), "", str(error.note))
    said = " ".join(filter(None, (error.context, error.problem)))
    for pattern, found, remedy in _SYNTAX:
        if re.search(pattern, said):
            return Problem(str(place), found, "", remedy)
    return Problem(str(place), f"this is not YAML ({said})", "",
                   "Look at the line and the one above it")


class _Refused(yaml.MarkedYAMLError):
    """YAML that is right and that a run file may not hold."""

    def __init__(self, problem: str, mark: yaml.Mark, remedy: str) -> None:
        super().__init__(problem=problem, problem_mark=mark, note=remedy)


class _Loader(yaml.SafeLoader):
    """Composes nodes; resolves nothing, and refuses tags."""

    yaml_implicit_resolvers: dict[str, list[object]] = {}  # noqa: RUF012  as in the base class

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if not isinstance(event, AliasEvent) and event.tag is not None:
            raise _Refused("tags ('!', '!!') are not understood", event.start_mark,
                           "Put text in quotes")
        return super().compose_node(parent, index)  # type: ignore[arg-type]


class _Builder:
    """From PyYAML's nodes to ours, collecting what is wrong with keys."""

    def __init__(self, start: Place) -> None:
        self.start = start
        self.problems: list[Problem] = []
        self.made = 0

    def place(self, mark: yaml.Mark) -> Place:
        if not self.start.line:
            return self.start
        return replace(self.start, line=mark.line + 1, column=mark.column + 1)

    def at_index(self, text: str, index: int) -> Place:
        line = text.count("\n", 0, index)
        column = index - text.rfind("\n", 0, index)
        return replace(self.start, line=line + 1, column=column) if self.start.line else self.start

    def node(self, node: yaml.Node, above: tuple[int, ...]) -> Node:
        place = self.place(node.start_mark)
        self.made += 1
        if id(node) in above:
            raise _Refused("this part contains itself", node.start_mark, "Remove the alias")
        if self.made > MOST_NODES:
            raise _Refused("aliases make this file too large", node.start_mark, "Remove them")
        inside = (*above, id(node))
        if isinstance(node, ScalarNode):
            return Scalar(node.value, node.style is not None, place)
        if isinstance(node, SequenceNode):
            return Items(tuple(self.node(item, inside) for item in node.value), place)
        assert isinstance(node, MappingNode)
        return self.entries(node, inside)

    def entries(self, node: MappingNode, inside: tuple[int, ...]) -> Entries:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for name, place, value in self.pairs(node):
            if name in keys:
                self.problems.append(Problem(
                    str(place), f"key '{name}' is repeated; it stands at line {keys[name].line} "
                    "already", "", "Keep one of the two"))
                continue
            keys[name] = place
            values[name] = self.node(value, inside)
        return Entries(values, keys, self.place(node.start_mark))

    def pairs(self, node: MappingNode) -> Iterator[tuple[str, Place, yaml.Node]]:
        for key, value in node.value:
            place = self.place(key.start_mark)
            if not isinstance(key, ScalarNode):
                self.problems.append(Problem(str(place), "a key is a list or a mapping",
                                             "Expected text before ':'"))
            elif key.value == "<<":
                self.problems.append(Problem(str(place), "merge keys ('<<') are not understood", "",
                                             "Write the keys out"))
            else:
                yield key.value, place, value
