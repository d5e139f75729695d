"""The five given real files: the columns mapped by hand are among the first three proposals."""

from pathlib import Path

import pytest

from parvis.config import knowledge
from parvis.mapping.language.plan import LogicalSource, MappingDocument, references
from parvis.mapping.load import load
from parvis.mapping.proposing import Vocabulary, propose_columns, read_sample
from parvis.mapping.proposing.vocabulary import curie

WANTED = 0.8
GIVEN = {
    "laval_calendrier-activites.json": "ville-de-laval/calendrier/mapping.yml",
    "ODCAF_v1.0.csv": "statcan/odcaf/mapping.yml",
    "bibliomtl_prets_public.json": "bibliotheques-montreal/prets/mapping.json.yml",
    "bibliomtl_pdrpretspublic.xls": "bibliotheques-montreal/prets/mapping.xls.yml",
    "bibliomtl_frequentation.json": "bibliotheques-montreal/frequentation/mapping.json.yml",
    "bibliomtl_pdrfrequentation.xls": "bibliotheques-montreal/frequentation/mapping.xls.yml",
}


def columns_behind(
    source: LogicalSource, name: str, seen: frozenset[str] = frozenset()
) -> set[str]:
    """Name the file's columns that a reference reads; an unpivoted column by its figures alone."""
    for made, value in source.fields:
        if made == name and name not in seen:
            inner = (columns_behind(source, one, seen | {name}) for one in references(value))
            return {column for columns in inner for column in columns}
    if source.unpivot and name == source.unpivot.value_as:
        return set(source.unpivot.columns)
    if name in source.derived - {made for made, _ in source.fields}:
        return set()
    return {f"{source.each}.{name}" if source.each else name}


def by_hand(document: MappingDocument) -> dict[str | int, set[str]]:
    """Give the properties of each column, by its name, or its position where names are told."""
    found: dict[str | int, set[str]] = {}
    for entity in document.entities:
        source = document.sources[entity.sources[0]]
        positions = {name: position for position, name in source.columns.items()}
        for pair in entity.predicate_objects:
            for name in references(pair.object.value):
                for column in columns_behind(source, name):
                    told = found.setdefault(positions.get(column, column), set())
                    told.add(curie(str(pair.predicate)))
    return found


@pytest.mark.parametrize("name", GIVEN)
def test_hand_chosen_properties_are_among_the_first_three(
    name: str, shared: Path, vocabulary: Vocabulary
) -> None:
    """At least four in five columns that a person mapped, in each given file."""
    hand = by_hand(load(knowledge("catalog") / GIVEN[name]))
    found = propose_columns(read_sample(shared / "data" / name), vocabulary)
    assert all(len(one.candidates) <= 3 for one in found)
    terms: dict[str | int | None, set[str]] = {}
    for one in found:
        terms[one.column.name] = terms[one.column.position] = {c.term for c in one.candidates}
    hits = [column for column, told in hand.items() if told & terms.get(column, set())]
    assert len(hits) >= WANTED * len(hand), set(hand) - set(hits)
