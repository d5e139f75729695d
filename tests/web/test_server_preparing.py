"""A pool is made while the server's process starts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.serving import LONG_PATIENCE, free_port

CATALOG = Path(__file__).parents[1] / "cases" / "publics"
PREPARING = """
import sys
from http.client import HTTPConnection
from threading import Event
from time import sleep
from parvis.config import Settings
from parvis.errors import StoreError
from parvis.pooling.stewardship.demo.demo import build_demo
from parvis.web.server import serve

port, how = int(sys.argv[1]), sys.argv[2]

def await_answer(path="/health"):
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            sleep(0.05)

def prepare(ended):
    if how == "fail":
        raise StoreError("nothing can be made")
    print("answers", await_answer(), flush=True)
    if how == "build":
        list(build_demo(Settings.load()))
    if how == "wait":
        assert ended.wait(60)
        print("ended", flush=True)
    if how == "fail late":
        assert ended.wait(60)
        raise StoreError("the reader of the output has gone")

def ready():
    print("ready", await_answer("/"), flush=True)

try:
    serve(Settings.load(), "127.0.0.1", port, ready, prepare)
except StoreError as error:
    sys.exit(str(error))
"""


def start(data: Path, how: str) -> "subprocess.Popen[str]":
    """Serve a pool that is being made."""
    port = free_port()
    env = {
        "PARVIS_DATA": str(data),
        "PARVIS_CATALOG": str(CATALOG),
        "PARVIS_BASE": f"http://127.0.0.1:{port}/",
    }
    return subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", PREPARING, str(port), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | env,
    )


def test_the_server_answers_while_the_pool_is_made_and_is_ready_after(tmp_path: Path) -> None:
    with start(tmp_path, "build") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "answers 503\n"  # nothing is published yet
        assert process.stdout.readline() == "ready 200\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG_PATIENCE) == 0


def test_what_goes_wrong_ends_the_server_and_is_raised(tmp_path: Path) -> None:
    with start(tmp_path, "fail") as process:
        printed, errors = process.communicate(timeout=LONG_PATIENCE)
    assert (process.returncode, printed, errors) == (1, "", "nothing can be made\n")


def test_ctrl_c_ends_the_making_too(tmp_path: Path) -> None:
    with start(tmp_path, "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("answers")
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=LONG_PATIENCE)
    assert (process.returncode, printed) == (0, "ended\n")


def test_what_goes_wrong_once_the_server_has_ended_is_raised_too(tmp_path: Path) -> None:
    with start(tmp_path, "fail late") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("answers")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=LONG_PATIENCE)
    assert process.returncode == 1
    assert errors.endswith("the reader of the output has gone\n")
