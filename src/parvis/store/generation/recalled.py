"""Recalled generations and contents of graphs, which are never served again.

``recalled.json`` is replaced atomically before anything is deleted, so that an interrupted recall
is in force all the same.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parvis.config.documents import SHA256, Document
from parvis.store.files import replace
from parvis.store.generation.manifest import NUMBER
from parvis.store.record.graph_record import GraphRecord

NAME = "recalled.json"
Why = Mapping[str, Any]
"""When and why something was recalled, as JSON."""


@dataclass(frozen=True)
class RecallList:
    """The recalled generations, by number, and the recalled contents, by graph and digest."""

    generations: dict[int, Why] = field(default_factory=dict)
    contents: dict[str, dict[str, Why]] = field(default_factory=dict)

    @classmethod
    def read(cls, data: Path) -> "RecallList":
        """Read the file of a data folder. Raises `StoreError` when it is damaged."""
        try:
            body = (data / NAME).read_bytes()
        except FileNotFoundError:
            return cls()
        document = Document.parse(body, NAME)
        generations: dict[int, Why] = {
            int(document.member("generations").key(number, NUMBER)): why.table()
            for number, why in document.member("generations").members()
        }
        contents: dict[str, dict[str, Why]] = {
            graph: {entries.key(digest, SHA256): why.table() for digest, why in entries.members()}
            for graph, entries in document.member("contents").members()
        }
        return cls(generations, contents)

    def write(self, data: Path) -> None:
        """Replace the file of a data folder."""
        generations = {str(number): dict(why) for number, why in sorted(self.generations.items())}
        fields = {"generations": generations, "contents": self.contents}
        replace(data / NAME, json.dumps(fields, ensure_ascii=False, indent=1).encode())

    def take_over(self, copy: Path) -> list[str]:
        """Add this to the file of a copy of a data folder; return the file's name.

        While nothing was ever recalled, nothing is written and no name returned.
        """
        union = RecallList.read(copy)
        union.generations.update(self.generations)
        for graph, digests in self.contents.items():
            union.contents.setdefault(graph, {}).update(digests)
        if not (union.generations or union.contents):
            return []
        union.write(copy)
        return [NAME]

    def remove_from(self, record: GraphRecord) -> None:
        """Remove the recalled contents that are current."""
        for graph, version in record.versions().items():
            if self.why(graph, version.digest) is not None:
                record.remove(graph)

    def why(self, graph: str, digest: str) -> Why | None:
        """Return when and why a content of a graph was recalled, if it was."""
        return self.contents.get(graph, {}).get(digest)
