"""What is asked of each route: every rule of the URL map needs a plan for its arguments.

A plan is a list of addresses, which may speak of a dataset by ``{name}``: they are asked about
every dataset of the pool, and about one that does not exist. Endings come from the rule itself.
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
"""What leaves out the ontology, which is large."""

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
"""Queries that ask for all there is."""

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
"""Queries that name a graph or a thing; the first are asked of the former generation too."""

AGAIN = 2

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
PAGES = ("", *(f"?{one}" for one in (*CHOOSING, *STATES)))
LANGUAGES = ("", "/fr", "/en")
CHOICES = ("?access=open&sort=changed", "?access=agreement", "?type=offerings&format=ttl")


def _asked(queries: tuple[str, ...], more: str = "") -> Iterator[str]:
    """Write queries into addresses."""
    for query in queries:
        filled = query.replace("{graph}", GRAPH).replace("{thing}", IRIS[0])
        text = quote(filled.replace("{name}", "~~")).replace("~~", "{name}")
        yield f"/sparql?query={text}{more}"


SHORT = frozenset(_asked((ALL_QUERIES[1], ALL_QUERIES[5])))
"""Queries that are asked for in every form."""


def _sparql() -> tuple[str, ...]:
    everything = quote("SELECT * { ?s ?p ?o }")
    graphs = quote("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    return (
        "/sparql",
        "/sparql?example=spectacles",
        "/sparql?query=&update=INSERT",
        *_asked(ALL_QUERIES),
        *_asked(ALL_QUERIES, "&generation=1"),
        *_asked(NAMING_QUERIES),
        *_asked(NAMING_QUERIES[:AGAIN], "&generation=1"),
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


def _words(path: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Search for texts."""
    return tuple(f"{path}?q={quote(one, safe='{}')}" for one in texts)


def _each(path: str, more: tuple[str, ...]) -> tuple[str, ...]:
    """Ask for a path with each of some ends."""
    return tuple(f"{path}{one}" for one in more)


RECONCILED = "/reconcile"
DRAFT = f"{RECONCILED}/1.0-draft"
NAMES = ("soirée", "salle", "vw{name}", "zq{name}", IRIS[0])
URL = '"properties": [{"pid": "http://schema.org/url", "v": "https://x.example/vw{name}"}]'
VALUES = '[{"id": "http://schema.org/name"}, {"id": "http://schema.org/location"}]'


def _json(path: str, parameter: str, texts: Iterator[str]) -> tuple[str, ...]:
    """Ask for JSON in an address; names of datasets stay to be filled in."""
    filled = (quote(one.replace("{name}", "~~")).replace("~~", "{name}") for one in texts)
    return tuple(f"{path}?{parameter}={one}" for one in filled)


def _reconciling() -> tuple[str, ...]:
    """Ask for names with and without a value, and for values of things."""
    queries = (f'{{"a": {{"query": "{one}"}}, "b": {{"query": "{one}", {URL}}}}}' for one in NAMES)
    values = (f'{{"ids": ["{one}"], "properties": {VALUES}}}' for one in IRIS)
    asked = _json(RECONCILED, "queries", queries)
    return (RECONCILED, *asked, *_json(RECONCILED, "extend", values))


def _suggesting(root: str) -> tuple[str, ...]:
    """Complete what is typed, and name types and properties."""
    typed = (*BEGINNINGS, IRIS[0])
    return (
        *(f"{root}/suggest/entity?prefix={quote(one, safe='{}')}" for one in typed),
        f"{root}/suggest/type?prefix=li",
        f"{root}/suggest/property?prefix=no",
    )


def _previewing(root: str) -> tuple[str, ...]:
    """Show things."""
    return tuple(f"{root}/preview?id={one.replace('#', '%23')}" for one in IRIS)


PLANS: Mapping[str, tuple[str, ...]] = {
    "/": tuple(f"{lang}/" for lang in LANGUAGES),
    "/queries": ("/queries", "/en/queries"),
    "/queries.<ending>": ("/queries.{ending}",),
    "/queries/<slug>": (EXAMPLE, f"{EXAMPLE}?generation=1", "/queries/zq{name}"),
    "/queries/<slug>.<ending>": _each(f"{EXAMPLE}.{{ending}}", ("", "?generation=1")),
    "/sparql": _sparql(),
    "/search": ("/search", "/en/search?q=salle", *_words("/search", ("soirée", "alpha", *WORDS))),
    "/relays": ("/relays", "/en/relays?public=jeunes-parents", "/relays?public=everyone&area=06"),
    "/relays.<ending>": ("/relays.{ending}", "/relays.{ending}?public=jeunes-parents"),
    "/portrait": ("/portrait", "/en/portrait?discipline=each&area=06", "/portrait?age=total"),
    "/portrait.<ending>": ("/portrait.{ending}", "/portrait.{ending}?area=each"),
    "/offerings": ("/offerings", "/en/offerings?public=children&area=06", "/offerings?year=2026"),
    "/offerings.<ending>": ("/offerings.{ending}", "/offerings.{ending}?discipline=theatre"),
    "/reconcile": _reconciling(),
    "/reconcile/suggest/<what>": _suggesting(RECONCILED),
    "/reconcile/preview": _previewing(RECONCILED),
    "/reconcile/extend/propose": (f"{RECONCILED}/extend/propose",),
    "/reconcile/1.0-draft": (DRAFT,),
    "/reconcile/1.0-draft/match": (f"{DRAFT}/match",),
    "/reconcile/1.0-draft/extend": (f"{DRAFT}/extend",),
    "/reconcile/1.0-draft/suggest/<what>": _suggesting(DRAFT),
    "/reconcile/1.0-draft/preview": _previewing(DRAFT),
    "/reconcile/1.0-draft/extend/propose": (f"{DRAFT}/extend/propose",),
    "/search/guided": ("/search/guided", "/en/search/guided"),
    "/search/guided.ttl": ("/search/guided.ttl",),
    "/search/suggestions": _words("/search/suggestions", BEGINNINGS),
    "/ontology": ("/ontology",),
    "/ontology.<ending>": ("/ontology.{ending}",),
    "/context.jsonld": ("/context.jsonld",),
    "/ontology/terms.json": ("/ontology/terms.json",),
    "/shapes": ("/shapes",),
    "/shapes.<ending>": ("/shapes.{ending}",),
    "/describe": (
        "/describe",
        *(f"/describe?iri={one.replace('#', '%23')}" for one in (*IRIS, *OTHERS)),
    ),
    "/id/<key>": DOCUMENTS,
    "/id/<key>.<ending>": tuple(f"{one}.{{ending}}" for one in DOCUMENTS),
    "/graph/<partner>/<dataset>": (f"/graph/{DATASET}",),
    "/catalog": (*_each("/catalog", (*PAGES, *CHOICES)), *_words("/catalog", ("soirée", *WORDS))),
    "/catalog.<ending>": _each("/catalog.{ending}", PAGES),
    "/dataset/<partner>/<dataset>": (f"/dataset/{DATASET}", f"/en/dataset/{DATASET}"),
    "/dataset/<partner>/<dataset>.<ending>": (f"/dataset/{DATASET}.{{ending}}",),
    "/dataset/<partner>/<dataset>/datapackage.json": (PACKAGE, f"/en{PACKAGE}"),
    "/dumps/<partner>/<dataset>.<ending>": (f"/dumps/{DATASET}.{{ending}}",),
    "/dumps/<partner>/<dataset>.sha256": (f"/dumps/{DATASET}.sha256",),
    "/void": ("/void",),
    "/void.<ending>": ("/void.{ending}",),
    "/.well-known/void": ("/.well-known/void",),
    "/partner/<slug>": _each("/partner/", ("alpha", "beta", "tiers", "zqchercheuse", "zq{name}")),
    "/partner/<slug>/exchange.json": _each(
        "/partner/", tuple(f"{one}/exchange.json" for one in ("alpha", "beta", "zq{name}"))
    ),
    "/project/<slug>": _each("/project/", ("essai", "zq{name}")),
    "/project/<slug>.<ending>": _each("/project/", ("essai.{ending}", "zq{name}.{ending}")),
    "/charter": ("/charter", "/en/charter"),
    "/docs": ("/docs", "/en/docs"),
    "/docs/<name>": ("/docs/querying", "/en/docs/none"),
    "/docs/developers/<name>": ("/docs/developers/architecture", "/docs/developers/none"),
    "/charter.<ending>": ("/charter.{ending}",),
    "/steward": ("/steward",),
    "/steward/<name>": _each("/steward/", ("decisions", "deletions", "releases")),
    "/steward/<name>.<ending>": _each("/steward/", ("deletions.{ending}", "releases.{ending}")),
    "/certificate/<name>": _each("/certificate/", ("0123456789abcdef", "zq{name}")),
    "/certificate/<name>.<ending>": ("/certificate/0123456789abcdef.{ending}",),
    "/check": ("/check", "/en/check"),
    "/check.<ending>": ("/check.{ending}",),
    "/give": ("/give", "/en/give"),
    "/give/<name>": ("/give/zq{name}",),
    "/steward/queue": ("/steward/queue",),
    "/steward/queue/<name>": ("/steward/queue/zq{name}",),
    "/steward/queue/<name>/<verdict>": ("/steward/queue/zq{name}/accept",),
    "/templates/<name>.<ending>": ("/templates/Event.{ending}",),
    "/login": ("/login",),
    "/logout": ("/logout",),
    "/steward/feeds": ("/steward/feeds",),
    "/steward/feeds.<ending>": ("/steward/feeds.{ending}",),
    "/steward/links": ("/steward/links", "/steward/links?kind=place"),
    "/steward/links.<ending>": ("/steward/links.{ending}",),
    "/steward/queries": ("/steward/queries",),
    "/steward/queries.<ending>": ("/steward/queries.{ending}",),
    "/health": ("/health",),
    "/metrics": ("/metrics",),
    "/replica/manifest.json": ("/replica/manifest.json",),
    "/replica/<number>/<name>": _each("/replica/", ("1/site/datasets.json", "2/zq{name}")),
    "/robots.txt": ("/robots.txt",),
    "/sitemap.xml": ("/sitemap.xml",),
    "/feed": _each("/feed", ("", "?page=1", "?page=2")),
    "/feed.<ending>": _each("/feed.{ending}", ("", "?page=1")),
    "/oai": tuple(f"/oai?verb={one}" for one in OAI),
    "/catalog.atom": ("/catalog.atom", "/catalog.atom?lang=en", "/catalog.atom?q=tt{name}"),
    "/static/<filename>": ("/static/parvis.css", "/static/zq{name}"),
}
"""Addresses by rule; a rule that is not here fails the test, so that each is thought of."""


@dataclass(frozen=True)
class Probe:
    """One address: the rule it was made for, the dataset that it names, and its ending."""

    rule: str
    address: str
    subject: str | None = None
    ending: str = ""

    def about(self, subject: str) -> "Probe":
        """Give the same question about another dataset."""
        assert self.subject is not None
        address = spoken(self.address, self.subject, subject)
        return replace(self, address=address, subject=subject)


def spoken(text: str, subject: str, other: str) -> str:
    """Put another dataset's words in the place of one's."""
    return re.sub(rf"(?i)(zq|tt|vw){subject}\b", rf"\g<1>{other}", text)


def rules(app: Flask) -> dict[str, tuple[str, ...]]:
    """Give every rule of an application, without its converters, and its endings."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in app.url_map.iter_rules():
        listed = re.search(r"any\(([^)]*)\):ending>", rule.rule)
        name = re.sub(r"<(?:[^<>]*:)?(\w+)>", r"<\1>", rule.rule)
        endings = tuple(one.strip("' ") for one in listed.group(1).split(",")) if listed else ()
        found[name] = (*found.get(name, ()), *endings)
    return found


def probes(app: Flask, **known: str) -> list[Probe]:
    """Give all addresses to ask; `known` fills what only the pool can tell (state, token)."""
    found = []
    for rule, endings in rules(app).items():
        for template, ending in product(PLANS.get(rule, ()), endings or ("",)):
            text = template
            for word, value in (known | {"ending": ending}).items():
                text = text.replace(f"{{{word}}}", value)
            subjects = SUBJECTS if "{name}" in text else (None,)
            found += [
                Probe(rule, text.replace("{name}", str(one)), one, ending) for one in subjects
            ]
    return list(dict.fromkeys(found))
