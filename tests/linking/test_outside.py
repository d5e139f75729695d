"""Entities of another authority, streamed from files."""

import gzip
from pathlib import Path

import pytest

from parvis.errors import SourceError
from parvis.linking.entity import Entity
from parvis.linking.outside import EntityFile

Q = "http://www.wikidata.org/entity/Q{}"
DIRECT = "http://www.wikidata.org/prop/direct/"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
TRIPLES = f"""\
<{Q.format(1)}> {LABEL} "Théâtre de la Lanterne"@fr .
<{Q.format(1)}> {LABEL} "Lantern Theatre"@en .
<{Q.format(1)}> <{DIRECT}P213> "0000 0001 2103 2683" .
<{Q.format(1)}> <{DIRECT}P856> <https://www.lanterne.example/> .
_:b0 {LABEL} "sans nom" .
<{Q.format(2)}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://schema.org/Museum> .
<{Q.format(2)}> {LABEL} "Musée des marées"@fr .
"""
TABLE = f"""\
iri,name,type,identifiers,url,postal_code
{Q.format(1)},La Lanterne|Lantern Theatre,organization,NEQ 1141 234 567|viaf:12,https://x.ca,h2x 0z1
{Q.format(2)},Musée des marées,http://schema.org/Museum,,,
{Q.format(3)},Une danse,http://schema.org/DanceEvent,,,
"""


def read(file: Path, text: str, kind: str | None = None) -> tuple[list[Entity], EntityFile]:
    """Write a file and read it."""
    if file.suffix == ".gz":
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text, encoding="utf-8")
    reading = EntityFile(file, kind)
    return list(reading.entities()), reading


@pytest.mark.parametrize("name", ["dump.nt", "dump.nt.gz"])
def test_triples_become_entities_of_the_kind_of_their_types(tmp_path: Path, name: str) -> None:
    """Without a known type or a given kind, an entity is skipped and counted."""
    (museum,), reading = read(tmp_path / name, TRIPLES)
    assert (museum.iri, museum.kind) == (Q.format(2), "place")
    assert (reading.read, reading.kindless) == (2, 1)
    theatre, museum = read(tmp_path / name, TRIPLES, "organization")[0]
    assert (theatre.kind, museum.kind) == ("organization", "place")
    assert theatre.names == ("Lantern Theatre", "Théâtre de la Lanterne")
    assert theatre.identifiers == ("isni:0000000121032683", "wikidata:Q1")
    assert theatre.urls == ("lanterne.example",)
    assert theatre.graph == "http://www.wikidata.org/entity/"


def test_a_table_becomes_the_same_entities(tmp_path: Path) -> None:
    """Several values of a cell are separated by vertical bars."""
    theatre, museum, _ = read(tmp_path / "dump.csv", TABLE)[0]
    assert theatre.names == ("La Lanterne", "Lantern Theatre")
    assert theatre.identifiers == ("neq:1141234567", "viaf:12", "wikidata:Q1")
    assert (theatre.kind, theatre.postal) == ("organization", "H2X0Z1")
    assert museum.identifiers == ("wikidata:Q2",)


BAD = {
    "a.csv": ("name\nx\n", "iri"),
    "b.csv": ("iri,name\nurn:x,y\n", "2"),
    "c.csv": ("iri,name\n" + "x" * 200_000 + ",y\n", "CSV"),
    "d.nt": (f"<{Q.format(1)}> {LABEL} .\n", "line 1"),
    "e.nothing": ("", "ending"),
}


@pytest.mark.parametrize("name", BAD)
def test_the_error_names_the_place_in_a_malformed_file(tmp_path: Path, name: str) -> None:
    """Nothing of the file is used."""
    text, place = BAD[name]
    with pytest.raises(SourceError) as raised:
        read(tmp_path / name, text)
    assert place in str(raised.value)


def test_a_binary_or_missing_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"iri,name\n\xff\xfe,\n")
    for name in ("a.csv", "absent.csv", "absent.nt"):
        with pytest.raises(SourceError):
            list(EntityFile(tmp_path / name).entities())
