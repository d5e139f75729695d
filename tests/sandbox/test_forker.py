"""Processes that are forked by one that has loaded their modules."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import parvis
from parvis.errors import WorkerDied
from parvis.sandbox import processes
from parvis.sandbox.processes import ForkedProcess
from parvis.sandbox.worker import Worker
from tests.processes import ask, child

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the server is Linux's")
SOURCE = Path(parvis.__file__).parents[1]
LIBRARIES = {
    "sandbox.trial": "",
    "pooling.publics.regions.process": "",
    "mapping.screening.cleaning_process": "ijson",
    "store.generation.builder_process": "pyoxigraph",
    "store.generation.entity_log": "",
    "store.query.query_process": "Stemmer",
    "store.events.index_process": "numpy sqlite3",
    "mapping.engine.conversion_process": "nh3 text_to_num",
    "store.record.statistics": "rdflib",
    "catalog.portals.offered": "",
    "linking.outside": "rapidfuzz",
    "mapping.proposing.proposal_process": "feedparser lxml ruamel",
    "pooling.intake.check_process": "cachetools xlsxwriter",
    "pooling.intake.drafts.draft_process": "",
    "rdf.dumps": "arro3",
    "statistics.distinct.sketch_process": "",
    "store.remote.remote_process": "requests urllib3",
    "pooling.stewardship.jobs.job_process": "ckanapi cryptography highspy jinja2 markupsafe",
}
"""The modules of processes, each with the libraries that it loads beside those of the former."""
LOADED = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(f"parvis.{name}")
    print(*{name.partition(".")[0] for name in sys.modules})
"""
EVALUATE = """
import json, os, random, resource, secrets, signal, sys, threading, uuid
from parvis.sandbox.child import Channel
channel = Channel()
while (body := channel.receive()) is not None:
    channel.send(json.dumps(eval(json.loads(body), {**locals()})).encode())
    channel.end()
"""


def evaluate(worker: Worker, expression: str) -> Any:  # noqa: ANN401 - any JSON
    """Evaluate an expression in a child."""
    return ask(worker, expression, 20)


def test_each_module_loads_its_own_libraries_only() -> None:
    """What few of its requests need (Babel, pyshacl, readers of workbooks) is loaded on use."""
    tables = (Path(parvis.__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    doors = tomllib.loads(tables)["tool"]["importlinter"]["contracts"]
    libraries = {name for door in doors for name in door.get("protected_modules", ())}
    libraries |= {"rdflib", "urllib3", "markupsafe"}
    libraries -= {"subprocess", "multiprocessing"}
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-I", "-c", LOADED, *LIBRARIES], check=True, capture_output=True, text=True
    )
    expected: set[str] = set()
    for added, line in zip(LIBRARIES.values(), result.stdout.splitlines(), strict=True):
        expected |= {*added.split()}
        assert libraries & {*line.split()} == expected, added


def test_every_module_of_a_process_is_listed() -> None:
    starts = {
        match[1]
        for file in (SOURCE / "parvis").rglob("*.py")
        for match in re.finditer(r"``python -I -m parvis\.([\w.]+)", file.read_text("utf-8"))
    }
    assert starts - {"sandbox.forker"} == {*LIBRARIES}


@pytest.mark.parametrize("name", LIBRARIES)
def test_each_of_our_modules_is_forked(name: str) -> None:
    """None starts a thread as it is imported, which would let all be started anew."""
    module = f"parvis.{name}"
    with Worker(module, "no-folder") as worker:
        assert isinstance(worker._process, ForkedProcess)  # noqa: SLF001
        end = time.monotonic() + 20
        shown = Path(f"/proc/{worker.pid}/comm")
        while shown.read_text() != f"{module.rpartition('.')[2][:15]}\n":
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_forked_process_is_what_a_new_program_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder, variables, files, arguments, group and priority are those it would have."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARVIS_TRIED", "été")
    monkeypatch.delenv("HOME", raising=False)
    mask = os.umask(0o027)
    try:
        worker = child(EVALUATE)
    finally:
        os.umask(mask)
    with worker:
        assert evaluate(worker, "os.getcwd()") == str(tmp_path)
        assert evaluate(worker, "os.umask(0)") == 0o027
        variables = evaluate(worker, "dict(os.environ)")
        expected = dict(os.environ) | processes.allocator_environment() | {"RUST_BACKTRACE": "0"}
        assert variables == expected
        assert evaluate(worker, "sys.argv[1:3]") == ["-n1", "-r1"]
        assert evaluate(worker, "os.getpgid(0) == os.getpid()")
        assert evaluate(worker, "os.getpriority(0, 0)") == os.getpriority(0, 0)
        # The last is of the listing itself: none leads to the fork server, or to a sibling.
        numbers = "sorted(map(int, os.listdir('/proc/self/fd')))[:-1]"
        files = f"[os.readlink(f'/proc/self/fd/{{n}}') for n in {numbers}]"
        null, also_null, errors, questions, answers = evaluate(worker, files)
        assert (null, also_null) == (os.devnull, os.devnull)
        assert (questions[:4], answers[:6]) == ("pipe", "socket")
        assert errors == str(Path("/proc/self/fd/2").readlink())
        assert evaluate(worker, "[signal.getsignal(n) == signal.SIG_DFL for n in (14, 15, 17)]")
        assert evaluate(worker, "threading.active_count()") == 1


def test_limits_of_whoever_starts_a_process_hold_in_it() -> None:
    """They are read from it, whatever it says: a process that is limited frees no other."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))
    try:
        with child(EVALUATE) as worker:
            limits = evaluate(worker, "resource.getrlimit(resource.RLIMIT_NOFILE)")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert limits == [soft - 1, hard]


def test_chance_differs_between_forked_processes() -> None:
    chance = "[random.random(), secrets.token_hex(), str(uuid.uuid4()), os.urandom(9).hex()]"
    with child(EVALUATE) as first, child(EVALUATE) as second:
        assert not {*evaluate(first, chance)} & {*evaluate(second, chance)}


def test_a_variable_that_counts_at_the_start_needs_a_new_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8" if os.environ.get("LC_ALL") != "C.UTF-8" else "C")
    with child(EVALUATE) as worker:
        assert isinstance(worker._process, subprocess.Popen)  # noqa: SLF001
        assert evaluate(worker, "1") == 1


def test_the_fork_server_has_no_variable_that_could_be_secret() -> None:
    with child(EVALUATE) as worker:
        server = evaluate(worker, "os.getppid()")
    variables = Path(f"/proc/{server}/environ").read_text().split("\0")
    names = {variable.split("=")[0] for variable in variables if variable}
    assert all(name.startswith(processes.AT_START) for name in names - {*processes.NO_THREAD})
    assert names.isdisjoint({"HOME", "PATH"})


def test_a_killed_fork_server_is_replaced_and_its_processes_end() -> None:
    with child(EVALUATE) as orphan:
        server = evaluate(orphan, "os.getppid()")
        os.kill(server, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while orphan.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(WorkerDied, match="SIGKILL"):
            orphan.receive(10)
    for _ in range(2):
        with child(EVALUATE) as worker:
            assert evaluate(worker, "1") == 1
    with child(EVALUATE) as worker:
        assert isinstance(worker._process, ForkedProcess)  # noqa: SLF001
        assert evaluate(worker, "os.getppid()") != server


@pytest.mark.parametrize("killed", [True, False])
def test_nothing_outlives_the_process_that_started_it(*, killed: bool) -> None:
    """Neither the fork server nor a child that waits for a question, however the parent ends."""
    code = """
import os, sys, time
from parvis.sandbox.worker import Worker
worker = Worker("timeit", "-n1", "-r1", sys.argv[1])
worker.send(b'"[os.getpid(), os.getppid()]"')
print(worker.receive(20).decode(), flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, EVALUATE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().strip("[]\n").split(",")]
        if killed:
            parent.kill()
        else:
            parent.stdin.close()
            assert parent.wait(20) == 0
    deadline = time.monotonic() + 10
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Return whether a process is there, and no zombie that nobody has looked at."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
