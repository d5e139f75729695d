"""Settings come from several places in order, and the error of an invalid one names it."""

import json
from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest

from parvis.config import PARTY, FetchSettings, Limits, Settings, Share
from parvis.errors import UsageError

MISTAKES = {
    "no TOML": ("base = http", "not valid TOML"),
    "an unknown setting": ("bsae = 'x'", "bsae"),
    "the catalogue itself": ("catalog = 'x'", "catalog"),
    "an unknown limit": ("[limits]\nsecond = 3", "second"),
    "a number that is a text": ("keep_generations = 'x'", "keep_generations"),
    "a limit that is a text": ("[limits]\nseconds = 'x'", "seconds"),
    "an unknown limit of a kind": ("[limits.party]\nsecond = 3", "second"),
    "an unknown kind of reader": ("[limits.partner]\nseconds = 3", "partner"),
    "a kind that is a number": ("[limits]\nparty = 3", "party"),
    "an address that is none": ("admin_email = 'aide'", "admin_email"),
    "no query at all": ("[limits.party]\nparallel = 0", "parallel"),
    "less than nothing": ("[limits.host]\nrows = -1", "below 0"),
    "limits that are none": ("limits = 3", "limits"),
    "an unknown setting of fetch": ("[fetch]\nproxies = 'x'", "proxies"),
    "a list of what is no text": ("[fetch]\nallow = [1]", "allow"),
    "a text for a list": ("[fetch]\nallow = 'x'", "allow"),
    "a network that is none": ("[fetch]\nallow = ['10.0.0.0/99']", "10.0.0.0/99"),
    "a contribution that never counts": ("[reciprocity]\ndays = 0", "days"),
    "an unknown dimension of strata": ("[reciprocity]\nstrata = ['place']", "strata"),
    "a dimension that is named twice": ("[reciprocity]\nstrata = ['age', 'age']", "strata"),
    "a contribution of one person": ("[reciprocity]\npersons = 1", "persons"),
    "a contribution of one figure": ("[reciprocity]\nfigures = 1", "figures"),
    "a score that nothing reaches": ("[reciprocity]\nscore = 101", "score"),
    "a yes for a number": ("keep_generations = true", "keep_generations"),
    "an unknown time zone": ("timezone = 'Montréal'", "there is no time zone “Montréal”"),
    "a base without its slash": ("base = 'https://pool.example'", "end with /"),
}
TABLES = [option.name for option in fields(Settings) if option.default_factory is not MISSING]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the environment."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_sets_some_settings_and_the_others_keep_their_default(tmp_path: Path) -> None:
    """Integers are accepted for seconds."""
    text = "base = 'https://pool.example/'\n[limits]\nseconds = 30\n[fetch]\nallow = ['a.b']\n"
    (tmp_path / "parvis.toml").write_text(text, encoding="utf-8")
    settings = Settings.load(data=tmp_path / "data", catalog=tmp_path)
    assert settings.base == "https://pool.example/"
    assert settings.limits == Limits(seconds=30)
    assert settings.fetch == FetchSettings(allow=("a.b",))


def test_each_kind_of_reader_has_its_own_limits(tmp_path: Path) -> None:
    """What is not set keeps its default; time and size fall back to the general limits."""
    text = "[limits]\nseconds = 5\nanswer_bytes = 7\n[limits.party]\nrows = 3\n"
    (tmp_path / "parvis.toml").write_text(text, encoding="utf-8")
    limits = Settings.load(data=tmp_path / "data", catalog=tmp_path).limits
    assert limits.shares["anonymous"] == Share(seconds=5, bytes=7)
    assert limits.shares["party"] == replace(PARTY, rows=3)
    assert limits.shares["host"].seconds > limits.shares["party"].seconds > 10


@pytest.mark.parametrize("table", TABLES)
def test_every_setting_of_a_table_can_be_set(tmp_path: Path, table: str) -> None:
    """Its type is its own, also where a setting of another table has the same name."""
    settings = getattr(Settings(tmp_path, tmp_path), table)
    lines = [
        f"{option.name} = {json.dumps(getattr(settings, option.name))}"
        for option in fields(settings)
        if option.default is not MISSING and not isinstance(option.default, Share)
    ]
    (tmp_path / "parvis.toml").write_text("\n".join([f"[{table}]", *lines]), encoding="utf-8")
    assert getattr(Settings.load(catalog=tmp_path), table) == settings


def test_the_caller_takes_precedence_over_environment_and_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command line, environment, file, default, in this order."""
    (tmp_path / "parvis.toml").write_text("data = 'from-file'\n", encoding="utf-8")
    assert Settings.load(catalog=tmp_path).data.name == "from-file"
    monkeypatch.setenv("PARVIS_DATA", "from-environment")
    assert Settings.load(catalog=tmp_path).data.name == "from-environment"
    assert Settings.load(tmp_path / "from-caller", tmp_path).data.name == "from-caller"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_invalid_setting_is_named(tmp_path: Path, mistake: str) -> None:
    """The message names the file and the setting."""
    text, words = MISTAKES[mistake]
    (tmp_path / "parvis.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Settings.load(catalog=tmp_path)
    assert words in str(caught.value)
