"""Normalises requests to what their route reads, before any cache sees them.

A route declares by `reads` the parameters that it reads, and the media types it chooses from. All
else is removed and the remainder is written in one way: requests that a route cannot tell apart
become one request, which is computed once and cached once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote_plus, urlsplit

from flask import Flask
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import parse_accept_header
from werkzeug.routing import RequestRedirect

from parvis.i18n import DEFAULT, LANGUAGES
from parvis.pooling.serving.service import PoolService
from parvis.web.http.access import cookie_name
from parvis.web.http.language import COOKIE, route_path
from parvis.web.http.negotiation import accepted_ending
from parvis.web.http.request_log import ACCEPT
from parvis.web.http.steps import step_cookie_name

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = TypeVar("View", bound=Callable[..., object])
Offers = Mapping[str, str]
More = Callable[[PoolService, Mapping[str, str]], Iterable[str]]
Match = tuple["Inputs", Mapping[str, str]]
"""The inputs of a path's route, and the values in the path."""

LANG, FORMAT = "lang", "format"
"""Every route may read the first; routes that choose a format read the second."""
FILE_HEADERS = ("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
"""Headers that only routes of files read."""
EDITION_COOKIE, SEEN_EDITION = "edition", "HTTP_PARVIS_EDITION"
"""The cookie of the edition that a browser has seen, and the header of the same meaning."""
CACHE_SIZE, LONGEST = 512, 256
"""How many headers and paths are cached, and the characters of such a path."""
QUALITIES = ("", ";q=0.9", ";q=0.8", ";q=0.7")
UNACCEPTABLE = "none/none"
"""Stands for every Accept header that matches none of a route's offers."""


@dataclass(frozen=True)
class Inputs:
    """What a route reads of a request.

    `parameters` are names in the query string; `repeated` allows several values of a name,
    `everything` all names, for a protocol that must refuse unknown ones. `offers` are the tables
    of media types for Accept, `bare` the one used when no query is sent. `files` allows ranges,
    `raw` leaves Accept as it is, `long` allows a long query string. `more` returns further
    parameters from the pool and from the values in the path. `default_language` is that of readers
    who ask for none.
    """

    parameters: frozenset[str] = frozenset()
    offers: tuple[Offers, ...] = ()
    bare: Offers | None = None
    repeated: bool = False
    everything: bool = False
    files: bool = False
    raw: bool = False
    long: bool = False
    more: More | None = None
    default_language: str = DEFAULT

    @cached_property
    def names(self) -> frozenset[str]:
        """All parameters, where the path does not have the format's ending."""
        return self.parameters | ({LANG, FORMAT} if self.offers else {LANG})

    @cached_property
    def accept(self) -> Callable[[str], str]:
        """A function that normalises Accept; the same few headers come over and over."""
        return lru_cache(CACHE_SIZE)(partial(canonical_accept, tables=self.offers))

    @cached_property
    def accept_bare(self) -> Callable[[str], str]:
        """The same for a request without a query."""
        tables = self.offers if self.bare is None else (self.bare,)
        return lru_cache(CACHE_SIZE)(partial(canonical_accept, tables=tables))


NO_INPUTS = Inputs()
FILES = Inputs(files=True)


def reads(
    *parameters: str,
    offers: Offers | Sequence[Offers] = (),
    bare: Offers | None = None,
    more: More | None = None,
    default_language: str = DEFAULT,
    **flags: bool,
) -> Callable[[View], View]:
    """Declare what a route reads; goes below the decorators that make it a route."""
    tables = (offers,) if isinstance(offers, Mapping) else tuple(offers)
    inputs = Inputs(
        frozenset(parameters), tables, bare, more=more, default_language=default_language, **flags
    )

    def declare(view: View) -> View:
        view.inputs = inputs  # type: ignore[attr-defined] # a function takes attributes
        return view

    return declare


class Routes:
    """The inputs of each path's route. Thread-safe."""

    def __init__(self, app: Flask) -> None:
        self._map, self._views = app.url_map, app.view_functions
        self._host: PoolService = app.extensions["parvis"]
        base = self._host.settings.base
        self._root = urlsplit(base).path.rstrip("/")
        self._cookies = frozenset({cookie_name(base), step_cookie_name(base), COOKIE})
        self._match_cached = lru_cache(CACHE_SIZE)(self._match)

    def match(self, path: str) -> Match | None:
        """Return the inputs of a path's route, and the values in the path.

        None where the path is redirected to another spelling, with its entire query.
        """
        return self._match_cached(path) if len(path) <= LONGEST else self._match(path)

    def _match(self, path: str) -> Match | None:
        adapter, path = self._map.bind(""), route_path(path, self._root)
        try:
            try:
                endpoint, values = adapter.match(path, method="GET")
            except MethodNotAllowed:
                endpoint, values = adapter.match(path, method="POST")
        except RequestRedirect:
            return None
        except HTTPException:  # no route has this path
            return NO_INPUTS, {}
        if endpoint == "static":
            return FILES, {}
        return getattr(self._views[endpoint], "inputs", NO_INPUTS), values

    def rewrite(self, environ: "WSGIEnvironment", match: Match) -> None:
        """Remove from a request what its route does not read, and normalise the remainder."""
        inputs, values = match
        query = environ.get("QUERY_STRING", "")
        # A plain query, the most frequent request of all, is normal already.
        alone = "&" not in query and query.startswith("query=") and "query" in inputs.parameters
        if query and not (inputs.everything or alone):
            names = inputs.parameters | {LANG} if "ending" in values else inputs.names
            names |= set(inputs.more(self._host, values)) if inputs.more else set()
            query = canonical_query(query, names, repeated=inputs.repeated)
            environ["QUERY_STRING"] = query
        # Errors choose their form by Accept as it was sent.
        environ[ACCEPT] = accept = environ.get("HTTP_ACCEPT", "")
        if inputs.offers and "ending" not in values:
            plain = inputs.bare is None or "query=" in query or environ["REQUEST_METHOD"] == "POST"
            environ["HTTP_ACCEPT"] = (inputs.accept if plain else inputs.accept_bare)(accept)
        elif not inputs.raw:
            environ.pop("HTTP_ACCEPT", None)
        if not (inputs.files or environ.keys().isdisjoint(FILE_HEADERS)):
            for name in FILE_HEADERS:
                environ.pop(name, None)
        lang = self._rewrite_cookies(environ)
        if lang not in LANGUAGES:
            header = environ.get("HTTP_ACCEPT_LANGUAGE", "")
            lang = canonical_language(header, inputs.default_language)
        environ["HTTP_ACCEPT_LANGUAGE"] = lang
        environ["HTTP_ACCEPT_ENCODING"] = canonical_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))

    def _rewrite_cookies(self, environ: "WSGIEnvironment") -> str:
        """Remove cookies that nothing reads, and return that of the language."""
        # Others become the header of the same meaning: readers who chose a language share cached
        # responses with those whose browser asks for it.
        header = environ.pop("HTTP_COOKIE", "")
        if not header:
            return ""
        cookies: dict[str, str] = {}
        for text in header.split(";"):
            name, _, value = text.partition("=")
            cookies.setdefault(name.strip(), value.strip())
        if EDITION_COOKIE in cookies:
            environ[SEEN_EDITION] = cookies[EDITION_COOKIE]
        ours = [f"{name}={cookies[name]}" for name in self._cookies & cookies.keys()]
        if any(not text.startswith(f"{COOKIE}=") for text in ours):
            environ["HTTP_COOKIE"] = "; ".join(sorted(ours))
        return cookies.get(COOKIE, "")


def canonical_query(text: str, names: frozenset[str], *, repeated: bool = False) -> str:
    """Return the parameters of a query string that are in `names`, sorted by name.

    Of several values of a name only the first is left, as routes read it, unless `repeated`.
    A language that does not exist is removed.

    >>> canonical_query("zz=1&q=b&q=c&lang=xx&a=2", frozenset({"a", "q", "lang"}))
    'a=2&q=b'
    """
    parts: list[tuple[str, str]] = []
    seen: set[str] = set()
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if "%" in name or "+" in name:
            name = unquote_plus(name)
        if name not in names or (name in seen and not repeated):
            continue
        seen.add(name)
        if name != LANG or value in LANGUAGES:
            parts.append((name, value))
    return "&".join(f"{name}={value}" for name, value in sorted(parts, key=lambda pair: pair[0]))


def canonical_accept(accept: str, tables: Iterable[Offers]) -> str:
    """Return an Accept header as the media types that it chooses from the tables."""
    # Each table is larger than the next, or disjoint from it: the best of one is the best of the
    # next too if it is there.
    chosen = [
        next(media_type for media_type, form in offers.items() if form == ending)
        for offers in tables
        if (ending := accepted_ending(accept, offers))
    ]
    pairs = zip(dict.fromkeys(chosen), QUALITIES, strict=False)
    return ", ".join(f"{media_type}{quality}" for media_type, quality in pairs) or UNACCEPTABLE


@lru_cache(CACHE_SIZE)
def canonical_language(accept: str, default: str = DEFAULT) -> str:
    """Return an Accept-Language header as the language that it chooses."""
    return parse_accept_header(accept, LanguageAccept).best_match(LANGUAGES) or default


@lru_cache(CACHE_SIZE)
def canonical_coding(accept: str) -> str:
    """Return an Accept-Encoding header as the coding that it chooses.

    >>> canonical_coding("br, *;q=0.5"), canonical_coding("identity")
    ('gzip', 'identity')
    """
    return "gzip" if parse_accept_header(accept)["gzip"] else "identity"
