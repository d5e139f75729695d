"""The invented pool: kept as its script makes it, accepted whole, and rich enough to learn from."""

import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import linking
import pytest
from python_calamine import CalamineWorkbook
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import QB
from rdflib.plugins.sparql import prepareQuery

from parvis.catalog import Catalog
from parvis.catalog.ontology import concepts
from parvis.catalog.queries import FORMS, OTHER, THEMES, load_queries
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, Reader, decide
from parvis.governance.policies import AGGREGATE, DISCOVER, READ
from parvis.ledger import JudgementDecision
from parvis.linking.candidates import Candidate, candidates, problems
from parvis.linking.entity import Entity, entities
from parvis.linking.evidence import Kind
from parvis.linking.judgements import pair
from parvis.linking.links import grounds
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.load import load
from parvis.pooling.linking import judgements as judged_file
from parvis.rdf.files import sorted_lines
from parvis.report import Report
from parvis.validation import Validation, load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

pytestmark = pytest.mark.once

DEMO = knowledge("catalog") / "demo"
BASE = "http://localhost:8000/"
PORTRAITS = {DatasetKey("tiers-neutre", one) for one in ("portrait", "portrait-theatre")}
"""What parvis makes itself: no sample."""
KEYS = sorted(
    {DatasetKey(file.parent.parent.name, file.parent.name) for file in DEMO.glob("*/*/dataset.ttl")}
    - PORTRAITS
)
HALLS = {
    *("salle-des-erables", "scene-du-phare", "maison-des-voix", "theatre-du-tilleul"),
    "centre-grand-large",
}
"""Partners that pool their figures only, and of which no exact sum is shown."""
NOW = datetime.fromisoformat("2026-11-24T12:00:00-05:00")
POOL = DatasetKey("tiers-neutre", "publics-regroupes")
BRACKETS = {CONCEPT[f"age/{code}"] for code in ("0-13", "14-64", "65-plus", "total")}


@dataclass(frozen=True)
class Converted:
    """A sample as the mapping engine and the shapes see it."""

    graph: Graph
    report: Report
    validation: Validation


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """Load the demo's catalogue folder."""
    return Catalog.load(DEMO, BASE)


@pytest.fixture(scope="module")
def converted(catalog: Catalog) -> dict[DatasetKey, Converted]:
    """Convert and validate every sample once."""
    shapes = load_shapes([knowledge("shapes")])
    return {key: _converted(catalog, key, concepts(), shapes) for key in KEYS}


def _converted(catalog: Catalog, key: DatasetKey, known: Concepts, shapes: Graph) -> Converted:
    """Convert one sample by its mapping, and validate what comes of it."""
    dataset = catalog.require(key)
    (source,) = dataset.sources
    out = io.StringIO()
    document = load(dataset.mapping_for(source))
    report = convert(document, source, Sinks(out), base=BASE, concepts=known)
    graph = Graph().parse(data=out.getvalue(), format="nt")
    return Converted(graph, report, validate(graph, shapes))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the script anew, into an empty folder."""
    folder = tmp_path_factory.mktemp("invented")
    subprocess.run([sys.executable, DEMO / "invent.py", folder], check=True)  # noqa: S603 - our own script
    return folder


def _events(graph: Graph) -> set[URIRef]:
    """Give what begins on a date and is no series."""
    found = {one for one in graph.subjects(SCHEMA.startDate) if isinstance(one, URIRef)}
    return found - set(graph.subjects(RDF.type, SCHEMA.Festival))


def test_the_script_writes_the_kept_text_files_byte_for_byte(written: Path) -> None:
    """The same seed gives the same files, on any machine."""
    kept = [one for one in written.rglob("*.*") if one.suffix != ".xlsx"]
    assert len(kept) == 21
    for file in kept:
        assert file.read_bytes() == (DEMO / file.relative_to(written)).read_bytes(), file


def test_the_script_writes_the_kept_workbooks_cell_for_cell(written: Path) -> None:
    """A workbook's packing may differ between versions, its cells may not."""
    books = list(written.rglob("*.xlsx"))
    assert len(books) == 4
    for file in books:
        assert _cells(file) == _cells(DEMO / file.relative_to(written)), file


def _cells(file: Path) -> dict[str, Sequence[Sequence[object]]]:
    """Read every sheet of a workbook."""
    book = CalamineWorkbook.from_path(file)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_sample_is_one_that_the_script_writes(catalog: Catalog, written: Path) -> None:
    """No file of the pool has another origin."""
    samples = {file.relative_to(DEMO) for key in KEYS for file in catalog.require(key).sources}
    assert samples == {file.relative_to(written) for file in written.rglob("*.*")}


def test_partners_are_of_many_kinds(catalog: Catalog) -> None:
    """Seven partners and the host are of eight kinds; the halls that pool figures are of two."""
    kinds = {partner.kind.rsplit("/", 1)[-1] for partner in catalog.partners.values()}
    assert kinds >= {"theatre-company", "presenter", "museum", "dance-company", "library"}
    assert kinds >= {"festival", "magazine", "third-party"}
    assert len(catalog.partners) == 13


def test_every_record_says_that_it_is_invented(catalog: Catalog) -> None:
    """Nobody may take the demo for real figures: titles, descriptions and a flag say so."""
    assert all(partner.invented for partner in catalog.partners.values())
    assert "inventées" in catalog.title["fr"]
    assert "invented" in catalog.title["en"]
    for partner in catalog.partners.values():
        assert re.search(r"\(invent", partner.names["fr"])
    for dataset in catalog.datasets.values():
        assert dataset.invented
        assert dataset.description["fr"].startswith("Données inventées")
        assert dataset.description["en"].startswith("Invented data")


def test_the_pooled_publics_say_that_they_are_not_controlled(catalog: Catalog) -> None:
    """Sums shown before disclosure control exists are marked, in words and in each figure."""
    description = catalog.require(POOL).description
    assert "NON CONTRÔLÉES" in description["fr"]
    assert "NOT CONTROLLED" in description["en"]


def test_records_fit_their_shapes() -> None:
    """Partners, datasets, agreements and the project are what the shapes of records ask for."""
    graph = Graph()
    for file in DEMO.rglob("*.ttl"):
        graph.parse(file, publicID=BASE)
    graph.parse(knowledge("ontology") / "organization-type.ttl")
    found = validate(graph, load_shapes([*(knowledge("shapes") / "records").glob("*.ttl")]))
    assert [finding.text["en"] for finding in found.findings] == []


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_sample_is_accepted_with_few_row_errors(
    key: DatasetKey, converted: dict[DatasetKey, Converted]
) -> None:
    """Dirty cells are there to be reported, not to be refused: at most two rows in a hundred."""
    found = converted[key]
    assert found.report.row_errors <= 0.02 * found.report.rows
    grave = [one for one in found.validation.findings if one.rule != "PostalAddress-postalCode"]
    assert [one.text["en"] for one in grave] == []


def test_reports_have_something_to_show(converted: dict[DatasetKey, Converted]) -> None:
    """There are bad cells of several kinds, a missing postal code and unknown labels."""
    rules = Counter(one.rule for found in converted.values() for one in found.report.findings)
    assert rules.keys() >= {"bad-number", "bad-boolean", "unmatched-concept"}
    lacking = converted[DatasetKey("theatre-lanterne", "programmation")].validation.findings
    assert [one.rule for one in lacking] == ["PostalAddress-postalCode"]


def test_the_pool_is_large_enough_and_small_enough(
    converted: dict[DatasetKey, Converted],
) -> None:
    """At least 500 events and 100 observations, in at most about 15,000 triples."""
    graphs = [found.graph for found in converted.values()]
    assert sum(len(_events(graph)) for graph in graphs) >= 500
    assert sum(len(set(graph.subjects(RDF.type, QB.Observation))) for graph in graphs) >= 100
    assert sum(map(len, graphs)) <= 15_000


def test_some_events_are_cancelled_and_some_are_free(
    converted: dict[DatasetKey, Converted],
) -> None:
    """A demo without a cancellation teaches nothing about one."""
    whole = _whole(converted)
    cancelled = set(whole.subjects(SCHEMA.eventStatus, SCHEMA.EventCancelled))
    assert 3 <= len(cancelled) <= 20
    assert (None, SCHEMA.isAccessibleForFree, Literal(True)) in whole  # noqa: FBT003 - a value


def test_venues_are_described_by_several_partners_under_several_names(
    converted: dict[DatasetKey, Converted],
) -> None:
    """Linking has something to find: the same postal code with different names."""
    names: dict[str, set[str]] = {}
    for found in converted.values():
        for place, address in found.graph.subject_objects(SCHEMA.address):
            for code in found.graph.objects(address, SCHEMA.postalCode):
                said = map(str, found.graph.objects(place, SCHEMA.name))
                names.setdefault(str(code), set()).update(said)
    assert sum(len(said) > 1 for said in names.values()) >= 10


def test_performances_are_announced_by_producer_and_presenter(
    converted: dict[DatasetKey, Converted],
) -> None:
    """The same title at the same instant stands in two partners' graphs."""
    counts: Counter[tuple[str, str]] = Counter()
    for found in converted.values():
        graph = found.graph
        counts.update(
            {
                (str(name), str(start))
                for event in _events(graph)
                for name in graph.objects(event, SCHEMA.name)
                for start in graph.objects(event, SCHEMA.startDate)
            }
        )
    assert sum(count > 1 for count in counts.values()) >= 20


def _whole(converted: dict[DatasetKey, Converted]) -> Graph:
    """Join what all partners give."""
    whole = Graph()
    for found in converted.values():
        whole += found.graph
    return whole


def _observations(graph: Graph) -> Iterator[tuple[tuple[object, ...], int]]:
    """Give each observation of all places: the strata that the pool adds up by, and its value."""
    steps = (PARVIS.discipline, PARVIS.refArea, PARVIS.ageGroup, PARVIS.refPeriod)
    whole = {CONCEPT["public/total"], CONCEPT["public/individuals"]}
    for one in graph.subjects(PARVIS.place, CONCEPT["place/total"]):
        measure = graph.value(one, QB.measureType)
        assert measure is not None
        strata = [graph.value(one, step) for step in steps]
        if graph.value(one, PARVIS.public) in whole and strata[2] in BRACKETS:
            yield (measure, *strata), int(str(graph.value(one, measure)))


def test_pooled_figures_are_the_sums_of_the_partners_figures(
    converted: dict[DatasetKey, Converted],
) -> None:
    """Each pooled figure is exactly what six partners' own observations add up to."""
    sums: Counter[tuple[object, ...]] = Counter()
    for key, found in converted.items():
        given = key != POOL and key.partner not in HALLS
        for strata, value in _observations(found.graph) if given else ():
            sums[strata] += value
    assert dict(_observations(converted[POOL].graph)) == sums


def test_every_pooled_figure_is_marked_not_controlled(
    converted: dict[DatasetKey, Converted],
) -> None:
    """No figure of the pool passes for one that disclosure control has seen."""
    graph = converted[POOL].graph
    observations = set(graph.subjects(RDF.type, QB.Observation))
    marked = set(graph.subjects(PARVIS.confStatus, CONCEPT["confidentiality/not-controlled"]))
    assert (
        observations == marked == set(graph.subjects(PARVIS.contributor, CONCEPT["partner/pool"]))
    )


def test_events_of_several_partners_meet_pooled_publics(
    converted: dict[DatasetKey, Converted],
) -> None:
    """Discipline and area join offerings with publics, for the graphs of most partners."""
    pooled = {strata[1:3] for strata, _ in _observations(converted[POOL].graph)}
    meeting = set()
    for key, found in converted.items():
        graph = found.graph
        for event in _events(graph):
            place = graph.value(event, SCHEMA.location)
            area = graph.value(place, PARVIS.territory)
            if (graph.value(event, PARVIS.discipline), area) in pooled:
                meeting.add(key.partner)
    assert len(meeting) >= 6


def test_halls_show_their_figures_to_nobody_else(catalog: Catalog) -> None:
    """They pool them only: so the portrait has something to hide, and something to tell."""
    for hall in HALLS:
        readers = {one for one in catalog.partners if _may(catalog, one, f"{hall}/publics")}
        assert readers <= {hall, "tiers-neutre"}
        assert _may(catalog, "tiers-neutre", f"{hall}/publics", AGGREGATE)


def _may(
    catalog: Catalog, who: str | None, key: str, action: str = READ, at: datetime = NOW
) -> bool:
    """Say whether a partner (None: anyone) may do something with a dataset."""
    reader = Reader(catalog.iris.partner(who)) if who else ANONYMOUS
    return decide(catalog.policies, reader, action, catalog.named(key).iri, at).allowed


def test_offerings_are_open_to_everyone(catalog: Catalog) -> None:
    """What is announced may be read by anyone, and so may the pooled publics."""
    for key in ("theatre-lanterne/programmation", "festival-neiges/programme", str(POOL)):
        assert _may(catalog, None, key)


def test_agreements_on_publics_differ(catalog: Catalog) -> None:
    """Members but one, members but a kind, members until a day, nobody else: all are there."""
    readers = {
        key: {slug for slug in catalog.partners if _may(catalog, slug, key)}
        for key in (
            "theatre-lanterne/publics",
            "danse-petit-nord/publics",
            "diffusion-rivage/billetterie",
            "musee-marees/frequentation",
        )
    }
    everyone = set(catalog.partners)
    assert readers["theatre-lanterne/publics"] == everyone - {"festival-neiges"}
    assert readers["danse-petit-nord/publics"] == everyone - {"diffusion-rivage"}
    assert readers["diffusion-rivage/billetterie"] == everyone
    assert readers["musee-marees/frequentation"] == {"musee-marees", "tiers-neutre"}


def test_some_publics_may_be_read_until_a_day_only(catalog: Catalog) -> None:
    """The presenter's box office closes to members at the end of June, and is deleted later."""
    key = "diffusion-rivage/billetterie"
    last = datetime.fromisoformat("2037-06-30T23:00:00-04:00")
    late = datetime.fromisoformat("2037-07-01T00:00:00-04:00")
    due = datetime.fromisoformat("2037-09-01T00:00:00-04:00")
    assert _may(catalog, "musee-marees", key, at=last)
    assert not _may(catalog, "musee-marees", key, at=late)
    assert _may(catalog, "diffusion-rivage", key, at=late)
    assert not _may(catalog, "tiers-neutre", key, at=due)


def test_a_survey_is_known_to_all_and_read_for_research_only(catalog: Catalog) -> None:
    """To know that a dataset exists is one thing, to read it another, and for a purpose."""
    survey = catalog.named("festival-neiges/sondage").iri
    member = Reader(catalog.iris.partner("theatre-lanterne"))
    purpose = "https://w3id.org/dpv#ResearchAndDevelopment"
    assert _may(catalog, None, "festival-neiges/sondage", DISCOVER)
    assert not _may(catalog, "theatre-lanterne", "festival-neiges/sondage")
    assert decide(catalog.policies, member, READ, survey, NOW, purpose=purpose).allowed
    researcher = Reader(catalog.parties["recherche-sorties"].iri, frozenset({purpose}))
    assert decide(catalog.policies, researcher, READ, survey, NOW).allowed


def test_a_hidden_dataset_is_known_to_its_partner_and_the_host_only(catalog: Catalog) -> None:
    """The museum's visits are not even listed for others."""
    key = "musee-marees/frequentation"
    knowing = {slug for slug in catalog.partners if _may(catalog, slug, key, DISCOVER)}
    assert knowing == {"musee-marees", "tiers-neutre"}
    assert not _may(catalog, None, key, DISCOVER)


def test_every_example_query_asks_in_both_languages_and_parses() -> None:
    """Each file begins with its question and is valid SPARQL 1.1."""
    queries = load_queries(DEMO)
    assert len(queries) >= 25
    assert {one.form for one in queries.values()} == set(FORMS)
    assert {one.theme for one in queries.values()} == set(THEMES) - {OTHER}
    assert "offres-et-publics" in queries
    for query in queries.values():
        assert query.question.keys() >= {"fr", "en"}
        prepareQuery(query.text)


@pytest.fixture(scope="module")
def things(catalog: Catalog, converted: dict[DatasetKey, Converted]) -> list[Entity]:
    """Read the things of every sample, and the partners."""
    graphs = {catalog.require(key).graph: one.graph for key, one in converted.items()}
    described = sum((one.described for one in catalog.partners.values()), Graph())
    graphs["partners"] = described
    return [
        thing
        for name, graph in graphs.items()
        for thing in entities(sorted_lines(graph).splitlines(keepends=True), name).entities.values()
    ]


def test_what_is_known_under_several_names_is_found_again(things: list[Entity]) -> None:
    """Of every planted duplicate one is among the first three; nothing wrong is linked at once."""
    found = linking.measured(candidates(things), linking.demo_truth(things))
    assert found.having > 250
    assert found.recall >= 0.95
    assert found.linked >= 25
    assert found.precision == 1.0


def test_identifiers_on_the_wrong_row_link_nothing(things: list[Entity]) -> None:
    """One for a company and its theatre, two for several halls: reported; a choir's is doubted."""
    told = {str(one.fields["identifier"]) for one in problems(things)}
    assert told == {f"wikidata:Q999000000{number}" for number in (1, 4, 6)}
    listed = candidates(things)
    doubted = {one.pair for one in listed if _identified(one) and grounds(one) is None}
    choir = f"{BASE}id/organization/diffusion-rivage/choeur-des-battures"
    assert {choir} == set.intersection(*map(set, doubted))


def _identified(one: Candidate) -> bool:
    """Say whether two things bear one identifier."""
    return any(why.kind is Kind.IDENTIFIER and why.score == 1 for why in one.evidence)


def test_invented_identifiers_are_nobodys(things: list[Entity]) -> None:
    """Numbers that no authority gave: far beyond those of Wikidata, and next to the first NEQ."""
    borne = {known for one in things for known in one.identifiers}
    assert borne
    assert all(re.fullmatch(r"wikidata:Q99900000\d\d|neq:11000000\d\d", one) for one in borne)


def test_what_was_judged_of_the_demo_is_so(things: list[Entity]) -> None:
    """The invented person is right on every pair, and left some for who tries the demo."""
    truth = linking.demo_truth(things)
    judged = judged_file.read(DEMO / "links.csv")
    assert len(judged) > 150
    for one in judged:
        same = f"{BASE}{one.there}" in truth.get(f"{BASE}{one.here}", ())
        assert (one.decision is JudgementDecision.POSITIVE) == same, one
    told = {pair(f"{BASE}{one.here}", f"{BASE}{one.there}") for one in judged}
    assert {one.pair for one in candidates(things)} - told
