"""Evaluate the SERVICE clauses of a query at the services that the settings list.

A service gets a clause as its reader wrote it, and values of its variables. These are computed on
what everyone may read, whoever asks; a reader who may read more, and of whose data the clause would
need other values, is refused. So nothing that is not open leaves, and no answer lacks what it
needed.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from parvis.config import FederationSettings, FetchSettings, clock
from parvis.errors import AnswerTooLarge, FetchError, LimitError, QueryError
from parvis.fetch.address import Address
from parvis.fetch.service import ask_service
from parvis.i18n import N_
from parvis.rdf.sparql.parser import ParsedQuery
from parvis.rdf.sparql.services import (
    Row,
    ServiceCall,
    Table,
    find_call,
    has_blank_node,
    read_solutions,
)
from parvis.store.query.pool import QueryReader

MOST_CALLS = 4
"""The greatest number of SERVICE clauses of one query."""
OF_ONE_READER = 2
"""Calls of one reader that wait at a time."""
PATIENCE, RETRY = 2.0, 5
"""Seconds that a call waits for its turn, and after which its reader may ask again."""
ROOM = 32_000_000
"""Bytes of results that are kept, about."""
MOST_SENT = 500_000
"""Bytes of a query that is sent."""
OVERHEAD = 120
"""Bytes of a term besides its text, about."""

UNLISTED = N_(
    "SERVICE may not call {address}: this site calls {services} only; ask the service apart, and"
    " join the answers in your program"
)
TOO_MANY_CALLS = N_("a query has no more than {most} SERVICE clauses")
TOO_MANY_VALUES = N_(
    "more than {most} values of {names} would be sent to {address}: write more conditions before"
    " SERVICE"
)
TOO_LONG = N_("the values of {names} are too long to be sent to {address}")
CLOSED = N_(
    "{address} would need values of {names} that come from data not open to all: nothing was sent."
    " Limit the query to open data (FROM, GRAPH), or ask the service apart"
)
TOO_MANY_ROWS = N_(
    "{address} gives more than {most} rows: write what narrows them before SERVICE, or conditions"
    " or LIMIT within it"
)
WRONG = N_("what {address} answered cannot be read as the results of a query")
BUSY = N_("too many queries are waiting for other sites: try again in {retry} s")

Evaluate = Callable[[str], bytes]
"""Evaluates a query over one dataset; its results are in SPARQL's JSON."""


@dataclass(frozen=True)
class ServiceUse:
    """A service that an answer is made from, and the instant at which its results came."""

    address: str
    received: datetime


@dataclass(frozen=True)
class ServiceReply:
    """The solutions that a service gave, and when; `mark` is the reply's own."""

    table: Table
    received: datetime
    mark: str

    @property
    def size(self) -> int:
        # An empty one has a size too: there may be any number of them.
        return OVERHEAD + sum(OVERHEAD + len(str(term)) for row in self.table.rows for term in row)


class Federation:
    """Calls the listed services, some at a time, and keeps their results. Thread-safe."""

    def __init__(
        self,
        limits: FederationSettings,
        fetch: FetchSettings,
        base: str,
        cache: MutableMapping[str, ServiceReply],
    ) -> None:
        """Call nothing yet; `cache` has results by a digest of the service and the query sent."""
        self._limits, self._fetch, self._cache = limits, fetch, cache
        self._genid = f"{base}.well-known/genid/service/"
        self._lock = threading.Lock()
        self._generation: object = None
        self._slots = threading.BoundedSemaphore(limits.parallel)
        self._waiting: Counter[str] = Counter()

    def follow(self, generation: object) -> None:
        """Drop the results if another generation is served."""
        # Results repeat values that were sent, which may have been erased from the pool since.
        if generation is not self._generation:
            with self._lock:
                self._generation = generation
                self._cache.clear()

    def is_called(self, text: str) -> bool:
        """Return whether a query may call a listed service."""
        return bool(self._limits.services) and "service" in text.lower()

    def expand(
        self,
        query: ParsedQuery,
        text: str,
        asker: QueryReader,
        shared: Evaluate,
        own: Evaluate | None,
    ) -> tuple[str, tuple[ServiceUse, ...]]:
        """Return a query with the solutions of its SERVICE clauses in their place, and where from.

        `text` is the query as it was written, for the places of errors. `shared` evaluates over
        what everyone may read, `own` over what the reader may read, if that is more. The reader's
        share is charged for the wait. Raises `QueryError` for a clause that is refused, and as
        `ask_service` does.
        """
        uses: list[ServiceUse] = []
        calls, generation = 0, self._generation
        while (call := find_call(query, text)) is not None:
            calls += 1
            if calls > MOST_CALLS:
                raise QueryError(TOO_MANY_CALLS, most=MOST_CALLS, **call.place)
            if call.address not in self._limits.services:
                services = ", ".join(self._limits.services)
                raise QueryError(UNLISTED, address=call.address, services=services, **call.place)
            bindings = self._find_bindings(call, shared, own) if call.shared else None
            if bindings is not None and not bindings.rows:
                reply = ServiceReply(Table(call.names, ()), clock.now(), "")
            else:
                reply = self._ask(call, bindings, asker, generation)
                uses.append(ServiceUse(call.address, reply.received))
            query = call.replace(reply.table, f"{self._genid}{reply.mark}/")
        return query.write(), tuple(uses)

    def _find_bindings(
        self, call: ServiceCall, shared: Evaluate, own: Evaluate | None
    ) -> Table | None:
        """Return the values that the clause's variables take before it; None if any will do."""
        most = self._limits.values
        text = call.write_binding_query(most + 1)
        about = {"address": call.address, "names": ", ".join(f"?{name}" for name in call.shared)}
        try:
            tables = [
                read_solutions(evaluate(text), call.shared, most)
                for evaluate in (shared, own)
                if evaluate
            ]
        except ValueError as error:
            raise QueryError(TOO_LONG, **about, **call.place) from error
        if any(len(table.rows) > most for table in tables):
            raise QueryError(TOO_MANY_VALUES, most=most, **about, **call.place)
        # A variable without a value in some row would match any. What is sent depends on open data
        # alone, the choice of variables too.
        names, rows = call.shared, tables[0].rows
        bound = [at for at in range(len(names)) if all(row[at] is not None for row in rows)]
        if not bound:
            return None

        def choose(table: Table) -> list[Row]:
            # No blank node of one store is in another.
            chosen = (tuple(row[at] for at in bound) for row in table.rows)
            return [*dict.fromkeys(row for row in chosen if not has_blank_node(row))]

        open_rows = choose(tables[0])
        if not {row for table in tables[1:] for row in choose(table)} <= {*open_rows}:
            raise QueryError(CLOSED, **about, **call.place)
        return Table(tuple(names[at] for at in bound), tuple(open_rows))

    def _ask(
        self, call: ServiceCall, bindings: Table | None, asker: QueryReader, generation: object
    ) -> ServiceReply:
        """Return what a service gives for some values, which are of a generation."""
        most = self._limits.rows
        text = call.write_service_query(bindings, most + 1)
        if len(text.encode()) > MOST_SENT:
            names = ", ".join(f"?{name}" for name in call.shared)
            raise QueryError(TOO_LONG, address=call.address, names=names, **call.place)
        digest = sha256(f"{call.address} {text}".encode()).hexdigest()
        with self._lock:
            reply = self._cache.get(digest)
        if reply is not None:
            return reply
        with self._take_turn(asker):
            begun = time.monotonic()
            try:
                body = ask_service(Address.parse(call.address), text, self._fetch, self._limits)
            finally:
                asker.spent(time.monotonic() - begun)
        try:
            table = read_solutions(body, call.names, most)
        except ValueError as error:
            raise FetchError(WRONG, address=call.address) from error
        if bindings is not None and not {*bindings.names} <= {*table.names}:
            raise FetchError(WRONG, address=call.address)
        if len(table.rows) > most:
            raise AnswerTooLarge(TOO_MANY_ROWS, address=call.address, most=most)
        # A blank node of a reply is that of no other.
        reply = ServiceReply(table, clock.now(), digest[:16])
        with self._lock:
            is_served = generation is self._generation
            if is_served and reply.size <= ROOM // 4 and self._limits.kept_minutes:
                self._cache[digest] = reply
        return reply

    @contextmanager
    def _take_turn(self, asker: QueryReader) -> Iterator[None]:
        """Wait for one of the calls at a time. Raises `LimitError`."""
        with self._lock:
            is_free = self._waiting[asker.key] < OF_ONE_READER
            self._waiting[asker.key] += is_free
        if not is_free:
            raise LimitError(BUSY, retry=RETRY)
        try:
            if not self._slots.acquire(timeout=PATIENCE):
                raise LimitError(BUSY, retry=RETRY)
            try:
                yield
            finally:
                self._slots.release()
        finally:
            with self._lock:
                self._waiting[asker.key] -= 1
                self._waiting += Counter()  # without those of none
