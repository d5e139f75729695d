"""The mapping proposed for a real file says of ten of its entities what a person read in the file.

The values themselves may not be copied here: an expectation has the SHA-256 digests, 16 digits, of
the N-Triples form of the terms. A property of what an entity leads to (its place, its offers) is a
path. Entities are found by their row, as reports number it, else by the entity most like them.
`edits` are the lines that a person changes, at most three; `unreached` says of which properties the
mapping is known to fall short, and why: one that is as expected of all entities must leave it.
"""

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from parvis.config import Settings
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.places import PlacesWriter
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.proposing import FigureFacts
from parvis.pooling.intake.new_mappings import hints, init_mapping
from parvis.vocab.namespaces import curie

CASES = Path(__file__).parents[1] / "cases" / "entities"
BASE = "https://pool.example/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
HINTS = {"class", "text_lang", "sheet"}
STRUCTURAL = {"qb:dataSet", "parvis:contributor", "schema:identifier"}
"""Properties that come from the names of the partner and dataset, or that identify."""

Triples = Mapping[str, Mapping[str, set[str]]]
"""The objects of each subject and predicate, as N-Triples writes them."""
Properties = Mapping[str, set[str]]
"""The values of an entity by their path."""


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda case: case.stem)
def test_ten_entities_of_a_real_file_are_as_a_person_expects(
    case: Path, shared: Path, concepts: Concepts, tmp_path: Path
) -> None:
    expected = tomllib.loads(case.read_text(encoding="utf-8"))
    file = shared / "data" / expected["file"]
    triples, rows = convert_proposed(file, expected, concepts, tmp_path)
    classes = {cls for entity in expected["entities"] for cls in properties_of(entity)["rdf:type"]}
    unreached = expected.get("unreached", {})
    differences, short = [], set()
    for entity in expected["entities"]:
        subjects = rows[str(entity["row"])] if "row" in entity else triples.keys()
        written = [
            describe(triples, subject)
            for subject in subjects
            if classes & digests(triples[subject].get(TYPE, set()))
        ]
        for name, text in compare(entity, written):
            if name in unreached:
                short.add(name)
            else:
                differences.append(f"{expected['file']}, {entity['place']}, {name}: {text}")
    assert not differences, "\n" + "\n".join(differences)
    assert short == unreached.keys(), f"{file.name}: reached by now: {unreached.keys() - short}"


def convert_proposed(
    file: Path, expected: Mapping[str, Any], concepts: Concepts, folder: Path
) -> tuple[Triples, Mapping[str, set[str]]]:
    """Convert a file by the mapping proposed for it; return the triples, and subjects by row."""
    options = expected.get("options", {})
    facts = FigureFacts(**{name: code for name, code in options.items() if name not in HINTS})
    text = init_mapping(file, "en", Settings.load(), facts, hints=hints(options), judged=True)
    for line, edited in expected.get("edits", []):
        assert line in text, f"{file.name}: the mapping has no line “{line}”"
        text = text.replace(line, edited)
    mapping, out, places = (folder / name for name in ("mapping.yml", "out.nt", "places.tsv"))
    mapping.write_text(text, encoding="utf-8")
    with out.open("wb") as lines, places.open("wb") as table:
        sinks = Sinks(lines, PlacesWriter(table))
        convert(load(mapping), file, sinks, base=BASE, concepts=concepts)
    triples: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with out.open(encoding="utf-8") as lines:
        for line in lines:
            subject, predicate, value = line.removesuffix(" .\n").split(" ", 2)
            triples[subject][predicate].add(value)
    rows: dict[str, set[str]] = defaultdict(set)
    with places.open(encoding="utf-8") as table:
        for line in table:
            subject, _, row, _ = line.split("\t")
            rows[row].add(subject)
    return {subject: dict(values) for subject, values in triples.items()}, rows


def describe(triples: Triples, subject: str, path: str = "") -> Properties:
    """Return the values of an entity, and those of what it leads to, by their paths."""
    properties: dict[str, set[str]] = defaultdict(set)
    for predicate, values in triples[subject].items():
        name = curie(predicate[1:-1])
        if name in STRUCTURAL or (path and predicate == TYPE):
            continue
        for value in values:
            if value in triples and value != subject:
                for inner, terms in describe(triples, value, f"{path}{name}/").items():
                    properties[inner] |= terms
            else:
                properties[path + name].add(value)
    return properties


def compare(entity: Mapping[str, Any], written: list[Properties]) -> Iterator[tuple[str, str]]:
    """Yield what differs of the entity that is most like the expected one, by property."""
    if entity.get("absent"):
        names = {name for values in written for name in digests(values.get("schema:name", set()))}
        if entity["name"] in names if "name" in entity else written:
            yield "rdf:type", "written, though nothing was expected"
        return
    if not written:
        yield "rdf:type", "nothing was written"
        return
    expected = properties_of(entity)
    yield from min((list(differ(expected, values)) for values in written), key=len)


def differ(expected: Properties, written: Properties) -> Iterator[tuple[str, str]]:
    for name in sorted({*expected, *written}):
        terms = written.get(name, set())
        if name not in expected:
            yield name, f"not expected, but written: {' '.join(sorted(terms))}"
        elif digests(terms) != expected[name]:
            yield name, f"not what was expected, but {' '.join(sorted(terms)) or 'nothing'}"


def properties_of(entity: Mapping[str, Any]) -> Properties:
    stated = {name: set(values) for name, values in entity.get("properties", {}).items()}
    return defaultdict(set, stated)


def digests(terms: set[str]) -> set[str]:
    return {hashlib.sha256(term.encode()).hexdigest()[:16] for term in terms}
