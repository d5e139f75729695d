"""HTTP caching, conditional requests and compression."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.errors import StoreError
from parvis.pooling.quotas import Guesses
from parvis.web.http.compression import compress_pieces
from parvis.web.response_cache import UNCACHED_RESPONSE_HEADERS

TITLES = "/sparql?query=SELECT%20*%20%7B%3Fs%20a%20%3Ftype%7D%20LIMIT%20100"
CHANGING = "/sparql?query=SELECT%20(NOW()%20AS%20%3Fnow)%20%7B%7D"
PATHS = ("/catalog.ttl", "/dataset/theatre-b/spectacles.jsonld", "/", "/queries/spectacles", TITLES)
ZIP = {"Accept-Encoding": "gzip"}


def make_requester(
    client: FlaskClient, method: str, *, clear_cache: bool
) -> Callable[..., TestResponse]:
    """Return a function that sends requests by a method, with or without the cache."""

    def ask(path: str, **options: Any) -> TestResponse:  # noqa: ANN401 - flask's own
        if clear_cache:
            client.application.extensions["parvis"].answers._entries.clear()  # noqa: SLF001
        return client.open(path, method=method, **options)

    return ask


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client that sends only the cookies it is given."""
    app.extensions["parvis.turnstile"].guesses = Guesses()  # other tests sent wrong tokens
    return app.test_client(use_cookies=False)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("clear_cache", [False, True], ids=["again", "anew"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_conditional_request_is_answered_304(
    client: FlaskClient,
    path: str,
    clear_cache: bool,  # noqa: FBT001 - a case
    coding: str,
) -> None:
    """By the same entity tag, to GET and HEAD, from the cache or not, without a body."""
    headers = {"Accept-Encoding": coding}
    first = client.get(path, headers=headers)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert {"authorization", "cookie"} <= {name.lower() for name in first.vary}
    tag = first.headers["ETag"]
    for method in ("GET", "HEAD"):
        ask = make_requester(client, method, clear_cache=clear_cache)
        conditional = ask(path, headers={**headers, "If-None-Match": f'"other", {tag}'})
        assert (conditional.status_code, conditional.get_data()) == (304, b"")
        assert conditional.headers["ETag"] == tag
        assert conditional.headers["Parvis-Generation"] == "1"
        assert "Content-Encoding" not in conditional.headers
        assert ask(path, headers={**headers, "If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_each_content_coding_has_its_own_entity_tag(client: FlaskClient, path: str) -> None:
    """Strong without coding, weak in gzip; Vary names Accept-Encoding."""
    identity, gzipped = (client.get(path, headers=headers) for headers in ({}, ZIP))
    assert gzip.decompress(gzipped.get_data()) == identity.get_data()
    assert not identity.headers["ETag"].startswith("W/")
    assert gzipped.headers["ETag"] == f'W/{identity.headers["ETag"][:-1]}-gzip"'
    assert "Accept-Encoding" in identity.vary
    assert "Accept-Encoding" in gzipped.vary
    assert len(gzipped.get_data()) < len(identity.get_data()) / 1.5


def test_a_script_is_compressed_and_has_an_entity_tag(client: FlaskClient) -> None:
    """One weak tag stands for it, in gzip or not (RFC 9110 §8.8.1)."""

    def ask(coding: str, tag: str = "") -> TestResponse:
        headers = {"Accept-Encoding": coding, "If-None-Match": tag}
        return client.get("/static/sparql.js", headers=headers, buffered=True)

    gzipped, identity = ask("gzip"), ask("identity")
    assert gzip.decompress(gzipped.get_data()) == identity.get_data()
    assert len(gzipped.get_data()) == gzipped.content_length
    assert gzipped.content_length < len(identity.get_data()) / 2
    assert "Accept-Ranges" not in gzipped.headers
    assert gzipped.headers["Vary"] == identity.headers["Vary"] == "Accept-Encoding"
    assert gzipped.headers["ETag"] == identity.headers["ETag"]
    for coding in ("gzip", "identity"):
        assert ask(coding, gzipped.headers["ETag"]).status_code == 304


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("clear_cache", [False, True], ids=["again", "anew"])
def test_head_has_the_headers_of_get(
    client: FlaskClient,
    path: str,
    clear_cache: bool,  # noqa: FBT001 - a case
) -> None:
    """Each header, the length where it is known, in each coding."""
    for headers in ({}, ZIP):
        get_response, head_response = (
            make_requester(client, method, clear_cache=clear_cache)(path, headers=headers)
            for method in ("GET", "HEAD")
        )
        assert head_response.get_data() == b""
        shared_headers = [
            [item for item in response.headers if item[0].lower() not in UNCACHED_RESPONSE_HEADERS]
            for response in (get_response, head_response)
        ]
        assert shared_headers[0] == shared_headers[1]


def test_small_responses_are_not_compressed(client: FlaskClient) -> None:
    """Gzip would make them larger."""
    response = client.get("/sparql?query=ASK%7B%7D", headers=ZIP)
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("refused", ["identity", "gzip;q=0", "br, deflate"])
def test_gzip_is_sent_only_to_clients_that_accept_it(client: FlaskClient, refused: str) -> None:
    response = client.get("/catalog.ttl", headers={"Accept-Encoding": refused})
    assert "Content-Encoding" not in response.headers


def test_changing_answers_and_errors_are_never_cached(client: FlaskClient) -> None:
    """They have no entity tag either."""
    for path in (CHANGING, f"{CHANGING}&format=html", "/nowhere", "/sparql?query=SELEC"):
        response = client.get(path)
        assert response.cache_control.no_store
        assert "ETag" not in response.headers
    assert client.get(CHANGING).get_data() != client.get(CHANGING).get_data()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("credentials", [{"Authorization": "Basic eDp5"}, {"Cookie": "parvis=x"}])
def test_responses_to_credentials_are_never_cached(
    client: FlaskClient, path: str, credentials: dict[str, str]
) -> None:
    """Neither by caches nor by us; and an entity tag gets no 304."""
    open_tag = client.get(path).headers["ETag"]
    for ask in (client.get, client.head):
        response = ask(path, headers={**credentials, "If-None-Match": open_tag})
        assert response.status_code == 401
        assert "no-store" in response.headers["Cache-Control"]
        assert "ETag" not in response.headers


def test_a_foreign_cookie_does_not_change_the_response(client: FlaskClient) -> None:
    """Cookies of a parent domain are sent too."""
    tag = client.get("/catalog.ttl").headers["ETag"]
    headers = {"Cookie": "_ga=GA1.1.2; session=x", "If-None-Match": tag}
    assert client.get("/catalog.ttl", headers=headers).status_code == 304


def test_every_response_names_its_generation(client: FlaskClient) -> None:
    """Errors too; a page of the web may read the header."""
    for path in (*PATHS, "/nowhere", "/health", "/id/event/theatre-b/soeurs"):
        response = client.get(path)
        assert response.headers["Parvis-Generation"] == "1"
        assert "Parvis-Generation" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D&", "/queries/spectacles.csv?"])
@pytest.mark.parametrize(
    ("generation", "status"), [("1", 200), ("", 200), ("7", 404), ("x", 400), ("²", 400)]
)
def test_a_query_can_name_a_generation(
    client: FlaskClient, path: str, generation: str, status: int
) -> None:
    assert client.get(f"{path}generation={generation}").status_code == status


def test_the_page_keeps_the_generation_in_its_form_and_links(client: FlaskClient) -> None:
    """A download equals what is shown."""
    page = client.get(f"{TITLES}&generation=1&format=html").get_data(as_text=True)
    assert '<input type="hidden" name="generation" value="1">' in page
    assert "generation=1&amp;format=csv" in page
    page = client.get("/queries/spectacles?generation=1").get_data(as_text=True)
    assert "/queries/spectacles.csv?generation=1" in page


def test_gzip_is_streamed_and_a_cut_stream_is_invalid() -> None:
    """Each piece can be decompressed on arrival; a failure leaves out the end."""

    def pieces() -> Iterator[bytes]:
        yield b"one "
        yield b"two "
        raise StoreError("cut")

    reader = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    stream = compress_pieces(pieces())
    assert reader.decompress(next(stream)) == b"one "
    assert reader.decompress(next(stream)) == b"two "
    with pytest.raises(StoreError):
        next(stream)
    assert not reader.eof
