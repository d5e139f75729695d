"""``parvis relays``: for people and for programs, for one reader and for another."""

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from parvis.config import Settings

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def folders(relaying_pool: Settings) -> list[object]:
    """Give the options that name a published pool of relays."""
    return ["--data", relaying_pool.data, "--catalog", relaying_pool.catalog]


def test_the_steward_reads_relays_with_their_reasons(run: Run, folders: list[object]) -> None:
    """The best first, then how many are only counted, and what is derived."""
    told = run("relays", "--public", "jeunes-parents", "--lang", "fr", *folders)
    assert told.returncode == 0
    first, second, *_ = told.stdout.splitlines()
    assert first == "1. Magazine A (inventé)"
    assert second == "   – rejoint le public demandé : Jeunes parents"
    assert "Aucun autre relais n’est connu." in told.stdout


def test_programs_get_the_same_for_any_reader(run: Run, folders: list[object]) -> None:
    """With what was asked, by code and label."""
    words = ["relays", "--public", "babies", "--area", "06", "--json", *folders]
    told = json.loads(run(*words, "--reader", "anonymous").stdout)
    assert told["asked"]["area"]["code"] == "06"
    assert told["derived"]["relays"][0]["name"]["fr"] == "Magazine A (inventé)"
    assert told["unnamed"]["count"] == 1
    assert json.loads(run(*words).stdout)["unnamed"]["count"] == 0


def test_a_derived_relay_is_shown_apart(run: Run, folders: list[object]) -> None:
    """After those that declare what they reach."""
    lines = run("relays", "--public", "babies", "--lang", "en", *folders).stdout.splitlines()
    apart = next(n for n, line in enumerate(lines) if line.startswith("From published cells"))
    assert "1. Radio B (invented)" in lines[:apart]
    assert "1. Magazine A (invented)" in lines[apart:]


@pytest.mark.parametrize(
    "words",
    [
        ("--public", "jeunes-parants"),
        ("--public", ""),
        ("--public", "parents", "--area", "Atlantide"),
        ("--public", "parents", "--language", "x" * 10_000),
        ("--public", "parents", "--reader", "nobody"),
        (),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    run: Run, folders: list[object], words: tuple[str, ...]
) -> None:
    """In both languages."""
    for lang in ("fr", "en"):
        told = run("relays", *words, "--lang", lang, *folders)
        assert told.returncode == 2
        assert told.stdout == ""
        assert len(told.stderr.splitlines()) == 1
        assert len(told.stderr) < 2_000
