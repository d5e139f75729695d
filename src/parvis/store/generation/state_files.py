"""Small files of a data folder that state what holds of its generations: one is always whole."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from parvis.config.documents import SHA256, Document
from parvis.errors import StoreError
from parvis.store.files import replace, settle
from parvis.store.generation.manifest import MOST, NUMBER
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


# The transition between generations in a remote store, which holds only one at a time.
#
# ``remote.json`` states how many graphs were staged, and between which two generations the store
# is, from just before it is changed until the pointer has moved.

CHANGE_OVER = "remote.json"


@dataclass(frozen=True)
class ChangeOver:
    """Up to `staged` graphs may be staged; the store holds generation `former` or `new`.

    Both are 0 when no change is in progress.
    """

    staged: int = 0
    former: int = 0
    new: int = 0

    @property
    def is_between(self) -> bool:
        """Return whether the store may hold either generation."""
        return self.new > 0

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read the transition in progress, most often none. Raises `StoreError`."""
        try:
            body = (data / CHANGE_OVER).read_bytes()
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise StoreError(
                "{file} is damaged: {reason}", file=CHANGE_OVER, reason=error
            ) from error
        # Checked, since it names a folder and may come from a backup.
        state = Document.parse(body, CHANGE_OVER)
        return cls(*(state.member(name).whole(0, MOST) for name in ("staged", "former", "new")))

    def write(self, data: Path) -> None:
        """Publish the transition to serving processes."""
        replace(data / CHANGE_OVER, json.dumps(asdict(self)).encode())


def is_changing(data: Path) -> bool:
    """Return whether a transition is in progress, at the cost of one system call."""
    return os.path.exists(data / CHANGE_OVER)  # noqa: PTH110 - at each request


def clear_change_over(data: Path) -> None:
    """Record that no transition is in progress."""
    (data / CHANGE_OVER).unlink(missing_ok=True)
    settle(data)
