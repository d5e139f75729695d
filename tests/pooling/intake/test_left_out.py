"""A row that breaks a rule is left out with what it made, and does not refuse the file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.config import Settings
from parvis.pooling.intake.check import try_file
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.intake.summary import account_of
from parvis.pooling.pool import Pool
from parvis.report import Severity
from parvis.vocab.iris import DatasetKey

POOL = Path(__file__).parents[2] / "cases" / "pool"
KEY = DatasetKey("theatre-b", "agenda")
MAPPING = """\
sources:
  rows: {access: agenda.csv, referenceFormulation: csv}
mappings:
  event:
    sources: rows
    s: id/event/theatre-b/$(No)
    po:
      - [a, schema:Event]
      - [schema:name, $(Titre), fr~lang]
      - [schema:startDate, $(Date), xsd:date]
      - [schema:organizer, id/organization/theatre-b/$(Organisme)~iri]
  organization:
    sources: rows
    s: id/organization/theatre-b/$(Organisme)
    po:
      - [a, schema:Organization]
      - [schema:name, $(Nom), fr~lang]
"""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Open a pool with a dataset of events and their organisers, which an agreement speaks of."""
    folder = tmp_path_factory.mktemp("left-out")
    catalog = Path(shutil.copytree(POOL, folder / "catalog"))
    partner = catalog / "theatre-b"
    (partner / "agenda").mkdir()
    text = (partner / "spectacles" / "dataset.ttl").read_text(encoding="utf-8")
    (partner / "agenda" / "dataset.ttl").write_text(text.replace("spectacles", "agenda"), "utf-8")
    (partner / "agenda" / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    agreement = partner / "agreement.ttl"
    text = agreement.read_text(encoding="utf-8")
    old = "<id/dataset/theatre-b/spectacles>"
    text = text.replace(old, f"{old} , <id/dataset/theatre-b/agenda>", 1)
    agreement.write_text(text, encoding="utf-8")
    with Pool.open(Settings.load(data=folder / "data", catalog=catalog)) as pool:
        yield pool


def write(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """Write a file of rows: a title, a date, and an organiser with its name."""
    lines = [f"{number},{','.join(row)}" for number, row in enumerate(rows)]
    file = folder / "agenda.csv"
    file.write_text("\n".join(["No,Titre,Date,Organisme,Nom", *lines]) + "\n", encoding="utf-8")
    return file


GOOD = ("Boréale", "2026-11-06", "a", "Compagnie A")


def test_a_row_without_a_title_is_left_out(pool: Pool, tmp_path: Path) -> None:
    """The report says so; the rest enters, and conforms."""
    file = write(tmp_path, [GOOD] * 30 + [("", "2026-11-07", "a", "Compagnie A")])
    outcome = check(pool, KEY, file)
    assert (outcome.accepted, outcome.report.left_out, outcome.report.row_errors) == (True, 1, 1)
    assert any("left out" in fact["en"] for fact in account_of(outcome).facts)
    assert submit(pool, KEY, file).stored
    lines = b"".join(pool.record.read_lines(pool.record.versions()[pool.iris.graph(KEY)]))
    assert b"/theatre-b/29>" in lines
    assert b"/theatre-b/30>" not in lines


def test_one_bad_organiser_of_many_rows_is_one_cause(pool: Pool, tmp_path: Path) -> None:
    """Its events remain, without it."""
    bad = ("Nu", "2026-11-08", "b", "")
    file = write(tmp_path, [GOOD] * 60 + [bad] * 40)
    outcome = submit(pool, KEY, file)
    assert (outcome.stored, outcome.report.left_out) == (True, 1)
    lines = b"".join(pool.record.read_lines(pool.record.versions()[pool.iris.graph(KEY)]))
    assert b"id/organization/theatre-b/b>" not in lines
    assert b"/theatre-b/99>" in lines


def test_too_many_bad_rows_refuse_the_file_and_are_the_first_thing_said(
    pool: Pool, tmp_path: Path
) -> None:
    file = write(tmp_path, [GOOD] * 10 + [("", "2026-11-07", "a", "Compagnie A")] * 5)
    outcome = check(pool, KEY, file)
    assert (outcome.accepted, outcome.report.left_out) == (False, 0)
    assert account_of(outcome).facts[0]["en"].startswith("refused because too many rows")


def test_without_a_dataset_the_usual_threshold_holds(pool: Pool, tmp_path: Path) -> None:
    rows = "\n".join(f"Boréale {n},2026-11-{n % 28 + 1:02}" for n in range(40))
    file = tmp_path / "programme.csv"
    file.write_text(f"Titre,Date\n{rows}\n,2026-11-07\n", encoding="utf-8")
    assert try_file(pool, file, None, "fr").good


def test_one_identifier_for_most_rows_refuses_the_file(pool: Pool, tmp_path: Path) -> None:
    """All its rows count, however many they are."""
    rows = [GOOD] * 20
    file = write(tmp_path, rows)
    lines = file.read_text(encoding="utf-8").splitlines()
    same = [f"7,Autre {number},2026-12-{number % 28 + 1:02},a,Compagnie A" for number in range(300)]
    file.write_text("\n".join([*lines, *same]) + "\n", encoding="utf-8")
    outcome = check(pool, KEY, file)
    assert (outcome.accepted, outcome.report.left_out) == (False, 0)
    assert outcome.report.row_errors >= 300


@settings(max_examples=12)
@given(bad=st.sets(st.integers(0, 39), max_size=6))
def test_what_is_accepted_holds_no_violation(
    pool: Pool, tmp_path_factory: pytest.TempPathFactory, bad: set[int]
) -> None:
    """Whichever rows are bad: they are counted, and no more than the threshold."""
    rows = [("", *GOOD[1:]) if number in bad else GOOD for number in range(40)]
    outcome = check(pool, KEY, write(tmp_path_factory.mktemp("rows"), rows))
    assert outcome.accepted == (len(bad) <= 2)
    violations = [f for f in outcome.report.findings if f.severity is Severity.VIOLATION]
    assert bool(violations) == bool(bad)
    if outcome.accepted:
        assert outcome.report.left_out == len(bad)
        assert outcome.report.triples == 4 * (40 - len(bad)) + 2
