"""Fetch pages and answers as an anonymous reader does, who waits where there are too many."""

import time
import urllib.request
from http import HTTPStatus
from urllib.error import HTTPError

from tests.serving import Demo

PATIENCE, PAUSE = 60, 2


def fetch_page(demo: Demo, path: str) -> bytes:
    """Return what is at a path of the demonstration."""
    for _ in range(PATIENCE // PAUSE):
        try:
            with urllib.request.urlopen(f"{demo.address}{path}", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
                return bytes(answer.read())
        except HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            time.sleep(PAUSE)  # a share of the queries, which is full
    raise TimeoutError(path)
