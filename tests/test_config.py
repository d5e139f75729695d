"""Settings come from one place after another, and a wrong one is told by name."""

from dataclasses import replace
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
    "a base without its slash": ("base = 'https://pool.example'", "end with /"),
}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the environment in."""
    for name in ("PARVIS_DATA", "PARVIS_CATALOG", "PARVIS_BASE"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_sets_what_it_names_and_the_rest_is_default(tmp_path: Path) -> None:
    """Whole numbers do for seconds."""
    text = "base = 'https://pool.example/'\n[limits]\nseconds = 30\n[fetch]\nallow = ['a.b']\n"
    (tmp_path / "parvis.toml").write_text(text, encoding="utf-8")
    found = Settings.load(data=tmp_path / "data", catalog=tmp_path)
    assert found.base == "https://pool.example/"
    assert found.limits == Limits(seconds=30)
    assert found.fetch == FetchSettings(allow=("a.b",))


def test_each_kind_of_reader_has_limits_of_its_own(tmp_path: Path) -> None:
    """What is not set stays as it was; time and size fall back to those of all."""
    text = "[limits]\nseconds = 5\nanswer_bytes = 7\n[limits.party]\nrows = 3\n"
    (tmp_path / "parvis.toml").write_text(text, encoding="utf-8")
    limits = Settings.load(data=tmp_path / "data", catalog=tmp_path).limits
    assert limits.share("anonymous") == Share(seconds=5, bytes=7)
    assert limits.share("party") == replace(PARTY, rows=3)
    assert limits.share("host").seconds > limits.share("party").seconds > 10


def test_the_caller_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command line, environment, file, default, in this order."""
    (tmp_path / "parvis.toml").write_text("data = 'from-file'\n", encoding="utf-8")
    assert Settings.load(catalog=tmp_path).data.name == "from-file"
    monkeypatch.setenv("PARVIS_DATA", "from-environment")
    assert Settings.load(catalog=tmp_path).data.name == "from-environment"
    assert Settings.load(tmp_path / "from-caller", tmp_path).data.name == "from-caller"


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_setting_is_told_by_name(tmp_path: Path, mistake: str) -> None:
    """File and setting are in the sentence."""
    text, words = MISTAKES[mistake]
    (tmp_path / "parvis.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Settings.load(catalog=tmp_path)
    assert words in str(caught.value)
