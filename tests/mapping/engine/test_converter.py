"""Files that strangers wrote are converted in a process that can be killed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.errors import LimitError, MappingError, SourceError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.converter import Converter

BASE = "https://pool.example/"
MAPPING = """\
sources:
  shows: {access: f.json, referenceFormulation: jsonpath, iterator: "$[*]"}
mappings:
  event:
    sources: shows
    s: id/event/x/$(code)
    po:
      - [schema:name, $(title), fr~lang]
      - [schema:startDate, $(date), xsd:date]
"""
SHOWS = "'SELECT code, title FROM show'"
ROWS = [{"code": "a", "title": "Été", "date": "2026-07-01"}, {"code": "b", "date": "demain"}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a mapping and its file."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "f.json").write_text(json.dumps(ROWS), encoding="utf-8")
    return tmp_path


def converter(**limits: float) -> Converter:
    """Make a converter with some limits."""
    return Converter(Concepts({}), Limits(**limits), BASE)  # type: ignore[arg-type] # ints among them


def test_a_conversion_in_another_process_tells_all(folder: Path) -> None:
    """Triples, findings and places come back as they would from this process."""
    with converter() as one:
        places = folder / "out.places"
        found = one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt", places)
        again = one.convert(folder / "mapping.yml", folder, folder / "again.nt")
    text = (folder / "out.nt").read_text(encoding="utf-8")
    assert '<https://pool.example/id/event/x/a> <http://schema.org/name> "Été"@fr .' in text
    assert text == (folder / "again.nt").read_text(encoding="utf-8")
    (finding,) = found.report.findings
    assert (finding.rule, finding.value) == ("bad-date", "demain")
    assert found.report == again.report
    place_of = found.places.locate([f"{BASE}id/event/x/a", f"{BASE}id/event/x/b"])
    place = place_of(f"{BASE}id/event/x/a", "http://schema.org/startDate")
    assert place is not None
    assert (place.row, place.column) == (0, "date")
    assert place_of(f"{BASE}id/event/x/b", None) is None, "nothing was written about it"


def test_what_the_caller_got_wrong_keeps_its_kind(folder: Path) -> None:
    """Errors cross the pipe with their sentence, and the worker lives on."""
    with converter() as one:
        with pytest.raises(SourceError, match=r"there is no file .*absent"):
            one.convert(folder / "mapping.yml", folder / "absent.json", folder / "out.nt")
        (folder / "bad.yml").write_text("sources: {}\nmapping: {}\n", encoding="utf-8")
        with pytest.raises(MappingError, match=r"bad\.yml, line 2"):
            one.convert(folder / "bad.yml", folder / "f.json", folder / "out.nt")
        one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_a_file_larger_than_the_memory_costs_the_worker_only(folder: Path) -> None:
    """The error names the file and the limit; no traceback is printed."""
    whole = MAPPING.replace("$[*]", "$[?@.code]")  # a path that cannot be streamed
    (folder / "mapping.yml").write_text(whole, encoding="utf-8")
    (folder / "f.json").write_text("[" + '{"code": "a"},' * 3_000_000 + "{}]", encoding="utf-8")
    with (
        converter(conversion_memory=400_000_000) as one,
        pytest.raises(SourceError, match=r"converted f\.json ended .* 400000000 bytes"),
    ):
        one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_a_conversion_that_takes_too_long_is_ended(folder: Path) -> None:
    """The error names the limit."""
    with converter(conversion_seconds=0.001) as one, pytest.raises(LimitError, match=r"0\.001"):
        one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_half_a_character_is_refused_by_its_row(folder: Path) -> None:
    """JSON can write a lone surrogate; no encoding can."""
    (folder / "f.json").write_text(r'[{"code": "a", "title": "x\ud800", "date": ""}]')
    with converter() as one, pytest.raises(SourceError, match=r"f.json, row 0: half of a char"):
        one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_files_are_read_without_a_network_and_databases_with_it(folder: Path) -> None:
    """What was read before takes nothing from a mapping that must call a database."""
    with closing(sqlite3.connect(folder / "shows.db")) as database:
        database.execute("CREATE TABLE show (code, title)")
        database.execute("INSERT INTO show VALUES ('c', 'Hiver')")
        database.commit()
    (folder / "sql.yml").write_text(
        MAPPING.replace(
            'access: f.json, referenceFormulation: jsonpath, iterator: "$[*]"',
            f"access: 'sqlite:///{folder}/shows.db', referenceFormulation: sql, query: {SHOWS}",
        ).replace("      - [schema:startDate, $(date), xsd:date]\n", ""),
        encoding="utf-8",
    )
    with converter() as one:
        one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")
        walled = one._worker  # noqa: SLF001
        one.convert(folder / "sql.yml", folder, folder / "sql.nt")
        assert one._worker is not walled  # noqa: SLF001
        one.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")
    assert "Hiver" in (folder / "sql.nt").read_text(encoding="utf-8")
