"""What the questions on sources, organisations and the data themselves must answer."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from parvis.config import knowledge
from tests.journeys.answers.figures import read_table
from tests.journeys.answers.offerings import DEMO, read_announcements, slug

Row = dict[str, str]
Rows = list[Row]
Check = Callable[[Rows], None]
ODRL = "http://www.w3.org/ns/odrl/2/"
PARVIS = "https://w3id.org/parvis/ns#"
SCHEMA = "http://schema.org/"
BASE = "http://localhost:8000/"


@cache
def read_catalogue() -> Graph:
    """Read all the records and agreements of the demonstration's folder."""
    graph = Graph()
    for file in sorted(DEMO.rglob("*.ttl")):
        graph.parse(file, format="turtle", publicID=BASE)
    return graph


def french(subject: object, predicate: URIRef) -> str:
    texts = read_catalogue().objects(URIRef(str(subject)), predicate)
    return next(str(text) for text in texts if getattr(text, "language", "") == "fr")


def list_open_datasets() -> set[URIRef]:
    """Return the datasets that an agreement lets everyone read, without condition."""
    graph, datasets = read_catalogue(), set()
    for rule in graph.objects(None, URIRef(f"{ODRL}permission")):
        actions = set(graph.objects(rule, URIRef(f"{ODRL}action")))
        everyone = (rule, URIRef(f"{ODRL}assignee"), URIRef(f"{PARVIS}everyone")) in graph
        bound = (rule, URIRef(f"{ODRL}constraint"), None) in graph
        if everyone and not bound and URIRef(f"{ODRL}read") in actions:
            datasets |= {URIRef(str(o)) for o in graph.objects(rule, URIRef(f"{ODRL}target"))}
    return datasets


def jeux_de_donnees(rows: Rows) -> None:
    expected = {french(dataset, DCTERMS.title) for dataset in list_open_datasets()}
    assert {row["title"] for row in rows} == expected
    assert len(rows) == len(expected)


def lignes_en_erreur(rows: Rows) -> None:
    """As many rows as the file has, where a dataset is one CSV file read once."""
    answer = {row["dataset"]: row for row in rows}
    for name in ("theatre-lanterne/programmation", "magazine-bottines/sorties"):
        (file,) = (DEMO / name).glob("*.csv")
        row = answer[french(f"{BASE}id/dataset/{name}", DCTERMS.title)]
        assert int(row["rows"]) == len(read_table(file))
        assert 0 <= int(row["errors"]) < int(row["rows"])
    assert [int(row["errors"]) for row in rows] == sorted(
        (int(row["errors"]) for row in rows), reverse=True
    )


def classes_des_jeux_de_donnees(rows: Rows) -> None:
    """Every announcement of a partner is an event, of whatever kind."""
    counts = read_announcements().groupby("partner").size()
    events = {
        row["dataset"]: int(row["entities"]) for row in rows if row["class"] == f"{SCHEMA}Event"
    }
    partners = {
        french(dataset, DCTERMS.title): str(dataset).partition("/id/dataset/")[2].partition("/")[0]
        for dataset in list_open_datasets()
    }
    assert {partners[title]: number for title, number in events.items()} == dict(counts)


def questions_publiees(rows: Rows) -> None:
    questions = [
        re.findall(r"(?m)^# fr: (.*)$", file.read_text("utf-8"))[0]
        for file in DEMO.glob("queries/*.rq")
    ]
    assert sorted(row["question"] for row in rows) == sorted(questions)


def besoins_des_membres(rows: Rows) -> None:
    graph = read_catalogue()
    needs = set(graph.objects(None, URIRef(f"{PARVIS}need")))
    assert Counter(row["need"] for row in rows) == Counter(
        french(need, DCTERMS.description) for need in needs
    )


def tranches_comparables(rows: Rows) -> None:
    """Each bracket lies within the wider one, and is not it; the ages are those of the list."""
    ages = Graph().parse(knowledge("ontology") / "age.ttl", format="turtle")
    bounds = {
        str(label): tuple(
            int(str(ages.value(concept, URIRef(f"{PARVIS}{name}"))))
            for name in ("minAge", "maxAge")
        )
        for concept, label in ages.subject_objects(SKOS.prefLabel)
        if getattr(label, "language", "") == "fr"
        and ages.value(concept, URIRef(f"{PARVIS}maxAge")) is not None
    }
    assert len({(row["bracket"], row["within"]) for row in rows}) == len(rows) > 5
    narrow = {row["bracket"] for row in rows}
    expected = {
        (bracket, within)
        for bracket in narrow
        for within in bounds
        if bracket != within
        and bounds[within][0] <= bounds[bracket][0]
        and bounds[bracket][1] <= bounds[within][1]
    }
    assert {(row["bracket"], row["within"]) for row in rows} == expected
    for row in rows:
        assert (int(row["youngest"]), int(row["oldest"])) == bounds[row["bracket"]]


def salles_et_batiments(rows: Rows) -> None:
    events = read_announcements()
    rooms = events[(events["partner"] == "musee-marees") & events["main"].isna()]
    assert {row["room"] for row in rows} == set(rooms["venue"])
    assert {row["town"] for row in rows} == set(rooms["town"])


def lieux_partages(rows: Rows) -> None:
    """Name the venues of a postal code at which several partners announce something."""
    events = read_announcements()
    partners = events[events["code"] != ""].groupby("code")["partner"].nunique()
    expected = {code: int(count) for code, count in partners.items() if count > 1}
    answer = {row["postalCode"].replace(" ", ""): int(row["sources"]) for row in rows}
    assert answer == expected


def organismes_par_type(rows: Rows) -> None:
    """Each once by type, every company among them; the partners are members of the project."""
    names = Counter(name for row in rows for name in row["names"].split(" | "))
    assert set(read_announcements()["performer"].dropna()) <= set(names)
    graph = read_catalogue()
    members = {
        french(partner, URIRef(f"{SCHEMA}name"))
        for partner in graph.objects(None, URIRef("http://www.w3.org/ns/org#hasMember"))
        if (partner, RDF.type, None) in graph
    }
    assert {
        member for row in rows if row["partner"] == "true" for member in row["names"].split(" | ")
    } & members == members & set(names)
    typed = Counter((row["type"], name) for row in rows for name in row["names"].split(" | "))
    assert max(typed.values()) == 1


def proprietes_les_plus_communes(rows: Rows) -> None:
    assert len(rows) == 30
    assert all(int(row["datasets"]) <= len(list_open_datasets()) for row in rows)
    ranks = [(int(row["datasets"]), int(row["uses"])) for row in rows]
    assert ranks == sorted(ranks, reverse=True)


CHECKS: dict[str, Check] = {
    "besoins-des-membres": besoins_des_membres,
    "classes-des-jeux-de-donnees": classes_des_jeux_de_donnees,
    "jeux-de-donnees": jeux_de_donnees,
    "lieux-partages": lieux_partages,
    "lignes-en-erreur": lignes_en_erreur,
    "organismes-par-type": organismes_par_type,
    "proprietes-les-plus-communes": proprietes_les_plus_communes,
    "questions-publiees": questions_publiees,
    "salles-et-batiments": salles_et_batiments,
    "tranches-comparables": tranches_comparables,
}


# Questions that are answered by triples, or by yes or no.


def agenda_des_enfants(triples: Graph) -> None:
    events = read_announcements()
    children = {"Tout-petits (0 à 3 ans)", "Enfants de 4 à 7 ans", "Enfants de 8 à 12 ans"}
    outings = events[events["scheduled"] & events["audience"].isin(children)]
    subjects = set(triples.subjects(RDF.type, URIRef(f"{SCHEMA}Event")))
    assert len(subjects) == outings["outing"].nunique()
    names = {
        slug(str(name)) for e in subjects for name in triples.objects(e, URIRef(f"{SCHEMA}name"))
    }
    assert names == set(outings["title"].map(slug))


def chaine_de_provenance(triples: Graph) -> None:
    """Follow each open dataset to the file that a partner sent."""
    derived = URIRef("http://www.w3.org/ns/prov#wasDerivedFrom")
    labels = {
        str(label)
        for label in triples.objects(None, URIRef("http://www.w3.org/2000/01/rdf-schema#label"))
    }
    graphs = set(triples.subjects(derived))
    assert len(graphs) == len(list_open_datasets())
    for dataset in list_open_datasets():
        files = list_files(dataset)  # a release has none
        assert not files or set(files) & labels, dataset


def list_files(dataset: URIRef) -> list[str]:
    """Return the names of the files that a partner sent of a dataset."""
    folder = DEMO / str(dataset).partition("/id/dataset/")[2]
    return [path.name for path in folder.glob("*") if path.suffix not in {".ttl", ".yml"}]


TRIPLES: dict[str, Callable[[Graph], None]] = {
    "agenda-des-enfants": agenda_des_enfants,
    "chaine-de-provenance": chaine_de_provenance,
}


def relais_anglophone() -> bool:
    readers = read_table(DEMO / "magazine-bottines/lectorat/lectorat.csv")
    row = (readers["Public"] == "Jeunes parents") & (readers["Langue"] == "Anglais")
    return bool((row & (readers["Région"] == "Montréal")).any())


def chiffres_controles() -> bool:
    """Return whether no file is of figures that escape disclosure control."""
    mappings = (file.read_text("utf-8") for file in DEMO.rglob("mapping.yml"))
    return not any("confidentiality/not-controlled" in text for text in mappings)


YES_OR_NO: dict[str, Callable[[], bool]] = {
    "chiffres-controles": chiffres_controles,
    "relais-anglophone": relais_anglophone,
}
