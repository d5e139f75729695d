"""The manifest of a generation: what is in it, and the digest of every file."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from parvis.errors import StoreError

NAME = "manifest.json"
LISTED = "graphs.json"
"""What stands in the place of a store that is elsewhere: the names of its graphs."""


@dataclass(frozen=True)
class StoreFacts:
    """What one store holds: quads of each graph, and the file each was loaded from.

    `digest` depends on graphs and their content alone: the same content in another generation
    has the same digest, which makes it an ETag. `sources` name each content by its SHA-256.
    `replaced` counts the quads taken out of the store since it was last built anew, `layers` the
    times it was begun as a copy since its tables were last merged.
    """

    graphs: Mapping[str, int]
    sources: Mapping[str, str]
    digest: str
    replaced: int = 0
    layers: int = 0

    @property
    def quads(self) -> int:
        """Count the quads."""
        return sum(self.graphs.values())


@dataclass(frozen=True)
class Manifest:
    """A generation's number, instants, stores and files.

    `good_until` is the first instant at which an access decision changes; `files` has the SHA-256
    of each file by its path inside the generation, `sizes` its bytes.
    """

    generation: int
    created: datetime
    good_until: datetime | None
    open: StoreFacts
    members: StoreFacts
    files: Mapping[str, str]
    sizes: Mapping[str, int]

    def packed(self) -> bytes:
        """Write the manifest as JSON."""
        found = {
            "generation": self.generation,
            "created": self.created.isoformat(),
            "good_until": self.good_until and self.good_until.isoformat(),
            "open": _facts(self.open),
            "members": _facts(self.members),
            "files": {
                name: {"sha256": digest, "bytes": self.sizes[name]}
                for name, digest in self.files.items()
            },
        }
        return json.dumps(found, ensure_ascii=False, indent=1).encode()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a generation's manifest. Raises `StoreError` when it is damaged."""
        try:
            return cls.unpacked((folder / NAME).read_bytes())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                "{file} is damaged: {reason}", file=folder / NAME, reason=error
            ) from error

    @classmethod
    def unpacked(cls, body: bytes) -> Self:
        """Read a manifest's JSON. Raises `ValueError`, `KeyError` or `TypeError`."""
        return cls._from_json(json.loads(body))

    @classmethod
    def _from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read a manifest from plain data."""
        until = found["good_until"]
        return cls(
            generation=found["generation"],
            created=datetime.fromisoformat(found["created"]),
            good_until=until and datetime.fromisoformat(until),
            open=_from_facts(found["open"]),
            members=_from_facts(found["members"]),
            files={name: one["sha256"] for name, one in found["files"].items()},
            sizes={name: one["bytes"] for name, one in found["files"].items()},
        )


def _facts(facts: StoreFacts) -> dict[str, Any]:
    """Give a store's facts as plain data."""
    return {
        "quads": facts.quads,
        "digest": facts.digest,
        "replaced": facts.replaced,
        "layers": facts.layers,
        "graphs": {
            graph: {"quads": quads, "source": facts.sources[graph]}
            for graph, quads in facts.graphs.items()
        },
    }


def _from_facts(found: Mapping[str, Any]) -> StoreFacts:
    """Read a store's facts from plain data."""
    graphs = found["graphs"]
    return StoreFacts(
        graphs={graph: known["quads"] for graph, known in graphs.items()},
        sources={graph: known["source"] for graph, known in graphs.items()},
        digest=found["digest"],
        replaced=found["replaced"],
        layers=found.get("layers", 0),  # generations of before it was counted have none
    )


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(folder: Path, known: Mapping[int, str]) -> dict[str, str]:
    """Give the SHA-256 of every file under a folder, by its path in it.

    `known` are digests by inode: a file that is another's hard link is not read again.
    """
    found: dict[str, str] = {}
    seen = dict(known)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        inode = path.stat().st_ino
        seen[inode] = seen.get(inode) or sha256(path)
        found[str(path.relative_to(folder))] = seen[inode]
    return found
