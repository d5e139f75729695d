"""What the guide says of engines works as it says."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from parvis.config import Settings, knowledge
from parvis.config.engine import profile_names, read_profile
from parvis.governance import ANONYMOUS
from parvis.i18n import LANGUAGES
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.remote import check_engines, prove_engines
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.store.generation.generation import current
from parvis.store.remote.part import repository_of
from tests.remote.engines import PATIENCE, find_free_port

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }"
PORTS = ("7001", "7002")
PATIENT = "[limits.anonymous]\nseconds = 60\n"
"""As the machine of a test may be busy."""


def read_page(lang: str) -> str:
    return (files("parvis") / "docs" / lang / "scaling.md").read_text(encoding="utf-8")


def read_block(kind: str, word: str) -> str:
    """Return the page's only block of a kind with a word, the same in every language."""
    blocks = {
        block
        for lang in LANGUAGES
        for block in re.findall(rf"(?ms)^```{kind}\n(.*?)^```", read_page(lang))
        if word in block
    }
    (block,) = blocks
    return str(block)


def replace_all(text: str, replacements: dict[str, str]) -> str:
    for before, after in replacements.items():
        assert before in text
        text = text.replace(before, after)
    return text


@contextmanager
def run_in_background(commands: str, folder: Path) -> Iterator[None]:
    """Run a shell's commands, and end all that they have started."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - of our guide
            ["/bin/sh", "-c", f"{commands}\nwait"],
            env=os.environ | {"PATH": path},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urlopen(address, timeout=5):  # noqa: S310 - loopback
                return
        except (URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"{address} does not answer")


def test_the_blocks_of_the_guide_run_two_repositories(tmp_path: Path) -> None:
    """Two publications are each written to the repository that the other did not use."""
    if not (Path(sys.executable).parent / "oxigraph").exists():
        pytest.skip("there is no oxigraph server here: pip install oxigraph")
    ports = {port: str(find_free_port()) for port in PORTS}
    catalog = tmp_path / "catalog"
    shutil.copytree(knowledge("catalog"), catalog)
    toml = replace_all(read_block("toml", "[remote]"), ports)
    (catalog / "parvis.toml").write_text(toml + PATIENT, encoding="utf-8")
    settings = Settings.load(data=tmp_path / "data", catalog=catalog)
    commands = replace_all(read_block("sh", "oxigraph"), {**ports, "/srv": str(tmp_path)})
    with run_in_background(commands, tmp_path):
        for address in settings.remote.open:
            wait_for(address)
        used = set[str]()
        for _ in range(2):
            with Pool.open(settings) as pool:
                publish(pool)
            used.add(repository_of(current(settings.data).open_store))
            prove_engines(settings)
            with closing(PoolService(settings)) as service:
                answer = service.ask(ANONYMOUS, QueryRequest(COUNT, results_format="csv"))
                (count,) = b"".join(answer.chunks).split()[1:]
            assert int(count) == current(settings.data).manifest.open.quads > 0
        assert used == set(settings.remote.open)
        (check,) = check_engines(settings, digests=True)
        assert check.is_sound


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_engine_is_on_the_page_with_its_addresses(lang: str) -> None:
    """And with the version that it was run here in, or none."""
    rows = [line.split(" | ") for line in read_page(lang).splitlines() if line.startswith("| `")]
    for name in profile_names():
        profile = read_profile(name)
        (row,) = (row for row in rows if row[0] == f"| `{name}`" and len(row) == 6)
        addresses = (profile.query, profile.update, profile.graphs)
        assert row[1] == ", ".join(f"`{address}`" if address else "—" for address in addresses)
        version = profile.run_here.split(" ")[0]
        assert version in row[2] if version else row[2].split(" ")[0] in {"non", "no"}
