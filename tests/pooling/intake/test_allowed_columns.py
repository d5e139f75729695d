"""A file that identifies persons leaves nothing; the steward may let a column in, with a reason."""

from pathlib import Path

import pytest

from parvis.errors import SourceError, UnknownThing, UsageError
from parvis.ledger import Act, Audit, Author
from parvis.mapping.screening.identifiers import Identifier
from parvis.pooling.intake.allowed_columns import (
    allow_column,
    allowances,
    forbid_column,
    refusals,
)
from parvis.pooling.intake.check import preview, try_file
from parvis.pooling.intake.deposits import give
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")
NAMES = ("Mireille Gingras", "Olivier Thibodeau", "Ginette Pelletier")


@pytest.fixture
def file(pool: Pool, tmp_path: Path) -> Path:
    """Write the sample file with a column of buyers that its mapping does not read."""
    lines = pool.catalog.require(KEY).sources[0].read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{NAMES[number % 3]}" for number, line in enumerate(lines[1:])]
    target = tmp_path / "envoi.csv"
    target.write_text("\n".join([f"{lines[0]},Acheteur", *rows]) + "\n", encoding="utf-8")
    return target


def find_names(folder: Path) -> list[Path]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file for file in files if any(name.encode() in file.read_bytes() for name in NAMES)]


def test_a_refused_file_leaves_nothing_but_the_fact(
    pool: Pool, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """When, for which dataset, which column, which rule: no name in any file or log."""
    outcome = submit(pool, KEY, file)
    assert (outcome.accepted, outcome.stored) == (False, False)
    assert not find_names(pool.settings.data)
    assert not [name for name in NAMES if name in caplog.text]
    (refusal,) = refusals(pool.settings)
    assert (refusal.columns, refusal.rules) == (("Acheteur",), (Identifier.NAME,))
    assert refusal.dataset == pool.catalog.require(KEY).iri
    assert refusal.by is None


def test_a_partner_that_gives_such_a_file_is_named_in_the_trail(pool: Pool, file: Path) -> None:
    party = pool.catalog.require_partner(KEY.partner).iri
    report, deposit = give(pool, KEY, file, party)
    assert (report.good, deposit) == (False, None)
    assert [refusal.by for refusal in refusals(pool.settings)] == [party]
    assert not find_names(pool.settings.data)


def test_a_check_writes_nothing(pool: Pool, file: Path) -> None:
    assert not check(pool, KEY, file).accepted
    assert not refusals(pool.settings)
    with pytest.raises(SourceError):
        list(preview(pool, KEY, file, 3))


def test_no_mapping_is_proposed_for_a_file_that_identifies_persons(pool: Pool, file: Path) -> None:
    """Neither at the command line nor on the page; the column is named, and what to do."""
    with pytest.raises(SourceError, match="Acheteur") as raised:
        init_mapping(file, "fr", pool.settings)
    assert not [name for name in NAMES if name in str(raised.value)]
    report = try_file(pool, file, None, "fr")
    assert not report.good
    assert report.data["mapping"] is None


def test_an_allowed_column_enters_with_its_reason_in_the_trail(pool: Pool, file: Path) -> None:
    """By its heading, whatever the case, for that dataset."""
    steward = Author("urn:x:tiers", "steward", "p-1")
    allow_column(pool.settings, KEY, "  acheteur ", "des artistes qui achètent", steward)
    assert submit(pool, KEY, file).stored
    (link,) = Audit(pool.settings.data).latest([Act.ALLOW], 10)
    facts = (link.entry["column"], link.entry["reason"], link.entry["by"])
    assert facts == ("acheteur", "des artistes qui achètent", "urn:x:tiers")
    assert (link.entry["role"], link.entry["person"]) == ("steward", "p-1")


def test_what_was_allowed_can_be_taken_back(pool: Pool, file: Path) -> None:
    allow_column(pool.settings, KEY, "Acheteur", "raison")
    forbid_column(pool.settings, KEY, "Acheteur")
    assert not allowances(pool.settings.data, KEY)
    assert not submit(pool, KEY, file).accepted
    assert len(Audit(pool.settings.data).latest([Act.ALLOW], 10)) == 2


def test_an_allowance_needs_a_reason_a_column_and_a_dataset(pool: Pool) -> None:
    for column, reason in (("Acheteur", " "), ("", "raison")):
        with pytest.raises(UsageError):
            allow_column(pool.settings, KEY, column, reason)
    with pytest.raises(UnknownThing):
        allow_column(pool.settings, DatasetKey("theatre-b", "rien"), "Acheteur", "raison")
    with pytest.raises(UnknownThing):
        forbid_column(pool.settings, KEY, "Acheteur")
    assert not Audit(pool.settings.data).latest([Act.ALLOW], 10)
