"""Continue the feed of entities: a log for each dataset, written again only if its content changed.

A log goes on from generation to generation. When a dataset is withdrawn, its log keeps the keys
that harvesters know its entities by, and loses what made them: no name can be tested any more.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Self

from rdflib import URIRef
from rdflib.namespace import RDFS

from parvis.catalog.ontology import ontology
from parvis.config import Limits
from parvis.config.documents import Document, read_fields
from parvis.config.json_data import to_object
from parvis.errors import WorkerDied
from parvis.pooling.cards import encode_json
from parvis.pooling.publication.state import Access, PoolState
from parvis.sandbox.client import ProcessClient
from parvis.store.generation.entity_log import LogRequest
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import SCHEMA

INDEX, FOLDER = "entities.json", "entities"
"""The site file of all logs, and the folder of each one with the triples of its entities."""
FORM = 1
"""The version of the code that reads entities: another number compares every content again."""
ROOTS = (
    SCHEMA.Event,
    SCHEMA.EventSeries,
    SCHEMA.Festival,
    SCHEMA.Place,
    SCHEMA.Organization,
    SCHEMA.CreativeWork,
)
"""The classes of entities, with all of their kinds."""
RETENTION = timedelta(days=366)
"""How long a deletion stays in a log."""
SECONDS = 60.0
"""How long a log may take to be written, however short other limits are."""


@dataclass(frozen=True)
class Branch:
    """The log of one dataset: of which content, the key of its digests, when it changed.

    `salt` is empty for a withdrawn dataset, and `content` where no content is described.
    """

    content: str = ""
    salt: str = ""
    steps: tuple[int, ...] = ()

    def advance(self, content: str, salt: str, at: int, forget: int, *, changed: bool) -> Self:
        """Return the next state; `changed` says whether any entry is new."""
        steps = (*self.steps, at) if changed else self.steps
        # A harvester may stand at the last step before what is forgotten: it missed no deletion.
        recent = tuple(step for step in steps if step > forget)
        return type(self)(content, salt, (*steps[: len(steps) - len(recent)][-1:], *recent))


@dataclass(frozen=True)
class FeedIndex:
    """The logs by dataset, and the secret that signs the places where harvesters stand."""

    secret: str = ""
    branches: Mapping[str, Branch] = field(default_factory=dict)

    @classmethod
    def read(cls, site: Path) -> Self:
        """Read the index of a generation's site; one without the file has no log."""
        file = site / INDEX
        if not file.is_file():
            return cls()
        document = Document.parse(file.read_bytes(), file)
        branches = {
            str(DatasetKey.parse(name)): read_fields(Branch, branch)
            for name, branch in document.member("branches").members()
        }
        return cls(document.member("secret").text(), branches)


@dataclass(frozen=True)
class EntityFeed:
    """The site files of the feed, and the datasets that are too large for it."""

    files: Mapping[str, bytes | Path]
    left_out: list[str]


def log_path(site: Path, key: object) -> Path:
    """Return the path of a dataset's log under a site."""
    return site / FOLDER / f"{key}.log"


def bodies_path(site: Path, key: object) -> Path:
    """Return the path of the triples that a dataset's log points into."""
    return site / FOLDER / f"{key}.nt"


def write_entity_feed(state: PoolState, access: Access, former: Path, folder: Path) -> EntityFeed:
    """Continue the last published feed, that of the site `former`; new files go to `folder`."""
    with _FeedWriter(state, former, folder, state.pool.settings.limits) as writer:
        for dataset, _ in access.contents:
            writer.add(dataset.key, access.members[dataset.graph])
        for name in writer.index.branches.keys() - {str(d.key) for d, _ in access.contents}:
            writer.close_branch(DatasetKey.parse(name))
        index = FeedIndex(writer.index.secret or secrets.token_hex(32), writer.branches)
        files = {**writer.files, INDEX: encode_json(to_object(index))}
        return EntityFeed(files, writer.left_out)


class _FeedWriter(ProcessClient):
    """Writes the logs of one publication in a process, started for the first that changed."""

    def __init__(self, state: PoolState, former: Path, folder: Path, limits: Limits) -> None:
        module = "parvis.store.generation.entity_log"
        seconds = max(limits.conversion_seconds, SECONDS)
        super().__init__(module, seconds, memory=limits.conversion_memory)
        self._state, self._former, self._folder = state, former, folder
        self.index = FeedIndex.read(former)
        last = max((s for b in self.index.branches.values() for s in b.steps), default=0)
        # An instant follows the last one of the feed, whatever the clock says.
        self._at = max(to_microseconds(state.now.timestamp()), last + 1)
        self._forget = self._at - to_microseconds(RETENTION.total_seconds())
        self.branches: dict[str, Branch] = {}
        self.files: dict[str, bytes | Path] = {}
        self.left_out: list[str] = []

    def add(self, key: DatasetKey, source: Path) -> None:
        """Link the files of an unchanged content, or compare it with the former log."""
        content, branch = f"{FORM} {source.name}", self.index.branches.get(str(key), Branch())
        log, bodies = (make(self._former, key) for make in (log_path, bodies_path))
        if branch.content == content and log.is_file() and bodies.is_file():
            self._enter(key, branch, log, bodies)
            return
        salt = branch.salt or secrets.token_hex(16)
        try:
            self._write(key, branch, content, salt, source)
        except (TimeoutError, WorkerDied):  # too large: harvesters must not keep what it was
            self.left_out.append(str(key))
            self._write(key, branch, content, salt, None)

    def close_branch(self, key: DatasetKey) -> None:
        """Continue the log of a dataset that nobody reads; of a withdrawn one, forget the names."""
        branch, log = self.index.branches[str(key)], log_path(self._former, key)
        if not log.is_file() or branch.steps[-1:] < (self._forget,):
            return
        if key in self._state.versions or not branch.salt:
            self._enter(key, Branch("", branch.salt, branch.steps), log)
        else:
            self._write(key, branch, "", "", None)

    def _write(
        self, key: DatasetKey, branch: Branch, content: str, salt: str, source: Path | None
    ) -> None:
        log, bodies = (make(self._folder, key) for make in (log_path, bodies_path))
        log.parent.mkdir(parents=True, exist_ok=True)
        former = log_path(self._former, key)
        request = LogRequest(
            path=str(source) if source else None,
            former=str(former) if former.is_file() else None,
            kinds=sorted(_entity_classes()),
            salt=salt,
            at=self._at,
            forget=self._forget,
            log=str(log),
            bodies=str(bodies),
        )
        changed = bool(self.call(to_object(request))["changed"])
        branch = branch.advance(content, salt, self._at, self._forget, changed=changed)
        self._enter(key, branch, log, *([bodies] if content else []))

    def _enter(self, key: DatasetKey, branch: Branch, log: Path, *bodies: Path) -> None:
        self.branches[str(key)] = branch
        self.files |= {f"{FOLDER}/{key}{path.suffix}": path for path in (log, *bodies)}


def to_microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)


@cache
def _entity_classes() -> frozenset[str]:
    """Return the IRIs of the classes of entities, and of all their kinds."""
    graph = ontology()
    return frozenset(
        str(kind)
        for root in ROOTS
        for kind in graph.transitive_subjects(RDFS.subClassOf, root)
        if isinstance(kind, URIRef)
    )
