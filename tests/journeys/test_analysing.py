"""The examples for researchers work as they stand, beside the demonstration."""

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from parvis.i18n import LANGUAGES
from tests.serving import Demo

SITE = "http://localhost:8000/"
PATIENCE = 120


def read_examples(kind: str) -> list[str]:
    """Return the examples of a programming language in the guide, each once."""
    examples: dict[str, None] = {}
    for lang in LANGUAGES:
        page = (files("parvis") / "docs" / lang / "analysing.md").read_text(encoding="utf-8")
        examples |= dict.fromkeys(re.findall(rf"(?ms)^```{kind}\n(.*?)^```$", page))
    return list(examples)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the libraries' own
@pytest.mark.parametrize("example", read_examples("python"))
def test_an_example_in_python_runs(
    demo: Demo, example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And finds something: what it prints has a number above zero."""
    code = compile(example.replace(SITE, demo.address), "<example>", "exec")
    exec(code, {"__name__": "__main__"})  # noqa: S102 - of our own guide
    assert re.search(r"[1-9]", capsys.readouterr().out)


@pytest.mark.parametrize("example", read_examples("r"))
def test_an_example_in_r_runs(demo: Demo, example: str, tmp_path: Path) -> None:
    """The real program, where it is: ``apt-get install r-base-core``."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("R is not installed")
    file = tmp_path / "example.R"
    file.write_text(example.replace(SITE, demo.address), encoding="utf-8")
    result = subprocess.run(  # noqa: S603 - of our own guide
        [program, "--vanilla", str(file)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert re.search(r"[1-9]", result.stdout)
