"""The usual forms of figures: from a file to observations with every dimension told."""

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
from parvis.mapping.load import load
from parvis.mapping.proposing import Vocabulary, choose, draft, propose_columns, read_sample
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
    PARVIS.refArea: "area",
    PARVIS.ageGroup: "age",
    PARVIS.public: "public",
    PARVIS.language: "language",
    PARVIS.discipline: "discipline",
    PARVIS.channel: "channel",
}
UNTOLD = {"by-month": {"Place-where"}}
"""What is reported of an example: that its venue has no address."""
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

Entered = Callable[..., tuple[Outcome, Graph]]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """Give what headings may mean."""
    return Vocabulary.from_graphs(ontology(), load_shapes([knowledge("shapes")]))


def drafted(file: Path, vocabulary: Vocabulary, **told: str) -> str:
    """Propose a mapping for a file of the troupe's."""
    found = read_sample(file)
    known = facts(TROUPE, told)
    made = propose_columns(found, vocabulary)
    choice = choose(made, vocabulary, of_figures=known.of_figures)
    return draft(found, choice, vocabulary, "fr", known)


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory, vocabulary: Vocabulary) -> Iterator[Entered]:
    """Give a function that submits a file with the mapping that is proposed for it.

    It gives what came of it, and what the dataset holds of it: of one that is refused, nothing.
    """
    root = tmp_path_factory.mktemp("usual")
    shutil.copytree(CASES / "publics", root / "catalog")
    folder = root / "catalog" / str(TROUPE)
    with Pool.open(Settings.load(data=root / "data", catalog=root / "catalog")) as pool:

        def held() -> bytes:
            version = pool.record.versions().get(pool.iris.graph(TROUPE))
            return b"".join(pool.record.read_lines(version)) if version else b""

        def go(file: Path, **told: str) -> tuple[Outcome, Graph]:
            text = drafted(file, vocabulary, **told)
            (folder / "mapping.yml").write_text(text, encoding="utf-8")
            before, outcome = held(), submit(pool, TROUPE, file)
            assert outcome.accepted or held() == before
            return outcome, Graph().parse(data=held() if outcome.accepted else b"", format="nt")

        yield go


def cells(graph: Graph) -> set[tuple[str, ...]]:
    """Give the observations, each dimension by its code, with its measure and value.

    A dimension that is missing, or given twice, fails.
    """
    found = set()
    for one in graph.subjects(RDF.type, QB.Observation):
        codes = []
        for step, scheme in DIMENSIONS.items():
            (concept,) = graph.objects(one, step)
            assert str(concept).startswith(f"{CONCEPT}{scheme}/")
            codes.append(str(concept).rpartition("/")[2])
        (place,) = graph.objects(one, PARVIS.place)
        (measure,) = graph.objects(one, QB.measureType)
        (value,) = graph.objects(one, measure)
        assert list(graph.objects(one, PARVIS.method))
        name = str(measure).rpartition("#")[2]
        found.add((name, str(place).rpartition("/")[2], *codes, str(value)))
    return found


def written(folder: Path, text: str, name: str = "fichier.csv") -> Path:
    """Write a partner's file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_each_form_enters_with_the_mapping_proposed_for_it(
    entered: Entered, tmp_path: Path, form: str
) -> None:
    """Without a finding but those that no mapping can mend: what no heading tells."""
    count = template(form, "csv", "fr", tmp_path / "exemple.csv")
    outcome, graph = entered(tmp_path / "exemple.csv", measure="attendance", method="ticketing")
    assert outcome.accepted
    assert count > 1
    worse = [one for one in outcome.report.findings if one.severity is not Severity.INFO]
    assert {one.rule for one in worse} <= UNTOLD.get(form, set())
    assert cells(graph)


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_each_form_says_the_same_in_both_languages(
    vocabulary: Vocabulary, tmp_path: Path, form: str
) -> None:
    """The names of its places aside."""
    found = []
    for lang in LANGUAGES:
        template(form, "csv", lang, tmp_path / "exemple.csv")
        mapping = tmp_path / f"{lang}.yml"
        mapping.write_text(
            drafted(tmp_path / "exemple.csv", vocabulary, measure="visits", method="survey"),
            encoding="utf-8",
        )
        out = io.StringIO()
        file = tmp_path / "exemple.csv"
        sinks, base = Sinks(out), "http://publics.test/"
        convert(load(mapping), file, sinks, base=base, concepts=vocabulary.concepts)
        graph = Graph().parse(data=out.getvalue(), format="nt")
        found.append(sorted((one[0], *one[2:]) for one in cells(graph)))
    assert found[0] == found[1]


def test_a_table_by_age_keeps_its_own_brackets_and_its_totals(
    entered: Entered, tmp_path: Path
) -> None:
    """Numbers with spaces, a title above the headings, a row and a column of totals."""
    _, graph = entered(written(tmp_path, BY_AGE), **THEATRE)
    rest = ("total", "total", "theatre", "total")
    where = ("attendance", "total", "2024-2025")
    assert len(cells(graph)) == 8
    assert cells(graph) >= {
        (*where, "06", "0-13", *rest, "1204"),
        (*where, "06", "65-plus", *rest, "12"),
        (*where, "06", "total", *rest, "3627"),
        (*where, "total", "total", *rest, "4127"),
    }


def test_a_table_by_month_tells_the_month_of_each_column(entered: Entered, tmp_path: Path) -> None:
    """By the year of its row, and the place that the row names."""
    outcome, graph = entered(
        written(tmp_path, BY_MONTH), measure="visits", method="counter", area="06"
    )
    rest = ("06", "total", "total", "total", "total", "total")
    assert outcome.report.row_errors == 0
    assert len(cells(graph)) == 24
    assert ("visits", "musee-du-phare", "2024-01", *rest, "1204") in cells(graph)
    assert ("visits", "musee-du-phare", "2025-12", *rest, "20") in cells(graph)


def test_months_of_a_season_are_of_two_years(entered: Entered, tmp_path: Path) -> None:
    """From September to August, and the season is the total of its months."""
    text = """Saison;Salle;Sept.;Oct.;Nov.;Déc.;Janv.;Févr.;Mars;Avril;Mai;Juin;Juil.;Août;Total
2023-24;Grande salle;10;20;30;40;50;60;70;80;90;0;0;0;450
2024-2025;Grande salle;11;21;31;41;51;61;71;81;91;1;2;3;465
Total;;21;41;61;81;101;121;141;161;181;1;2;3;915
"""
    _, graph = entered(written(tmp_path, text), measure="attendance", method="ticketing")
    told = {(one[2], one[-1]) for one in cells(graph)}
    assert len(told) == 26
    assert told >= {("2023-09", "10"), ("2024-08", "0"), ("2024-01", "50"), ("2023-2024", "450")}
    assert told >= {("2024-12", "41"), ("2025-01", "51"), ("2025-08", "3"), ("2024-2025", "465")}


def test_a_long_table_tells_the_measure_of_each_row(entered: Entered, tmp_path: Path) -> None:
    """In words, in either language."""
    _, graph = entered(written(tmp_path, LONG), method="records")
    assert cells(graph) == {
        ("visits", "total", "2025", "13", "total", "total", "fr", "total", "total", "120"),
        ("loans", "total", "2025", "13", "total", "total", "en", "total", "total", "45"),
        ("loans", "total", "2025", "13", "total", "total", "total", "total", "total", "145"),
    }


def test_tickets_are_told_by_the_first_three_characters_of_postal_codes(
    entered: Entered, tmp_path: Path
) -> None:
    """However they are written; what is no code is named as areas are."""
    _, graph = entered(written(tmp_path, POST))
    areas = {(one[3], one[8], one[9]) for one in cells(graph)}
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
def test_tickets_that_tell_of_persons_are_refused(
    entered: Entered, tmp_path: Path, old: str, new: str, rule: str
) -> None:
    """A whole postal code, an address, a name; nothing of the file enters."""
    text = POST.replace(old, new).replace("h2x,", "h2x,Luc," if "Prénom" in new else "h2x,")
    text = text.replace("J0E,", "J0E,Ada," if "Prénom" in new else "J0E,")
    outcome, graph = entered(written(tmp_path, text))
    assert not outcome.accepted
    assert rule in {one.rule for one in outcome.report.findings}
    assert len(graph) == 0


def test_a_survey_keeps_its_base_and_its_sample(entered: Entered, tmp_path: Path) -> None:
    """A share is not told without what it is of."""
    _, graph = entered(written(tmp_path, SURVEY), period="2025")
    steps = (PARVIS.firstTimeVisitors, PARVIS.measureBase, PARVIS.sampleSize)
    told = {
        tuple(str(graph.value(one, step)) for step in steps)
        for one in graph.subjects(RDF.type, QB.Observation)
    }
    assert told == {("120", "405", "412"), ("80", "208", "212")}
    assert set(graph.objects(None, PARVIS.method)) == {URIRef(f"{CONCEPT}method/survey")}


def test_several_measures_in_columns_are_one_observation_each(
    entered: Entered, tmp_path: Path
) -> None:
    """Sold and come are two figures of one stratum."""
    text = "Année,Région,Billets vendus,Entrées\n2025,Laval (région),120,110\n"
    _, graph = entered(written(tmp_path, text), method="ticketing")
    assert {(one[0], one[-1]) for one in cells(graph)} == {
        ("tickets", "120"),
        ("attendance", "110"),
    }


def test_tickets_told_order_by_order_are_added_up_by_month(
    entered: Entered, tmp_path: Path
) -> None:
    """By the dates of their performances; nobody is told of an order."""
    text = """Date;Représentation;RTA;Canal de vente;Billets vendus
2025-02-03;Le Malade;H2X;En ligne;12
2025-02-04;Le Malade;H2X;En ligne;8
2025-02-04;Le Malade;H2X;Guichet;3
2025-03-11;Antigone;H2X;En ligne;40
"""
    outcome, graph = entered(written(tmp_path, text), discipline="theatre")
    assert outcome.report.row_errors == 0
    assert {(one[2], one[3], one[8], one[9]) for one in cells(graph)} == {
        ("2025-02", "H2X", "website", "20"),
        ("2025-02", "H2X", "box-office", "3"),
        ("2025-03", "H2X", "website", "40"),
    }


def test_orders_are_figures_once_it_is_told_what_they_count(
    entered: Entered, tmp_path: Path
) -> None:
    """Of two dates, that of the performance is theirs; what they cost is nobody's public."""
    text = """No commande;Date d'achat;Date de la représentation;Spectacle;RTA;Quantité;Montant
1001;2025-01-03;2025-02-03;Le Malade;H2X;2;84,00
1002;2025-01-03;2025-02-03;Le Malade;H2X;4;168,00
1003;2025-01-05;2025-03-04;Le Malade;H7N;1;42,00
"""
    _, graph = entered(written(tmp_path, text), measure="tickets", discipline="theatre")
    assert {(one[0], one[2], one[3], one[9]) for one in cells(graph)} == {
        ("tickets", "2025-02", "H2X", "6"),
        ("tickets", "2025-03", "H7N", "1"),
    }


def test_two_rows_of_one_key_are_refused(entered: Entered, tmp_path: Path) -> None:
    """As where tickets are told order by order (Data Cube IC-12)."""
    outcome, graph = entered(written(tmp_path, POST + "H2X,2025,Online,3\n"))
    assert not outcome.accepted
    assert len(graph) == 0


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"measure": "heads"}, "there is no measure “heads”"),
        ({"method": "guesswork"}, "guesswork"),
        ({"area": "Atlantide"}, "Atlantide"),
    ],
)
def test_what_no_list_knows_is_refused(told: dict[str, str], words: str) -> None:
    """In words, before the file is looked at."""
    with pytest.raises(UsageError, match=words):
        facts(None, told)


def test_a_name_that_could_say_more_than_a_name_is_refused() -> None:
    """It becomes part of the mapping."""
    with pytest.raises(UsageError, match="a b"):
        facts(DatasetKey("troupe-a", "a b]"), {})
