"""What a person can do after an error: why it happened, and links that lead on."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from parvis.i18n import N_, translations
from parvis.web.http.language import language

WORDS, LONGEST = 6, 100
"""The most words of an address that are searched for, and their characters together."""
PARENTS = {"dataset": "catalog.listing", "dumps": "catalog.listing", "id": "catalog.listing"}
"""The endpoints above addresses that have no page of their own on the way up."""
NO_WORDS = frozenset(
    {"html", "json", "csv", "ttl", "nt", "rdf", "jsonld", "xml", "xlsx", "parquet", "id"}
)
"""Parts of addresses that say nothing of their content."""

PARENT_NAMES = {
    "/catalog": N_("Catalogue"),
    "/partner": N_("Partners"),
    "/project": N_("Projects"),
    "/docs": N_("Guide"),
    "/queries": N_("Questions"),
    "/search": N_("Search"),
    "/steward": N_("Stewardship"),
}
"""What the pages above most addresses are called."""

WHY: dict[int, str] = {
    400: N_("The address or the form holds a value that this page does not know."),
    401: N_("The session or the token is no longer valid: it has ended, or was replaced."),
    403: N_("What you ask for is open to some accounts only."),
    404: N_(
        "The address may be misspelt, the page may have moved, or what it shows may be open only to"
        " those who sign in."
    ),
    405: N_("This address takes another kind of request: a page to read, or a form to send."),
    406: N_("It exists in other formats only."),
    409: N_("What this page shows was changed meanwhile, in another window or by somebody else."),
    410: N_("It was here once, and was removed: the address will not be given to anything else."),
    413: N_("Each request may bring so many bytes only, so that the site stays open to all."),
    422: N_("The query is sound, but its answer is larger than the site may give at once."),
    429: N_("Each visitor has a share of the server, and yours is used up for now."),
    500: N_("The fault is ours, not yours."),
    503: N_("The site has too much to do just now, or nothing is published yet."),
}
"""Why an error of each status happens."""
AGAIN = N_("Wait %(seconds)s seconds, then try again.")


@dataclass(frozen=True)
class NextStep:
    """A link to what a person can do next."""

    address: str
    text: str


def explain_status(status: int) -> str:
    """Return in a sentence why errors of a status happen; empty for others."""
    return translations(language()).gettext(WHY[status]) if status in WHY else ""


def list_next_steps(status: int, *, signed_in: bool, waits: str = "") -> list[NextStep]:
    """Return where to go on after an error of the current request, the best step first.

    `waits` are the seconds after which asking again makes sense, if any.
    """
    gettext = translations(language()).gettext
    steps: list[NextStep] = []
    if status == 401 or (status in {403, 404, 429} and not signed_in):  # noqa: PLR2004 - HTTP
        sign_in = N_("Sign in")
        if status == 429:  # noqa: PLR2004 - the same
            sign_in = N_("Sign in, for a larger share")
        back = request.path if is_read(request.path) and status != 401 else None  # noqa: PLR2004
        steps.append(NextStep(url_for("signing.login", next=back), gettext(sign_in)))
    if status == 403:  # noqa: PLR2004 - the same
        steps.append(NextStep(url_for("about.contact"), gettext(N_("Ask for access"))))
    if status in {429, 500, 503} and request.method in {"GET", "HEAD"}:
        text = gettext(AGAIN) % {"seconds": waits} if waits else gettext(N_("Try again"))
        steps.append(NextStep(_own_address(), text))
    elif status in {400, 405} and is_read(request.path):
        steps.append(NextStep(_link(request.path), gettext(N_("Open this page anew"))))
    if status == 413:  # noqa: PLR2004 - the same
        steps.append(NextStep(url_for("docs.page", name="giving"), gettext(N_("How to give"))))
    if status == 422:  # noqa: PLR2004 - the same
        address = url_for("docs.page", name="querying")
        steps.append(NextStep(address, gettext(N_("How to ask for less at a time"))))
    steps += _list_ways_around(status)
    if status >= 500:  # noqa: PLR2004 - the machine's fault
        steps.append(NextStep(url_for("status.page"), gettext(N_("Status of the site"))))
        steps.append(NextStep(url_for("about.contact"), gettext(N_("Report this error"))))
    return list({step.address: step for step in reversed(steps)}.values())[::-1]


def _list_ways_around(status: int) -> Iterator[NextStep]:
    """Yield the page above, and a search for the words of the address."""
    gettext = translations(language()).gettext
    if status not in {404, 405, 410}:
        return
    if parent := find_parent(request.path):
        text = PARENT_NAMES.get(parent, N_("Go to the page above"))
        yield NextStep(_link(parent), gettext(text))
    if words := words_of_path(request.path):
        address = url_for("search.words", q=words)
        yield NextStep(address, gettext(N_("Search for “%(words)s”")) % {"words": words})


def words_of_path(path: str) -> str:
    """Return the words of an address, for a search.

    >>> words_of_path("/dataset/theatre-lanterne/programation.html")
    'theatre lanterne programation'
    """
    parts = re.split(r"[^\w]+", unquote(path))
    areas = {"dataset", "partner", "project", "docs", "queries", "graph", "dumps", "search"}
    words = [part for part in parts if len(part) > 1 and part.lower() not in NO_WORDS | areas]
    return " ".join(words[:WORDS])[:LONGEST]


def find_parent(path: str) -> str:
    """Return the nearest path above that is a page of the site without a name in it, if any."""
    steps = path.strip("/").split("/")
    if steps[0] in PARENTS:
        return url_for(PARENTS[steps[0]]).removeprefix(request.script_root)
    for end in range(len(steps) - 1, 0, -1):
        parent = "/" + "/".join(steps[:end])
        if is_read(parent, named=False):
            return parent
    return ""


def is_read(path: str, *, named: bool = True) -> bool:
    """Return whether a path is read by a route; `named` ones may name a thing that is not there."""
    try:
        _, values = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return named or not values


def _link(path: str) -> str:
    return f"{request.script_root}{path}"


def _own_address() -> str:
    query = request.query_string.decode("ascii", "replace")
    return _link(request.path) + (f"?{query}" if query else "")
