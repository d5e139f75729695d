"""A partner gives and the steward accepts, from the home page on, by clicks alone."""

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
DATASET = "Public of 2025 (invented)"
PATIENCE = 60_000
"""Milliseconds that a file may take to be looked at on a busy machine."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write the partner's next file twice: with words where figures should be, then mended."""
    folder = tmp_path_factory.mktemp("given")
    head, *rows = csv.reader(io.StringIO(SAMPLE.read_text("cp1252")), delimiter=";")
    good, bad = folder / "publics-2026.csv", folder / "publics-2026-brouillon.csv"
    _write(bad, [head, *([*row[:-1], "beaucoup"] for row in rows)])
    _write(good, [head, *(["2026", *row[1:]] for row in rows)])
    return bad, good


def _write(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding="cp1252", newline="") as written:
        csv.writer(written, delimiter=";").writerows(rows)


def signed_in(tab: Tab, token: str) -> None:
    """Sign in from the home page."""
    tab.get_by_role("link", name="Sign in", exact=True).click()
    tab.get_by_label("Your token").fill(token)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()


def give(tab: Tab, file: Path) -> None:
    """Send a file by the form of a dataset's page."""
    tab.get_by_label("File").set_input_files(file)
    tab.get_by_role("button", name="Give this file").click()


def test_a_partner_mends_its_file_gives_it_and_sees_it_accepted(
    newcomer: Open, tokens: dict[ReaderName, str], files: tuple[Path, Path]
) -> None:
    """A bad file is told by its rows and not kept; a good one waits, until the steward accepts."""
    bad, good = files
    partner, steward = newcomer(), newcomer()
    for one in (partner, steward):
        one.tab.set_default_timeout(PATIENCE)
    signed_in(partner.tab, tokens["member"])
    partner.tab.get_by_role("link", name="Give data", exact=True).first.click()
    partner.tab.get_by_role("link", name=DATASET).click()
    give(partner.tab, bad)
    expect(partner.tab.get_by_role("status")).to_contain_text("refused as it is", timeout=PATIENCE)
    expect(partner.tab.get_by_text("beaucoup").first).to_be_visible()
    give(partner.tab, good)
    said = partner.tab.get_by_role("status")
    expect(said).to_contain_text("it waits for the steward", timeout=PATIENCE)
    history = partner.tab.get_by_role("region", name="What was given").get_by_role("row")
    expect(history.filter(has_text=good.name)).to_contain_text("waits")
    expect(history.filter(has_text=bad.name)).to_have_count(0)

    signed_in(steward.tab, tokens["steward"])
    for name in ("Watch over", "Files to decide about", good.name):
        steward.tab.get_by_role("link", name=name, exact=True).first.click()
    steward.tab.get_by_role("button", name="Accept").click()
    expect(steward.tab.get_by_text("accepted", exact=False).first).to_be_visible()

    partner.tab.get_by_role("link", name="Give data", exact=True).first.click()
    partner.tab.get_by_role("link", name=DATASET).click()
    expect(history.filter(has_text=good.name)).to_contain_text("by the steward")
    assert partner.faults == []
    assert steward.faults == []
