"""The Reconciliation Service API, version 0.2, at ``/reconcile``.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from collections.abc import Mapping, Sized
from typing import Any, TypeVar

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from parvis import __version__
from parvis.errors import UsageError
from parvis.i18n import N_, both, say
from parvis.pooling.serving.reconciliation.facts import extend_entities, extension_properties
from parvis.pooling.serving.reconciliation.kinds import ROOTS, ServiceTerm, service_types
from parvis.pooling.serving.reconciliation.matching import (
    ReconciliationCandidate,
    reconcile,
    suggest_entities,
)
from parvis.pooling.serving.reconciliation.queries import (
    BATCH,
    EXTENDED,
    PROPERTIES,
    parse_batch,
    parse_extension,
    parse_json,
)
from parvis.pooling.serving.service import DatasetCard
from parvis.vocab.namespaces import PARVIS
from parvis.web.api.harvesting.harvest import integer_parameter
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import FIXED, language, localise
from parvis.web.http.security import FRAMED_POLICY, POLICY

WIDTH, HEIGHT = 480, 320
"""Pixels of a preview."""

NAME = N_("parvis: organisations, venues, works, events and concepts")
FEWER = N_("Values at most")
FEWER_HELP = N_("How many values of this property are wanted at most; 0 for all")


def manifest(lang: str) -> dict[str, Any]:
    """Return the manifest of the service (§3.1)."""
    base, types = host().settings.base, service_types().types
    endpoint = _address("reconciliation.service", lang)
    suggest = {
        entity_kind: {"service_url": endpoint, "service_path": f"/suggest/{entity_kind}"}
        for entity_kind in ("entity", "property", "type")
    }
    return {
        "versions": ["0.2"],
        "name": f"{say(lang, NAME)} ({base})",
        "serviceVersion": __version__,
        "logo": f"{base}static/mark.svg",
        "defaultTypes": [{"id": iri, "name": types[iri].label[lang]} for iri in ROOTS],
        "batchSize": BATCH,
        "identifierSpace": base,
        "schemaSpace": str(PARVIS._NS),  # noqa: SLF001 - a closed namespace's own
        "view": {"url": f"{_address('resources.describe', lang)}?iri={{{{id}}}}"},
        "preview": {"url": f"{endpoint}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
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


def _address(endpoint: str, lang: str) -> str:
    """Return a public address, in the language if the request's address has one."""
    path = url_for(endpoint).removeprefix(request.script_root).lstrip("/")
    fixed = request.environ.get(FIXED) or request.args.get("lang") == lang
    return f"{host().settings.base}{f'{lang}/' if fixed else ''}{path}"


reconciliation = Blueprint("reconciliation", __name__)

T = TypeVar("T", bound=Sized)

SUGGESTED, MOST_SUGGESTED = 10, 100
"""Suggestions by default, and at most."""
LAST = 10_000
"""The largest offset of suggestions."""
SUGGESTS = "any(entity,type,property):what"

NOTHING = N_("nothing is asked: “queries” or “extend” is wanted")
TOO_MANY = N_("{count} {what} are asked for at once: at most {most} may be")
QUERIES, THINGS, STEPS = N_("queries"), N_("things"), N_("properties")


@reconciliation.route("/reconcile", methods=["GET", "POST"])
@reads("queries", "extend", long=True)
def service() -> Response:
    """Present the service (§3.1), or answer ``queries`` (§4) or ``extend`` (§7)."""
    parameters = request.values
    if "queries" in parameters:
        queries = _limit(parse_batch(parse_json(parameters["queries"], "queries")), BATCH, QUERIES)
        reader = reader_of(request)
        results = zip(queries, reconcile(host(), reader, list(queries.values())), strict=True)
        cards = host().datasets_by_graph(reader)
        return _to_json(
            {
                key: {"result": [_candidate_to_json(candidate, cards) for candidate in candidates]}
                for key, candidates in results
            }
        )
    if "extend" in parameters:
        query = parse_extension(parse_json(parameters["extend"], "extend"))
        _limit(query.entities, EXTENDED, THINGS)
        _limit(query.properties, PROPERTIES, STEPS)
        properties = [
            {"id": term.iri, "name": localise(term.label)} for term in extension_properties(query)
        ]
        rows = extend_entities(host(), reader_of(request), query, language())
        return _to_json({"meta": properties, "rows": rows})
    if request.method == "POST":
        raise UsageError(NOTHING)
    return _to_json(manifest(language()))


@reconciliation.get(f"/reconcile/suggest/<{SUGGESTS}>")
@reads("prefix", "limit", "cursor")
def suggest(what: str) -> Response:
    """Complete a prefix (§6): ``prefix``, ``limit`` and ``cursor``."""
    prefix = request.args.get("prefix", "")
    limit = integer_parameter("limit", SUGGESTED, MOST_SUGGESTED)
    # Zero is the one offset that `integer_parameter` refuses.
    offset = 0 if request.args.get("cursor", "0") == "0" else integer_parameter("cursor", 0, LAST)
    if what == "entity":
        candidates = suggest_entities(host(), reader_of(request), prefix, limit, offset)
        cards = host().datasets_by_graph(reader_of(request))
        result = [
            {
                "id": candidate.iri,
                "name": candidate.name(language())[0],
                "description": _describe(candidate, cards),
                "notable": _types_of(candidate),
            }
            for candidate in candidates
        ]
        return _to_json({"result": result})
    terms = (
        service_types().types.values() if what == "type" else service_types().properties_of(None)
    )
    matches = list(service_types().find_terms(prefix, terms))[offset : offset + limit]
    return _to_json({"result": [_term_to_json(term) for term in matches]})


@reconciliation.get("/reconcile/preview")
@reads("id")
def preview() -> Response:
    """Show an entity in a small page (§5); raise `UnknownThing`."""
    entity = host().describe(reader_of(request), request.args.get("id", ""), language())
    response = make_response(render_template("catalog/preview.html", entity=entity))
    response.headers[POLICY] = FRAMED_POLICY
    return response


@reconciliation.get("/reconcile/extend/propose")
@reads("type", "limit")
def propose() -> Response:
    """List the properties of entities of a type (§7.2)."""
    type_ = request.args.get("type", "")
    properties = service_types().properties_of(type_)[
        : integer_parameter("limit", MOST_SUGGESTED, 1_000)
    ]
    return _to_json({"type": type_, "properties": [_term_to_json(term) for term in properties]})


def _to_json(members: dict[str, Any]) -> Response:
    """Answer in JSON, with the language of its texts."""
    response = jsonify(members)
    response.content_language.add(language())
    return response


def _limit(items: T, most: int, what: str) -> T:
    """Refuse with 413 more than `most` items in one request, as the API has it (§3.1)."""
    if len(items) > most:
        raise Refusal(413, TOO_MANY, count=len(items), what=both(what), most=most)
    return items


def _candidate_to_json(
    candidate: ReconciliationCandidate, cards: Mapping[str, DatasetCard]
) -> dict[str, Any]:
    """Return a candidate (§4.2)."""
    name, lang = candidate.name(language())
    return {
        "id": candidate.iri,
        "name": name,
        **({"lang": lang} if lang else {}),
        "description": _describe(candidate, cards),
        "type": _types_of(candidate),
        "score": candidate.weight.score,
        "match": candidate.match,
        "features": [
            {"id": feature.id, "name": localise(feature.name), "value": feature.value}
            for feature in candidate.weight.features
        ],
    }


def _types_of(candidate: ReconciliationCandidate) -> list[dict[str, str]]:
    return [{"id": type_.iri, "name": localise(type_.label)} for type_ in candidate.types]


def _describe(candidate: ReconciliationCandidate, cards: Mapping[str, DatasetCard]) -> str:
    """Return an entity's types and datasets, which distinguish homonyms."""
    types = [localise(type_.label) for type_ in candidate.types]
    titles = [localise(cards[graph].title) for graph in candidate.graphs if graph in cards]
    return " · ".join(dict.fromkeys([*types, *titles]))


def _term_to_json(term: ServiceTerm) -> dict[str, Any]:
    """Return a type or a property, with its broader types."""
    members: dict[str, Any] = {"id": term.iri, "name": localise(term.label)}
    if term.broader:
        members["broader"] = [_term_to_json(service_types().types[term.broader])]
    return members
