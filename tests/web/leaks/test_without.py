"""Nothing reveals that a dataset exists which a reader may not discover: not even a number.

A pool is built twice, with the datasets that a reader may not discover and without them. Every
route gets the same requests, with its filters: the answers are the same, except for times.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from parvis.governance import ANONYMOUS as NOBODY
from parvis.ledger import Judgement, JudgementDecision, Judgements
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.readers import create_token
from parvis.web import create_app
from parvis.web.api.harvesting.oai import ListRequest
from tests.web.leaks.asking import Ask, asking, decode_body
from tests.web.leaks.plans import Probe, list_probes
from tests.web.leaks.pool import (
    ANONYMOUS,
    EVERYONE,
    FOR_HER,
    LINKED,
    RULES,
    date_constraint,
    key_of,
    load_graph,
    rule,
    settings_in,
    write_catalog,
)
from tests.web.leaks.test_leaks import BLANK, CHANGING_HEADERS, CHANGING_RULES, COMMON_ENDINGS

if TYPE_CHECKING:
    from parvis.pooling.serving.service import PoolService

DELETED = (
    " ; odrl:obligation [ odrl:target %s ; odrl:assignee parvis:host ; odrl:action odrl:delete"
    f" {date_constraint('gteq', '2099-01-01T00:00:00-05:00')} ]"
)
VISIBLE = {
    "open": f"{EVERYONE} ; {rule('<id/partner/gamma>', 'odrl:read')}",
    "known": f"{rule('parvis:everyone', 'parvis:discover')} ; {FOR_HER}",
}
HIDDEN = {name: RULES[name] for name in ("members", "granted", "hidden", "ended")}
"""Datasets that neither an anonymous reader nor gamma may discover."""

MAPPING = """sources:
  rows: {{access: vw{0}.csv, referenceFormulation: csv}}
mappings:
  event:
    sources: rows
    s: id/event/alpha/$(No)
    po:
      - [a, schema:TheaterEvent]
      - [schema:name, $(Titre), fr~lang]
      - [schema:startDate, $(annee)-05-11T20:00:00-04:00, xsd:dateTime]
      - [schema:location, id/place/alpha/vw{0}~iri]
      - [schema:organizer, id/partner/alpha~iri]
      - [parvis:discipline, concept:discipline/theatre~iri]
      - [parvis:targetAudience, concept:audience/$(public)~iri]
      - [schema:url, https://x.example/$(No)~iri]
  place:
    sources: rows
    s: id/place/alpha/vw{0}
    po:
      - [a, schema:Place]
      - [schema:name, Salle commune, fr~lang]
      - [parvis:territory, concept:area/$(region)~iri]
  relay:
    sources: rows
    s: id/organization/alpha/vw{0}
    po:
      - [a, schema:Organization]
      - [schema:name, Relais commun, fr~lang]
      - [parvis:reaches, id/reach/alpha/$(No)~iri]
  reach:
    sources: rows
    s: id/reach/alpha/$(No)
    po:
      - [a, parvis:Reach]
      - [parvis:targetAudience, concept:audience/$(public)~iri]
      - [parvis:eventArea, concept:area/total~iri]
      - [parvis:residenceArea, concept:area/$(region)~iri]
      - [parvis:language, concept:language/$(langue)~iri]
      - [parvis:channel, concept:channel/$(canal)~iri]
      - [parvis:reachSize, $(nombre), xsd:integer]
      - [parvis:method, concept:method/declared~iri]
  observation:
    sources: rows
    s: id/observation/alpha/$(No)
    po:
      - [a, qb:Observation]
      - [qb:dataSet, id/cube/alpha/vw{0}~iri]
      - [qb:measureType, parvis:attendance~iri]
      - [parvis:attendance, $(nombre), xsd:integer]
      - [parvis:contributor, id/partner/alpha~iri]
      - [parvis:refPeriod, concept:period/$(annee)~iri]
      - [parvis:eventArea, concept:area/total~iri]
      - [parvis:residenceArea, concept:area/$(region)~iri]
      - [parvis:place, concept:place/total~iri]
      - [parvis:ageGroup, concept:age/0-12~iri]
      - [parvis:public, concept:public/total~iri]
      - [parvis:language, concept:language/$(langue)~iri]
      - [parvis:discipline, concept:discipline/theatre~iri]
      - [parvis:channel, concept:channel/$(canal)~iri]
      - [parvis:method, concept:method/ticketing~iri]
      - [parvis:confStatus, concept:confidentiality/not-controlled~iri]
  cube:
    sources: rows
    s: id/cube/alpha/vw{0}
    po:
      - [a, qb:DataSet]
      - [qb:structure, parvis:publics~iri]
"""
PUBLICS, REGIONS, LANGUAGES, CHANNELS = (
    ("jeunes-parents", "families"),
    ("06", "13"),
    ("fr", "en"),
    ("print", "newsletter"),
)
ROWS = tuple(product(PUBLICS, REGIONS, LANGUAGES, CHANNELS))
YEARS = dict(zip(PUBLICS, (2024, 2025), strict=True))
HEADS = "No,Titre,public,region,langue,canal,annee,nombre"

FILTERS = [
    dict(zip(("public", "area", "language", "channel"), values, strict=True))
    for values in product(PUBLICS, ("", *REGIONS), ("", *LANGUAGES), ("", *CHANNELS))
]
QUERIES = (
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(!ISBLANK(?s)) }",
    "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c } GROUP BY ?c ORDER BY ?c",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    'SELECT ?s ?score { ?s parvis:search ("salle commune" ?score 50) }',
    "SELECT ?x (COUNT(*) AS ?n) { ?r parvis:residenceArea ?x } GROUP BY ?x ORDER BY ?x",
)
"""Queries that count all data."""
EXTRA_ADDRESSES = (
    *(f"/relays.json?{urlencode(choice)}" for choice in FILTERS),
    *(f"/relays?{urlencode(choice)}" for choice in FILTERS[::7]),
    *(f"/offerings.json?public={code}" for code in PUBLICS),
    *(f"/offerings?area={code}&year=2025" for code in REGIONS),
    *(f"/portrait.json?area={code}&age=each" for code in ("", "06", "each")),
    *(f"/catalog?{query}" for query in ("q=le", "type=relays", "type=publics", "sort=changed")),
    *(f"/search?q={text}" for text in ("salle", "relais", "salle+commune&kind=place", "vw")),
    *(f"/search/suggestions?q={text}" for text in ("s", "r", "soir", "sale")),
    *(f"/reconcile/suggest/entity?prefix={text}" for text in ("s", "relais", "soir")),
    *(f"/sparql?{urlencode({'query': query})}" for query in QUERIES),
    *("/id/partner/alpha", "/partner/alpha", "/sitemap.xml", "/void.ttl", "/feed.json"),
    *("/feed/entities.nq", "/feed/entities/alpha/zqopen.nq"),
)

INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT"
)
NONCE = re.compile(r"(nonce-|nonce=\"|csrf\" value=\"|prepared_at\D+)[\w+/=.-]+")
NAMED_BY_INSTANT = re.compile(
    r"(?<=feed)#[0-9a-f]{16}|(?<=feed/entities)#[0-9a-f]{24}|(?<=after=)[0-9a-f.]+"
)
OF_TIME = CHANGING_HEADERS | {"ETag", "Last-Modified", "Server-Timing"}


@dataclass(frozen=True)
class ServedPool:
    """A served pool, with a request function for each reader and values that change with time."""

    service: "PoolService"
    asks: Mapping[str, Ask]
    probes: list[Probe]
    changing_values: tuple[str, str]

    def answer(self, reader: str, address: str) -> str:
        """Return the answer without times and other changing values."""
        token, state = self.changing_values
        response = self.asks[reader](address.replace("{state}", state).replace("{token}", token))
        head = sorted((key, value) for key, value in response.headers if key not in OF_TIME)
        text = f"{response.status}\n{head}\n{BLANK.sub('', decode_body(response.get_data()))}"
        for word in self.changing_values:
            text = text.replace(word, "…")
        text = NONCE.sub("", INSTANT.sub("…", text))
        if address.startswith("/feed"):
            # An activity is named by its instant, an entity by a key of its own pool, and Turtle is
            # ordered by name.
            text = "\n".join(sorted(NAMED_BY_INSTANT.sub("…", text).split("\n")))
        return text


def start_pool(folder: Path) -> str:
    """Write and submit the visible datasets, and return a token of gamma."""
    write_pool(folder, VISIBLE)
    with Pool.open(settings_in(folder)) as pool:
        submit_each(pool, VISIBLE)
        return create_token(pool.settings, "gamma").text


def add_hidden(folder: Path) -> None:
    """Add the hidden datasets and a graph for members."""
    write_pool(folder, VISIBLE | HIDDEN)
    with Pool.open(settings_in(folder)) as pool:
        submit_each(pool, HIDDEN)
        load_graph(pool, folder)


def serve(folder: Path, token: str) -> ServedPool:
    """Link entities, publish, and serve."""
    settings = settings_in(folder)
    with Pool.open(settings) as pool:
        judge(pool, [name for name in VISIBLE | HIDDEN if key_of(name) in pool.catalog.datasets])
        publish(pool)
    app = create_app(settings)
    app.testing = True
    service: PoolService = app.extensions["parvis"]
    state = service.listing(NOBODY).state
    resumed = ListRequest("dcat", state=state).token()
    asks = {
        reader: asking(app.test_client(use_cookies=False), text)
        for reader, text in {ANONYMOUS: None, "gamma": token}.items()
    }
    probes = list_probes(app, state="{state}", token="{token}")  # noqa: S106 - of OAI-PMH
    return ServedPool(service, asks, probes, (resumed, state))


def write_pool(folder: Path, rules: Mapping[str, str]) -> None:
    """Write the catalogue folder of these datasets, and their files."""
    shutil.rmtree(folder / "catalog", ignore_errors=True)
    write_catalog(folder, {name: text + DELETED for name, text in rules.items()})
    for name in rules:
        write_rows(folder, name)


def submit_each(pool: Pool, names: Iterable[str]) -> None:
    for name in names:
        outcome = submit(pool, key_of(name))
        assert outcome.accepted, list(outcome.report.in_words("en"))


def write_rows(folder: Path, name: str) -> None:
    """Write a dataset whose entities are of every public, area, language and channel."""
    place = folder / "catalog" / str(key_of(name))
    record = (place / "dataset.ttl").read_text("utf-8")
    purpose = (
        "dpv:hasPurpose dpv:ServiceUsageAnalytics ; dpv:hasResponsibleEntity <id/partner/alpha>"
    )
    record = record.replace("parvis:errorThreshold", f"{purpose} ; parvis:errorThreshold")
    (place / "dataset.ttl").write_text(record, "utf-8")
    (place / "mapping.yml").write_text(MAPPING.format(name), "utf-8")
    lines = [
        f"vw{name}-{n},Soirée commune {n},{','.join(row)},{YEARS[row[0]]},{40 + n}"
        for n, row in enumerate(ROWS)
    ]
    (place / f"vw{name}.csv").write_text("\n".join([HEADS, *lines, ""]), "utf-8")


def judge(pool: Pool, names: Iterable[str]) -> None:
    """Judge that the places and the relays of all datasets are the same."""
    for (first, second), kind in product(combinations(names, 2), ("place", "organization")):
        first_iri, second_iri = (
            pool.iris.thing(kind, f"alpha/vw{name}") for name in (first, second)
        )
        first_graph, second_graph = (pool.iris.graph(key_of(name)) for name in (first, second))
        judgement = Judgement(
            kind,
            first_iri,
            second_iri,
            first_graph,
            second_graph,
            JudgementDecision.POSITIVE,
            "vwagreement",
            LINKED,
        )
        Judgements(pool.settings.data).append([judgement])


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedPool, ServedPool]]:
    """Build the pool with the hidden datasets, and without."""
    reduced = tmp_path_factory.mktemp("pool")
    token = start_pool(reduced)
    complete = shutil.copytree(reduced, tmp_path_factory.mktemp("pool") / "copy")
    add_hidden(complete)
    complete_pool, reduced_pool = serve(complete, token), serve(reduced, token)
    yield complete_pool, reduced_pool
    complete_pool.service.close()
    reduced_pool.service.close()


@pytest.mark.parametrize("reader", [ANONYMOUS, "gamma"], ids=["anonymous", "gamma"])
def test_no_answer_depends_on_what_its_reader_may_not_discover(
    pools: tuple[ServedPool, ServedPool], reader: str
) -> None:
    """Pages, totals, facets, completions, orders, sitemaps, machine formats, errors."""
    complete_pool, reduced_pool = pools
    addresses = [
        *EXTRA_ADDRESSES,
        *(
            probe.address
            for probe in complete_pool.probes
            if probe.subject in {None, "known"}
            and probe.rule not in CHANGING_RULES
            and probe.ending in COMMON_ENDINGS
        ),
    ]
    differences = {
        address: (first, second)
        for address in dict.fromkeys(addresses)
        if (first := complete_pool.answer(reader, address))
        != (second := reduced_pool.answer(reader, address))
    }
    assert len(addresses) > 200
    assert {address: _first_difference(*both) for address, both in differences.items()} == {}


def _first_difference(first: str, second: str) -> tuple[str, str]:
    """Return both texts around their first difference."""
    at = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)
    return first[max(0, at - 80) : at + 80], second[max(0, at - 80) : at + 80]
