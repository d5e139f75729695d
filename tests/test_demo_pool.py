"""The invented pool equals its script's output, is accepted completely, and is varied enough."""

import io
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import linking
import pytest
from linking_in_memory import candidates, problems
from python_calamine import CalamineWorkbook
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import QB
from rdflib.plugins.sparql import prepareQuery

from parvis.catalog.folder import Catalog
from parvis.catalog.ontology import concepts, submission_shapes
from parvis.catalog.queries import FORMS, OTHER, THEMES, load_queries
from parvis.config import knowledge
from parvis.governance import ANONYMOUS, Reader, decide
from parvis.governance.policies import AGGREGATE, DISCOVER, READ
from parvis.ledger import JudgementDecision
from parvis.linking.candidates import Candidate
from parvis.linking.entity import Entity, entities
from parvis.linking.evidence import Kind
from parvis.linking.judgements import pair
from parvis.linking.links import grounds
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.pooling.linking import judgements as judged_file
from parvis.pooling.texts.staging_view import as_data, stage_files
from parvis.rdf.files import sorted_lines
from parvis.report import Report
from parvis.validation import Validation, load_shapes, validate
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, SCHEMA

DEMO = knowledge("catalog") / "demo"
INVENT = Path(__file__).parent / "demo" / "invent.py"
BASE = "http://localhost:8000/"
PORTRAIT = DatasetKey("tiers-neutre", "portrait")
PORTRAITS = {PORTRAIT, DatasetKey("tiers-neutre", "portrait-theatre")}
"""Datasets that parvis computes: they have no sample."""
KEYS = sorted(
    {DatasetKey(file.parent.parent.name, file.parent.name) for file in DEMO.glob("*/*/dataset.ttl")}
    - PORTRAITS
)
HALLS = {
    *("salle-des-erables", "scene-du-phare", "maison-des-voix", "theatre-du-tilleul"),
    "centre-grand-large",
}
"""Partners that only pool their figures."""
HOUSES = HALLS | {
    *("cabaret-des-ruelles", "centre-du-portage", "theatre-des-ormes"),
    *("festival-grand-vent", "festival-des-rapides", "festival-des-lucioles", "fete-des-moissons"),
}
"""Partners that give figures on audiences of all disciplines, in the same columns."""
NOW = datetime.fromisoformat("2026-11-24T12:00:00-05:00")


@dataclass(frozen=True)
class Converted:
    """A sample after mapping and validation."""

    graph: Graph
    report: Report
    validation: Validation


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """Load the demo's catalogue folder."""
    return Catalog.load(DEMO, BASE)


@pytest.fixture(scope="module")
def converted(
    catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> dict[DatasetKey, Converted]:
    """Convert and validate every sample once."""
    shapes, file = submission_shapes(), tmp_path_factory.mktemp("converted") / "converted.nt"
    return {key: convert_sample(catalog, key, concepts(), shapes, file) for key in KEYS}


def convert_sample(
    catalog: Catalog, key: DatasetKey, concept_lists: Concepts, shapes: Graph, file: Path
) -> Converted:
    """Convert one sample by its mapping, with a file in between, and validate the result.

    The compiled engine finds what pyshacl finds (`tests/validation/test_own_shapes.py` holds it on
    these very data), in a quarter of the time.
    """
    dataset = catalog.require(key)
    (source,) = dataset.sources
    out = io.BytesIO()
    document = load(dataset.mapping_for(source))
    report = convert(document, source, Sinks(out), base=BASE, concepts=concept_lists)
    file.write_bytes(out.getvalue())
    with stage_files([file]) as view:
        validation = validate(as_data(view, [file]), shapes)
    return Converted(Graph().parse(file, format="nt"), report, validation)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the script into an empty folder."""
    folder = tmp_path_factory.mktemp("invented")
    subprocess.run([sys.executable, INVENT, folder], check=True)  # noqa: S603 - our own script
    return folder


def events_of(graph: Graph) -> set[URIRef]:
    """Return everything that begins on a date, except series."""
    subjects = {
        subject for subject in graph.subjects(SCHEMA.startDate) if isinstance(subject, URIRef)
    }
    return subjects - set(graph.subjects(RDF.type, SCHEMA.Festival))


def test_the_script_reproduces_the_text_files_byte_for_byte(generated: Path) -> None:
    """The same seed gives the same files on any machine."""
    text_files = [file for file in generated.rglob("*.*") if file.suffix != ".xlsx"]
    assert len(text_files) == 37
    for file in text_files:
        assert file.read_bytes() == (DEMO / file.relative_to(generated)).read_bytes(), file


def test_the_script_reproduces_the_workbooks_cell_for_cell(generated: Path) -> None:
    """The packing of workbooks may differ between versions, cells may not."""
    books = list(generated.rglob("*.xlsx"))
    assert len(books) == 6
    for file in books:
        assert read_cells(file) == read_cells(DEMO / file.relative_to(generated)), file


def read_cells(file: Path) -> dict[str, Sequence[Sequence[object]]]:
    """Read every sheet of a workbook."""
    book = CalamineWorkbook.from_path(file)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_sample_is_generated_by_the_script(catalog: Catalog, generated: Path) -> None:
    """No file of the pool has another origin."""
    samples = {file.relative_to(DEMO) for key in KEYS for file in catalog.require(key).sources}
    assert samples == {file.relative_to(generated) for file in generated.rglob("*.*")}


def test_partners_are_of_many_kinds(catalog: Catalog) -> None:
    """Seven partners and the third party are of eight kinds, the halls of two."""
    kinds = {partner.kind.rsplit("/", 1)[-1] for partner in catalog.partners.values()}
    assert kinds >= {"theatre-company", "presenter", "museum", "dance-company", "library"}
    assert kinds >= {"festival", "magazine", "third-party"}
    assert len(catalog.partners) == 23


def test_every_record_states_that_it_is_invented(catalog: Catalog) -> None:
    """Nobody may take the demo for real figures: titles, descriptions and a flag prevent it."""
    assert all(partner.invented for partner in catalog.partners.values())
    assert "inventées" in catalog.title["fr"]
    assert "invented" in catalog.title["en"]
    for partner in catalog.partners.values():
        assert re.search(r"\(invent", partner.names["fr"])
    for dataset in catalog.datasets.values():
        assert dataset.invented
        assert dataset.description["fr"].startswith("Données inventées")
        assert dataset.description["en"].startswith("Invented data")


def test_records_conform_to_their_shapes() -> None:
    graph = Graph()
    for file in DEMO.rglob("*.ttl"):
        graph.parse(file, publicID=BASE)
    graph.parse(knowledge("ontology") / "organization-type.ttl")
    validation = validate(graph, load_shapes([*(knowledge("shapes") / "records").glob("*.ttl")]))
    assert [finding.text["en"] for finding in validation.findings] == []


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_sample_is_accepted_with_few_row_errors(
    key: DatasetKey, converted: dict[DatasetKey, Converted]
) -> None:
    """Malformed cells are there to be reported: at most two rows in a hundred."""
    sample = converted[key]
    assert sample.report.row_errors <= 0.02 * sample.report.rows
    unexpected = [
        finding
        for finding in sample.validation.findings
        if finding.rule != "PostalAddress-postalCode"
    ]
    assert [finding.text["en"] for finding in unexpected] == []


def test_reports_contain_examples_of_findings(converted: dict[DatasetKey, Converted]) -> None:
    """Malformed cells of several kinds, a missing postal code and unknown labels."""
    rules = Counter(
        finding.rule for sample in converted.values() for finding in sample.report.findings
    )
    assert rules.keys() >= {"bad-number", "bad-boolean", "unmatched-concept"}
    incomplete = converted[DatasetKey("theatre-lanterne", "programmation")].validation.findings
    assert [finding.rule for finding in incomplete] == ["PostalAddress-postalCode"]


def test_the_pool_has_a_useful_size(
    converted: dict[DatasetKey, Converted],
) -> None:
    """At least 500 events and 100 observations, in at most about 56,000 triples.

    Of these, 16,200 are of two seasons of five halls' box office, month by month, 4,100 of the
    theatre's, by performance, and 21,600 of the audiences of fourteen partners, which are as many
    as it takes for a figure of each discipline and region to be published.
    """
    graphs = [sample.graph for sample in converted.values()]
    assert sum(len(events_of(graph)) for graph in graphs) >= 500
    assert sum(len(set(graph.subjects(RDF.type, QB.Observation))) for graph in graphs) >= 100
    assert sum(map(len, graphs)) <= 56_000


def test_some_events_are_cancelled_and_some_are_free(
    converted: dict[DatasetKey, Converted],
) -> None:
    merged = merge_graphs(converted)
    cancelled = set(merged.subjects(SCHEMA.eventStatus, SCHEMA.EventCancelled))
    assert 3 <= len(cancelled) <= 20
    assert (None, SCHEMA.isAccessibleForFree, Literal(True)) in merged  # noqa: FBT003 - a value


def test_venues_are_described_by_several_partners_under_several_names(
    converted: dict[DatasetKey, Converted],
) -> None:
    """Material for linking: the same postal code with different names."""
    names: dict[str, set[str]] = {}
    for sample in converted.values():
        for place, address in sample.graph.subject_objects(SCHEMA.address):
            for code in sample.graph.objects(address, SCHEMA.postalCode):
                place_names = map(str, sample.graph.objects(place, SCHEMA.name))
                names.setdefault(str(code), set()).update(place_names)
    assert sum(len(place_names) > 1 for place_names in names.values()) >= 10


def test_performances_are_announced_by_producer_and_presenter(
    converted: dict[DatasetKey, Converted],
) -> None:
    """The same title at the same time is in the graphs of two partners."""
    counts: Counter[tuple[str, str]] = Counter()
    for sample in converted.values():
        graph = sample.graph
        counts.update(
            {
                (str(name), str(start))
                for event in events_of(graph)
                for name in graph.objects(event, SCHEMA.name)
                for start in graph.objects(event, SCHEMA.startDate)
            }
        )
    assert sum(count > 1 for count in counts.values()) >= 20


def merge_graphs(converted: dict[DatasetKey, Converted]) -> Graph:
    """Merge the graphs of all partners."""
    merged = Graph()
    for sample in converted.values():
        merged += sample.graph
    return merged


def test_events_of_several_partners_match_pooled_audiences(
    converted: dict[DatasetKey, Converted],
) -> None:
    """Discipline and area connect programming with audiences, for most partners."""
    graphs = [converted[DatasetKey(house, "publics")].graph for house in HOUSES]
    pooled = {
        tuple(graph.value(figure, step) for step in (PARVIS.discipline, PARVIS.residenceArea))
        for graph in graphs
        for figure in graph.subjects(RDF.type, QB.Observation)
    }
    matching = set()
    for key, sample in converted.items():
        graph = sample.graph
        for event in events_of(graph):
            place = graph.value(event, SCHEMA.location)
            area = graph.value(place, PARVIS.territory)
            if (graph.value(event, PARVIS.discipline), area) in pooled:
                matching.add(key.partner)
    assert len(matching) >= 6


def test_the_houses_share_their_figures_with_nobody(catalog: Catalog) -> None:
    """They only pool them: a figure that others may read does not hide any."""
    for hall in HOUSES:
        readers = {
            partner
            for partner in catalog.partners
            if is_permitted(catalog, partner, f"{hall}/publics")
        }
        assert readers <= {hall, "tiers-neutre"}
        assert is_permitted(catalog, "tiers-neutre", f"{hall}/publics", AGGREGATE)


def is_permitted(
    catalog: Catalog, partner: str | None, key: str, action: str = READ, at: datetime = NOW
) -> bool:
    """Return whether a partner (None: anyone) may do something with a dataset."""
    reader = Reader(catalog.iris.partner(partner)) if partner else ANONYMOUS
    return decide(catalog.policies, reader, action, catalog.require_named(key).iri, at).allowed


def test_programming_is_public(catalog: Catalog) -> None:
    """Anyone may read announcements, and the portrait of audiences."""
    for key in ("theatre-lanterne/programmation", "festival-neiges/programme", str(PORTRAIT)):
        assert is_permitted(catalog, None, key)


def test_agreements_on_audience_figures_differ(catalog: Catalog) -> None:
    """All members but one, all but a kind, members until a date, nobody else."""
    readers = {
        key: {slug for slug in catalog.partners if is_permitted(catalog, slug, key)}
        for key in (
            "theatre-lanterne/publics",
            "danse-petit-nord/publics",
            "diffusion-rivage/billetterie",
            "musee-marees/frequentation",
        )
    }
    everyone = set(catalog.partners)
    assert readers["theatre-lanterne/publics"] == everyone - {"festival-neiges"}
    presenters = {"diffusion-rivage", "cabaret-des-ruelles", "theatre-des-ormes"}
    assert readers["danse-petit-nord/publics"] == everyone - presenters
    assert readers["diffusion-rivage/billetterie"] == everyone
    assert readers["musee-marees/frequentation"] == {"musee-marees", "tiers-neutre"}


def test_some_audience_figures_may_be_read_until_a_date(catalog: Catalog) -> None:
    """The presenter's box office closes to members at the end of June, and is deleted later."""
    key = "diffusion-rivage/billetterie"
    last = datetime.fromisoformat("2037-06-30T23:00:00-04:00")
    late = datetime.fromisoformat("2037-07-01T00:00:00-04:00")
    due = datetime.fromisoformat("2037-09-01T00:00:00-04:00")
    assert is_permitted(catalog, "musee-marees", key, at=last)
    assert not is_permitted(catalog, "musee-marees", key, at=late)
    assert is_permitted(catalog, "diffusion-rivage", key, at=late)
    assert not is_permitted(catalog, "tiers-neutre", key, at=due)


def test_a_survey_is_discoverable_by_all_and_readable_for_research(catalog: Catalog) -> None:
    """Discovering a dataset and reading it for a purpose are separate permissions."""
    survey = catalog.require_named("festival-neiges/sondage").iri
    member = Reader(catalog.iris.partner("theatre-lanterne"))
    purpose = "https://w3id.org/dpv#ResearchAndDevelopment"
    assert is_permitted(catalog, None, "festival-neiges/sondage", DISCOVER)
    assert not is_permitted(catalog, "theatre-lanterne", "festival-neiges/sondage")
    assert decide(catalog.policies, member, READ, survey, NOW, purpose=purpose).allowed
    researcher = Reader(catalog.parties["recherche-sorties"].iri, frozenset({purpose}))
    assert decide(catalog.policies, researcher, READ, survey, NOW).allowed


def test_a_hidden_dataset_is_discoverable_by_its_partner_and_the_third_party(
    catalog: Catalog,
) -> None:
    """Others cannot even discover the museum's attendance."""
    key = "musee-marees/frequentation"
    readers = {slug for slug in catalog.partners if is_permitted(catalog, slug, key, DISCOVER)}
    assert readers == {"musee-marees", "tiers-neutre"}
    assert not is_permitted(catalog, None, key, DISCOVER)


def test_every_example_query_is_bilingual_and_valid() -> None:
    """Each file begins with its question and is valid SPARQL 1.1."""
    queries = load_queries(DEMO)
    assert len(queries) >= 25
    assert {query.form for query in queries.values()} == set(FORMS)
    assert {query.theme for query in queries.values()} == set(THEMES) - {OTHER}
    assert "offres-et-publics" in queries
    for query in queries.values():
        assert query.question.keys() >= {"fr", "en"}
        prepareQuery(query.text)


@pytest.fixture(scope="module")
def listed_entities(catalog: Catalog, converted: dict[DatasetKey, Converted]) -> list[Entity]:
    """Read the entities of every sample, and the partners."""
    graphs = {catalog.require(key).graph: item.graph for key, item in converted.items()}
    described = sum((item.metadata for item in catalog.partners.values()), Graph())
    graphs["partners"] = described
    return [
        entity
        for name, graph in graphs.items()
        for entity in entities(
            sorted_lines(graph).splitlines(keepends=True), name
        ).entities.values()
    ]


def test_planted_duplicates_are_found(listed_entities: list[Entity]) -> None:
    """Each planted duplicate is among the first three candidates; no automatic link is wrong."""
    measures = linking.measure_candidates(
        candidates(listed_entities), linking.demo_truth(listed_entities)
    )
    assert measures.paired > 250
    assert measures.recall >= 0.95
    assert measures.linked >= 25
    assert measures.precision == 1.0


def test_misplaced_identifiers_link_nothing(listed_entities: list[Entity]) -> None:
    """Of a company and its theatre, of several halls: reported; a choir's is doubtful."""
    reported = {str(issue.fields["identifier"]) for issue in problems(listed_entities)}
    assert reported == {f"wikidata:Q999000000{number}" for number in (1, 4, 6)}
    pairs_ = candidates(listed_entities)
    doubted = {
        issue.pair for issue in pairs_ if shares_identifier(issue) and grounds(issue) is None
    }
    choir = f"{BASE}id/organization/diffusion-rivage/choeur-des-battures"
    assert {choir} == set.intersection(*map(set, doubted))


def shares_identifier(candidate: Candidate) -> bool:
    """Return whether two entities share an identifier."""
    return any(
        evidence.kind is Kind.IDENTIFIER and evidence.score == 1 for evidence in candidate.evidence
    )


def test_invented_identifiers_belong_to_nobody(listed_entities: list[Entity]) -> None:
    """Beyond any number of Wikidata, and near the first enterprise number."""
    identifiers = {identifier for entity in listed_entities for identifier in entity.identifiers}
    assert identifiers
    assert all(
        re.fullmatch(r"wikidata:Q99900000\d\d|neq:11000000\d\d", identifier)
        for identifier in identifiers
    )


def test_the_judgements_of_the_demo_are_right(listed_entities: list[Entity]) -> None:
    """The invented judge is right on every pair, and leaves some for visitors of the demo."""
    truth = linking.demo_truth(listed_entities)
    judged = judged_file.read(DEMO / "links.csv")
    assert len(judged) > 150
    for judgement in judged:
        is_same = f"{BASE}{judgement.there}" in truth.get(f"{BASE}{judgement.here}", ())
        assert (judgement.decision is JudgementDecision.POSITIVE) == is_same, judgement
    judged_pairs = {
        pair(f"{BASE}{judgement.here}", f"{BASE}{judgement.there}") for judgement in judged
    }
    assert {candidate.pair for candidate in candidates(listed_entities)} - judged_pairs
