"""``parvis relays`` answers people and programs, for any reader."""

import json

import pytest

from parvis.config import Settings
from tests.cli.conftest import Run


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
    assert second == "   – rejoint le public demandé : Jeunes parents"
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
    results = run("results", "troupe-a", "--table", "profile", "--json", *options)
    rows = {row["concept"]["code"]: row for row in json.loads(results.stdout)["profile"]}
    assert (rows["theatre"]["own"], rows["theatre"]["pool_share"]) == (1_800, 0.6667)
    assert run("results", "nobody", *options).returncode == 2
