"""``parvis settings`` lists every setting in force and its origin."""

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
    """Write a catalogue folder whose file sets a few settings."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "parvis.toml").write_text(FILE, encoding="utf-8")
    return tmp_path


def print_settings(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command and return its output."""
    with pytest.raises(SystemExit) as exit_info:
        main(["settings", *arguments])
    assert not exit_info.value.code
    return capsys.readouterr().out


def test_the_output_is_a_settings_file_with_the_same_values(
    catalog: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds every setting, because it is made from the settings themselves."""
    other = tmp_path_factory.mktemp("other")
    text = print_settings(capsys, "--catalog", str(catalog), "--lang", "fr")
    (other / "parvis.toml").write_text(text, encoding="utf-8")
    assert Settings.load(catalog=other) == replace(Settings.load(catalog=catalog), catalog=other)
    assert 'allow = ["données.interne"]  # parvis.toml' in text
    assert "keep_generations = 3  # par défaut" in text


def test_each_setting_names_its_origin(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command line, a variable, the file or the default; tables do not mix."""
    monkeypatch.setenv("PARVIS_BASE", "https://ailleurs.example/")
    text = print_settings(capsys, "--catalog", str(catalog), "--data", str(catalog / "d"), "--json")
    origins = {setting["name"]: setting["origin"] for setting in json.loads(text)}
    assert origins["data"] == "--data"
    assert origins["base"] == "PARVIS_BASE"
    assert origins["limits.party.rows"] == "parvis.toml"
    assert origins["disclosure.base"] == origins["limits.host.rows"] == "default"
