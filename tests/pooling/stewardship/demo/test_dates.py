"""The demo's dates follow the season of the day, whatever the day."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from parvis.catalog.folder import Catalog
from parvis.config import knowledge
from parvis.pooling.stewardship.demo.dates import (
    COUNTED,
    NIGHTS,
    count_weeks,
    count_years,
    move_catalog,
)

DEMO = knowledge("catalog") / "demo"
DAYS = [date(2027, 7, 15), date(2027, 9, 19), date(2027, 9, 25), date(2028, 2, 29)]
DAYS += [date(2028, 8, 31), date(2029, 12, 31), date(2026, 9, 21)]
WORKBOOK = Path("diffusion-rivage", "saison", "saison.xlsx")


def read_nights(folder: Path) -> list[date]:
    """Read the dates of three programmes."""
    rows = json.loads((folder / "centre-du-portage/programmation/programmation.json").read_bytes())
    dates = [row["debut"] for row in rows["programme"]]
    for house in ("cabaret-des-ruelles", "festival-des-rapides"):
        text = (folder / house / "programmation" / "programmation.csv").read_text(encoding="utf-8")
        dates += [row["debut"] for row in csv.DictReader(io.StringIO(text), delimiter=";")]
    return [date.fromisoformat(text[:10]) for text in dates]


def test_the_season_of_the_sample_files_is_served_as_it_is(tmp_path: Path) -> None:
    folder = move_catalog(DEMO, tmp_path, date(2026, 11, 24))
    files = {path.relative_to(DEMO) for path in DEMO.rglob("*.*")}
    assert all((folder / file).read_bytes() == (DEMO / file).read_bytes() for file in files)
    assert folder != DEMO


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_events_are_to_come_whatever_the_day(tmp_path: Path, today: date) -> None:
    """At least ten in three months, on the same weekdays, near the same day of the year."""
    nights, original = read_nights(move_catalog(DEMO, tmp_path, today)), read_nights(DEMO)
    assert sum(today <= night < today + timedelta(days=92) for night in nights) >= 10
    assert [night.weekday() for night in nights] == [night.weekday() for night in original]
    for night, before in zip(nights, original, strict=True):
        assert abs((night - before).days - count_years(today) * 365.2425) <= 3.5


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_figures_are_of_the_last_two_seasons(tmp_path: Path, today: date) -> None:
    """Months from September on; in their first three weeks, the seasons before are the last."""
    folder = move_catalog(DEMO, tmp_path, today)
    rows = (folder / "salle-des-erables" / "bilans" / "bilans.csv").read_text(encoding="utf-8")
    months = [row["Mois"] for row in csv.DictReader(io.StringIO(rows))]
    last = today.year - ((today.month, today.day) < (9, 20))
    assert (min(months), max(months)) == (f"{last - 2}-09", f"{last}-08")


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_no_performance_to_come_has_figures(tmp_path: Path, today: date) -> None:
    lines = (move_catalog(DEMO, tmp_path, today) / NIGHTS).read_text(encoding="cp1252").splitlines()
    nights = [line.split(";")[1:4:2] for line in lines[1:]]
    assert nights
    assert all(night <= counted < str(today) for night, counted in nights)


def test_workbooks_move_with_the_rest(tmp_path: Path) -> None:
    """Dates by weeks, the names of sheets too, and the year of a figure by one."""
    moved = move_catalog(DEMO, tmp_path, date(2027, 12, 1))
    weeks = timedelta(weeks=count_weeks(1))
    before, after = (
        CalamineWorkbook.from_path(folder / WORKBOOK).get_sheet_by_name("Programmation").to_python()
        for folder in (DEMO, moved)
    )
    assert len(before) == len(after) > 50
    assert [row[5] for row in after[3:]] == [row[5] + weeks for row in before[3:]]  # type: ignore[operator] # dates
    assert (before[0][0], after[0][0]) == ("Saison 2026-2027", "Saison 2027-2028")
    festival = CalamineWorkbook.from_path(moved / "festival-neiges/programme/programme.xlsx")
    assert festival.sheet_names[0] == "2028-02-11"
    survey = CalamineWorkbook.from_path(moved / "festival-neiges/sondage/sondage.xlsx")
    assert survey.get_sheet_by_name("Résultats").to_python()[1][0] == 2026


def test_a_moved_catalogue_is_valid_and_its_figures_stay(tmp_path: Path) -> None:
    """Only dates differ, of which no figure is one."""
    moved = move_catalog(DEMO, tmp_path, COUNTED + timedelta(days=400))
    assert Catalog.load(moved, "http://localhost:8000/").datasets.keys() == (
        Catalog.load(DEMO, "http://localhost:8000/").datasets.keys()
    )
    for file in DEMO.glob("*/publics/publics.csv"):
        lines = [
            [line.split(b",")[1:] for line in path.read_bytes().splitlines()]
            for path in (file, moved / file.relative_to(DEMO))
        ]
        assert lines[0] == lines[1], file
