"""Real files: hand-mapped columns are among the first three candidates."""

from pathlib import Path

import pytest

from parvis.config import knowledge
from parvis.mapping.language import load
from parvis.mapping.language.plan import LogicalSource, MappingDocument, references
from parvis.mapping.proposing import Vocabulary
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.sampling import read_samples
from parvis.vocab.namespaces import curie

LEAST_SHARE = 0.8
MAPPINGS = {
    "laval_calendrier-activites.json": "ville-de-laval/calendrier/mapping.yml",
    "ODCAF_v1.0.csv": "statcan/odcaf/mapping.yml",
    "bibliomtl_prets_public.json": "bibliotheques-montreal/prets/mapping.json.yml",
    "bibliomtl_pdrpretspublic.xls": "bibliotheques-montreal/prets/mapping.xls.yml",
    "bibliomtl_frequentation.json": "bibliotheques-montreal/frequentation/mapping.json.yml",
    "bibliomtl_pdrfrequentation.xls": "bibliotheques-montreal/frequentation/mapping.xls.yml",
}


def columns_behind(
    source: LogicalSource, name: str, visited: frozenset[str] = frozenset()
) -> set[str]:
    """Return the columns that a reference reads; for an unpivoted column, those of its figures."""
    for field, value in source.fields:
        if field == name and name not in visited:
            inner = (
                columns_behind(source, reference, visited | {name})
                for reference in references(value)
            )
            return {column for columns in inner for column in columns}
    if source.unpivot and name == source.unpivot.value_as:
        return set(source.unpivot.columns)
    if name in source.derived_names - {field for field, _ in source.fields}:
        return set()
    return {f"{source.each}.{name}" if source.each else name}


def properties_by_hand(document: MappingDocument) -> dict[str | int, set[str]]:
    """Return the properties of each column, by name or by position."""
    properties: dict[str | int, set[str]] = {}
    for entity in document.entities:
        source = document.sources[entity.sources[0]]
        positions = {name: position for position, name in source.columns.items()}
        for pair in entity.predicate_objects:
            for name in references(pair.object.value):
                for column in columns_behind(source, name):
                    column_properties = properties.setdefault(positions.get(column, column), set())
                    column_properties.add(curie(str(pair.predicate)))
    return properties


@pytest.mark.parametrize("name", MAPPINGS)
def test_hand_chosen_properties_are_among_the_first_three(
    name: str, shared: Path, vocabulary: Vocabulary
) -> None:
    """At least four in five columns that a person mapped, in each file."""
    expected = properties_by_hand(load(knowledge("catalog") / MAPPINGS[name]))
    proposals = propose_columns(read_samples(shared / "data" / name)[0], vocabulary)
    assert all(len(proposal.candidates) <= 3 for proposal in proposals)
    terms: dict[str | int | None, set[str]] = {}
    for proposal in proposals:
        terms[proposal.column.name] = terms[proposal.column.position] = {
            c.term for c in proposal.candidates
        }
    hits = [
        column for column, properties in expected.items() if properties & terms.get(column, set())
    ]
    assert len(hits) >= LEAST_SHARE * len(expected), set(expected) - set(hits)
