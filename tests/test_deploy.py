"""The deployment files match the commands and the libraries."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from click import Command, Group

from parvis.cli import parvis

CHECKOUT = Path(__file__).parents[1]
DEPLOY = CHECKOUT / ".deploy"
UNITS = sorted(file.name for file in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")))
HASHED = re.compile(r"(?m)^([a-z0-9.-]+)(?:\[[^\]]+\])?==(\S+)")


def commands() -> list[list[str]]:
    """Return the arguments of ``parvis`` in each unit and in the image."""
    texts = [(DEPLOY / name).read_text(encoding="utf-8") for name in UNITS]
    started = [line for text in texts for line in re.findall(r"(?m)^ExecStart=(.+)$", text)]
    arguments = [shlex.split(re.split(r"bin/parvis ", line)[1].strip("'")) for line in started]
    return [*arguments, ["serve", "--host", "0.0.0.0", "--port", "8000"]]  # noqa: S104 - in a container


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_unit_runs_an_existing_command(words: list[str]) -> None:
    """With existing options."""
    assert isinstance(parvis, Group)
    context = parvis.make_context("parvis", [words[0], "--help"], resilient_parsing=True)
    command = parvis.get_command(context, words[0])
    assert isinstance(command, Command)
    command.make_context(words[0], words[1:], parent=context)


def test_each_timer_has_its_unit_and_is_documented() -> None:
    """In the guide, in both languages."""
    timers = [name for name in UNITS if name.endswith(".timer")]
    assert timers
    for name in timers:
        assert name.replace(".timer", ".service") in UNITS
    for lang in ("fr", "en"):
        page = (CHECKOUT / f"src/parvis/docs/{lang}/operations.md").read_text(encoding="utf-8")
        assert all(f"`{name}`" in page for name in UNITS if name.endswith(".service"))


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """As ``systemd-analyze verify`` reads them."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd here")
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        text = text.replace("/opt/parvis/bin/parvis", "/bin/true").replace("=parvis", "=root")
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / name) for name in UNITS]
    env = os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    result = subprocess.run([analyze, "verify", *files], env=env, capture_output=True, check=False)  # noqa: S603
    assert (result.returncode, result.stderr) == (0, b"")


def test_deployed_libraries_are_the_tested_ones() -> None:
    """Each dependency at the tested version, with its digests."""
    text = (DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    deployed = set(HASHED.findall(text))
    tested = set(HASHED.findall((CHECKOUT / "requirements.lock").read_text(encoding="utf-8")))
    assert deployed <= tested
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    dependencies = {
        re.split(r"[<>=~! \[;]", requirement)[0].replace(".", "-")
        for requirement in project["dependencies"]
    }
    assert dependencies <= {name for name, _ in deployed}
    assert text.count("--hash=sha256:") >= len(deployed)
