"""Each line of the page on connecting a platform works beside the demonstration, as written."""

import re
import shlex
import shutil
import subprocess
import urllib.request
from importlib.resources import files
from pathlib import Path
from urllib.parse import urljoin

import pytest

from parvis.i18n import LANGUAGES
from tests.serving import Demo

PAGE = "connecting.md"
SITE = "http://localhost:8000/"
"""The address in the guide, which is that of the demonstration without options."""
PATIENCE = 60


def read_lines(lang: str) -> list[tuple[str, str]]:
    """Return the lines of the page, each with what it gives."""
    page = (files("parvis") / "docs" / lang / PAGE).read_text(encoding="utf-8")
    return re.findall(r"(?m)^\|.*\| `([^`]+)` \| `([^`]+)` \|$", page)


LINES = read_lines("fr")
TAGS = [(line, gives) for line, gives in LINES if line.startswith("<")]
COMMANDS = [pair for pair in LINES if pair not in TAGS]


def test_both_languages_have_the_same_lines() -> None:
    english = [(line.replace("/en/", "/fr/"), gives) for line, gives in read_lines("en")]
    assert english == LINES
    assert len(LINES) > 40


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_row_of_a_table_of_lines_has_a_line(lang: str) -> None:
    page = (files("parvis") / "docs" / lang / PAGE).read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (?:[^|]*\|){3}$", page)
    tables = page.count("|---|---|---|")
    assert len(rows) == len(LINES) + tables


@pytest.mark.parametrize(("line", "gives"), COMMANDS, ids=[line for line, _ in COMMANDS])
def test_the_line_works_as_written(demo: Demo, tmp_path: Path, line: str, gives: str) -> None:
    """A line of ``curl`` answers with the type; another program prints the text.

    A program that is not installed is skipped; its page says how to install it.
    """
    line = line.replace(SITE, demo.address).replace("$TOKEN", demo.token)
    program, *words = shlex.split(line)
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    body = tmp_path / "body"
    if program == "curl":
        words += ["--fail-with-body", "-sS", "-o", str(body), "-w", "%{content_type}"]
    result = subprocess.run(  # noqa: S603 - the lines of our own guide
        [program, *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=tmp_path,
        check=False,
    )
    assert result.returncode == 0, (result.stderr, body.exists() and body.read_bytes()[:400])
    assert gives in result.stdout
    assert program != "curl" or body.stat().st_size


@pytest.mark.parametrize(("line", "gives"), TAGS, ids=[line for line, _ in TAGS])
def test_a_line_of_html_has_its_script_and_what_it_shows(demo: Demo, line: str, gives: str) -> None:
    """``tests/browser/test_embedding.py`` has a browser run such a line."""
    script, shown = re.findall(r'(?:src|data-show)="([^"]+)"', line.replace(SITE, demo.address))
    for address, kind in ((script, "/javascript"), (urljoin(script, shown), gives)):
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            assert answer.headers.get_content_type().endswith(kind)
