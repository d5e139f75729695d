"""Requests to a child process: what it answers, reports or costs."""

import os
import sys
import time
from collections.abc import Iterator

import pytest

from parvis.errors import AddressError, LimitError, SourceError, WorkerDied
from parvis.sandbox import client as client_module
from parvis.sandbox.client import ProcessClient
from tests.processes import child

SERVING = """
import os, time
from parvis.errors import AddressError
from parvis.sandbox.child import Channel
from parvis.sandbox.serving import send_part, serve
channel = Channel()
class Panic(BaseException): pass
def handle(request):
    for number in range(request.get('parts', 0)):
        send_part(channel, number)
        time.sleep(request['sleep'])
    match request.get('kind'):
        case 'ours': raise AddressError('{host} is at {number}', host='h', number=3)
        case 'machine': raise OSError(28, 'No space left on device', 'f')
        case 'set': return {'answers': set()}
        case 'panic': raise Panic('capacity overflow')
        case 'key': return {}['x']
        case 'nothing': return None
        case 'memory': return {'size': len(bytearray(600_000_000))}
        case 'loop': sum(range(10 ** 12))
        case 'socket':
            import socket
            socket.socket()
    return {'pid': os.getpid(), 'opening': request['opening']}
try:
    serve(handle, channel, about=ABOUT, walled=WALLED)
except SystemExit as end:  # of which timeit would print a traceback
    os._exit(end.code)
"""


def serving(about: str | None = "file", *, walled: bool = False) -> str:
    return SERVING.replace("ABOUT", repr(about)).replace("WALLED", repr(walled))


@pytest.fixture(autouse=True)
def code_for_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a client run some code, where it runs a module."""
    monkeypatch.setattr(client_module, "Worker", child)


@pytest.fixture
def client() -> Iterator[ProcessClient]:
    with ProcessClient(serving(), 10, opening="o", file="/far/away/été.csv") as client:
        yield client


def test_one_process_answers_all_requests(client: ProcessClient) -> None:
    """What applies to all of them is sent once."""
    first = client.call({})
    assert first["opening"] == "o"
    assert client.call({}) == first
    assert client.call({"kind": "nothing"}) == {}
    client.close()
    assert client.call({})["pid"] != first["pid"]


def test_a_request_sent_ahead_is_answered_later(client: ProcessClient) -> None:
    client.send({})
    assert client.receive(LimitError("slow"))["opening"] == "o"


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("ours", AddressError, "h is at 3"),
        ("machine", OSError, "No space left"),
        ("set", SourceError, "“été.csv” cannot be read: .*TypeError"),
        ("panic", SourceError, "“été.csv” cannot be read: .*Panic"),
        ("key", SourceError, "“été.csv” cannot be read: .*KeyError"),
    ],
)
def test_whatever_a_child_raises_is_raised_again_as_what_it_is(
    client: ProcessClient,
    kind: str,
    error: type[Exception],
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The child goes on, and of what nobody foresaw the log has one line without the file."""
    pid = client.call({})["pid"]
    with pytest.raises(error, match=words):
        client.call({"kind": kind})
    assert client.call({})["pid"] == pid
    log = capfd.readouterr().err
    assert len(log.splitlines()) == (error is SourceError)
    assert "far" not in log


def test_without_a_file_an_error_that_nobody_foresaw_ends_the_process(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It is a fault of ours, of which the log has all."""
    with ProcessClient(serving(None), 10, opening="o") as client:
        with pytest.raises(WorkerDied, match="exit 1"):
            client.call({"kind": "key"})
        assert client.call({})["opening"] == "o", "a new process"
    assert "KeyError" in capfd.readouterr().err


def test_a_lack_of_memory_ends_the_process_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    """Its caller has a sentence for it, with how it ended and what it might have."""
    died = SourceError("{file}: {how}, {memory}", file="f")
    with (
        ProcessClient(serving(), 10, memory=500_000_000) as client,
        pytest.raises(SourceError, match="f: exit 1, 500000000"),
    ):
        client.call({"kind": "memory"}, died=died)
    assert capfd.readouterr().err == ""


def test_a_killed_process_is_reported_as_killed(client: ProcessClient) -> None:
    os.kill(client.call({})["pid"], 9)
    time.sleep(0.2)
    with pytest.raises(SourceError, match="SIGKILL"):
        client.call({}, died=SourceError("{how}"))
    assert client.call({})["opening"] == "o"


def test_an_answer_that_takes_too_long_costs_its_process(client: ProcessClient) -> None:
    """The next request has another; without a sentence the error is Python's own."""
    slow = LimitError("{file} took {seconds}", file="f")
    pid, request = client.call({})["pid"], {"parts": 1, "sleep": 0.5}
    with ProcessClient(serving(), 0.001, opening="o") as hurried:
        with pytest.raises(LimitError, match=r"f took 0\.001"):
            hurried.call(request, slow)
        with pytest.raises(TimeoutError):
            hurried.call(request)
    assert client.call({})["pid"] == pid


def test_parts_are_watched_and_the_limit_is_of_all_or_of_each() -> None:
    parts: list[int] = []
    request = {"parts": 4, "sleep": 0.4}
    with ProcessClient(serving(), 1.2, opening="o") as client:
        assert client.call(request, watch=parts.append, per_part=True)["opening"] == "o"
        assert parts == [0, 1, 2, 3]
        with pytest.raises(TimeoutError):
            client.call(request)


def test_a_process_ends_itself_where_nobody_ends_it() -> None:
    """The limit behind the parent's is of one request, not of the process."""
    with ProcessClient(serving(), 10, opening="o", alarm=0.5) as client:
        client.call({})
        time.sleep(0.7)
        client.call({})
        with pytest.raises(WorkerDied, match="SIGALRM"):
            client.call({"kind": "loop"})


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
@pytest.mark.parametrize("walled", [True, False])
def test_the_network_is_taken_away_unless_the_process_needs_it(*, walled: bool) -> None:
    with ProcessClient(serving(walled=walled), 10, opening="o") as client:
        if walled:
            with pytest.raises(PermissionError):
                client.call({"kind": "socket"})
        else:
            client.call({"kind": "socket"})


def test_a_client_that_was_never_used_has_nothing_to_close() -> None:
    ProcessClient("no.module", 1).close()
