"""The Reconciliation Service API: version 0.2 at ``/reconcile``, 1.0-draft below it.

Both speak of the same things in the same words; they differ in how questions and answers are
written. https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Callable, Iterable, Mapping, Sized
from functools import partial
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from parvis import __version__
from parvis.errors import UsageError
from parvis.i18n import N_, both, say
from parvis.pooling.serving.reconciliation.facts import extended, told
from parvis.pooling.serving.reconciliation.kinds import ROOTS, Known, kinds
from parvis.pooling.serving.reconciliation.matching import Candidate, reconcile, suggested
from parvis.pooling.serving.reconciliation.queries import (
    BATCH,
    EXTENDED,
    PROPERTIES,
    Extension,
    Query,
    batch,
    conditions,
    extension,
    parsed,
)
from parvis.pooling.serving.service import DatasetCard
from parvis.vocab.namespaces import PARVIS
from parvis.web.api.harvest import whole
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import FIXED, in_words, language

# What the reconciliation service says of itself, in each version of the API (§3.1).

WIDTH, HEIGHT = 480, 320
"""Pixels of a preview."""

NAME = N_("parvis: organisations, venues, works, events and concepts")
FEWER = N_("Values at most")
FEWER_HELP = N_("How many values of this property are wanted at most; 0 for all")


def stable(lang: str) -> dict[str, Any]:
    """Give the manifest of version 0.2."""
    endpoint = _address("reconciliation.service", lang)
    suggest = {
        what: {"service_url": endpoint, "service_path": f"/suggest/{what}"}
        for what in ("entity", "property", "type")
    }
    return {
        "versions": ["0.2"],
        **_common(lang),
        "identifierSpace": host().settings.base,
        "schemaSpace": str(PARVIS._NS),  # noqa: SLF001 - a closed namespace's own
        "view": {"url": f"{_describing(lang)}{{{{id}}}}"},
        "preview": {
            "url": f"{endpoint}/preview?id={{{{id}}}}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": endpoint, "service_path": "/extend/propose"},
            "property_settings": [
                {
                    "name": "limit",
                    "label": say(lang, FEWER),
                    "type": "number",
                    "default": 0,
                    "help_text": say(lang, FEWER_HELP),
                }
            ],
        },
    }


def draft_manifest(lang: str) -> dict[str, Any]:
    """Give the manifest of version 1.0-draft."""
    setting = {"id": "limit", "name": say(lang, FEWER), "type": "number", "default": 0}
    return {
        "versions": ["1.0-draft"],
        **_common(lang),
        "lang": lang,
        "view": {"url": f"{_describing(lang)}{{id}}"},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": {
            "proposeProperties": True,
            "propertySettings": [setting | {"helpText": say(lang, FEWER_HELP)}],
        },
        "standardizedScore": True,
    }


def _common(lang: str) -> dict[str, Any]:
    """Give what both versions say alike."""
    known = kinds().types
    base = host().settings.base
    return {
        "name": f"{say(lang, NAME)} ({base})",
        "serviceVersion": __version__,
        "logo": f"{base}static/mark.svg",
        "defaultTypes": [{"id": one, "name": known[one].label[lang]} for one in ROOTS],
        "batchSize": BATCH,
    }


def _describing(lang: str) -> str:
    """Give the address of descriptions, but for the identifier at its end."""
    return f"{_address('resources.describe', lang)}?iri="


def _address(endpoint: str, lang: str) -> str:
    """Give a public address, in the language that was chosen by an address."""
    path = url_for(endpoint).removeprefix(request.script_root).lstrip("/")
    chosen = request.environ.get(FIXED) or request.args.get("lang") == lang
    return f"{host().settings.base}{f'{lang}/' if chosen else ''}{path}"


reconciliation = Blueprint("reconciliation", __name__)

T = TypeVar("T", bound=Sized)
Row = list[tuple[str, Any]]

DRAFT = "/reconcile/1.0-draft"
SUGGESTED, MOST_SUGGESTED = 10, 100
"""Suggestions by default, and at most."""
LAST = 10_000
"""Suggestions that may be passed over."""
SUGGESTS = "any(entity,type,property):what"
EMBEDDED = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)
"""A preview is made to stand in another site's page; nothing on it can be pressed but links."""

NOTHING = N_("nothing is asked: “queries” or “extend” is wanted")
TOO_MANY = N_("{count} {what} are asked for at once: at most {most} may be")
NO_JSON_BODY = N_("This is asked for by a body of type application/json.")
QUERIES, THINGS, STEPS = N_("queries"), N_("things"), N_("properties")


@reconciliation.route("/reconcile", methods=["GET", "POST"])
@reads("queries", "extend", long=True)
def service() -> Response:
    """Present the service (0.2 §3.1), or answer ``queries`` (§4) or ``extend`` (§7)."""
    asked = request.values
    if "queries" in asked:
        queries = _few(batch(parsed(asked["queries"], "queries")), BATCH, QUERIES)
        found = _reconciled(list(queries.values()))
        results = dict(zip(queries, found, strict=True))
        return _answer({key: {"result": one} for key, one in results.items()})
    if "extend" in asked:
        wanted = _extension(parsed(asked["extend"], "extend"))
        return _answer(_extended(wanted, dict, _plain))
    if request.method == "POST":
        raise UsageError(NOTHING)
    return _answer(stable(language()))


@reconciliation.get(DRAFT)
def draft() -> Response:
    """Present the service (1.0-draft §3.1)."""
    return _answer(draft_manifest(language()))


@reconciliation.post(f"{DRAFT}/match")
def match() -> Response:
    """Answer a batch of queries (1.0-draft §4)."""
    queries = _few(conditions(_body()), BATCH, QUERIES)
    return _answer({"results": [{"candidates": one} for one in _reconciled(queries)]})


@reconciliation.post(f"{DRAFT}/extend")
def extend() -> Response:
    """Give values of properties (1.0-draft §7)."""
    rows, cells = partial(_listed, "properties"), partial(_listed, "values")
    return _answer(_extended(_extension(_body()), rows, cells))


@reconciliation.get(f"/reconcile/suggest/<{SUGGESTS}>")
@reconciliation.get(f"{DRAFT}/suggest/<{SUGGESTS}>")
@reads("prefix", "limit", "offset", "cursor")
def suggest(what: str) -> Response:
    """Complete what is typed (§6): ``prefix``, ``limit``, and ``offset`` (0.2: ``cursor``)."""
    beginning = request.args.get("prefix", "")
    skipped = "offset" if "offset" in request.args else "cursor"
    limit, offset = whole("limit", SUGGESTED, MOST_SUGGESTED), _offset(skipped)
    if what == "entity":
        found = suggested(host(), reader_of(request), beginning, limit, offset)
        cards = _cards()
        return _answer({"result": [_suggestion(one, cards) for one in found]})
    among = kinds().types.values() if what == "type" else kinds().proposed(None)
    named = list(kinds().named(beginning, among))[offset : offset + limit]
    return _answer({"result": [_term(one) for one in named]})


@reconciliation.get("/reconcile/preview")
@reconciliation.get(f"{DRAFT}/preview")
@reads("id")
def preview() -> Response:
    """Show a thing in a small page (§5). Raises `UnknownThing`."""
    found = host().describe(reader_of(request), request.args.get("id", ""), language())
    response = make_response(render_template("preview.html", thing=found))
    response.headers["Content-Security-Policy"] = EMBEDDED
    return response


@reconciliation.get("/reconcile/extend/propose")
@reconciliation.get(f"{DRAFT}/extend/propose")
@reads("type", "limit")
def propose() -> Response:
    """Name the properties that things of a type have (§7.2)."""
    type_ = request.args.get("type", "")
    found = kinds().proposed(type_)[: whole("limit", MOST_SUGGESTED, 1_000)]
    return _answer({"type": type_, "properties": [_term(one) for one in found]})


def _answer(found: dict[str, Any]) -> Response:
    """Answer in JSON, and say in which language its words are."""
    response = jsonify(found)
    response.content_language.add(language())
    return response


def _body() -> Any:  # noqa: ANN401 - JSON is anything
    """Read the body of a request of version 1.0-draft."""
    if not request.is_json:
        raise Refusal(415, NO_JSON_BODY)
    return parsed(request.get_data(), "body")


def _few(found: T, most: int, what: str) -> T:
    """Refuse with 413 what is too much for one request, as the API has it (§3.1)."""
    if len(found) > most:
        raise Refusal(413, TOO_MANY, count=len(found), what=both(what), most=most)
    return found


def _extension(found: Any) -> Extension:  # noqa: ANN401 - JSON is anything
    """Read what is asked for of things; refuses too many of them."""
    wanted = extension(found)
    _few(wanted.things, EXTENDED, THINGS)
    _few(wanted.wishes, PROPERTIES, STEPS)
    return wanted


def _offset(name: str) -> int:
    """Read how many suggestions are passed over; none, if it is not told."""
    return 0 if request.args.get(name, "0") == "0" else whole(name, 0, LAST)


def _reconciled(queries: list[Query]) -> list[list[dict[str, Any]]]:
    """Give the candidates of queries."""
    found, cards = reconcile(host(), reader_of(request), queries), _cards()
    return [[_candidate(one, cards) for one in some] for some in found]


def _cards() -> dict[str, DatasetCard]:
    """Give the datasets that the reader may know of, by their graph."""
    return {host().iris.graph(card.key): card for card in host().datasets(reader_of(request))}


def _candidate(one: Candidate, cards: Mapping[str, DatasetCard]) -> dict[str, Any]:
    """Write a candidate (§4.2), in both versions alike."""
    name, lang = one.name(language())
    return {
        "id": one.iri,
        "name": name,
        **({"lang": lang} if lang else {}),
        "description": _description(one, cards),
        "type": [{"id": kind.iri, "name": in_words(kind.label)} for kind in one.types],
        "score": one.score,
        "match": one.match,
        "features": [
            {"id": part.id, "name": in_words(part.name), "value": part.value}
            for part in one.features
        ],
    }


def _suggestion(one: Candidate, cards: Mapping[str, DatasetCard]) -> dict[str, Any]:
    """Write a thing that is suggested (§6.3)."""
    name, _ = one.name(language())
    notable = [{"id": kind.iri, "name": in_words(kind.label)} for kind in one.types]
    return {"id": one.iri, "name": name, "description": _description(one, cards)} | {
        "notable": notable
    }


def _description(one: Candidate, cards: Mapping[str, DatasetCard]) -> str:
    """Tell namesakes apart: what it is, and which datasets speak of it."""
    titles = [in_words(cards[graph].title) for graph in one.graphs if graph in cards]
    return " · ".join(dict.fromkeys([*(in_words(kind.label) for kind in one.types), *titles]))


def _term(one: Known) -> dict[str, Any]:
    """Write a type or a property."""
    found: dict[str, Any] = {"id": one.iri, "name": in_words(one.label)}
    if one.broader:
        found["broader"] = [_term(kinds().types[one.broader])]
    return found


def _extended(
    wanted: Extension, rows: Callable[[Row], Any], cells: Callable[[Row], Any]
) -> dict[str, Any]:
    """Give the answer to a data extension query, rows and cells as a version writes them."""
    found = extended(host(), reader_of(request), wanted, language())
    return {
        "meta": [{"id": one.iri, "name": in_words(one.label)} for one in told(wanted)],
        "rows": rows([(thing, cells([*some])) for thing, some in found]),
    }


def _listed(name: str, pairs: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Write pairs as version 1.0-draft does."""
    return [{"id": key, name: value} for key, value in pairs]


def _plain(cells: Iterable[tuple[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    """Write cells as version 0.2 does, which tells no language of a value."""
    return {
        key: [{name: part for name, part in one.items() if name != "lang"} for one in values]
        for key, values in cells
    }
