"""Plan the requests to each route: every rule of the URL map needs addresses for its arguments.

An address may hold ``{name}``: it is requested for every dataset of the pool, and for one that does
not exist. Extensions come from the rule itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from urllib.parse import quote

from flask import Flask

from tests.web.leaks.pool import ABSENT, BASE, LOADED, SECRETS

SUBJECTS = (*SECRETS, ABSENT)

DATASET = "alpha/zq{name}"
GRAPH = f"{BASE}graph/{DATASET}"
PLACE = f"1.{24 * '0'}.0.0.{32 * '0'}"
"""Where a reader of the feed of entities would stand, signed by nobody."""
THING = "event/alpha/vw{name}-0"
IRIS = (
    f"{BASE}id/{THING}",
    f"{BASE}id/place/alpha/vw{{name}}",
    GRAPH,
    f"{BASE}id/dataset/{DATASET}",
    f"{BASE}id/dataset/{DATASET}#record",
    f"{BASE}graph/parvis/dataset/{DATASET}",
    f"{BASE}id/version/{DATASET}/2026-11-25",
)
WORDS = ("vw{name}", "tt{name}", "zq{name}", '"vw{name}" OR soirée*')

OWN = 'FILTER(!STRSTARTS(STR(?s), "https://w3id.org/"))'
"""Leaves out the ontology, which is large."""

ALL_QUERIES = (
    "SELECT * { ?s ?p ?o FILTER(!ISBLANK(?s) && !ISBLANK(?o)) }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT * { ?s (schema:location|^schema:location)/schema:name? ?o }",
    f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o {OWN} }}",
    f"DESCRIBE ?s {{ ?s ?p ?o {OWN} }}",
    'SELECT * { ?s schema:name ?o FILTER(CONTAINS(?o, "vw")) }',
    'SELECT * { ?thing parvis:search ("soirée" ?score 50) }',
    'SELECT * { GRAPH ?g { ?thing parvis:search ("salle" ?score 50) } }',
    "SELECT * FROM <urn:x:zqloaded> { ?s ?p ?o }",
    "SELECT (1/0 AS ?x) { ?s ?p ?o } GROUP BY ?nothing HAVING (",
)
"""Queries over all data."""

NAMING_QUERIES = (
    "SELECT * { GRAPH <{graph}> { ?s ?p ?o } }",
    "SELECT (COUNT(*) AS ?n) FROM <{graph}> FROM NAMED <{graph}> { ?s ?p ?o }",
    "SELECT * FROM NAMED <{graph}> { GRAPH ?g { ?s ?p ?o } }",
    "ASK { <{thing}> ?p ?o }",
    "SELECT * { <{thing}> (!<x:y>)+ ?o OPTIONAL { ?x ?y <{thing}> } }",
    'SELECT * { ?s ?p ?o FILTER(?o = "Soirée vw{name} 0"@fr) }',
    "SELECT (EXISTS { GRAPH <{graph}> { ?s ?p ?o } } AS ?found) {}",
    "SELECT * { { SELECT ?g { GRAPH ?g { ?s ?p ?o } FILTER(?g = <{graph}>) } } }",
    "DESCRIBE <{thing}> <{graph}>",
    "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <{graph}> { ?s ?p ?o } }",
    'SELECT * { ?thing parvis:search ("vw{name}" ?score) }',
)
"""Queries that name a graph or an entity; the first are sent to the former generation too."""

FORMER_GENERATION_QUERIES = 2

TABLE_QUERY = (
    "SELECT ?a (SUM(?n) AS ?s) { ?o parvis:attendance ?n ; parvis:ageGroup ?a } GROUP BY ?a"
)
"""A query for a table, which does not say enough of one."""

STORED_QUERY = {"query": ["SELECT * { ?s ?p ?o }"], "generation": ["1"]}
SHORT_LINK = "4fd61bd60700b99d"
"""A query with a short link, and the id of that link."""

FORMS = ("oai_dc", "dcat")
RECORD = f"identifier={BASE}id/dataset/{DATASET}"
OAI = (
    "Identify",
    "ListSets",
    "ListMetadataFormats",
    *(f"ListRecords&metadataPrefix={form}" for form in (*FORMS, "nothing")),
    "ListIdentifiers&metadataPrefix=dcat",
    "ListRecords&metadataPrefix=dcat&set=partner-alpha",
    "ListRecords&metadataPrefix=dcat&set=theme-EDUC&from=2020-01-01",
    *(f"GetRecord&metadataPrefix={form}&{RECORD}" for form in FORMS),
    f"ListMetadataFormats&{RECORD}",
    "ListRecords&resumptionToken={token}",
)
STATES = ("state={state}", "state=x")
CHOOSING = ("full=1", "per_page=2", "page=2&per_page=2", "page=9", "modified_since=2020-01-01")
PAGES = ("", *(f"?{query}" for query in (*CHOOSING, *STATES)))
LANGUAGES = ("", "/fr", "/en")
CHOICES = ("?access=open&sort=changed", "?access=agreement", "?type=offerings&format=ttl")


def _query_addresses(queries: tuple[str, ...], suffix: str = "") -> Iterator[str]:
    for query in queries:
        filled = query.replace("{graph}", GRAPH).replace("{thing}", IRIS[0])
        text = quote(filled.replace("{name}", "~~")).replace("~~", "{name}")
        yield f"/sparql?query={text}{suffix}"


SHORT = frozenset(_query_addresses((ALL_QUERIES[1], ALL_QUERIES[5])))
"""Queries that are requested in every format."""


def _plan_sparql() -> tuple[str, ...]:
    everything = quote("SELECT * { ?s ?p ?o }")
    graphs = quote("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    return (
        "/sparql",
        "/sparql?example=spectacles",
        "/sparql?query=&update=INSERT",
        *_query_addresses(ALL_QUERIES),
        *_query_addresses(ALL_QUERIES, "&generation=1"),
        *_query_addresses(NAMING_QUERIES),
        *_query_addresses(NAMING_QUERIES[:FORMER_GENERATION_QUERIES], "&generation=1"),
        f"/sparql?query={everything}&default-graph-uri={GRAPH}",
        f"/sparql?query={graphs}&named-graph-uri={GRAPH}",
        f"/sparql?query={everything}&default-graph-uri={GRAPH}&generation=1",
        f"/sparql?query={everything}&default-graph-uri={BASE}graph/parvis/dataset/{DATASET}",
        f"/sparql?query={everything}&default-graph-uri={BASE}graph/parvis/statistics/{DATASET}",
    )


OTHERS = (f"{BASE}id/partner/alpha", f"{BASE}catalog", LOADED, "urn:x:vwloaded")
DOCUMENTS = (
    f"/id/{THING}",
    "/id/place/alpha/vw{name}",
    f"/id/dataset/{DATASET}",
    f"/id/version/{DATASET}/x",
    *("/id/partner/alpha", "/id/party/zqchercheuse", "/id/agreement/alpha", "/id/service/sparql"),
)
EXAMPLE = "/queries/spectacles"
PACKAGE = f"/dataset/{DATASET}/datapackage.json"
BEGINNINGS = ("s", "soir", "v", "le t", *WORDS)


def _plan_searches(path: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{path}?q={quote(text, safe='{}')}" for text in texts)


def _append_each(path: str, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """Append each suffix to a path."""
    return tuple(f"{path}{suffix}" for suffix in suffixes)


EVENT_FILTERS = (
    "discipline=theatre",
    "partner=alpha",
    "q=soir%C3%A9e",
    "q=vw{name}",
    f"place={BASE}id/place/alpha/vw{{name}}",
)


def _plan_events(path: str) -> tuple[str, ...]:
    """Request all events, and those that each filter chooses."""
    first = f"{path}?from=2026-01-01"
    return (first, *(f"{first}&{chosen}" for chosen in EVENT_FILTERS))


RECONCILED = "/reconcile"
NAMES = ("soirée", "salle", "vw{name}", "zq{name}", IRIS[0])
URL = '"properties": [{"pid": "http://schema.org/url", "v": "https://x.example/vw{name}"}]'
VALUES = '[{"id": "http://schema.org/name"}, {"id": "http://schema.org/location"}]'


def _plan_json(path: str, parameter: str, texts: Iterator[str]) -> tuple[str, ...]:
    """Put JSON texts into a parameter; ``{name}`` stays to be filled in."""
    quoted = (quote(text.replace("{name}", "~~")).replace("~~", "{name}") for text in texts)
    return tuple(f"{path}?{parameter}={text}" for text in quoted)


def _plan_reconciliation() -> tuple[str, ...]:
    """Request names with and without a value, and values of entities."""
    queries = (
        f'{{"a": {{"query": "{name}"}}, "b": {{"query": "{name}", {URL}}}}}' for name in NAMES
    )
    values = (f'{{"ids": ["{iri}"], "properties": {VALUES}}}' for iri in IRIS)
    searches = _plan_json(RECONCILED, "queries", queries)
    return (RECONCILED, *searches, *_plan_json(RECONCILED, "extend", values))


def _plan_suggestions() -> tuple[str, ...]:
    """Complete texts, and suggest types and properties."""
    typed = (*BEGINNINGS, IRIS[0])
    return (
        *(f"{RECONCILED}/suggest/entity?prefix={quote(text, safe='{}')}" for text in typed),
        f"{RECONCILED}/suggest/type?prefix=li",
        f"{RECONCILED}/suggest/property?prefix=no",
    )


def _plan_previews() -> tuple[str, ...]:
    return tuple(f"{RECONCILED}/preview?id={iri.replace('#', '%23')}" for iri in IRIS)


PLANS: Mapping[str, tuple[str, ...]] = {
    "/": tuple(f"{lang}/" for lang in LANGUAGES),
    "/queries": ("/queries", "/en/queries"),
    "/queries.<ending>": ("/queries.{ending}",),
    "/queries/<slug>": (EXAMPLE, f"{EXAMPLE}?generation=1", "/queries/zq{name}"),
    "/queries/<slug>/embed": (f"{EXAMPLE}/embed", f"/en{EXAMPLE}/embed", "/queries/zq{name}/embed"),
    "/queries/<slug>.<ending>": _append_each(f"{EXAMPLE}.{{ending}}", ("", "?generation=1")),
    "/sparql": _plan_sparql(),
    "/sparql/completions.json": ("/sparql/completions.json", "/en/sparql/completions.json"),
    "/sparql/filter": (
        f"/sparql/filter?query={quote(ALL_QUERIES[5])}&column=o&how=is&value=vw{{name}}",
    ),
    "/q": ("/q",),
    # Messages are posted: `test_assistants` sends them.
    "/mcp": ("/mcp",),
    "/q/<name>": (f"/q/{SHORT_LINK}", "/q/zq{name}", "/q/{saved}", "/q/{saved}?version=1"),
    "/q/<name>/citation": (
        f"/q/{SHORT_LINK}/citation",
        f"/en/q/{SHORT_LINK}/citation",
        "/q/{saved}/citation",
    ),
    "/q/<name>/citation.<ending>": (
        f"/q/{SHORT_LINK}/citation.{{ending}}",
        "/q/{saved}/citation.{ending}",
    ),
    "/q/<name>/crate.zip": (f"/q/{SHORT_LINK}/crate.zip", "/q/{saved}/crate.zip"),
    "/search": (
        "/search",
        "/en/search?q=salle",
        *_plan_searches("/search", ("soirée", "alpha", *WORDS)),
    ),
    "/relays": ("/relays", "/en/relays?public=jeunes-parents", "/relays?public=everyone&area=06"),
    "/relays.<ending>": ("/relays.{ending}", "/relays.{ending}?public=jeunes-parents"),
    "/portrait": ("/portrait", "/en/portrait?discipline=each&area=06", "/portrait?age=total"),
    "/portrait/region": ("/portrait/region", "/en/portrait/region?shade=rate&measure=tickets"),
    "/portrait/region/<code>": ("/portrait/region/06", "/en/portrait/region/03?measure=tickets"),
    "/portrait/compare": (
        "/portrait/compare",
        *(f"/en/portrait/compare?by={by}" for by in ("age", "event", "period", "own")),
        "/portrait/compare?by=area&first=06&second=03",
    ),
    "/portrait/embed": (
        "/portrait/embed?chapter=discipline",
        "/en/portrait/embed?chapter=age&area=06",
        "/portrait/embed?chapter=rates-area",
        "/portrait/embed?chapter=trend-total",
        "/portrait/embed?chapter=absence-area",
    ),
    "/figures/<name>/receipt.json": ("/figures/alpha/zq{name}-0/receipt.json",),
    "/receipts": ("/receipts", "/en/receipts"),
    "/.well-known/parvis-receipt-keys.json": ("/.well-known/parvis-receipt-keys.json",),
    "/releases/status.json": (
        "/releases/status.json",
        f"/releases/status.json?dataset={DATASET}&content={64 * '0'}",
    ),
    "/portrait.<ending>": ("/portrait.{ending}", "/portrait.{ending}?area=each"),
    "/offerings": ("/offerings", "/en/offerings?public=children&area=06", "/offerings?year=2026"),
    "/offerings.<ending>": ("/offerings.{ending}", "/offerings.{ending}?discipline=theatre"),
    "/events": _plan_events("/events"),
    "/events/embed": (*_plan_events("/events/embed"), "/en/events/embed?view=map"),
    "/events.json": (*_plan_events("/events.json"), "/events.json?from=2026-01-01&limit=1"),
    "/events.ics": _plan_events("/events.ics"),
    "/events.geojson": _plan_events("/events.geojson"),
    "/places.geojson": ("/places.geojson", *_plan_events("/places.geojson")),
    "/regions.geojson": ("/regions.geojson?from=2026-01-01",),
    "/embed.js": ("/embed.js",),
    "/openapi.json": ("/openapi.json",),
    "/reconcile": _plan_reconciliation(),
    "/reconcile/suggest/<what>": _plan_suggestions(),
    "/reconcile/preview": _plan_previews(),
    "/reconcile/extend/propose": (f"{RECONCILED}/extend/propose",),
    "/search/guided": (
        "/search/guided",
        "/en/search/guided?class=event&property=place&value=&property=organizer&value=",
        "/en/search/guided?class=place&property=words&value=salle",
        "/search/guided?class=organization&property=words&value=alpha",
    ),
    "/search/suggestions": _plan_searches("/search/suggestions", BEGINNINGS),
    "/ontology": ("/ontology",),
    "/ontology.<ending>": ("/ontology.{ending}",),
    "/context.jsonld": ("/context.jsonld",),
    "/ontology/terms.json": ("/ontology/terms.json",),
    "/shapes": ("/shapes",),
    "/shapes.<ending>": ("/shapes.{ending}",),
    "/styleguide": ("/styleguide",),
    "/styleguide/<name>": ("/styleguide/{name}",),
    "/describe": (
        "/describe",
        *(f"/describe?iri={iri.replace('#', '%23')}" for iri in (*IRIS, *OTHERS)),
    ),
    "/id/<key>": DOCUMENTS,
    "/id/<key>.<ending>": tuple(f"{document}.{{ending}}" for document in DOCUMENTS),
    "/graph/<partner>/<dataset>": (f"/graph/{DATASET}",),
    "/catalog": (
        *_append_each("/catalog", (*PAGES, *CHOICES)),
        *_plan_searches("/catalog", ("soirée", *WORDS)),
    ),
    "/catalog.<ending>": _append_each("/catalog.{ending}", PAGES),
    "/dataset/<partner>/<dataset>": (f"/dataset/{DATASET}", f"/en/dataset/{DATASET}"),
    "/dataset/<partner>/<dataset>.<ending>": (f"/dataset/{DATASET}.{{ending}}",),
    "/dataset/<partner>/<dataset>/citation": (f"/dataset/{DATASET}/citation",),
    "/dataset/<partner>/<dataset>/citation.<ending>": (f"/dataset/{DATASET}/citation.{{ending}}",),
    "/dataset/<partner>/<dataset>/datapackage.json": (PACKAGE, f"/en{PACKAGE}"),
    "/dataset/<partner>/<dataset>/croissant.json": (f"/dataset/{DATASET}/croissant.json",),
    "/mappings.sssom.tsv": ("/mappings.sssom.tsv",),
    "/dataset/<partner>/<dataset>/datascene.json": (f"/dataset/{DATASET}/datascene.json",),
    "/dumps/<partner>/<dataset>.<ending>": (f"/dumps/{DATASET}.{{ending}}",),
    "/dumps/<partner>/<dataset>/<table>.parquet": _append_each(
        f"/dumps/{DATASET}", ("/Event.parquet", "/Place.parquet")
    ),
    "/dumps/<partner>/<dataset>.sha256": (f"/dumps/{DATASET}.sha256",),
    "/void": ("/void",),
    "/void.<ending>": ("/void.{ending}",),
    "/.well-known/void": ("/.well-known/void",),
    "/.well-known/api-catalog": ("/.well-known/api-catalog",),
    "/about": ("/about", "/en/about"),
    "/contact": ("/contact",),
    "/accessibility": ("/accessibility",),
    "/privacy": ("/privacy",),
    "/glossary": ("/glossary", "/en/glossary"),
    "/status": ("/status", "/en/status"),
    "/my": ("/my",),
    "/partner/<slug>/dashboard": (
        "/partner/alpha/dashboard",
        "/partner/beta/dashboard?public=jeunes-parents",
        "/partner/none/dashboard",
    ),
    "/partner": ("/partner", "/en/partner"),
    "/project": ("/project", "/en/project"),
    "/partner/<slug>": _append_each(
        "/partner/", ("alpha", "beta", "tiers", "zqchercheuse", "zq{name}")
    ),
    "/partner/<slug>/exchange.json": _append_each(
        "/partner/", tuple(f"{slug}/exchange.json" for slug in ("alpha", "beta", "zq{name}"))
    ),
    "/project/<slug>": _append_each("/project/", ("essai", "zq{name}")),
    "/project/<slug>.<ending>": _append_each("/project/", ("essai.{ending}", "zq{name}.{ending}")),
    "/charter": ("/charter", "/en/charter"),
    "/docs": ("/docs", "/en/docs"),
    "/docs/<name>": ("/docs/querying", "/en/docs/none"),
    "/docs/developers/<name>": ("/docs/developers/architecture", "/docs/developers/none"),
    "/docs/notebooks/<name>.ipynb": (
        "/docs/notebooks/audiences.ipynb",
        "/docs/notebooks/none.ipynb",
    ),
    "/charter.<ending>": ("/charter.{ending}",),
    "/steward": ("/steward",),
    "/steward/<name>": _append_each("/steward/", ("decisions", "deletions", "releases")),
    "/steward/<name>.<ending>": _append_each(
        "/steward/", ("deletions.{ending}", "releases.{ending}")
    ),
    "/certificate/<name>": _append_each("/certificate/", ("0123456789abcdef", "zq{name}")),
    "/certificate/<name>.<ending>": ("/certificate/0123456789abcdef.{ending}",),
    "/check": ("/check", "/en/check"),
    "/check.<ending>": ("/check.{ending}",),
    "/check/clean": ("/check/clean",),
    "/check/<name>": ("/check/sketch", "/check/kits"),
    # The archive is parvis's own code, compressed: any number may be among its bytes.
    "/check/clean/<name>": ("/check/clean/worker.js",),
    "/partner/<slug>/box-office": ("/partner/alpha/box-office", "/partner/none/box-office"),
    "/partner/<slug>/box-office.<ending>": ("/partner/alpha/box-office.{ending}",),
    "/partner/<slug>/results": ("/partner/alpha/results", "/partner/none/results"),
    "/partner/<slug>/results.<ending>": ("/partner/alpha/results.{ending}",),
    "/partner/<slug>/results/<name>.csv": (
        "/partner/alpha/results/trend.csv",
        "/partner/alpha/results/profile.csv",
    ),
    "/trend": ("/trend", "/en/trend", "/trend?measure=tickets&period=2025"),
    "/trend.<ending>": ("/trend.{ending}",),
    "/absence": ("/absence", "/en/absence", "/absence?measure=tickets&period=2025"),
    "/absence.<ending>": ("/absence.{ending}",),
    "/portrait/people": ("/portrait/people", "/en/portrait/people"),
    "/portrait/people.<ending>": ("/portrait/people.{ending}",),
    "/partner/<slug>/rounds": ("/partner/alpha/rounds", "/partner/none/rounds"),
    "/partner/<slug>/rounds/<project>/<number>": ("/partner/alpha/rounds/essai/1",),
    "/partner/<slug>/rounds/<project>/<number>.json": ("/partner/alpha/rounds/essai/1.json",),
    "/partner/<slug>/rounds/<project>/<number>/certificate": (
        "/partner/alpha/rounds/essai/1/certificate",
    ),
    "/steward/rounds": ("/steward/rounds",),
    "/steward/rounds/<project>/<number>": ("/steward/rounds/essai/1",),
    "/steward/rounds/<project>/<number>/<act>": ("/steward/rounds/essai/1/merge",),
    "/rates": ("/rates", "/en/rates", "/rates?measure=tickets&period=2025"),
    "/rates.<ending>": ("/rates.{ending}",),
    "/box-office/<dataset>": ("/box-office/zq{name}", "/box-office/zq{name}?partner=alpha"),
    "/box-office/<dataset>/<performance>": ("/box-office/zq{name}/vw{name}-0",),
    "/box-office/<dataset>/missing": ("/box-office/zq{name}/missing",),
    "/give": ("/give", "/en/give"),
    "/give/<name>": ("/give/zq{name}",),
    "/practice": (
        "/practice",
        "/en/practice?query=SELECT",
        f"/practice?query={quote(TABLE_QUERY)}",
    ),
    "/practice.<ending>": ("/practice.{ending}",),
    "/organization/questions": ("/organization/questions", "/en/organization/questions"),
    "/organization/questions/<name>": (
        "/organization/questions/zq{name}",
        "/organization/questions/zq{name}?format=csv",
    ),
    "/organization/questions/<name>/withdraw": ("/organization/questions/zq{name}/withdraw",),
    "/steward/questions": ("/steward/questions",),
    "/steward/questions/<name>": ("/steward/questions/zq{name}",),
    "/steward/questions/<name>/<act>": ("/steward/questions/zq{name}/examine",),
    "/requests": ("/requests",),
    "/requests/new": (
        "/requests/new",
        *(f"/requests/new?subject={iri.replace('#', '%23')}" for iri in IRIS),
    ),
    "/requests/<name>": ("/requests/zq{name}", "/en/requests/zq{name}?format=ttl"),
    "/requests/<name>/<act>": ("/requests/zq{name}/offer", "/requests/zq{name}/accept"),
    "/requests/<name>/law25": ("/requests/zq{name}/law25",),
    "/requests/<name>/law25/assessment": ("/requests/zq{name}/law25/assessment",),
    "/requests/<name>/law25/document": ("/requests/zq{name}/law25/document",),
    "/requests/<name>/law25/steps/<step>": ("/requests/zq{name}/law25/steps/sent",),
    "/organization/requests": ("/organization/requests", "/en/organization/requests"),
    "/organization/requests/rules": ("/organization/requests/rules",),
    "/organization/requests/rules/<name>/end": ("/organization/requests/rules/zq{name}/end",),
    "/steward/requests": ("/steward/requests",),
    "/drafts": ("/drafts", "/en/drafts?dataset=zq{name}"),
    "/drafts/<name>": ("/drafts/0123456789abcdef", "/drafts/zq{name}"),
    "/drafts/<name>/columns": ("/drafts/0123456789abcdef/columns",),
    "/drafts/<name>/corrections": ("/drafts/0123456789abcdef/corrections",),
    "/drafts/<name>/mapping": ("/drafts/0123456789abcdef/mapping",),
    "/drafts/<name>/mapping.yml": ("/drafts/0123456789abcdef/mapping.yml",),
    "/drafts/<name>/agreement": ("/drafts/0123456789abcdef/agreement",),
    "/drafts/<name>/submission": ("/drafts/0123456789abcdef/submission",),
    "/drafts/<name>/delete": ("/drafts/0123456789abcdef/delete",),
    "/partner/<slug>/uses": ("/partner/alpha/uses", "/partner/zq{name}/uses"),
    "/partner/<slug>/uses.<ending>": ("/partner/alpha/uses.{ending}",),
    "/notices": ("/notices", "/en/notices"),
    "/notices/feed": ("/notices/feed",),
    "/notices/<link>.atom": ("/notices/zq{name}.0.0.atom",),
    "/notices/unsubscribe/<link>": ("/notices/unsubscribe/zq{name}.all.0",),
    "/steward/outbox": ("/steward/outbox",),
    "/steward/outbox/retry": ("/steward/outbox/retry",),
    "/steward/columns": ("/steward/columns",),
    "/steward/queue": ("/steward/queue",),
    "/steward/queue/<name>": ("/steward/queue/zq{name}",),
    "/steward/queue/<name>/<verdict>": ("/steward/queue/zq{name}/accept",),
    "/organization/agreements": ("/organization/agreements", "/organization/agreements?project=x"),
    "/organization/agreements/<act>": ("/organization/agreements/sign",),
    "/steward/agreements": ("/steward/agreements",),
    "/steward/agreements/<party>": _append_each("/steward/agreements/", ("alpha", "zq{name}")),
    "/steward/agreements/<party>/<act>": ("/steward/agreements/alpha/sign",),
    "/steward/history": ("/steward/history", "/steward/history?path=alpha/zq{name}"),
    "/steward/history/<number>": ("/steward/history/1",),
    "/steward/history/<number>/undo": ("/steward/history/1/undo",),
    "/steward/partners": ("/steward/partners",),
    "/steward/partners/<name>": _append_each("/steward/partners/", ("alpha", "zq{name}")),
    "/steward/partners/<name>/<dataset>": ("/steward/partners/alpha/zq{name}",),
    "/steward/projects": ("/steward/projects",),
    "/steward/projects/<slug>": ("/steward/projects/essai",),
    "/steward/projects/<slug>/close": ("/steward/projects/essai/close",),
    "/steward/text": ("/steward/text", "/steward/text?path=alpha/zq{name}/dataset.ttl"),
    "/templates/<name>.<ending>": ("/templates/Event.{ending}",),
    "/login": ("/login",),
    "/logout": ("/logout",),
    "/login/passkey": ("/login/passkey",),
    "/passkey/options": ("/passkey/options", "/passkey/options?purpose=add"),
    "/invitation/<code>": ("/invitation/zq{name}", "/en/invitation/none"),
    "/login/oidc": ("/login/oidc",),
    "/login/oidc/callback": ("/login/oidc/callback", "/login/oidc/callback?code=zq{name}&state=x"),
    "/invitation/<code>/account": ("/invitation/zq{name}/account",),
    "/account": ("/account", "/en/account?done=details"),
    "/account/queries": ("/account/queries", "/en/account/queries?format=json"),
    "/account/queries/<name>/<act>": (
        "/account/queries/{saved}/public",
        "/account/queries/zq{name}/delete",
    ),
    "/account/queries/<name>/question": ("/account/queries/{saved}/question?slug=zq{name}",),
    "/account/details": ("/account/details",),
    "/account/passkey": ("/account/passkey",),
    "/account/passkey/remove": ("/account/passkey/remove?id=zq{name}",),
    "/account/provider": ("/account/provider",),
    "/account/provider/remove": ("/account/provider/remove",),
    "/account/sessions/end": ("/account/sessions/end?id=zq{name}",),
    "/account/delete": ("/account/delete?confirmed=1",),
    "/people": ("/people", "/en/people"),
    "/people/invite": ("/people/invite?party=zq{name}&role=reader",),
    "/people/<name>/<act>": ("/people/zq{name}/remove", "/people/zq{name}/role?role=reader"),
    "/people/invitation/<name>/withdraw": ("/people/invitation/zq{name}/withdraw",),
    "/steward/tokens": ("/steward/tokens", "/steward/tokens?party=zq{name}"),
    "/steward/tokens/<name>/<act>": ("/steward/tokens/zq{name}/revoke",),
    "/steward/people": ("/steward/people",),
    "/steward/feeds": ("/steward/feeds",),
    "/steward/feeds.<ending>": ("/steward/feeds.{ending}",),
    "/steward/links": ("/steward/links", "/steward/links?kind=place"),
    "/steward/links.<ending>": ("/steward/links.{ending}",),
    "/steward/jobs": ("/steward/jobs",),
    "/steward/jobs.<ending>": ("/steward/jobs.{ending}",),
    "/steward/jobs/new": (
        "/steward/jobs/new?kind=withdraw&name=alpha/zq{name}",
        "/steward/jobs/new?kind=rollback&number=1",
        "/steward/jobs/new?kind=recall&name=alpha/zq{name}",
    ),
    "/steward/jobs/<number>": ("/steward/jobs/1",),
    "/steward/jobs/<number>.<ending>": ("/steward/jobs/1.{ending}",),
    "/steward/jobs/<number>/<verb>": ("/steward/jobs/1/cancel",),
    "/steward/versions": ("/steward/versions",),
    "/steward/versions.<ending>": ("/steward/versions.{ending}",),
    "/steward/due": ("/steward/due",),
    "/steward/due.<ending>": ("/steward/due.{ending}",),
    "/steward/backups": ("/steward/backups",),
    "/steward/backups.<ending>": ("/steward/backups.{ending}",),
    "/steward/figures": ("/steward/figures",),
    "/steward/figures.<ending>": ("/steward/figures.{ending}",),
    "/steward/settings": ("/steward/settings",),
    "/steward/settings.<ending>": ("/steward/settings.{ending}",),
    "/steward/portals": ("/steward/portals",),
    "/steward/register.<ending>": ("/steward/register.{ending}",),
    "/steward/queries": ("/steward/queries",),
    "/steward/queries.<ending>": ("/steward/queries.{ending}",),
    "/health": ("/health",),
    "/metrics": ("/metrics",),
    "/replica/manifest.json": ("/replica/manifest.json",),
    "/replica/<number>/<name>": _append_each("/replica/", ("1/site/datasets.json", "2/zq{name}")),
    "/robots.txt": ("/robots.txt",),
    "/llms.txt": ("/llms.txt",),
    "/sitemap.xml": ("/sitemap.xml",),
    "/feed": _append_each("/feed", ("", "?page=1", "?page=2")),
    "/feed.<ending>": _append_each("/feed.{ending}", ("", "?page=1")),
    "/feed/entities": ("/feed/entities",),
    "/feed/entities.<ending>": ("/feed/entities.{ending}",),
    "/feed/entities/<partner>/<dataset>": _append_each(
        f"/feed/entities/{DATASET}", ("", f"?after={PLACE}", "?after=x")
    ),
    "/feed/entities/<partner>/<dataset>.<ending>": (f"/feed/entities/{DATASET}.{{ending}}",),
    "/.well-known/dspace-version": ("/.well-known/dspace-version",),
    "/dsp/catalog/request": ("/dsp/catalog/request",),
    "/dsp/catalog/datasets/<identifier>": _append_each(
        "/dsp/catalog/datasets/", (DATASET, IRIS[3], IRIS[2])
    ),
    "/oai": tuple(f"/oai?verb={verb}" for verb in OAI),
    "/catalog.atom": ("/catalog.atom", "/catalog.atom?lang=en", "/catalog.atom?q=tt{name}"),
    "/static/<filename>": ("/static/parvis.css", "/static/zq{name}"),
}
"""Addresses by rule; a missing rule fails the test, so that no route is forgotten."""


@dataclass(frozen=True)
class Probe:
    """An address with its rule, the dataset that it names, and its extension."""

    rule: str
    address: str
    subject: str | None = None
    ending: str = ""

    def about(self, subject: str) -> "Probe":
        """Return the same request for another dataset."""
        assert self.subject is not None
        address = replace_subject(self.address, self.subject, subject)
        return replace(self, address=address, subject=subject)


def replace_subject(text: str, subject: str, other: str) -> str:
    """Replace the secret words of a dataset by those of another."""
    return re.sub(rf"(?i)(zq|tt|vw){subject}\b", rf"\g<1>{other}", text)


def list_rules(app: Flask) -> dict[str, tuple[str, ...]]:
    """List the rules of an application without converters, with their extensions."""
    endings_by_rule: dict[str, tuple[str, ...]] = {}
    for rule in app.url_map.iter_rules():
        listed = re.search(r"any\(([^)]*)\):ending>", rule.rule)
        name = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule)
        endings = (
            tuple(ending.strip("' ") for ending in listed.group(1).split(",")) if listed else ()
        )
        endings_by_rule[name] = (*endings_by_rule.get(name, ()), *endings)
    return endings_by_rule


def list_probes(app: Flask, **pool_values: str) -> list[Probe]:
    """List all addresses to request; `pool_values` are those that only the pool has."""
    probes = []
    for rule, endings in list_rules(app).items():
        for template, ending in product(PLANS.get(rule, ()), endings or ("",)):
            text = template
            for word, value in (pool_values | {"ending": ending}).items():
                text = text.replace(f"{{{word}}}", value)
            subjects = SUBJECTS if "{name}" in text else (None,)
            probes += [
                Probe(rule, text.replace("{name}", str(subject)), subject, ending)
                for subject in subjects
            ]
    return list(dict.fromkeys(probes))
