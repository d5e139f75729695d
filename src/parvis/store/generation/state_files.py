"""Small files of a data folder that state what holds of its generations: one is always whole."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError
from parvis.store.files import replace, settle
from parvis.store.generation.manifest import NUMBER
from parvis.store.record.graph_record import GraphRecord

# Recalled generations and contents of graphs, which are never served again. ``recalled.json`` is
# replaced before anything is deleted, so that an interrupted recall is in force all the same.

RECALLED = "recalled.json"
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
            body = (data / RECALLED).read_bytes()
        except FileNotFoundError:
            return cls()
        document = Document.parse(body, RECALLED)
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
        generations = {str(number): dict(why) for number, why in sorted(self.generations.items())}
        fields = {"generations": generations, "contents": self.contents}
        replace(data / RECALLED, json.dumps(fields, ensure_ascii=False, indent=1).encode())

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
        return [RECALLED]

    def remove_from(self, record: GraphRecord) -> None:
        """Remove the recalled contents that are current."""
        for graph, version in record.versions().items():
            if self.why(graph, version.digest) is not None:
                record.remove(graph)

    def why(self, graph: str, digest: str) -> Why | None:
        """Return when and why a content of a graph was recalled, if it was."""
        return self.contents.get(graph, {}).get(digest)


# Repositories of an engine that are being changed: nothing that they answer is passed on.
#
# ``remote.json`` is written before the first change of one, and without it once its content was
# counted. A change that is interrupted leaves it there until a publication or a check completes it.

CHANGING = "remote.json"


def read_changing(data: Path) -> frozenset[str]:
    """Return the addresses of repositories that are being changed. Raises `StoreError`."""
    try:
        body = (data / CHANGING).read_bytes()
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise StoreError("{file} is damaged: {reason}", file=CHANGING, reason=error) from error
    addresses = Document.parse(body, CHANGING).member("changing").items()
    return frozenset(address.text() for address in addresses)


def is_changing(data: Path, address: str) -> bool:
    """Return whether a repository is being changed, mostly at the cost of one system call."""
    return os.path.exists(data / CHANGING) and address in read_changing(data)  # noqa: PTH110 - at each request


def mark_changing(data: Path, addresses: Iterable[str], *, changing: bool) -> None:
    """State that repositories are being changed, or no longer are."""
    marked = read_changing(data)
    marked = marked | {*addresses} if changing else marked - {*addresses}
    if marked:
        replace(data / CHANGING, json.dumps({"changing": sorted(marked)}).encode())
    else:
        (data / CHANGING).unlink(missing_ok=True)
        settle(data)
