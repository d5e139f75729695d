"""Child processes that run some code, and a conversation with them in JSON."""

import json
from typing import Any

from parvis.sandbox.worker import Worker


def child(code: str) -> Worker:
    """Run some code as a worker: timeit is the standard library's module that runs its argument."""
    return Worker("timeit", "-n1", "-r1", code)


def ask(worker: Worker, question: object, seconds: float) -> Any:  # noqa: ANN401 - any JSON
    """Send a question, and return the answer, which is one frame."""
    worker.send(json.dumps(question).encode())
    answer = json.loads(worker.receive(seconds))
    assert worker.receive(seconds) == b""
    return answer
