"""What each route reads of a request; all else is taken out before any cache sees the request.

A route declares by `reads` the parameters that it reads, and among which media types it chooses.
What is left is written in one way: requests that a route cannot tell apart become one request, so
that they are computed once and cached once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote_plus

from flask import Flask
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import parse_accept_header
from werkzeug.routing import RequestRedirect

from parvis.i18n import DEFAULT, LANGUAGES
from parvis.pooling.serving.service import Host
from parvis.web.http.language import COOKIE, inside
from parvis.web.http.negotiation import liked
from parvis.web.http.request_log import ACCEPT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = TypeVar("View", bound=Callable[..., object])
Offers = Mapping[str, str]
More = Callable[[Host, Mapping[str, str]], Iterable[str]]
Match = tuple["Inputs", Mapping[str, str]]
"""What the route of a path reads, and the values in the path."""

LANG, FORMAT = "lang", "format"
"""Every route may read the first; the second is read where a format is chosen."""
OF_FILES = ("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
"""Headers that only routes of files read."""
REMEMBERED, LONGEST = 512, 256
"""Headers and paths that are remembered as they were read, and the characters of such a path."""
QUALITIES = ("", ";q=0.9", ";q=0.8", ";q=0.7")
UNACCEPTABLE = "none/none"
"""Stands for every header that accepts nothing of what a route offers."""


@dataclass(frozen=True)
class Inputs:
    """What a route reads of a request.

    `parameters` are names in the query string; `repeated` keeps all values of a name instead of
    the first, `everything` keeps all names, for a protocol that must refuse unknown ones. `offers`
    are the tables among which the route chooses by Accept, `bare` the one it uses when no query is
    sent. `files` keeps ranges, `raw` keeps Accept as it is, `long` allows a long query string.
    `more` names further parameters from what is served and from the values in the path.
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

    @cached_property
    def names(self) -> frozenset[str]:
        """Name all parameters that are read where the path does not say the format."""
        return self.parameters | ({LANG, FORMAT} if self.offers else {LANG})

    @cached_property
    def accept(self) -> Callable[[str], str]:
        """Write Accept as what is chosen by it; the same few headers come over and over."""
        return lru_cache(REMEMBERED)(partial(canonical_accept, tables=self.offers))

    @cached_property
    def accept_bare(self) -> Callable[[str], str]:
        """Write it likewise for a request without a query."""
        tables = self.offers if self.bare is None else (self.bare,)
        return lru_cache(REMEMBERED)(partial(canonical_accept, tables=tables))


NOTHING = Inputs()
FILES = Inputs(files=True)


def reads(
    *parameters: str,
    offers: Offers | Sequence[Offers] = (),
    bare: Offers | None = None,
    more: More | None = None,
    **flags: bool,
) -> Callable[[View], View]:
    """Declare what a route reads; stands below the decorators that make it a route."""
    tables = (offers,) if isinstance(offers, Mapping) else tuple(offers)
    inputs = Inputs(frozenset(parameters), tables, bare, more=more, **flags)

    def declare(view: View) -> View:
        view.inputs = inputs  # type: ignore[attr-defined] # a function takes attributes
        return view

    return declare


class Routes:
    """Knows what the route of each path reads. For threads."""

    def __init__(self, app: Flask, root: str, session: str) -> None:
        """Look at the routes of an application whose base has the path `root`.

        `session` is the name of the cookie by which readers are signed in.
        """
        self._map, self._views, self._host = (
            app.url_map,
            app.view_functions,
            app.extensions["parvis"],
        )
        self._root, self._cookies = root, frozenset({session, COOKIE})
        self._remembered = lru_cache(REMEMBERED)(self._match)

    def match(self, path: str) -> Match | None:
        """Return what the route of a path reads, and the values in the path.

        None where the path only leads to another spelling of itself, with all of its query.
        """
        return self._remembered(path) if len(path) <= LONGEST else self._match(path)

    def _match(self, path: str) -> Match | None:
        adapter, path = self._map.bind(""), inside(path, self._root)
        try:
            try:
                endpoint, values = adapter.match(path, method="GET")
            except MethodNotAllowed:
                endpoint, values = adapter.match(path, method="POST")
        except RequestRedirect:
            return None
        except HTTPException:  # there is nothing at this path
            return NOTHING, {}
        if endpoint == "static":
            return FILES, {}
        return getattr(self._views[endpoint], "inputs", NOTHING), values

    def rewrite(self, environ: "WSGIEnvironment", match: Match) -> None:
        """Take out of a request what its route does not read, and write the rest in one way."""
        inputs, values = match
        query = environ.get("QUERY_STRING", "")
        # A plain query, the most frequent request of all, stands alone and is as it should be.
        alone = "&" not in query and query.startswith("query=") and "query" in inputs.parameters
        if query and not (inputs.everything or alone):
            names = inputs.parameters | {LANG} if "ending" in values else inputs.names
            names |= set(inputs.more(self._host, values)) if inputs.more else set()
            query = canonical_query(query, names, repeated=inputs.repeated)
            environ["QUERY_STRING"] = query
        environ[ACCEPT] = accept = environ.get("HTTP_ACCEPT", "")
        if inputs.offers and "ending" not in values:
            plain = inputs.bare is None or "query=" in query or environ["REQUEST_METHOD"] == "POST"
            environ["HTTP_ACCEPT"] = (inputs.accept if plain else inputs.accept_bare)(accept)
        elif not inputs.raw:
            environ.pop("HTTP_ACCEPT", None)
        self._rewrite_choices(environ)
        if not (inputs.files or environ.keys().isdisjoint(OF_FILES)):
            for name in OF_FILES:
                environ.pop(name, None)

    def _rewrite_choices(self, environ: "WSGIEnvironment") -> None:
        """Write cookies, language and coding as far as anything here depends on them.

        The cookie of the language becomes the header that says the same, so that readers who
        chose a language share cached responses with those whose browser speaks it.
        """
        chosen = ""
        if sent := environ.pop("HTTP_COOKIE", ""):
            cookies = dict(reversed([_pair(text) for text in sent.split(";")]))
            chosen = cookies.get(COOKIE, "")
            ours = [f"{name}={cookies[name]}" for name in self._cookies & cookies.keys()]
            if any(not text.startswith(f"{COOKIE}=") for text in ours):
                environ["HTTP_COOKIE"] = "; ".join(sorted(ours))
        if chosen not in LANGUAGES:
            chosen = canonical_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        environ["HTTP_ACCEPT_LANGUAGE"] = chosen
        environ["HTTP_ACCEPT_ENCODING"] = canonical_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def canonical_query(text: str, names: frozenset[str], *, repeated: bool = False) -> str:
    """Keep the parameters of a query string that have some names, sorted by name.

    Of a name that stands twice the first is kept, as routes read it, unless they are `repeated`.
    A language that does not exist is none.

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
    """Write a header Accept as the media types that are chosen by it from some tables.

    Each table is larger than the next, or has nothing in common with it, so that what is best
    of one is best of the next too if it stands there.
    """
    chosen = [
        next(name for name, one in offers.items() if one == ending)
        for offers in tables
        if (ending := liked(accept, offers))
    ]
    kinds = zip(dict.fromkeys(chosen), QUALITIES, strict=False)
    return ", ".join(f"{kind}{quality}" for kind, quality in kinds) or UNACCEPTABLE


@lru_cache(REMEMBERED)
def canonical_language(accept: str) -> str:
    """Write a header Accept-Language as the language that is chosen by it."""
    return parse_accept_header(accept, LanguageAccept).best_match(LANGUAGES) or DEFAULT


@lru_cache(REMEMBERED)
def canonical_coding(accept: str) -> str:
    """Write a header Accept-Encoding as the coding that is chosen by it.

    >>> canonical_coding("br, *;q=0.5"), canonical_coding("identity")
    ('gzip', 'identity')
    """
    return "gzip" if parse_accept_header(accept)["gzip"] else "identity"
