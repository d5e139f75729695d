"""YAML with line numbers: what every part of a mapping document is read through."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from parvis.errors import MappingError
from parvis.mapping.language.calls import FN, GREL, IDLAB
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

SHORT = {"fn": FN, "grel": GREL, "idlab-fn": IDLAB}
"""Prefixes of functions, known without being declared."""
CURIE = re.compile(r"([A-Za-z][\w-]*):(?!//)(.*)", re.DOTALL)
CLOSED = (PARVIS, SCHEMA)
"""Namespaces whose terms are all known: another one is a mistake."""


class Node:
    """A part of the document: its value, and the line it stands on."""

    def __init__(self, file: Path, value: Any, line: int, prefixes: Mapping[str, str]) -> None:  # noqa: ANN401 - any YAML
        """Keep the value with its place."""
        self.file = file
        self.value = value
        self.line = line
        self.prefixes = prefixes

    def fail(self, template: str, **fields: object) -> NoReturn:
        """Raise a `MappingError` that names file and line."""
        raise MappingError(template, file=self.file.name, line=self.line, **fields)

    def at(self, line: int) -> "Node":
        """Give the same document, at another line."""
        return Node(self.file, self.value, line, self.prefixes)

    def child(self, key: str | int) -> "Node":
        """Give a part of a mapping or list."""
        line = self.line
        if isinstance(self.value, CommentedMap):
            line = self.value.lc.key(key)[0] + 1
        elif isinstance(self.value, CommentedSeq):
            line = self.value.lc.item(key)[0] + 1
        return Node(self.file, self.value[key], line, self.prefixes)

    def get(self, *names: str) -> "Node | None":
        """Give the part under the first of several names that is there."""
        if not isinstance(self.value, dict):
            self.fail("{file}, line {line}: a mapping of keys is expected here")
        return next((self.child(name) for name in names if name in self.value), None)

    def require(self, *names: str) -> "Node":
        """Give a part that must be there."""
        found = self.get(*names)
        if found is None:
            self.fail("{file}, line {line}: the key “{key}” is missing", key=names[0])
        return found

    def items(self) -> Iterable[tuple[str, "Node"]]:
        """Give the parts of a mapping."""
        if not isinstance(self.value, dict):
            self.fail("{file}, line {line}: a mapping of keys is expected here")
        return [(str(key), self.child(key)) for key in self.value]

    def each(self) -> list["Node"]:
        """Give the parts of a list; anything else is a list of one."""
        if not isinstance(self.value, list):
            return [self]
        return [self.child(index) for index in range(len(self.value))]

    def only(self, allowed: Iterable[str]) -> None:
        """Refuse keys that mean nothing here."""
        known = set(allowed)
        for key, part in self.items():
            if key not in known:
                part.fail(
                    "{file}, line {line}: unknown key “{key}”; known here: {known}",
                    key=key,
                    known=", ".join(sorted(known)),
                )

    def text(self) -> str:
        """Give the value as text; a list or mapping is refused."""
        if isinstance(self.value, dict | list) or self.value is None:
            self.fail("{file}, line {line}: a text is expected here")
        return str(self.value)

    def texts(self) -> tuple[str, ...]:
        """Give a list of texts, or one."""
        return tuple(part.text() for part in self.each())

    def number(self) -> int:
        """Give a whole number from 1."""
        if not isinstance(self.value, int) or self.value < 1:
            self.fail("{file}, line {line}: a whole number from 1 is expected here")
        return int(self.value)

    def expand(self, text: str) -> str:
        """Expand a prefixed name; a term of a closed vocabulary must exist."""
        found = CURIE.fullmatch(text)
        full = self.prefixes[found[1]] + found[2] if found and found[1] in self.prefixes else text
        for vocabulary in CLOSED:
            if full.startswith(str(vocabulary)) and "$(" not in full and full not in vocabulary:
                self.fail(
                    "{file}, line {line}: “{term}” is not in the shared vocabulary", term=text
                )
        return full


def parse(file: Path) -> Node:
    """Read a YAML 1.2 file; raises `MappingError` with its line."""
    try:
        found = YAML(typ="rt").load(file)
    except OSError as error:
        raise MappingError(
            "the mapping {file} cannot be read: {reason}", file=file, reason=error.strerror
        ) from error
    except (YAMLError, UnicodeDecodeError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        raise MappingError(
            "{file}, line {line}: this is not valid YAML ({reason})",
            file=file.name,
            line=mark.line + 1 if mark else "?",
            reason=getattr(error, "problem", None) or error,
        ) from error
    if not isinstance(found, dict):
        raise MappingError(
            "{file}, line {line}: a mapping of keys is expected here", file=file.name, line=1
        )
    declared = found.get("prefixes") or {}
    prefixes = PREFIXES | SHORT | {str(k): str(v) for k, v in declared.items()}
    return Node(file, found, 1, prefixes)
