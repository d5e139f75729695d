"""A key holder draws kits; a partner's message is written once its summary was read."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
import xlsxwriter

from parvis.statistics.distinct.estimating import merge
from parvis.statistics.distinct.rounds import TOTAL, Cell, Family, Round
from parvis.statistics.distinct.sketching import read_message
from tests.cli.conftest import Run
from tests.statistics.distinct.test_rounds import make_round

HEADINGS = ["Commande", "Courriel du client", "Téléphone", "Code postal", "Genre", "Billetterie"]


def make_rows(numbers: Iterable[int]) -> list[list[str]]:
    """Return orders of some people; every fifth has a telephone number and no address."""
    return [
        [
            f"{1000 + number}",
            "" if number % 5 == 0 else f" Client{number}@Exemple.CA",
            f"418 555-{number:04}",
            "G7H 1A1" if number % 2 else "h2x 2b2",
            "Danse" if number % 3 else "Jazz",
            "billets@salle.ca",
        ]
        for number in numbers
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a round and the exports of its three partners, one a workbook."""
    (tmp_path / "round.json").write_text(make_round(bits=14).to_text(), encoding="utf-8")
    for slug, start in (("alma", 0), ("borduas", 200)):
        with (tmp_path / f"{slug}.csv").open("w", encoding="utf-8", newline="") as stream:
            rows = make_rows(range(start, start + 400))
            csv.writer(stream, delimiter=";").writerows([HEADINGS, *rows, *rows[:50]])
    with xlsxwriter.Workbook(tmp_path / "carignan.xlsx") as book:
        sheet = book.add_worksheet("Ventes")
        for number, row in enumerate([HEADINGS, *make_rows(range(500, 600))]):
            sheet.write_row(number, 0, row)
    return tmp_path


def sketch(run: Run, folder: Path, file: str, *options: str) -> tuple[int, str, str]:
    slug = file.partition(".")[0]
    kit = folder / "kits" / f"kit-villes-1-{slug}.json"
    out = folder / f"{slug}.message"
    words = ("--round", folder / "round.json", "--kit", kit, *options)
    result = run("sketch", folder / file, out, *words)
    return result.returncode, result.stdout, result.stderr


def test_people_are_counted_across_the_files_of_partners(run: Run, folder: Path) -> None:
    assert run("kits", folder / "round.json", folder / "kits", "--lang", "en").returncode == 0
    kits = [*(folder / "kits").iterdir()]
    assert len(kits) == 3
    assert all(kit.stat().st_mode & 0o77 == 0 for kit in kits)
    assert run("kits", folder / "round.json", folder / "kits").returncode == 2
    code, printed, _ = sketch(run, folder, "alma.csv", "--lang", "en")
    assert code == 1
    assert "rows 450, people 400" in printed
    assert "“Courriel du client”" in printed
    assert not (folder / "alma.message").exists()
    for file in ("alma.csv", "borduas.csv", "carignan.xlsx"):
        code, printed, _ = sketch(run, folder, file, "--yes", "--json")
        assert (code, json.loads(printed)["counted"]["columns"]["discipline"]) == (0, "Genre")
    # A kit is erased with its message; what is written names nobody.
    assert not [*(folder / "kits").iterdir()]
    messages = [
        (folder / f"{slug}.message").read_bytes() for slug in ("alma", "borduas", "carignan")
    ]
    assert not any(b"@" in message.partition(b"\n")[0] for message in messages)
    round_ = Round.from_json((folder / "round.json").read_text(encoding="utf-8"))
    sums = merge(round_, [read_message(message, round_) for message in messages])
    truths = {TOTAL: 600, Cell(Family.RESIDENCE, "02"): 300, Cell(Family.DISCIPLINE, "music"): 200}
    for cell, truth in truths.items():
        estimate = sums[cell]
        # Four half-widths: beyond nine standard deviations.
        assert abs(estimate.value - truth) < 4 * (estimate.high - estimate.value), cell


def test_what_cannot_be_counted_is_refused_in_words(run: Run, folder: Path) -> None:
    run("kits", folder / "round.json", folder / "kits")
    (folder / "alma.csv").write_text("Spectacle,Billets\nRives,2\n", encoding="utf-8")
    code, _, said = sketch(run, folder, "alma.csv", "--yes", "--lang", "fr")
    assert code == 2
    assert "aucune colonne de alma.csv n’a d’adresses courriel" in said
    code, _, said = sketch(run, folder, "borduas.csv", "--yes", "--area", "Ville", "--lang", "en")
    assert (code, "no column “Ville”" in said) == (2, True)
    other = make_round(number=2).to_text()
    (folder / "round.json").write_text(other, encoding="utf-8")
    code, _, said = sketch(run, folder, "carignan.xlsx", "--yes", "--lang", "en")
    assert (code, "another round" in said) == (2, True)
