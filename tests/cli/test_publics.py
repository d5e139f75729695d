"""``parvis relays`` and ``parvis surveys`` answer people and programs."""

import json
from pathlib import Path

import pytest

from parvis.config import Settings
from tests.cli.conftest import Run
from tests.surveys import draw_answers, key_of, write_answers, write_catalog


@pytest.fixture(scope="module")
def folder_options(relaying_pool: Settings) -> list[object]:
    """Return the options of a published pool of relays."""
    return ["--data", relaying_pool.data, "--catalog", relaying_pool.catalog]


def test_the_steward_reads_relays_with_their_reasons(
    run: Run, folder_options: list[object]
) -> None:
    """The best first, then how many are only counted, then those derived from figures."""
    result = run("relays", "--public", "jeunes-parents", "--lang", "fr", *folder_options)
    assert result.returncode == 0
    first, second, *_ = result.stdout.splitlines()
    assert first == "1. Magazine A (inventé)"
    assert second == "   – rejoint le public demandé\u00a0: Jeunes parents"
    assert "Aucun autre relais n’est connu." in result.stdout


def test_json_lists_the_relays_that_a_reader_may_see(
    run: Run, folder_options: list[object]
) -> None:
    """It repeats the request by code and label."""
    arguments = ["relays", "--public", "babies", "--area", "06", "--json", *folder_options]
    report = json.loads(run(*arguments, "--reader", "anonymous").stdout)
    assert report["asked"]["area"]["code"] == "06"
    assert report["derived"]["relays"][0]["name"]["fr"] == "Magazine A (inventé)"
    assert report["unnamed"]["count"] == 1
    assert json.loads(run(*arguments).stdout)["unnamed"]["count"] == 0


def test_a_derived_relay_is_listed_after_the_declared_ones(
    run: Run, folder_options: list[object]
) -> None:
    lines = run("relays", "--public", "babies", "--lang", "en", *folder_options).stdout.splitlines()
    derived_start = next(
        n for n, line in enumerate(lines) if line.startswith("From published cells")
    )
    assert "1. Radio B (invented)" in lines[:derived_start]
    assert "1. Magazine A (invented)" in lines[derived_start:]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--public", "jeunes-parants"),
        ("--public", ""),
        ("--public", "parents", "--area", "Atlantide"),
        ("--public", "parents", "--language", "x" * 10_000),
        ("--public", "parents", "--reader", "nobody"),
        (),
    ],
)
def test_bad_input_prints_one_line_with_exit_code_2(
    run: Run, folder_options: list[object], arguments: tuple[str, ...]
) -> None:
    for lang in ("fr", "en"):
        result = run("relays", *arguments, "--lang", lang, *folder_options)
        assert result.returncode == 2
        assert result.stdout == ""
        assert len(result.stderr.splitlines()) == 1
        assert len(result.stderr) < 2_000


def test_rates_and_results_are_printed_as_csv(run: Run, publics_pool: Settings) -> None:
    """The rates of whoever may read the figures, the results of one partner."""
    options = ["--data", publics_pool.data, "--catalog", publics_pool.catalog, "--lang", "en"]
    rates = run("rates", "--measure", "attendance", "--reader", "anonymous", *options)
    assert rates.returncode == 0, rates.stderr
    heading, *lines = rates.stdout.splitlines()
    assert heading.startswith("Place of residence,Age,Language,Published figure,Inhabitants,")
    assert [line.split(",")[3:6] for line in lines if line.startswith("Capitale")] == [
        ["4500", "729997", "6.2"]
    ]
    absence = run("absence", "--measure", "attendance", "--reader", "anonymous", *options)
    assert [line.split(",")[2:8] for line in absence.stdout.splitlines() if "entries" in line] == [
        ["729997", "entries: a lower bound", "", "", "", "0.9938"],
        ["1942044", "entries: a lower bound", "", "", "", "0.9961"],
    ]
    # A release of before figures were linked to those of the year before says nothing of a trend.
    trend = run("trend", "--reader", "anonymous", *options)
    assert trend.stdout.startswith("Discipline,Place of residence,Broken down by,Part,A year")
    assert (trend.returncode, len(trend.stdout.splitlines())) == (0, 1)
    assert json.loads(run("trend", "--json", *options).stdout)["trend"] == []
    assert run("trend", "--measure", "nothing", *options).returncode == 2
    results = run("results", "troupe-a", "--table", "profile", "--json", *options)
    rows = {row["concept"]["code"]: row for row in json.loads(results.stdout)["profile"]}
    assert (rows["theatre"]["own"], rows["theatre"]["pool_share"]) == (1_800, 0.6667)
    assert run("results", "nobody", *options).returncode == 2


def test_surveys_are_pooled_in_words_a_museum_understands(run: Run, tmp_path: Path) -> None:
    """From the template to the release: between which percents, of how many, 19 times out of 20."""
    names = ("alpha", "beta", "gamma", "delta")
    settings = write_catalog(tmp_path / "catalog", names)
    options = ["--data", settings.data, "--catalog", settings.catalog]
    for number, name in enumerate(names):
        file = write_answers(tmp_path / f"{name}.csv", draw_answers(number))
        assert run("submit", key_of(name), file, *options).returncode == 0
    dry = run("surveys", "--dry-run", "--lang", "fr", *options)
    assert dry.stdout.startswith("la parution 1 de tiers/sondages publierait 9 estimations")
    lines = run("surveys", "--lang", "fr", *options).stdout.splitlines()
    assert lines[0].startswith("parution 1 de tiers/sondages\u00a0: 9 estimations publiées")
    assert lines[1] == (
        "2025, Groupe d’âge, 18 à 24 ans\u00a0: 38\u00a0%, entre 33 et 43\u00a0% 19 fois sur 20"
        " (480 répondants, 4+ partenaires)"
    )
    report = json.loads(run("surveys", "--json", *options).stdout)
    assert (report["unchanged"], report["told"], report["suppressed"]) == (True, 9, 0)
    assert report["figures"][0]["between"] == [33, 43]


def test_a_wrong_weight_is_told_with_its_row_and_column(run: Run, tmp_path: Path) -> None:
    settings = write_catalog(tmp_path / "catalog", ("alpha",))
    rows = draw_answers(1, 20)
    rows[2][1] = "0"
    file = write_answers(tmp_path / "reponses.csv", rows)
    options = ["--data", settings.data, "--catalog", settings.catalog]
    result = run("submit", key_of("alpha"), file, "--lang", "en", *options)
    assert result.returncode == 2
    assert "row 4, column “Poids”: a weight is a number above zero" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_questionnaire_is_written_as_a_table(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "questionnaire.csv"
    result = run("template", "questionnaire", "-f", "csv", "-o", file, "--lang", "fr")
    assert result.returncode == 0
    assert file.read_text("utf-8-sig").startswith("Période,Poids,Groupe d’âge,")
