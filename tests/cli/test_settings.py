"""``parvis settings`` says every setting in force, and who says it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.cli import main
from parvis.config import Settings

FILE = """\
base = "https://bassin.example/"
[fetch]
allow = ["données.interne"]
[limits.party]
rows = 7
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a catalogue folder whose file says a few settings."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "parvis.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run the command, and give what it prints."""
    with pytest.raises(SystemExit) as end:
        main(["settings", *words])
    assert not end.value.code
    return capsys.readouterr().out


def test_what_is_shown_is_a_file_that_says_the_same(
    catalog: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every setting is in it: the reference comes from the settings themselves."""
    other = tmp_path_factory.mktemp("other")
    text = shown(capsys, "--catalog", str(catalog), "--lang", "fr")
    (other / "parvis.toml").write_text(text, encoding="utf-8")
    assert Settings.load(catalog=other) == replace(Settings.load(catalog=catalog), catalog=other)
    assert 'allow = ["données.interne"]  # parvis.toml' in text
    assert "keep_generations = 3  # par défaut" in text


def test_each_setting_names_who_says_it(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line, a variable, the file or nobody; one of another table is another."""
    monkeypatch.setenv("PARVIS_BASE", "https://ailleurs.example/")
    text = shown(capsys, "--catalog", str(catalog), "--data", str(catalog / "d"), "--json")
    found = {one["name"]: one["origin"] for one in json.loads(text)}
    assert found["data"] == "--data"
    assert found["base"] == "PARVIS_BASE"
    assert found["limits.party.rows"] == "parvis.toml"
    assert found["disclosure.base"] == found["limits.host.rows"] == "default"
