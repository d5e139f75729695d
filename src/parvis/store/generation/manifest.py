"""The manifest of a generation: its content, and the digest of every file."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Self

from parvis.config.documents import A_PATH, SHA256, Document
from parvis.errors import StoreError
from parvis.store.files import sha256

NAME = "manifest.json"
LISTED = "graphs.json"
"""A file in place of a remote store: the names of its graphs."""
LARGEST = 256_000_000
"""The greatest size of a manifest: that of 400,000 graphs."""
MOST = 10**9
"""The greatest number of a generation: one a minute for two thousand years."""
NUMBER = re.compile("[1-9][0-9]{0,9}")
"""The number of a generation in a name; `str.isdigit` would accept "²"."""
SOURCE = re.compile(r"[0-9a-f]{64}(\.[a-z]+)?\.nt(\.gz)?")
"""The name of a graph's content: a version of the record, perhaps in another form, or another
file's digest."""


@dataclass(frozen=True)
class StoreFacts:
    """The content of one store: quads of each graph, and the file each was loaded from.

    `digest` depends on graphs and their content alone: the same content in another generation has
    the same digest, which makes it an ETag. `sources` name each content by its SHA-256. `replaced`
    counts the quads removed from the store since it was last built anew, `layers` how often it
    started as a copy since its tables were last merged.
    """

    graphs: Mapping[str, int]
    sources: Mapping[str, str]
    digest: str
    replaced: int = 0
    layers: int = 0

    @property
    def quads(self) -> int:
        return sum(self.graphs.values())


@dataclass(frozen=True)
class Manifest:
    """A generation's number, instants, stores and files.

    `good_until` is the first instant at which an access decision changes; `files` maps each file's
    path inside the generation to its SHA-256, `sizes` to its bytes.
    """

    generation: int
    created: datetime
    good_until: datetime | None
    open: StoreFacts
    members: StoreFacts
    files: Mapping[str, str]
    sizes: Mapping[str, int]

    def to_bytes(self) -> bytes:
        fields = {
            "generation": self.generation,
            "created": self.created.isoformat(),
            "good_until": self.good_until and self.good_until.isoformat(),
            "open": _facts_to_json(self.open),
            "members": _facts_to_json(self.members),
            "files": {
                name: {"sha256": digest, "bytes": self.sizes[name]}
                for name, digest in self.files.items()
            },
        }
        return json.dumps(fields, ensure_ascii=False, indent=1).encode()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read a generation's manifest. Raises `StoreError` when it is damaged."""
        file = folder / NAME
        try:
            body = file.read_bytes()
        except OSError as error:
            raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error
        return cls.from_bytes(body, file)

    @classmethod
    def from_bytes(cls, body: bytes, file: object = NAME) -> Self:
        """Read a manifest's JSON, perhaps of another machine. Raises `StoreError`."""
        document = Document.parse(body, file, most=LARGEST)
        until = document.member("good_until")
        listed, files = document.member("files"), dict[str, tuple[str, int]]()
        # No file is a folder of another, or the manifest.
        folders: set[str] = {NAME}
        for name in listed.table():
            folder = Document(name, document.file, document.error, "files").path()
            while (folder := folder.rpartition("/")[0]) and folder not in folders:
                folders.add(folder)
        for name, entry in listed.members():
            if name in folders:
                raise Document(name, document.file, document.error, "files").refusal(A_PATH)
            files[name] = entry.member("sha256").text(SHA256), entry.member("bytes").whole()
        return cls(
            generation=document.member("generation").whole(1, MOST),
            created=document.member("created").instant(),
            good_until=until.optional(until.instant),
            open=_read_facts(document.member("open")),
            members=_read_facts(document.member("members")),
            files={name: digest for name, (digest, _) in files.items()},
            sizes={name: size for name, (_, size) in files.items()},
        )


def _facts_to_json(facts: StoreFacts) -> dict[str, Any]:
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


def _read_facts(document: Document) -> StoreFacts:
    graphs = dict(document.member("graphs").members())
    layers = document.member("layers")  # absent in older generations
    return StoreFacts(
        graphs={graph: entry.member("quads").whole() for graph, entry in graphs.items()},
        sources={graph: entry.member("source").text(SOURCE) for graph, entry in graphs.items()},
        digest=document.member("digest").text(SHA256),
        replaced=document.member("replaced").whole(),
        layers=layers.optional(layers.whole) or 0,
    )


def files_of(folder: Path, digests: Mapping[int, str]) -> dict[str, str]:
    """Return the SHA-256 of every file under a folder, by its path in it.

    `digests` are known ones by inode, so that a hard link is not read again.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    inodes = {path: path.stat().st_ino for path in paths}
    new = {inode: path for path, inode in inodes.items() if inode not in digests}
    with ThreadPoolExecutor() as threads:
        by_inode = {**digests, **dict(zip(new, threads.map(sha256, new.values()), strict=True))}
    return {str(path.relative_to(folder)): by_inode[inode] for path, inode in inodes.items()}


# Many small texts in a few files: one file per form, and an index of offsets.
#
# Ten thousand records in eight forms would be as many files to hash, sync and open; here texts that
# are read together are in one file.

INDEX = "index.json"


class Bundle:
    """The texts of a folder, by their name and form. A folder that does not exist has none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, form: str) -> bytes | None:
        return next(self.all([name], form)) if self.has(name, form) else None

    def forms(self, name: str) -> dict[str, bytes]:
        """Return the text of each form that a name has."""
        forms = [form for form, places in self._places.items() if name in places]
        return {form: next(self.all([name], form)) for form in forms}

    def has(self, name: str, form: str) -> bool:
        return name in self._places.get(form, {})

    def all(self, names: Iterable[str], form: str) -> Iterator[bytes]:
        """Yield texts of one form, in the order of their names. Raises `KeyError`."""
        places = self._places.get(form, {})
        with (self._folder / form).open("rb") as file:
            for name in names:
                start, length = places[name]
                file.seek(start)
                yield file.read(length)

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """Read the offset and the length of each text."""
        try:
            places: Mapping[str, Mapping[str, tuple[int, int]]]
            places = json.loads((self._folder / INDEX).read_bytes())
        except FileNotFoundError:
            return {}
        return places


class BundleWriter:
    """Writes texts into a new folder, one after the other; `Bundle` reads them once it is closed.

    Only the offsets stay in memory.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._open = ExitStack()
        self._files: dict[str, BinaryIO] = {}
        self._places: dict[str, dict[str, tuple[int, int]]] = {}

    def put(self, name: str, texts: Mapping[str, bytes]) -> None:
        for form, text in texts.items():
            if form not in self._files:
                self._files[form] = self._open.enter_context((self._folder / form).open("wb"))
            place = (self._files[form].tell(), len(text))
            self._files[form].write(text)
            self._places.setdefault(form, {})[name] = place

    def close(self) -> None:
        self._open.close()
        (self._folder / INDEX).write_text(json.dumps(self._places), encoding="utf-8")

    def paths(self) -> dict[str, Path]:
        return {name: self._folder / name for name in (*self._files, INDEX)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
