"""A partner deposits a file and the steward accepts it, from the home page, by clicks only."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from parvis.config import knowledge
from tests.browser.conftest import Open
from tests.browser.pages import ReaderName

SAMPLE = knowledge("catalog") / "demo" / "theatre-lanterne" / "publics" / "publics.csv"
DATASET = "Audience of 2025 (invented)"
PATIENCE = 60_000
"""Milliseconds that the check of a file may take on a busy machine."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write the partner's next file twice: with words instead of figures, and corrected."""
    folder = tmp_path_factory.mktemp("given")
    head, *rows = csv.reader(io.StringIO(SAMPLE.read_text("cp1252")), delimiter=";")
    correct, incorrect = folder / "publics-2026.csv", folder / "publics-2026-brouillon.csv"
    _write(incorrect, [head, *([*row[:-1], "beaucoup"] for row in rows)])
    _write(correct, [head, *(["2026", *row[1:]] for row in rows)])
    return incorrect, correct


def _write(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding="cp1252", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)


def sign_in(tab: Tab, token: str) -> None:
    """Sign in from the home page."""
    tab.get_by_role("link", name="Sign in", exact=True).click()
    tab.get_by_label("Your token").fill(token)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()


def deposit(tab: Tab, file: Path) -> None:
    """Send a file by the form of a dataset's page."""
    tab.get_by_label("File").set_input_files(file)
    tab.get_by_role("button", name="Give this file").click()


def test_a_partner_corrects_its_file_deposits_it_and_sees_it_accepted(
    open_as_newcomer: Open, tokens: dict[ReaderName, str], files: tuple[Path, Path]
) -> None:
    """A bad file is reported by its rows and not stored; a good one waits for the steward."""
    incorrect, correct = files
    partner, steward = open_as_newcomer(), open_as_newcomer()
    for person in (partner, steward):
        person.tab.set_default_timeout(PATIENCE)
    sign_in(partner.tab, tokens["member"])
    partner.tab.get_by_role("link", name="Give data", exact=True).first.click()
    partner.tab.get_by_role("link", name=DATASET).click()
    deposit(partner.tab, incorrect)
    expect(partner.tab.get_by_role("status")).to_contain_text("refused as it is", timeout=PATIENCE)
    expect(partner.tab.get_by_text("beaucoup").first).to_be_visible()
    deposit(partner.tab, correct)
    status = partner.tab.get_by_role("status")
    expect(status).to_contain_text("it waits for the steward", timeout=PATIENCE)
    history = partner.tab.get_by_role("region", name="What was given").get_by_role("row")
    expect(history.filter(has_text=correct.name)).to_contain_text("waits")
    expect(history.filter(has_text=incorrect.name)).to_have_count(0)

    sign_in(steward.tab, tokens["steward"])
    for name in ("Stewardship", "Files to decide about", correct.name):
        steward.tab.get_by_role("link", name=name, exact=True).first.click()
    steward.tab.get_by_role("button", name="Accept").click()
    expect(steward.tab.get_by_text("accepted", exact=False).first).to_be_visible()

    partner.tab.get_by_role("link", name="Give data", exact=True).first.click()
    partner.tab.get_by_role("link", name=DATASET).click()
    expect(history.filter(has_text=correct.name)).to_contain_text("by the steward")
    assert partner.faults == []
    assert steward.faults == []
