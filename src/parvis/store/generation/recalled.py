"""What was recalled: generations and contents of graphs that are never served again.

``recalled.json`` is replaced in one step, before anything is deleted, so that a recall that is cut
short is in force all the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parvis.config.documents import SHA256, Document
from parvis.store.files import replace
from parvis.store.generation.manifest import NUMBER

NAME = "recalled.json"
Why = Mapping[str, Any]
"""When and why something was recalled, as plain data."""


@dataclass(frozen=True)
class Recalled:
    """The generations that were recalled, by number, and the contents, by graph and digest."""

    generations: dict[int, Why] = field(default_factory=dict)
    contents: dict[str, dict[str, Why]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> "Recalled":
        """Read what was recalled in a data folder. Raises `StoreError` when that is damaged."""
        try:
            body = (data / NAME).read_bytes()
        except FileNotFoundError:
            return cls()
        found = Document.parse(body, NAME)
        generations: dict[int, Why] = {
            int(found.member("generations").key(number, NUMBER)): why.table()
            for number, why in found.member("generations").members()
        }
        contents: dict[str, dict[str, Why]] = {
            graph: {told.key(digest, SHA256): why.table() for digest, why in told.members()}
            for graph, told in found.member("contents").members()
        }
        return cls(generations, contents)

    def write(self, data: Path) -> None:
        """Replace what is known to be recalled."""
        numbered = {str(number): dict(why) for number, why in sorted(self.generations.items())}
        told = {"generations": numbered, "contents": self.contents}
        replace(data / NAME, json.dumps(told, ensure_ascii=False, indent=1).encode())

    def take_over(self, copy: Path) -> list[str]:
        """Write this into a copy of a data folder besides what that knows; gives the file's name.

        Nothing is written, and no name given, while nothing was ever recalled.
        """
        known = Recalled.read(copy)
        known.generations.update(self.generations)
        for graph, some in self.contents.items():
            known.contents.setdefault(graph, {}).update(some)
        if not (known.generations or known.contents):
            return []
        known.write(copy)
        return [NAME]

    def why(self, graph: str, digest: str) -> Why | None:
        """Say when and why a content of a graph was recalled, if it was."""
        return self.contents.get(graph, {}).get(digest)
