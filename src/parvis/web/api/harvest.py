"""The catalogue and its records as harvesters take them: pages, validators, links."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Self
from urllib.parse import urlencode

from flask import Response, g, request

from parvis import __version__
from parvis.catalog.void import Paging, hydra
from parvis.i18n import N_
from parvis.rdf.joining import bodies, document, joined
from parvis.vocab import media
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import HYDRA
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import known
from parvis.web.http.errors import Refusal

PER_PAGE = 100
MOST = 1_000
"""Items on a page by default, and at most."""

CHOOSING = ("page", "per_page", "modified_since", "full", "state")
"""What a page of the catalogue is chosen by."""

LONGEST = 20
"""Characters of a number."""
WHOLE = N_("“{name}” is a whole number from 1 to {most}, not “{text}”")
INSTANT = N_("“modified_since” is a date or an instant (2026-01-31, 2026-01-31T12:00:00Z)")
NO_PAGE = N_("there is no page {page}: the last one is {last}")

HYDRA_PREFIX = {"hydra": str(HYDRA._NS)}  # noqa: SLF001 - the namespace of a closed namespace


@dataclass(frozen=True)
class Asked:
    """What a harvester asks for in the query of an address."""

    page: int
    per_page: int
    since: datetime | None
    full: bool
    state: str | None

    @classmethod
    def read(cls) -> Self:
        """Read the request; refuses with 400 what means nothing."""
        return cls(
            page=whole("page", 1, 1_000_000),
            per_page=min(whole("per_page", PER_PAGE, 1_000_000), MOST),
            since=_instant(),
            full=request.args.get("full") == "1",
            state=request.args.get("state"),
        )

    def paging(self, total: int) -> Paging:
        """Give the page of so many items; refuses with 404 one that does not exist.

        An empty page would look as if everything had gone.
        """
        paging = Paging(1, max(total, 1), total) if self.full else self._paging(total)
        if paging.page > paging.last:
            raise Refusal(404, NO_PAGE, page=paging.page, last=paging.last)
        return paging

    def _paging(self, total: int) -> Paging:
        return Paging(self.page, self.per_page, total)

    def query(self, page: int, state: str) -> str:
        """Write the query of another page of the same harvest."""
        asked = {"page": str(page), "per_page": str(self.per_page), "state": state}
        if self.since:
            asked["modified_since"] = self.since.isoformat()
        return urlencode(asked)


def paged() -> dict[str, str]:
    """Give what of a request's query chooses the page, to name the other forms of the same."""
    return {name: value for name, value in request.args.items() if name in CHOOSING}


def catalogue(ending: str) -> Response:
    """Answer with a page of the catalogue, every dataset of it whole."""
    asked = Asked.read()
    found = host().listing(reader_of(request), asked.state)
    items = [one for one in found.items if asked.since is None or one.changed >= asked.since]
    paging = asked.paging(len(items))
    base = host().iris.base

    def address(page: int) -> str:
        return f"{base}catalog.{ending}?{asked.query(page, found.state)}"

    def write() -> bytes:
        frame = found.frame + hydra(f"{base}catalog", paging, address)
        head = bodies(frame, (ending,), HYDRA_PREFIX).values()
        return document([*head, *found.bodies(items[paging.span], ending)], ending, HYDRA_PREFIX)

    about = (found.state, sorted(found.hidden), sorted(found.shut), paging, asked.since, base)
    response = written(write, ending, about, found.changed)
    here = address(paging.page) if paging.last > 1 else f"{base}catalog.{ending}"
    response.headers.add("Link", f'<{here}>; rel="canonical"')
    _lead(response, paging, address)
    g.generation = found.published.generation.number
    return response


def record(key: DatasetKey, ending: str) -> Response:
    """Answer with one dataset's record."""
    lines, changed = host().item(reader_of(request), key)
    response = written(lambda: joined((lines,), ending), ending, (lines,), changed)
    here = f"{host().iris.base}dataset/{key}.{ending}"
    response.headers.add("Link", f'<{here}>; rel="canonical"')
    return response


def written(
    write: Callable[[], bytes],
    ending: str,
    about: Sequence[object],
    changed: datetime | None,
) -> Response:
    """Answer with a document in a format; 304 to who holds it already.

    `about` tells their content from any other, so that it need not be written to be tagged;
    `changed` is the instant of its last change.
    """
    tag = sha256(repr((__version__, ending, *about)).encode()).hexdigest()[:32]
    response = known(tag, changed)
    if response is None:
        response = Response(write(), mimetype=media.RDF[ending])
        response.set_etag(tag)
        response.last_modified = changed
    response.vary.add("Accept-Language")
    return response


def _lead(response: Response, paging: Paging, address: Callable[[int], str]) -> None:
    """Name the pages around this one (RFC 8288), by the names that IANA knows."""
    if paging.last > 1:
        for name, page in paging.around().items():
            relation = {"previous": "prev"}.get(name, name)
            response.headers.add("Link", f'<{address(page)}>; rel="{relation}"')


def whole(name: str, default: int, most: int) -> int:
    """Read a number of the query."""
    text = request.args.get(name)
    if text is None:
        return default
    readable = len(text) < LONGEST and text.isascii() and text.isdigit()
    if not (readable and 1 <= int(text) <= most):
        raise Refusal(400, WHOLE, name=name, most=most, text=text[:LONGEST])
    return int(text)


def _instant() -> datetime | None:
    """Read since when the harvester asks; without offset it is in UTC."""
    text = request.args.get("modified_since")
    if text is None:
        return None
    try:
        # A plus in an address reads as a space unless it is written %2B, as few do.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Refusal(400, INSTANT) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
