"""Shows are written as Datascène describes them, and what it requires is never invented."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from rdflib.namespace import SKOS
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from parvis.catalog.ontology import concepts, ontology
from parvis.config import knowledge
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.proposing.sampling import read_samples
from parvis.mapping.recipes import read_recipe
from parvis.pooling.pool import Pool
from parvis.pooling.serving.datascene.export import (
    LEFT_OUT,
    DatasceneExport,
    export_dataset,
    export_rows,
    export_shows,
)
from parvis.pooling.serving.datascene.statements import Statement
from parvis.pooling.serving.datascene.terms import AUDIENCES, DISCIPLINES
from parvis.rdf.entities import entities
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

Json = dict[str, Any]
SHARED = Path(__file__).parents[4] / "shared"
STANDARD = SHARED / "standards" / "datascene"
SAMPLE = Path(__file__).parents[2] / "cases" / "recipes" / "datascene.json"
DEMO = knowledge("catalog") / "demo"
WITH_STANDARD = pytest.mark.skipif(not STANDARD.is_dir(), reason="needs the shared folder")
NOT_CARRIED = {
    "hasGeographicRelation": ("Contributor",),
    "inLanguage": ("WebPage",),
    "roomConfiguration": ("Room", "Offer"),
    "usageNote": ("Media",),
}
"""The members of the published samples that parvis does not carry, by the classes of them."""


def read_statements(file: Path) -> list[Statement]:
    """Read the statements of a file of N-Triples, which need not be sorted."""
    lines = sorted(set(file.read_text(encoding="utf-8").splitlines(keepends=True)))
    file.write_text("".join(lines), encoding="utf-8")
    return [
        (subject, step, value.text, value.language)
        for subject, values in entities(file)
        for step, value in values
    ]


def run_mapping(mapping: Path, file: Path, folder: Path) -> list[Statement]:
    triples = folder / "converted.nt"
    with triples.open("wb") as out:
        convert(load(mapping), file, Sinks(out), base="https://pool.example/", concepts=concepts())
    return read_statements(triples)


def import_shows(show: Json, folder: Path) -> list[Statement]:
    """Convert a show by the recipe, as a submission does."""
    file, mapping = folder / "spectacles.json", folder / "mapping.yml"
    file.write_text(json.dumps(show), encoding="utf-8")
    recipe = read_recipe(knowledge("catalog") / "recipes" / "datascene.yml")
    sample = next(s for s in read_samples(file) if recipe.recognises(s.formulation, s.names))
    mapping.write_text(recipe.render("inventee", "saison", sample.iterator), encoding="utf-8")
    return run_mapping(mapping, file, folder)


def in_order(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value without the order of its lists, which RDF does not keep."""
    if isinstance(value, dict):
        return {name: in_order(member) for name, member in value.items()}
    if isinstance(value, list):
        return sorted(map(in_order, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def as_carried(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value without what parvis does not carry."""
    if isinstance(value, list):
        return [as_carried(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: as_carried(member)
        for name, member in value.items()
        if value.get("type") not in NOT_CARRIED.get(name, ())
    }


@cache
def validator() -> Draft7Validator:
    """Return the validator of the standard's shows: its schemas refer to each other by path."""

    def without_ids(value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            return {name: without_ids(v) for name, v in value.items() if name != "$id"}
        return [without_ids(item) for item in value] if isinstance(value, list) else value

    def retrieve(uri: str) -> Resource[Any]:
        file = STANDARD / "schema" / uri.removeprefix("file:///")
        contents = without_ids(json.loads(file.read_text(encoding="utf-8")))
        return DRAFT7.create_resource(contents)

    registry: Registry[Any] = Registry(retrieve=retrieve)  # type: ignore[call-arg] # attrs' alias
    schema = {"$ref": "file:///show.schema.json"}
    return Draft7Validator(schema, registry=registry, format_checker=FormatChecker())


def require_valid(export: DatasceneExport) -> None:
    for show in json.loads("".join(export.chunks())):
        errors = [(list(error.path), error.message) for error in validator().iter_errors(show)]
        assert not errors


def published_samples() -> Iterator[tuple[str, Json]]:
    """Yield each published sample; a part of a show stands in the published show."""
    data = STANDARD / "data"

    def read(file: Path) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(file.read_text(encoding="utf-8"))

    for file in sorted(data.glob("*/*.json")):
        (show,) = map(read, data.glob("show/*.json"))
        (offer,) = show["hasPerformance"][0]["hasOffer"]
        match file.parent.name:
            case "show":
                show = read(file)
            case "offre":
                show["hasPerformance"][0]["hasOffer"] = [read(file)]
            case "lieu":
                offer["inPlace"] = read(file)
            case "adresse":
                offer["inPlace"]["address"] = read(file)
            case "salle":
                offer["inRoom"] = read(file)
                offer["inPlace"]["inRoom"] = [read(file)]
            case kind:
                pytest.fail(f"a sample of another kind: {kind}")
        yield f"{file.parent.name}/{file.name}", show


SAMPLES = dict(published_samples()) if STANDARD.is_dir() else {}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_published_sample_is_the_same_after_import_and_export(name: str, tmp_path: Path) -> None:
    """But for the order of lists, and for what parvis does not carry."""
    export = export_shows(import_shows(SAMPLES[name], tmp_path))
    assert in_order(export.shows) == in_order([as_carried(SAMPLES[name])])
    assert export.left_out == {}
    require_valid(export)


def test_an_invented_show_is_the_same_after_import_and_export(tmp_path: Path) -> None:
    show = json.loads(SAMPLE.read_text(encoding="utf-8"))
    export = export_shows(import_shows(show, tmp_path))
    assert in_order(export.shows) == in_order([show])
    assert export.left_out == {}


@WITH_STANDARD
def test_the_invented_show_is_valid(tmp_path: Path) -> None:
    show = json.loads(SAMPLE.read_text(encoding="utf-8"))
    require_valid(export_shows(import_shows(show, tmp_path)))


MAPPINGS = sorted(DEMO.glob("*/*/mapping.yml"))


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda file: f"{file.parts[-3]}/{file.parts[-2]}")
def test_every_dataset_of_the_demonstration_has_a_valid_file(mapping: Path, tmp_path: Path) -> None:
    """Whatever is not in it is counted."""
    (file,) = (f for f in mapping.parent.iterdir() if f.suffix not in {".yml", ".ttl"})
    statements = run_mapping(mapping, file, tmp_path)
    export = export_shows(statements)
    shows = {s for s, step, value, _ in statements if value == str(PARVIS.Production)}
    events = {s for s, step, _, _ in statements if step == str(SCHEMA.startDate)}
    series = {
        s for s, _, v, _ in statements if v in map(str, (SCHEMA.EventSeries, SCHEMA.Festival))
    }
    assert len(export.shows) + export.left_out.get("shows", 0) == len(shows)
    assert export.performances + export.left_out.get("performances", 0) == len(events - series)
    if mapping.parent.name == "tournee":
        assert (len(export.shows), export.performances) == (4, 40)
    if STANDARD.is_dir():
        require_valid(export)


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="needs the shared folder")
def test_a_real_calendar_without_shows_has_an_empty_file(tmp_path: Path) -> None:
    """Laval's activities are of no show: all are counted as left out, none is made one."""
    mapping = knowledge("catalog") / "ville-de-laval" / "calendrier" / "mapping.yml"
    file = SHARED / "data" / "laval_calendrier-activites.json"
    statements = run_mapping(mapping, file, tmp_path)
    export = export_shows(statements)
    events = {s for s, step, _, _ in statements if step == str(SCHEMA.startDate)}
    assert json.loads("".join(export.chunks())) == []
    assert export.left_out == {"performances": len(events), "performances-show": len(events)}
    if STANDARD.is_dir():
        require_valid(export)


PLACE = "id/place/inventee/inventee-example-lieux-9"
LACKING: list[tuple[str, str, str, set[str]]] = [
    ("id/production/", "schema:name", "", {"shows", "shows-name"}),
    ("id/production/", "schema:inLanguage", "", {"shows", "shows-language"}),
    ("id/event/", "schema:workPerformed", "", {"performances", "performances-show"}),
    ("id/event/", "schema:startDate", "2026-10-10", {"performances", "performances-time"}),
    ("id/event/", "schema:location", "", {"performances", "performances-place"}),
    (PLACE, "schema:address", "", {"performances", "performances-address"}),
    ("id/address/", "schema:streetAddress", "", {"performances", "performances-address"}),
    ("id/address/", "schema:postalCode", "12345", {"performances", "performances-address"}),
    ("id/event/", "schema:eventStatus", "", {"performances", "performances-status"}),
    ("id/offer/", "schema:availability", "", {"performances", "performances-availability"}),
    ("id/offer/", "parvis:requiresAnotherOffer", "", {"performances", "performances-other-offer"}),
    ("id/offer/", "schema:url", "", {"performances", "performances-ticket-link"}),
    ("id/series/", "schema:description", "", {"series"}),
    ("id/organization/", "schema:name", "", {"contributors"}),
    ("id/production/", "schema:description", "<script>x</script>", {"texts"}),
    ("id/production/", "schema:description", "a" * 6001, {"texts"}),
]


@pytest.mark.parametrize(("subject", "step", "value", "keys"), LACKING)
def test_what_lacks_a_required_value_is_left_out_and_counted(
    subject: str, step: str, value: str, keys: set[str], invented: list[Statement]
) -> None:
    """In both languages; the file stays valid."""
    prefix, _, name = step.partition(":")
    changed = f"{PREFIXES[prefix]}{name}"
    statements = [
        (s, p, value if p == changed and subject in s else v, language)
        for s, p, v, language in invented
    ]
    export = export_shows(statements)
    assert keys <= export.left_out.keys()
    assert {key for key in export.left_out if key.partition("-")[0] not in keys} <= {
        "performances-show",
        "performances",
    }
    assert len(export.in_words("fr")) == len(export.left_out) == len(export.in_words("en"))
    if STANDARD.is_dir():
        require_valid(export)


@pytest.fixture
def invented(tmp_path: Path) -> list[Statement]:
    return import_shows(json.loads(SAMPLE.read_text(encoding="utf-8")), tmp_path)


def test_a_free_performance_needs_no_page_of_sale(invented: list[Statement]) -> None:
    """Nor does the standard ask for one."""
    changes: dict[str, Callable[[str], str]] = {
        str(SCHEMA.isAccessibleForFree): lambda _: "true",
        str(SCHEMA.url): lambda value: "" if "billets" in value else value,
        str(SCHEMA.price): lambda _: "",
    }
    export = export_shows(
        (s, p, changes.get(p, str)(value), language) for s, p, value, language in invented
    )
    assert export.left_out == {}
    (show,) = export.shows
    assert show["hasPerformance"][0]["hasOffer"][0]["ticketLinkNotAvailable"] is False


def test_the_terms_are_those_that_the_ontology_matches() -> None:
    """Concept by concept."""
    for terms in (AUDIENCES, DISCIPLINES):
        matched = {
            str(concept): str(term)
            for relation in (SKOS.exactMatch, SKOS.closeMatch)
            for concept, term in ontology().subject_objects(relation)
            if str(term).startswith(terms.space)
        }
        assert matched == {iri: f"{terms.space}{code}" for iri, (code, _) in terms.terms.items()}


@WITH_STANDARD
def test_the_terms_are_in_the_published_lists() -> None:
    """All but Chanson, which the published show takes from an earlier version of the list."""
    text = "".join(
        file.read_text(encoding="utf-8") for file in (STANDARD / "vocabularies").glob("*.jsonld")
    )
    codes = {code for terms in (AUDIENCES, DISCIPLINES) for code, _ in terms.terms.values()}
    assert {code for code in codes if f"#{code}" not in text and f":{code}" not in text} == {
        "Chanson"
    }


def test_a_dataset_of_the_record_is_exported(filled: Pool) -> None:
    """Its performances are of no show that it describes."""
    export = export_dataset(filled, DatasetKey("theatre-b", "spectacles"))
    assert export.shows == []
    assert set(export.left_out) == {"performances", "performances-show"} <= set(LEFT_OUT)


def test_the_rows_of_a_query_give_the_same_file(invented: list[Statement]) -> None:
    rows = [
        {"subject": s, "property": p, "value": v, "language": language}
        for s, p, v, language in invented
    ]
    assert export_rows(rows) == export_shows(invented)
