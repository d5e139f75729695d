"""The guide's example of bringing a partner in does and says what the guide prints."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.pooling.intake.templates import init

if TYPE_CHECKING:
    from subprocess import CompletedProcess

Run = Callable[..., "CompletedProcess[str]"]
CALENDAR = Path(__file__).parents[1] / "cases" / "recipes" / "icalendar.ics"
GUIDE = Path(__file__).parents[2] / "src" / "parvis" / "docs"
SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_guides_example_is_what_happens(run: Run, tmp_path: Path, lang: str) -> None:
    """Each line of it, in its order; an ellipsis stands for others."""
    page = (GUIDE / lang / "onboarding.md").read_text(encoding="utf-8")
    command, transcript = re.findall(r"(?ms)^```(?:sh|text)\n(.*?)^```", page)[:2]
    words = shlex.split(command.replace("\\\n", ""))[1:]
    file = words[words.index("--file") + 1]
    shutil.copy(CALENDAR, tmp_path / file)
    init(tmp_path / "pool")
    words[words.index("--file") + 1] = str(tmp_path / file)
    folders = ["--catalog", str(tmp_path / "pool"), "--data", str(tmp_path / "data")]
    result = run(*words, *folders, "--lang", lang)
    assert result.returncode == 0, result.stderr
    printed = result.stdout.replace(f"{tmp_path / 'pool'}/", "").translate(SPACES).splitlines()
    lines = iter(line.strip() for line in printed)
    expected = [line.strip() for line in transcript.translate(SPACES).splitlines()]
    assert [line for line in expected if line != "…" and line not in lines] == []


def test_a_role_in_one_language_is_refused(run: Run, tmp_path: Path) -> None:
    """A signature is in both."""
    init(tmp_path / "pool")
    result = run(
        *("onboard", "scene", "--kind", "festival", "--access", "open", "--role-fr", "direction"),
        *("--file", str(CALENDAR), "--catalog", str(tmp_path / "pool"), "--lang", "fr"),
    )
    assert result.returncode == 2
    assert "--role-en" in result.stderr
    assert not (tmp_path / "pool" / "scene").exists()
