"""What is asked of a pool, and what comes back: questions, answers on their way, files."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from parvis import __version__
from parvis.config import Settings
from parvis.errors import MachineError, NoLongerKept
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.quotas import Shares
from parvis.pooling.serving.cache import Answers, Recorded, Whole
from parvis.pooling.serving.current import Following, Served
from parvis.store.generation.change_over import ChangeOver, is_changing
from parvis.store.generation.generation import Generation
from parvis.store.query.answer import Ready
from parvis.store.query.pool import Program, QueryPool
from parvis.store.query.request import Dataset, Request


@dataclass(frozen=True)
class Question:
    """A reader's query, the dataset it asks for, and the formats it accepts by ending.

    `generation` asks for the answer of one that is still kept; None for the one that is served.
    `values` are IRIs that stand in for the variables they name.
    """

    query: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    results_format: str | None = "json"
    graph_format: str | None = "ttl"
    generation: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> Dataset | None:
        """Give the dataset that the protocol's parameters name, if they name any."""
        if not self.default_graphs and not self.named_graphs:
            return None
        return Dataset(self.default_graphs, self.named_graphs)


class Chunks(Protocol):
    """Pieces of an answer, which may be left unread."""

    def __iter__(self) -> Iterator[bytes]:
        """Give the pieces."""

    def __next__(self) -> bytes:
        """Give the next piece."""

    def close(self) -> None:
        """Stop the work."""


@dataclass(frozen=True)
class Answer:
    """The beginning of an answer, of kind bindings, boolean or graph, and its generation.

    `body` is the whole answer where it is there already; `whole` waits for the rest of it, gives
    its bytes, and raises what goes wrong. `tag` tells it from all others; it is None for one that
    may be another a moment later.
    """

    kind: str
    media_type: str
    chunks: Chunks
    generation: int
    whole: Callable[[], int]
    body: bytes | None = None
    tag: str | None = None

    @classmethod
    def of(cls, found: Whole, generation: int, tag: str | None) -> "Answer":
        """Give a whole answer."""
        ready = Ready(found.body)
        return cls(found.kind, found.media_type, ready, generation, ready.whole, found.body, tag)


@dataclass(frozen=True)
class Dump:
    """A file to take away: where it is, its SHA-256, and the generation that it is of."""

    path: Path
    sha256: str
    generation: int


# A question as it is put to one store of one generation: what it is kept and tagged by.

MAKER = f"parvis {__version__}, pyoxigraph {version('pyoxigraph')}"
"""Who writes answers: another version may write the same otherwise."""

CHANGING = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\b", re.IGNORECASE)
"""Functions that answer otherwise each time (SPARQL 1.1 Query §17.4); or words that look so."""


@dataclass(frozen=True)
class Asking:
    """A request that is confined to what one reader may read of one generation.

    `served` is the generation that was served when that was decided: most often the same.
    `between` says that the store elsewhere was just changing to the next one.
    """

    served: Generation
    generation: Generation
    members: bool
    request: Request
    reader: Reader
    between: bool = False

    @property
    def store(self) -> Path:
        """Tell where the store is."""
        return self.generation.members_store if self.members else self.generation.open_store

    @property
    def changing(self) -> bool:
        """Say whether the same question may be answered otherwise a moment later."""
        query = self.request.query
        return self.between or ("(" in query and CHANGING.search(query) is not None)

    @cached_property
    def tag(self) -> str:
        """Give what tells this answer from all others: the same store, asked the same, has it too.

        It depends on what the reader's store holds and on nothing else of the generation.
        """
        manifest = self.generation.manifest
        digest = manifest.members.digest if self.members else manifest.open.digest
        told = f"{MAKER}\n{self.members}\n{digest}\n".encode() + self.request.told
        return hashlib.sha256(told).hexdigest()[:32]


# Where a pool's graphs are: in stores of its own, or in another server's.

ONE_KEPT = N_("another store holds one generation: generation {number} is no longer there")


def workers(settings: Settings) -> QueryPool:
    """Give the workers that answer queries; each holds one connection where they ask elsewhere."""
    remote = settings.remote
    if not remote:
        return QueryPool(settings.limits)
    opening = {"remote": asdict(remote), "secret": remote.secret()}
    limits = replace(settings.limits, workers=remote.connections)
    return QueryPool(limits, Program("parvis.store.remote.worker", opening, works=False))


def between(following: Following, data: Path, reader: Reader, now: datetime) -> Dataset | None:
    """Give what a reader may read while the store changes from one generation to the next.

    That is what both allow, for what it holds may be of either. None when it does not change.
    """
    under_way = ChangeOver.read(data) if is_changing(data) else ChangeOver()
    if not (under_way.between and under_way.former):
        return None
    older, newer = following.numbered(under_way.former), following.numbered(under_way.new)
    allowed = newer.repeated(older, reader, now)
    return allowed or Dataset.of(older.facts(reader).graphs)


# Questions put to the query workers, within what their readers may read; answers that are kept.


class Answering:
    """Answers from memory, else from the workers, which are its own."""

    def __init__(
        self, settings: Settings, served: Served, shares: Shares, answers: Answers
    ) -> None:
        """Start no worker yet."""
        self._settings, self._served = settings, served
        self._shares, self._answers = shares, answers
        self._workers = workers(settings)

    def tag(self, reader: Reader, question: Question) -> str | None:
        """Tell the tag that the answer to a question would have, without asking it."""
        asking = self._asking(reader, self._request(question), question.generation)
        return None if asking.changing else asking.tag

    def ask(self, reader: Reader, question: Question, served: Generation | None = None) -> Answer:
        """Begin to answer a query with what the reader may read.

        `served` is what is served, for who has just looked.
        Raises `QueryError`, `LimitError` (`ShareError` for the reader's own), `WorkerDied`,
        `NothingPublished` or, for a generation that was asked for, `UnknownThing`.
        """
        return self.put(reader, self._request(question), question.generation, served)

    def put(
        self,
        reader: Reader,
        request: Request,
        number: int | None = None,
        served: Generation | None = None,
    ) -> Answer:
        """Answer a request, once more if a publication has just deleted what it was for."""
        asking = self._asking(reader, request, number, served)
        try:
            answer = self._ask(asking)
        except MachineError:
            if asking.generation.folder.is_dir():
                raise
        else:
            if not self._overtaken(asking):
                return answer
            answer.chunks.close()
        return self._ask(self._asking(reader, request, number))

    def load(self) -> dict[str, int]:
        """Count queries by state: ``busy``, ``aside`` (long ones) and ``waiting``."""
        return self._workers.load()

    def close(self) -> None:
        """End the workers."""
        self._workers.close()

    def _request(self, question: Question) -> Request:
        """Write a question for a worker."""
        return Request(
            query=question.query,
            asked=question.asked,
            results=question.results_format or "json",
            graph=question.graph_format or "ttl",
            base=self._settings.base,
            values=question.values,
        )

    def _asking(
        self,
        reader: Reader,
        request: Request,
        number: int | None = None,
        served: Generation | None = None,
    ) -> Asking:
        """Confine a request to what the reader may read now, also of an earlier generation."""
        known = None if served is None else self._served.following.known(served)
        published = known or self._served.published()
        now = self._served.at(published.generation)
        meanwhile = self._between(reader, now)
        if number in (None, published.generation.number):
            generation, allowed = published.generation, published.dataset(reader, now)
        elif self._settings.remote:
            raise NoLongerKept(ONE_KEPT, number=number)
        else:
            older = self._served.following.numbered(number)
            generation, allowed = older.generation, published.repeated(older, reader, now)
        within = allowed if meanwhile is None else meanwhile
        confined = request if within is None else replace(request, allowed=within)
        member = reader.iri is not None
        return Asking(
            published.generation, generation, member, confined, reader, meanwhile is not None
        )

    def _between(self, reader: Reader, now: datetime) -> Dataset | None:
        """Give what a reader may read while a store elsewhere changes; None when it does not."""
        if not self._settings.remote:
            return None
        return between(self._served.following, self._settings.data, reader, now)

    def _overtaken(self, asking: Asking) -> bool:
        """Say whether a store elsewhere may have changed before the answer's first piece came."""
        if not self._settings.remote or asking.between:
            return False
        return is_changing(self._settings.data) or self._served.generation() is not asking.served

    def _ask(self, asking: Asking) -> Answer:
        """Give an answer that is kept, or send the request to a worker."""
        number = asking.generation.number
        tag = None if asking.changing else asking.tag
        found = self._answers.get((number, tag)) if tag else None
        if isinstance(found, Whole):
            return Answer.of(found, number, tag)
        answer = self._workers.ask(asking.store, asking.request, self._shares.asker(asking.reader))

        def keep(body: bytes) -> Whole:
            whole = Whole(answer.kind, answer.media_type, body)
            if tag and not answer.quick:
                self._answers.keep(asking.served, (number, tag), whole)
            return whole

        if answer.chunks.ended:
            return Answer.of(keep(b"".join(answer.chunks)), number, tag)
        pieces = Recorded(answer.chunks, self._answers.largest, keep)
        return Answer(answer.kind, answer.media_type, pieces, number, answer.chunks.whole, tag=tag)
