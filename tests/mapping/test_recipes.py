"""Each recipe recognises the files of its kind, and makes of them what a person expects."""

import json
from datetime import date
from itertools import product
from pathlib import Path

import pytest
from rdflib import Graph
from rdflib.compare import graph_diff, to_isomorphic
from rdflib.namespace import RDF

from parvis.catalog.ontology import submission_shapes
from parvis.config import knowledge
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert as run_mapping
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.proposing.sampling import read_samples
from parvis.mapping.recipes import read_recipe
from parvis.mapping.screening.cleaning import clean_table
from parvis.mapping.screening.gate import judge
from parvis.mapping.screening.whole_tables import read_whole_table
from parvis.report import Report, Severity
from parvis.report.delimited import write_csv
from parvis.validation import validate
from parvis.validation.data import load_data
from parvis.vocab.namespaces import SCHEMA

CASES = Path(__file__).parents[1] / "cases" / "recipes"
RECIPES = sorted((knowledge("catalog") / "recipes").glob("*.yml"))
ORDERS = [
    file
    for file in sorted(CASES.glob("*.csv"))
    if file.stem.partition("-")[0] in {"eventbrite", "humanitix", "ludus", "pretix"}
    or file.stem in {"tixify", "universe"}
]
"""Invented exports with one row for each order or ticket."""
FILES = sorted(file for file in CASES.iterdir() if ".expected" not in file.name)


def convert(file: Path, folder: Path, concepts: Concepts) -> tuple[Graph, Report]:
    """Convert a file by the recipe that recognises it, as its process does."""
    recipe, sample = next(
        (recipe, sample)
        for recipe, sample in product(map(read_recipe, RECIPES), read_samples(file))
        if recipe.recognises(sample.formulation, sample.names)
    )
    text = recipe.render("inventee", "saison", sample.iterator)
    (folder / "mapping.yml").write_text(text, encoding="utf-8")
    triples = folder / "triples.nt"
    with triples.open("wb") as out:
        report = run_mapping(
            load(folder / "mapping.yml"),
            file,
            Sinks(out),
            base="https://pool.example/",
            concepts=concepts,
        )
    return Graph().parse(triples), report


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_recognised_and_converted(file: Path, concepts: Concepts, tmp_path: Path) -> None:
    """Whatever syntax a site states its data in, the same becomes of it."""
    graph, _ = convert(file, tmp_path, concepts)
    recipe = next(name for path in RECIPES if file.stem.startswith(name := path.stem))
    expected = Graph().parse(CASES / f"{recipe}.expected.ttl", publicID="https://pool.example/")
    _, lacking, unexpected = graph_diff(to_isomorphic(expected), to_isomorphic(graph))
    assert not lacking, lacking.serialize(format="turtle")
    assert not unexpected, unexpected.serialize(format="turtle")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_a_recipe_makes_breaks_no_rule(file: Path, concepts: Concepts, tmp_path: Path) -> None:
    """Of the shapes of submissions."""
    _, report = convert(file, tmp_path, concepts)
    validation = validate(load_data([tmp_path / "triples.nt"]), submission_shapes())
    assert not [f for f in validation.findings if f.severity is Severity.VIOLATION]
    assert {finding.rule for finding in report.findings} <= {"projection"}


@pytest.mark.parametrize("file", ORDERS, ids=lambda file: file.name)
def test_order_lines_are_refused_then_cleaned_then_recognised(
    file: Path, concepts: Concepts, tmp_path: Path
) -> None:
    """The figures of the clean file are those of the lines; it has no buyer, order or ticket."""
    assert judge([file]).findings
    table, _ = read_whole_table(file, None)
    cleaning = clean_table(table, file.name, date(2026, 11, 29))
    clean = tmp_path / "ventes-clean.csv"
    write_csv(clean, [cleaning.table.headings, *cleaning.table.rows])
    assert not judge([clean]).findings
    text = clean.read_text(encoding="utf-8")
    numbers = {row[0] for row in table.rows if len({row[0] for row in table.rows}) > 1}
    assert not [word for word in ("exemple.ca", "Tremblay", *numbers) if word in text]
    before, after = (convert(path, tmp_path, concepts)[0] for path in (file, clean))
    assert to_isomorphic(before) == to_isomorphic(after)


def test_every_recipe_of_order_lines_names_its_public_source() -> None:
    """Where its headings are documented, in both languages."""
    for recipe in {path for path in RECIPES if "    sum:" in path.read_text(encoding="utf-8")}:
        french, english = recipe.read_text(encoding="utf-8").splitlines()[:2]
        assert "Source des titres : https://" in french
        assert "Source of the headings: https://" in english


def test_every_recipe_has_a_file() -> None:
    for recipe in RECIPES:
        assert any(file.stem.startswith(recipe.stem) for file in FILES), recipe


@pytest.mark.parametrize("key", ['a"b', "a\n    query: x", "$(é)'", "x: {y: z}"])
def test_the_key_of_a_list_is_only_that(key: str, concepts: Concepts, tmp_path: Path) -> None:
    """Whatever it holds, the recipe reads the same things under it."""
    items = json.loads((CASES / "openagenda.json").read_text(encoding="utf-8"))
    file = tmp_path / "agenda.json"
    file.write_text(json.dumps({key: items}), encoding="utf-8")
    graph, _ = convert(file, tmp_path, concepts)
    expected = Graph().parse(CASES / "openagenda.expected.ttl", publicID="https://pool.example/")
    assert to_isomorphic(graph) == to_isomorphic(expected)


def test_what_is_marked_as_private_is_left_out(concepts: Concepts, tmp_path: Path) -> None:
    """A calendar holds more than the programme."""
    text = (CASES / "icalendar.ics").read_text(encoding="utf-8")
    file = tmp_path / "c.ics"
    file.write_text(text.replace("SUMMARY:Estampes", "CLASS:PRIVATE\nSUMMARY:Estampes"), "utf-8")
    graph, _ = convert(file, tmp_path, concepts)
    assert "Estampes" not in graph.serialize()


def test_persons_are_not_described(concepts: Concepts, tmp_path: Path) -> None:
    """Not as organisers, not where a site says that they are organisations too."""
    document = json.loads((CASES / "schema-org.jsonld").read_text(encoding="utf-8"))
    event, *_, organisation = document["@graph"]
    organisation["@type"] = ["Person", "Organization"]
    event["performer"] = {"@type": "Person", "name": "Luc Bouchard"}
    del event["offers"]  # a kind of thing that the file lacks is no error
    file = tmp_path / "site.jsonld"
    file.write_text(json.dumps(document), encoding="utf-8")
    graph, _ = convert(file, tmp_path, concepts)
    assert not set(graph.objects(None, SCHEMA.organizer))
    assert not set(graph.objects(None, SCHEMA.performer))
    assert not set(graph.subjects(RDF.type, SCHEMA.Organization))


def test_what_has_no_name_is_not_led_to(concepts: Concepts, tmp_path: Path) -> None:
    """Nothing would be said of it. An address may be a region only, and hold a site's HTML."""
    document = json.loads((CASES / "schema-org.jsonld").read_text(encoding="utf-8"))
    event, _, place, _ = document["@graph"]
    event["performer"] = {"@type": "PerformingGroup", "name": ""}
    place["address"] = {"@type": "PostalAddress", "addressRegion": "QC"}
    street = {"@type": "PostalAddress", "streetAddress": "5, rue de l&#039;Essai"}
    document["@graph"].append({"@type": "Place", "name": "Atelier inventé", "address": street})
    file = tmp_path / "site.jsonld"
    file.write_text(json.dumps(document), encoding="utf-8")
    graph, _ = convert(file, tmp_path, concepts)
    assert not set(graph.objects(None, SCHEMA.performer))
    assert set(graph.objects(None, SCHEMA.organizer))
    assert [str(region) for region in graph.objects(None, SCHEMA.addressRegion)] == ["QC"]
    assert [str(s) for s in graph.objects(None, SCHEMA.streetAddress)] == ["5, rue de l'Essai"]


@pytest.mark.parametrize("lang", [None, "en"])
def test_a_recipe_takes_the_language_that_a_person_tells(lang: str | None) -> None:
    """Texts that do not tell their language have that one, else none."""
    text = read_recipe(RECIPES[0].with_name("icalendar.yml")).render("a", "b", None, lang)
    assert text.count("en~lang") + text.count("language: en") == (2 if lang else 0)
    assert "und" not in text
