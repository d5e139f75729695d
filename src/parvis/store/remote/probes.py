"""Observe whether an engine has the settings that its profile names, without changing anything.

Without them an engine answers rightly, but takes no publication, works on when it should have
ended, or is more open than it should be. What would make answers wrong is proved by `proof`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import IO, cast

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    parse_query_results,
)

from parvis.config import RemoteStore
from parvis.errors import FetchError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.i18n import N_
from parvis.store.remote.engine import NOTHING
from parvis.store.remote.proof import SIDE
from parvis.store.remote.repository import BINDINGS, checking_answer

NO_WRITE = N_(
    "{address} refuses changes, so nothing can be published there: check its setting {setting}"
    " (its reason: {reason})"
)
GOES_ON = N_(
    "{address} goes on with a query whose time is over: check its setting {setting}, or heavy"
    " queries pile up there"
)
NO_LIMIT = N_("{address} has no limit of its own for the time of a query: set {setting}")
LOOKS_WHOLE = N_(
    "{address} passes off as whole what it has of an answer when a query’s time is over: check its"
    " setting {setting}"
)
ANYONE_WRITES = N_(
    "{address} takes changes at its address for queries, from whoever reaches it: check its"
    " setting {setting}"
)
CALLS_OUT = N_(
    "{address} calls other servers for a query (SERVICE), which parvis never asks for: check its"
    " setting {setting}"
)

_NONE = NamedNode(NOTHING)
NO_CHANGE = f"DELETE DATA {{ GRAPH {_NONE} {{ {_NONE} {_NONE} {_NONE} }} }}"
"""An Update that needs the right to write, and deletes what is not there."""
_NUMBERS = " ".join(map(str, range(SIDE)))
_FEW = 20
HEAVY = (
    f"SELECT (COUNT(*) AS ?n) WHERE {{ VALUES ?a {{ {_NUMBERS} }} VALUES ?b {{ {_NUMBERS} }}"
    f" VALUES ?c {{ {_NUMBERS} }} VALUES ?d {{ {' '.join(map(str, range(_FEW)))} }} }}"
)
"""A query of some seconds, which ends by itself where nothing else ends it."""
COMBINATIONS = SIDE**3 * _FEW
LONGER = 2.0
"""Seconds in which a probe answers; Virtuoso takes twice the time that it is allowed."""
Fault = tuple[str, str]
"""What an engine does that it should not (a template), and its reason, often empty."""


def check_settings(
    remote: RemoteStore, repository: str, *, writes: bool = True
) -> Iterator[StoreError]:
    """Yield what a repository does for want of a setting; `writes` says that parvis writes there.

    Raises `FetchError` if it does not answer.
    """
    for name, probe in PROBES.items():
        setting = remote.profile.settings.get(name)
        if not setting or (name == "write" and not writes):
            continue
        shortest = remote.profile.timeout.least
        patient = replace(remote, read_seconds=2 * shortest + LONGER, tries=1)
        with closing(Endpoint(patient, repository, secret=remote.secret())) as endpoint:
            if fault := probe(endpoint):
                template, reason = fault
                yield StoreError(template, address=endpoint.address, setting=setting, reason=reason)


def require_writable(remote: RemoteStore, repository: str) -> None:
    """Raise `StoreError`, with the setting to change, if a repository refuses changes."""
    if setting := remote.profile.settings.get("write"):
        with closing(Endpoint(remote, repository, secret=remote.secret())) as endpoint:
            if fault := _refuse_change(endpoint):
                raise StoreError(
                    NO_WRITE, address=endpoint.address, setting=setting, reason=fault[1]
                )


def _refuse_change(endpoint: Endpoint) -> Fault | None:
    try:
        endpoint.update(NO_CHANGE)
    except FetchError as error:
        if "status" not in error.fields:  # it is away
            raise
        return NO_WRITE, f"{error.fields['status']}, {error.fields['reason']}"
    return None


def _ignore_time(endpoint: Endpoint) -> Fault | None:
    """Send a query with the shortest time that the engine heeds."""
    timeout, start = endpoint.profile.timeout, time.monotonic()
    try:
        number = _first_number(endpoint, HEAVY, timeout.least)
    except FetchError as error:
        if timeout.without and timeout.without in str(error.fields.get("limit")):
            return NO_LIMIT, ""
        # What takes as long as the connection waits was ended by parvis, not by the engine.
        is_late = time.monotonic() - start >= 2 * timeout.least + LONGER
        return (GOES_ON, "") if is_late else None
    # An engine that has all of it in time proves nothing.
    return None if number == str(COMBINATIONS) else (LOOKS_WHOLE, "")


def _write_openly(endpoint: Endpoint) -> Fault | None:
    try:
        endpoint.query(NO_CHANGE, None, BINDINGS).close()
    except FetchError:
        return None
    return ANYONE_WRITES, ""


def _call_out(endpoint: Endpoint) -> Fault | None:
    """Have the engine call itself: that it is reached there is certain."""
    try:
        text = (
            f"SELECT ?n WHERE {{ SERVICE {NamedNode(endpoint.address)} {{ VALUES ?n {{ 1 }} }} }}"
        )
        return (CALLS_OUT, "") if _first_number(endpoint, text, 0) else None
    except FetchError:
        return None


def _first_number(endpoint: Endpoint, text: str, seconds: float) -> str:
    """Return the number that a query answers, empty if none."""
    with checking_answer(), endpoint.query(text, None, BINDINGS, seconds) as body:
        form = QueryResultsFormat.from_media_type(body.media_type) or QueryResultsFormat.JSON
        results = parse_query_results(cast("IO[bytes]", body), form)
        row = next(results, None) if isinstance(results, QuerySolutions) else None
        value = row["n"] if row else None
    return value.value if isinstance(value, Literal) else ""


PROBES: dict[str, Callable[[Endpoint], Fault | None]] = {
    "write": _refuse_change,
    "closed": _write_openly,
    "service": _call_out,
    "time": _ignore_time,
}
"""What observes a setting, by its name in profiles; `proof` observes the others."""
