"""A request frees its place whatever its headers say."""

import pytest
from flask import Flask
from werkzeug.test import Client

from parvis.web.http.concurrency import ConcurrencyLimit


@pytest.mark.parametrize("announced", ["", "-1", "½", "9" * 18, "9" * 5_000])
def test_an_invalid_content_length_occupies_no_place(announced: str) -> None:
    """Python refuses to read thousands of digits: once, the place was never freed."""
    limit = ConcurrencyLimit(Flask(__name__).wsgi_app, grace=1, total=64)
    client = Client(limit)
    for _ in range(100):
        with client.post("/nothing", environ_overrides={"CONTENT_LENGTH": announced}) as answer:
            assert answer.status_code == 404
