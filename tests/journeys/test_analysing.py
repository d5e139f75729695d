"""The examples for researchers work as they stand, beside the demonstration."""

import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from importlib import import_module
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
    """And finds something: what it prints has a number above zero.

    Large libraries are skipped where they are not: ``pip install pyarrow duckdb
    duckdb-extension-httpfs``, the last where DuckDB cannot download its extension.
    """
    for name in ("duckdb", "pyarrow"):
        if name in example:
            pytest.importorskip(name)
    if "duckdb" in example:
        require_httpfs()
    code = compile(example.replace(SITE, demo.address), "<example>", "exec")
    exec(code, {"__name__": "__main__"})  # noqa: S102 - of our own guide
    assert re.search(r"[1-9]", capsys.readouterr().out)


def require_httpfs() -> None:
    """Skip where DuckDB neither has its extension for addresses nor can download it."""
    duckdb = pytest.importorskip("duckdb")
    with suppress(ImportError):
        import_module("duckdb_extensions").import_extension("httpfs")
    try:
        duckdb.sql("INSTALL httpfs; LOAD httpfs")
    except duckdb.Error:
        pytest.skip("DuckDB has no httpfs here")


NOTEBOOKS = sorted((Path(str(files("parvis"))) / "docs" / "notebooks").glob("*.ipynb"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_notebook_runs_from_its_first_cell_to_its_last(
    demo: Demo, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the outputs of an earlier run, as notebooks of format 4.5."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
            code = "".join(cell["source"]).replace(SITE, demo.address)
            exec(compile(code, cell["id"], "exec"), names)  # noqa: S102 - of our own guide
    assert re.search(r"[1-9]", capsys.readouterr().out)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_jupyter_runs_a_notebook(demo: Demo, file: Path, tmp_path: Path) -> None:
    """With its own program.

    It is looked for in the environment that `test_research_tools` names: ``pip install nbclient
    ipykernel pandas SPARQLWrapper``.
    """
    python = os.environ.get("PARVIS_RESEARCH_PYTHON", "")
    program = Path(python or "absent").with_name("jupyter-execute")
    if not program.is_file():
        pytest.skip("Jupyter is not there")
    notebook = tmp_path / file.name
    text = file.read_text(encoding="utf-8").replace(SITE, demo.address)
    notebook.write_text(text, encoding="utf-8")
    command = [str(program), str(notebook), "--inplace"]
    subprocess.run(command, check=True, timeout=PATIENCE)  # noqa: S603 - of our own guide
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    assert cells[-1]["outputs"]


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
