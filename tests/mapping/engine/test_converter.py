"""Foreign files are converted in a killable process."""

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
    """Write a mapping and its file."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "f.json").write_text(json.dumps(ROWS), encoding="utf-8")
    return tmp_path


def converter(**limits: float) -> Converter:
    return Converter(Concepts({}), Limits(**limits), BASE)  # type: ignore[arg-type] # ints among them


def test_a_conversion_in_a_worker_returns_everything(folder: Path) -> None:
    """Triples, findings and places are the same as in this process."""
    with converter() as worker:
        places = folder / "out.places"
        first = worker.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt", places)
        second = worker.convert(folder / "mapping.yml", folder, folder / "again.nt")
    text = (folder / "out.nt").read_text(encoding="utf-8")
    assert '<https://pool.example/id/event/x/a> <http://schema.org/name> "Été"@fr .' in text
    assert text == (folder / "again.nt").read_text(encoding="utf-8")
    (finding,) = first.report.findings
    assert (finding.rule, finding.value) == ("bad-date", "demain")
    assert first.report == second.report
    place_of = first.places.locate([f"{BASE}id/event/x/a", f"{BASE}id/event/x/b"])
    place = place_of(f"{BASE}id/event/x/a", "http://schema.org/startDate")
    assert place is not None
    assert (place.row, place.column) == (0, "date")
    assert place_of(f"{BASE}id/event/x/b", None) is None, "nothing was written about it"


def test_errors_of_the_input_keep_their_type(folder: Path) -> None:
    """Errors cross the pipe with their message, and the worker survives."""
    with converter() as worker:
        with pytest.raises(SourceError, match=r"there is no file .*absent"):
            worker.convert(folder / "mapping.yml", folder / "absent.json", folder / "out.nt")
        (folder / "bad.yml").write_text("sources: {}\nmapping: {}\n", encoding="utf-8")
        with pytest.raises(MappingError, match=r"bad\.yml, line 2"):
            worker.convert(folder / "bad.yml", folder / "f.json", folder / "out.nt")
        worker.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_a_file_that_exceeds_the_memory_ends_only_the_worker(folder: Path) -> None:
    """The error names the file and the limit; no traceback is printed."""
    unstreamable = MAPPING.replace("$[*]", "$[?@.code]")  # a path that cannot be streamed
    (folder / "mapping.yml").write_text(unstreamable, encoding="utf-8")
    (folder / "f.json").write_text("[" + '{"code": "a"},' * 3_000_000 + "{}]", encoding="utf-8")
    with (
        converter(conversion_memory=400_000_000) as worker,
        pytest.raises(SourceError, match=r"converted f\.json ended .* 400000000 bytes"),
    ):
        worker.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_a_conversion_that_takes_too_long_is_cancelled(folder: Path) -> None:
    with converter(conversion_seconds=0.001) as worker, pytest.raises(LimitError, match=r"0\.001"):
        worker.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_a_lone_surrogate_is_refused_with_its_row(folder: Path) -> None:
    """JSON can contain a lone surrogate; no encoding can."""
    (folder / "f.json").write_text(r'[{"code": "a", "title": "x\ud800", "date": ""}]')
    with converter() as worker, pytest.raises(SourceError, match=r"f.json, row 0: half of a char"):
        worker.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")


def test_files_are_read_without_network_and_databases_with_it(folder: Path) -> None:
    """A worker that has read files has lost its network access, and is replaced for a database."""
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
    with converter() as converter_:
        converter_.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")
        restricted_worker = converter_._worker  # noqa: SLF001
        converter_.convert(folder / "sql.yml", folder, folder / "sql.nt")
        assert converter_._worker is not restricted_worker  # noqa: SLF001
        converter_.convert(folder / "mapping.yml", folder / "f.json", folder / "out.nt")
    assert "Hiver" in (folder / "sql.nt").read_text(encoding="utf-8")
