"""Questions put to the query workers, within what their readers may read; answers that are kept."""

from dataclasses import replace
from datetime import datetime

from parvis.config import Settings
from parvis.errors import MachineError, NoLongerKept
from parvis.governance import Reader
from parvis.pooling.answers import Answers, Recorded, Whole
from parvis.pooling.asking import Asking
from parvis.pooling.elsewhere import ONE_KEPT, between, workers
from parvis.pooling.questions import Answer, Question
from parvis.pooling.served import Served
from parvis.pooling.shares import Shares
from parvis.store.change_over import is_changing
from parvis.store.dataset import Dataset
from parvis.store.generation import Generation
from parvis.store.request import Request


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
