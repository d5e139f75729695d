"""The usual forms of figures: from a file to observations with all their dimensions."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import QB, RDF

from parvis.catalog.ontology import ontology
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.proposing import Vocabulary
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.row_class import choose
from parvis.mapping.proposing.sampling import read_samples
from parvis.pooling.intake.submit import Outcome, submit
from parvis.pooling.intake.templates import FORMS, facts, template
from parvis.pooling.pool import Pool
from parvis.report import Severity
from parvis.validation import load_shapes
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS

CASES = Path(__file__).parents[2] / "cases"
TROUPE = DatasetKey("troupe-a", "publics")
DIMENSIONS = {
    PARVIS.refPeriod: "period",
    PARVIS.ageGroup: "age",
    PARVIS.public: "public",
    PARVIS.language: "language",
    PARVIS.discipline: "discipline",
    PARVIS.channel: "channel",
}
EXPECTED_RULES = {"by-month": {"Place-where"}}
"""Expected findings on an example: its venue has no address."""
THEATRE = {"measure": "attendance", "method": "Billetterie", "discipline": "Theatre"}

BY_AGE = """Fréquentation par âge (chiffres inventés);;;;;
;;;;;
Saison;Région;Jeunes (0-13);18-34 ans;65 ans et +;Ensemble
2024-2025;Montréal (région);1 204;2 411;12;3 627
2024-2025;Total;1 404;2 711;12;4 127
"""
BY_MONTH = """Lieu,Année,janv.,févr.,mars,avr.,mai,juin,juill.,août,sept.,oct.,nov.,déc.
Musée du Phare,2024,"1,204",10,11,12,13,14,15,16,17,18,19,20
Musée du Phare,2025,"1,304",10,11,12,13,14,15,16,17,18,19,20
"""
LONG = """Year;Measure;Area;Language;Count
2025;Visits;Laval (region);French;120
2025;Loans;Laval (region);English;45
2025;Loans;Laval (region);Total;145
"""
POST = """FSA,Year,Sales channel,Tickets sold
h2x,2025,Online,412
J0E,2025,Box office,12
G1R,2025,Box office,15
J4K,2025,Box office,25
G1K,2025,Box office,35
H3A,2025,Box office,45
H4A,2025,Box office,55
H5A,2025,Box office,65
H7A,2025,Box office,75
Outside Québec,2025,Online,30
"""
SURVEY = """Discipline,Région de provenance,Nombre de répondants,Base,Nouveaux visiteurs
Danse,Montréal (région),412,405,120
Danse,Laval (région),212,208,80
"""

SubmitFile = Callable[..., tuple[Outcome, Graph]]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """Return the vocabulary that headings are matched with."""
    return Vocabulary.from_graphs(ontology(), load_shapes([knowledge("shapes")]))


def draft_mapping(file: Path, vocabulary: Vocabulary, **statements: str) -> str:
    """Draft a mapping for a file of the troupe."""
    table = read_samples(file)[0]
    file_facts = facts(TROUPE, statements)
    proposals = propose_columns(table, vocabulary)
    cls = "qb:Observation" if file_facts.of_figures else None
    choice = choose(proposals, vocabulary, cls=cls)
    return draft(table, choice, vocabulary, "fr", file_facts)


@pytest.fixture(scope="module")
def submit_file(
    tmp_path_factory: pytest.TempPathFactory, vocabulary: Vocabulary
) -> Iterator[SubmitFile]:
    """Return a function that submits a file with the mapping drafted for it.

    It returns the outcome and the dataset's content, which is empty if the file was refused.
    """
    root = tmp_path_factory.mktemp("usual")
    shutil.copytree(CASES / "publics", root / "catalog")
    folder = root / "catalog" / str(TROUPE)
    with Pool.open(Settings.load(data=root / "data", catalog=root / "catalog")) as pool:

        def read_content() -> bytes:
            version = pool.record.versions().get(pool.iris.graph(TROUPE))
            return b"".join(pool.record.read_lines(version)) if version else b""

        def draft_and_submit(file: Path, **statements: str) -> tuple[Outcome, Graph]:
            text = draft_mapping(file, vocabulary, **statements)
            (folder / "mapping.yml").write_text(text, encoding="utf-8")
            # Each file has other figures than the one before.
            before, outcome = read_content(), submit(pool, TROUPE, file, approved=True)
            assert outcome.accepted or read_content() == before
            return outcome, Graph().parse(
                data=read_content() if outcome.accepted else b"", format="nt"
            )

        yield draft_and_submit


def list_cells(graph: Graph) -> set[tuple[str, ...]]:
    """Return the observations, each with the codes of its dimensions, its measure and value.

    Fail on a missing or repeated dimension.
    """
    observations = set()
    for observation in graph.subjects(RDF.type, QB.Observation):
        codes = []
        for step, scheme in DIMENSIONS.items():
            (concept,) = graph.objects(observation, step)
            assert str(concept).startswith(f"{CONCEPT}{scheme}/")
            codes.append(str(concept).rpartition("/")[2])
        areas = [
            str(*graph.objects(observation, step)).removeprefix(f"{CONCEPT}area/")
            for step in (PARVIS.eventArea, PARVIS.residenceArea)
        ]
        # No example has both; which of the two is named, the tests of proposals say.
        assert "total" in areas
        codes.insert(1, next((area for area in areas if area != "total"), "total"))
        (place,) = graph.objects(observation, PARVIS.place)
        (measure,) = graph.objects(observation, QB.measureType)
        (value,) = graph.objects(observation, measure)
        assert list(graph.objects(observation, PARVIS.method))
        name = str(measure).rpartition("#")[2]
        observations.add((name, str(place).rpartition("/")[2], *codes, str(value)))
    return observations


def write_file(folder: Path, text: str, name: str = "fichier.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_each_form_is_accepted_with_the_drafted_mapping(
    submit_file: SubmitFile, tmp_path: Path, form: str
) -> None:
    """The only findings are on what no heading can tell."""
    count = template(form, "csv", "fr", tmp_path / "exemple.csv")
    outcome, graph = submit_file(tmp_path / "exemple.csv", measure="attendance", method="ticketing")
    assert outcome.accepted
    assert count > 1
    findings = [
        finding for finding in outcome.report.findings if finding.severity is not Severity.INFO
    ]
    assert {finding.rule for finding in findings} <= EXPECTED_RULES.get(form, set())
    assert list_cells(graph)


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_each_form_is_the_same_in_both_languages(
    vocabulary: Vocabulary, tmp_path: Path, form: str
) -> None:
    """Except for the names of its places."""
    cells_by_language = []
    for lang in LANGUAGES:
        template(form, "csv", lang, tmp_path / "exemple.csv")
        mapping = tmp_path / f"{lang}.yml"
        mapping.write_text(
            draft_mapping(tmp_path / "exemple.csv", vocabulary, measure="visits", method="survey"),
            encoding="utf-8",
        )
        out = io.BytesIO()
        file = tmp_path / "exemple.csv"
        sinks, base = Sinks(out), "http://publics.test/"
        convert(load(mapping), file, sinks, base=base, concepts=vocabulary.concepts)
        graph = Graph().parse(data=out.getvalue(), format="nt")
        cells_by_language.append(sorted((cell[0], *cell[2:]) for cell in list_cells(graph)))
    assert cells_by_language[0] == cells_by_language[1]


def test_a_table_by_age_keeps_its_own_brackets_and_totals(
    submit_file: SubmitFile, tmp_path: Path
) -> None:
    """Numbers with spaces, a title above the headings, a row and a column of totals."""
    _, graph = submit_file(write_file(tmp_path, BY_AGE), **THEATRE)
    other_dimensions = ("total", "total", "theatre", "total")
    measure = ("attendance", "total", "2024-2025")
    assert len(list_cells(graph)) == 8
    assert list_cells(graph) >= {
        (*measure, "06", "0-13", *other_dimensions, "1204"),
        (*measure, "06", "65-plus", *other_dimensions, "12"),
        (*measure, "06", "total", *other_dimensions, "3627"),
        (*measure, "total", "total", *other_dimensions, "4127"),
    }


def test_a_table_by_month_has_the_month_of_each_column(
    submit_file: SubmitFile, tmp_path: Path
) -> None:
    """The year and the place are those of the row."""
    outcome, graph = submit_file(
        write_file(tmp_path, BY_MONTH), measure="visits", method="counter", area="06"
    )
    other_dimensions = ("06", "total", "total", "total", "total", "total")
    assert outcome.report.row_errors == 0
    assert len(list_cells(graph)) == 24
    assert ("visits", "musee-du-phare", "2024-01", *other_dimensions, "1204") in list_cells(graph)
    assert ("visits", "musee-du-phare", "2025-12", *other_dimensions, "20") in list_cells(graph)


def test_months_of_a_season_belong_to_two_years(submit_file: SubmitFile, tmp_path: Path) -> None:
    """From September to August; the season is the total of its months."""
    text = """Saison;Salle;Sept.;Oct.;Nov.;Déc.;Janv.;Févr.;Mars;Avril;Mai;Juin;Juil.;Août;Total
2023-24;Grande salle;10;20;30;40;50;60;70;80;90;0;0;0;450
2024-2025;Grande salle;11;21;31;41;51;61;71;81;91;1;2;3;465
Total;;21;41;61;81;101;121;141;161;181;1;2;3;915
"""
    _, graph = submit_file(write_file(tmp_path, text), measure="attendance", method="ticketing")
    values = {(cell[2], cell[-1]) for cell in list_cells(graph)}
    assert len(values) == 26
    assert values >= {("2023-09", "10"), ("2024-08", "0"), ("2024-01", "50"), ("2023-2024", "450")}
    assert values >= {("2024-12", "41"), ("2025-01", "51"), ("2025-08", "3"), ("2024-2025", "465")}


def test_a_long_table_has_the_measure_of_each_row(submit_file: SubmitFile, tmp_path: Path) -> None:
    """In words, in either language."""
    _, graph = submit_file(write_file(tmp_path, LONG), method="records")
    assert list_cells(graph) == {
        ("visits", "total", "2025", "13", "total", "total", "fr", "total", "total", "120"),
        ("loans", "total", "2025", "13", "total", "total", "en", "total", "total", "45"),
        ("loans", "total", "2025", "13", "total", "total", "total", "total", "total", "145"),
    }


def test_tickets_are_counted_by_the_first_half_of_postal_codes(
    submit_file: SubmitFile, tmp_path: Path
) -> None:
    """In any spelling; other values are read as names of areas."""
    _, graph = submit_file(write_file(tmp_path, POST))
    areas = {(cell[3], cell[8], cell[9]) for cell in list_cells(graph)}
    assert len(areas) == 10
    assert areas >= {("H2X", "website", "412"), ("outside-qc", "website", "30")}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("h2x", "H2X 1Y4", "personal-postal-code"),
        ("Online", "luc@exemple.ca", "personal-email"),
        ("FSA,", "FSA,Prénom,", "personal-name"),
    ],
)
def test_tickets_with_personal_data_are_refused(
    submit_file: SubmitFile, tmp_path: Path, old: str, new: str, rule: str
) -> None:
    """A full postal code, an address, a name; nothing of the file is stored."""
    text = POST.replace(old, new).replace("h2x,", "h2x,Luc," if "Prénom" in new else "h2x,")
    text = text.replace("J0E,", "J0E,Ada," if "Prénom" in new else "J0E,")
    outcome, graph = submit_file(write_file(tmp_path, text))
    assert not outcome.accepted
    assert rule in {finding.rule for finding in outcome.report.findings}
    assert len(graph) == 0


def test_a_survey_keeps_its_base_and_sample_size(submit_file: SubmitFile, tmp_path: Path) -> None:
    """A share is never published without its base."""
    _, graph = submit_file(write_file(tmp_path, SURVEY), period="2025")
    steps = (PARVIS.firstTimeVisitors, PARVIS.measureBase, PARVIS.sampleSize)
    values = {
        tuple(str(graph.value(observation, step)) for step in steps)
        for observation in graph.subjects(RDF.type, QB.Observation)
    }
    assert values == {("120", "405", "412"), ("80", "208", "212")}
    assert set(graph.objects(None, PARVIS.method)) == {URIRef(f"{CONCEPT}method/survey")}


def test_several_measure_columns_become_an_observation_each(
    submit_file: SubmitFile, tmp_path: Path
) -> None:
    """Tickets sold and admissions are two figures of one stratum."""
    text = "Année,Région,Billets vendus,Entrées\n2025,Laval (région),120,110\n"
    _, graph = submit_file(write_file(tmp_path, text), method="ticketing")
    assert {(cell[0], cell[-1]) for cell in list_cells(graph)} == {
        ("tickets", "120"),
        ("attendance", "110"),
    }


def test_tickets_by_order_are_added_up_by_month(submit_file: SubmitFile, tmp_path: Path) -> None:
    """By the dates of performances; no order is identifiable."""
    text = """Date;Représentation;RTA;Canal de vente;Billets vendus
2025-02-03;Le Malade;H2X;En ligne;12
2025-02-04;Le Malade;H2X;En ligne;8
2025-02-04;Le Malade;H2X;Guichet;3
2025-03-11;Antigone;H2X;En ligne;40
"""
    outcome, graph = submit_file(write_file(tmp_path, text), discipline="theatre")
    assert outcome.report.row_errors == 0
    assert {(cell[2], cell[3], cell[8], cell[9]) for cell in list_cells(graph)} == {
        ("2025-02", "H2X", "website", "20"),
        ("2025-02", "H2X", "box-office", "3"),
        ("2025-03", "H2X", "website", "40"),
    }


def test_orders_are_figures_if_their_measure_is_stated(
    submit_file: SubmitFile, tmp_path: Path
) -> None:
    """The date of the performance counts, not that of the purchase; amounts are ignored."""
    text = """No commande;Date d'achat;Date de la représentation;Spectacle;RTA;Quantité;Montant
1001;2025-01-03;2025-02-03;Le Malade;H2X;2;84,00
1002;2025-01-03;2025-02-03;Le Malade;H2X;4;168,00
1003;2025-01-05;2025-03-04;Le Malade;H7N;1;42,00
"""
    _, graph = submit_file(write_file(tmp_path, text), measure="tickets", discipline="theatre")
    assert {(cell[0], cell[2], cell[3], cell[9]) for cell in list_cells(graph)} == {
        ("tickets", "2025-02", "H2X", "6"),
        ("tickets", "2025-03", "H7N", "1"),
    }


def test_two_rows_of_the_same_key_are_refused(submit_file: SubmitFile, tmp_path: Path) -> None:
    """Except where tickets are listed by order (Data Cube IC-12)."""
    outcome, graph = submit_file(write_file(tmp_path, POST + "H2X,2025,Online,3\n"))
    assert not outcome.accepted
    assert len(graph) == 0


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ({"measure": "heads"}, "there is no measure “heads”"),
        ({"method": "guesswork"}, "guesswork"),
        ({"area": "Atlantide"}, "Atlantide"),
    ],
)
def test_an_unknown_code_is_refused(statements: dict[str, str], message: str) -> None:
    """In words, before the file is read."""
    with pytest.raises(UsageError, match=message):
        facts(None, statements)


def test_an_invalid_dataset_name_is_refused() -> None:
    """It becomes part of the mapping."""
    with pytest.raises(UsageError, match="a b"):
        facts(DatasetKey("troupe-a", "a b]"), {})
