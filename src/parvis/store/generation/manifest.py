"""The manifest of a generation: what is in it, and the digest of every file."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Self

from parvis.config.documents import A_PATH, SHA256, Document
from parvis.errors import StoreError

NAME = "manifest.json"
LISTED = "graphs.json"
"""What stands in the place of a store that is elsewhere: the names of its graphs."""
LARGEST = 256_000_000
"""Bytes of a manifest: one of 400,000 graphs has as many."""
MOST = 10**9
"""The greatest number of a generation: one a minute for two thousand years."""
NUMBER = re.compile("[1-9][0-9]{0,9}")
"""How a generation is numbered in a name: "²" is a digit to Python, and no number."""
SOURCE = re.compile(r"[0-9a-f]{64}\.nt(\.gz)?")
"""How the content of a graph is named: a version of the record, or another file's digest."""


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
        file = folder / NAME
        try:
            body = file.read_bytes()
        except OSError as error:
            raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error
        return cls.unpacked(body, file)

    @classmethod
    def unpacked(cls, body: bytes, file: object = NAME) -> Self:
        """Read a manifest's JSON, which another machine may have written. Raises `StoreError`."""
        found = Document.parse(body, file, most=LARGEST)
        until = found.member("good_until")
        files = dict(_files(found.member("files")))
        return cls(
            generation=found.member("generation").whole(1, MOST),
            created=found.member("created").instant(),
            good_until=until.optional(until.instant),
            open=_from_facts(found.member("open")),
            members=_from_facts(found.member("members")),
            files={name: digest for name, (digest, _) in files.items()},
            sizes={name: size for name, (_, size) in files.items()},
        )


def _files(found: Document) -> Iterator[tuple[str, tuple[str, int]]]:
    """Read the digest and the size of each file; none is a folder of another, or the manifest."""
    folders: set[str] = {NAME}
    for name in found.table():
        folder = Document(name, found.file, found.error, "files").path()
        while (folder := folder.rpartition("/")[0]) and folder not in folders:
            folders.add(folder)
    for name, told in found.members():
        if name in folders:
            raise Document(name, found.file, found.error, "files").refusal(A_PATH)
        yield name, (told.member("sha256").text(SHA256), told.member("bytes").whole())


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


def _from_facts(found: Document) -> StoreFacts:
    """Read a store's facts."""
    graphs = dict(found.member("graphs").members())
    layers = found.member("layers")  # generations of before it was counted have none
    return StoreFacts(
        graphs={graph: told.member("quads").whole() for graph, told in graphs.items()},
        sources={graph: told.member("source").text(SOURCE) for graph, told in graphs.items()},
        digest=found.member("digest").text(SHA256),
        replaced=found.member("replaced").whole(),
        layers=layers.optional(layers.whole) or 0,
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


# Many small texts in a few files: one file a form, and one that tells where each text stands.
#
# Ten thousand records in eight forms would be as many files, each to be digested, waited for and
# opened; what is read together stands together here.

INDEX = "index.json"


class Bundle:
    """The texts of a folder, by their name and form. A folder that is not there holds none."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; nothing is read yet."""
        self._folder = folder

    def get(self, name: str, form: str) -> bytes | None:
        """Give one text, None where there is none."""
        return next(self.all([name], form)) if self.has(name, form) else None

    def has(self, name: str, form: str) -> bool:
        """Say whether there is a text of that name and form."""
        return name in self._places.get(form, {})

    def all(self, names: Iterable[str], form: str) -> Iterator[bytes]:
        """Read texts of one form, in the order of their names; raises `KeyError`."""
        places = self._places.get(form, {})
        with (self._folder / form).open("rb") as file:
            for name in names:
                start, length = places[name]
                file.seek(start)
                yield file.read(length)

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """Read where each text begins, and how long it is."""
        try:
            found: Mapping[str, Mapping[str, tuple[int, int]]]
            found = json.loads((self._folder / INDEX).read_bytes())
        except FileNotFoundError:
            return {}
        return found


class BundleWriter:
    """Writes texts into a new folder, one after the other; `Bundle` reads them once it is closed.

    Nothing stays in memory but where each stands.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        folder.mkdir(parents=True)
        self._folder = folder
        self._open = ExitStack()
        self._files: dict[str, BinaryIO] = {}
        self._places: dict[str, dict[str, tuple[int, int]]] = {}

    def put(self, name: str, texts: Mapping[str, bytes]) -> None:
        """Write what a name stands for, in its forms."""
        for form, text in texts.items():
            if form not in self._files:
                self._files[form] = self._open.enter_context((self._folder / form).open("wb"))
            place = (self._files[form].tell(), len(text))
            self._files[form].write(text)
            self._places.setdefault(form, {})[name] = place

    def close(self) -> None:
        """Write the rest."""
        self._open.close()
        (self._folder / INDEX).write_text(json.dumps(self._places), encoding="utf-8")

    def paths(self) -> dict[str, Path]:
        """Give the files by their names."""
        return {name: self._folder / name for name in (*self._files, INDEX)}

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the rest."""
        self.close()
