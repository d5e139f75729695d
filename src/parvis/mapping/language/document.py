"""Read mapping documents as YAML with line numbers, and their expressions: ``$(…)`` and calls."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from parvis.errors import MappingError
from parvis.mapping.engine.json_path import is_plain
from parvis.mapping.language.calls import (
    FN,
    GREL,
    IDLAB,
    check_path,
    make_call,
    require_condition,
)
from parvis.mapping.language.plan import Call, Expression, Reference, Template
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

SHORT = {"fn": FN, "grel": GREL, "idlab-fn": IDLAB}
"""Prefixes of functions, which need no declaration."""
CURIE = re.compile(r"([A-Za-z][\w-]*):(?!//)(.*)", re.DOTALL)
CLOSED = (PARVIS, SCHEMA)
"""Closed namespaces: a term that they lack is an error."""
REFERENCE = re.compile(r"\$\(((?:\\.|[^)\\])*)\)")


class Node:
    """A part of the document, with its line."""

    def __init__(self, file: Path, value: Any, line: int, prefixes: Mapping[str, str]) -> None:  # noqa: ANN401 - any YAML
        self.file = file
        self.value = value
        self.line = line
        self.prefixes = prefixes

    def fail(self, template: str, **fields: object) -> NoReturn:
        """Raise a `MappingError` that names file and line."""
        raise MappingError(template, file=self.file.name, line=self.line, **fields)

    def child(self, key: str | int) -> "Node":
        """Return a part of a mapping or list."""
        # ruamel counts lines from 0.
        line = self.line
        if isinstance(self.value, CommentedMap):
            line = self.value.lc.key(key)[0] + 1
        elif isinstance(self.value, CommentedSeq):
            line = self.value.lc.item(key)[0] + 1
        return Node(self.file, self.value[key], line, self.prefixes)

    def get(self, *names: str) -> "Node | None":
        """Return the part under the first of several keys that is present."""
        if not isinstance(self.value, dict):
            self.fail("{file}, line {line}: a mapping of keys is expected here")
        return next((self.child(name) for name in names if name in self.value), None)

    def require(self, *names: str) -> "Node":
        """Return the part under the first of several keys that is present; fail if none is."""
        part = self.get(*names)
        if part is None:
            self.fail("{file}, line {line}: the key “{key}” is missing", key=names[0])
        return part

    def items(self) -> Iterable[tuple[str, "Node"]]:
        """Return the parts of a mapping."""
        if not isinstance(self.value, dict):
            self.fail("{file}, line {line}: a mapping of keys is expected here")
        return [(str(key), self.child(key)) for key in self.value]

    def each(self) -> list["Node"]:
        """Return the parts of a list; of anything else, a list of itself."""
        if not isinstance(self.value, list):
            return [self]
        return [self.child(index) for index in range(len(self.value))]

    def allow_only(self, allowed: Iterable[str]) -> None:
        """Fail for keys that are not allowed."""
        keys = set(allowed)
        for key, part in self.items():
            if key not in keys:
                part.fail(
                    "{file}, line {line}: unknown key “{key}”; known here: {choices}",
                    key=key,
                    choices=", ".join(sorted(keys)),
                )

    def text(self) -> str:
        """Return the value as text; fail for a list, a mapping or null."""
        if isinstance(self.value, dict | list) or self.value is None:
            self.fail("{file}, line {line}: a text is expected here")
        return str(self.value)

    def texts(self) -> tuple[str, ...]:
        """Return the texts of a list; a single text is a list of one."""
        return tuple(part.text() for part in self.each())

    def number(self) -> int:
        """Return a whole number from 1."""
        if not isinstance(self.value, int) or self.value < 1:
            self.fail("{file}, line {line}: a whole number from 1 is expected here")
        return int(self.value)

    def expand(self, text: str) -> str:
        """Expand a prefixed name; fail for an unknown term of a closed vocabulary."""
        match = CURIE.fullmatch(text)
        full = self.prefixes[match[1]] + match[2] if match and match[1] in self.prefixes else text
        # A template with references makes terms that are only known once rows are read.
        for vocabulary in CLOSED:
            if full.startswith(str(vocabulary)) and "$(" not in full and full not in vocabulary:
                self.fail(
                    "{file}, line {line}: “{term}” is not in the shared vocabulary", term=text
                )
        return full


def read_content(file: Path) -> bytes:
    """Read the bytes of a mapping document; raises `MappingError`."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise MappingError(
            "the mapping {file} cannot be read: {reason}", file=file, reason=error.strerror
        ) from error


DEEPEST = 50
"""Levels of a document, one within the other: a mapping has ten."""


def parse(file: Path, content: bytes) -> Node:
    """Parse the content of a YAML 1.2 file; raises `MappingError` with its line."""
    reader = YAML(typ="rt")
    # 70,000 brackets take 40 s to read otherwise, then all of the stack.
    reader.max_depth = DEEPEST
    try:
        document = reader.load(content)
    except (YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        raise MappingError(
            "{file}, line {line}: this is not valid YAML ({reason})",
            file=file.name,
            line=mark.line + 1 if mark else "?",
            reason=getattr(error, "problem", None) or error,
        ) from error
    if not isinstance(document, dict):
        raise MappingError(
            "{file}, line {line}: a mapping of keys is expected here", file=file.name, line=1
        )
    # An empty `prefixes:` is null in YAML.
    declared = document.get("prefixes") or {}
    prefixes = PREFIXES | SHORT | {str(k): str(v) for k, v in declared.items()}
    return Node(file, document, 1, prefixes)


def template(node: Node, text: str, *, paths: bool) -> Template:
    r"""Split a text at its references; ``\)`` within one is a parenthesis of the name.

    With `paths`, names are JSONPaths and must be valid.
    """
    parts: list[str | Reference] = []
    end = 0
    for match in REFERENCE.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        # White space is collapsed, as in the headings of tables.
        name = " ".join(re.sub(r"\\(.)", r"\1", match[1]).split())
        if not name:
            node.fail("{file}, line {line}: a reference “$()” names nothing")
        # `^.` refers to the parent of an item: it is not part of the JSONPath.
        path = re.sub(r"^(\^\.)+", "", name)
        if paths and not is_plain(path):
            check_path(node, path, name)
        parts.append(Reference(name))
        end = match.end()
    if "$(" in text[end:]:
        node.fail("{file}, line {line}: a reference “$(…” is not closed in “{text}”", text=text)
    if end < len(text) or not parts:
        parts.append(text[end:])
    return Template(tuple(parts))


def call(node: Node, *, paths: bool, also: frozenset[str] = frozenset()) -> Call:
    """Read a function call; `also` are more keys that it may have."""
    node.allow_only({"function", "parameters"} | also)
    function = node.require("function")
    parameters = node.get("parameters")
    pairs: list[tuple[str, Expression]] = []
    for part in parameters.each() if parameters else ():
        if isinstance(part.value, dict):
            part.allow_only({"parameter", "value"})
            name, value = part.require("parameter"), part.require("value")
        elif isinstance(part.value, list) and len(part.value) == 2:  # noqa: PLR2004 - a pair
            name, value = part.child(0), part.child(1)
        else:
            part.fail("{file}, line {line}: a parameter is written [name, value]")
        # A parameter may have the prefix of its function.
        pairs.append((name.text().rpartition(":")[2], expression(value, paths=paths)))
    return make_call(function, function.expand(function.text()), pairs)


def expression(node: Node, *, paths: bool) -> Expression:
    """Read a call or a template."""
    if isinstance(node.value, dict):
        return call(node, paths=paths)
    return template(node, node.text(), paths=paths)


def condition(node: Node | None, *, paths: bool) -> Call | None:
    """Read a condition; fail for a call of any other function."""
    if node is None:
        return None
    return require_condition(node, call(node, paths=paths))
