"""Who may keep an answer, who is told that nothing changed, and what is sent in gzip."""

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
from parvis.web.http.caching import UNCACHED_RESPONSE_HEADERS
from parvis.web.http.compression import compress_pieces

TITLES = "/sparql?query=SELECT%20*%20%7B%3Fs%20a%20%3Ftype%7D%20LIMIT%20100"
CHANGING = "/sparql?query=SELECT%20(NOW()%20AS%20%3Fnow)%20%7B%7D"
PATHS = ("/catalog.ttl", "/dataset/theatre-b/spectacles.jsonld", "/", "/queries/spectacles", TITLES)
ZIP = {"Accept-Encoding": "gzip"}


def asking(client: FlaskClient, how: str, *, anew: bool) -> Callable[..., TestResponse]:
    """Give a way to ask by a method, where `anew` what was kept is forgotten before each time."""

    def ask(path: str, **told: Any) -> TestResponse:  # noqa: ANN401 - flask's own
        if anew:
            client.application.extensions["parvis"].answers._kept.clear()  # noqa: SLF001
        return client.open(path, method=how, **told)

    return ask


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a client that sends the cookies it is told to send."""
    app.extensions["parvis.turnstile"].guesses = Guesses()  # other tests sent wrong tokens
    return app.test_client(use_cookies=False)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("anew", [False, True], ids=["again", "anew"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_who_holds_an_answer_is_told_that_it_stands(
    client: FlaskClient,
    path: str,
    anew: bool,  # noqa: FBT001 - a case
    coding: str,
) -> None:
    """By the same tag, to GET and HEAD, from memory or not, without a body."""
    headers = {"Accept-Encoding": coding}
    first = client.get(path, headers=headers)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert {"authorization", "cookie"} <= {one.lower() for one in first.vary}
    tag = first.headers["ETag"]
    for how in ("GET", "HEAD"):
        ask = asking(client, how, anew=anew)
        again = ask(path, headers={**headers, "If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.get_data()) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Parvis-Generation"] == "1"
        assert "Content-Encoding" not in again.headers
        assert ask(path, headers={**headers, "If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_each_coding_has_its_tag_and_gives_the_same_answer(client: FlaskClient, path: str) -> None:
    """Strong as it is, weak in gzip; caches learn that it depends on what is accepted."""
    plain, zipped = (client.get(path, headers=one) for one in ({}, ZIP))
    assert gzip.decompress(zipped.get_data()) == plain.get_data()
    assert not plain.headers["ETag"].startswith("W/")
    assert zipped.headers["ETag"] == f'W/{plain.headers["ETag"][:-1]}-gzip"'
    assert "Accept-Encoding" in plain.vary
    assert "Accept-Encoding" in zipped.vary
    assert len(zipped.get_data()) < len(plain.get_data()) / 1.5


def test_a_script_of_the_site_is_coded_and_kept_by_its_tag(client: FlaskClient) -> None:
    """In gzip for who accepts it; one weak tag stands for it, coded or not (RFC 9110 §8.8.1)."""

    def ask(coding: str, tag: str = "") -> TestResponse:
        asked = {"Accept-Encoding": coding, "If-None-Match": tag}
        return client.get("/static/sparql.js", headers=asked, buffered=True)

    coded, plain = ask("gzip"), ask("identity")
    assert gzip.decompress(coded.get_data()) == plain.get_data()
    assert len(coded.get_data()) == coded.content_length
    assert coded.content_length < len(plain.get_data()) / 2
    assert "Accept-Ranges" not in coded.headers
    assert coded.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert coded.headers["ETag"] == plain.headers["ETag"]
    for coding in ("gzip", "identity"):
        assert ask(coding, coded.headers["ETag"]).status_code == 304


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("anew", [False, True], ids=["again", "anew"])
def test_head_says_what_get_would_say(
    client: FlaskClient,
    path: str,
    anew: bool,  # noqa: FBT001 - a case
) -> None:
    """Every header, the length where it is known, in each coding."""
    for one in ({}, ZIP):
        got, head = (asking(client, how, anew=anew)(path, headers=one) for how in ("GET", "HEAD"))
        assert head.get_data() == b""
        said = [
            [one for one in told.headers if one[0].lower() not in UNCACHED_RESPONSE_HEADERS]
            for told in (got, head)
        ]
        assert said[0] == said[1]


def test_small_answers_are_sent_as_they_are(client: FlaskClient) -> None:
    """Gzip would make them larger."""
    response = client.get("/sparql?query=ASK%7B%7D", headers=ZIP)
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("refused", ["identity", "gzip;q=0", "br, deflate"])
def test_nobody_gets_gzip_who_does_not_accept_it(client: FlaskClient, refused: str) -> None:
    """Nothing is coded unasked."""
    response = client.get("/catalog.ttl", headers={"Accept-Encoding": refused})
    assert "Content-Encoding" not in response.headers


def test_what_changes_from_call_to_call_is_kept_nowhere(client: FlaskClient) -> None:
    """It has no tag either; nor has an error."""
    for path in (CHANGING, f"{CHANGING}&format=html", "/nowhere", "/sparql?query=SELEC"):
        response = client.get(path)
        assert response.cache_control.no_store
        assert "ETag" not in response.headers
    assert client.get(CHANGING).get_data() != client.get(CHANGING).get_data()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", [{"Authorization": "Basic eDp5"}, {"Cookie": "parvis=x"}])
def test_what_a_reader_with_credentials_gets_is_kept_nowhere(
    client: FlaskClient, path: str, who: dict[str, str]
) -> None:
    """Not by caches on the way, not by ours; and a tag gets no answer."""
    open_tag = client.get(path).headers["ETag"]
    for ask in (client.get, client.head):
        response = ask(path, headers={**who, "If-None-Match": open_tag})
        assert response.status_code == 401
        assert "no-store" in response.headers["Cache-Control"]
        assert "ETag" not in response.headers


def test_a_cookie_of_another_site_says_nothing_of_who_asks(client: FlaskClient) -> None:
    """A parent domain's cookies come along: they make no other request, and no new answer."""
    tag = client.get("/catalog.ttl").headers["ETag"]
    headers = {"Cookie": "_ga=GA1.1.2; session=x", "If-None-Match": tag}
    assert client.get("/catalog.ttl", headers=headers).status_code == 304


def test_every_answer_names_its_generation(client: FlaskClient) -> None:
    """Errors too; a page of the Web may read it."""
    for path in (*PATHS, "/nowhere", "/health", "/id/event/theatre-b/soeurs"):
        response = client.get(path)
        assert response.headers["Parvis-Generation"] == "1"
        assert "Parvis-Generation" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", ["/sparql?query=ASK%7B%7D&", "/queries/spectacles.csv?"])
@pytest.mark.parametrize(
    ("generation", "status"), [("1", 200), ("", 200), ("7", 404), ("x", 400), ("²", 400)]
)
def test_an_answer_can_be_asked_of_a_generation(
    client: FlaskClient, path: str, generation: str, status: int
) -> None:
    """By its number."""
    assert client.get(f"{path}generation={generation}").status_code == status


def test_the_page_keeps_the_generation_in_its_form_and_links(client: FlaskClient) -> None:
    """What is downloaded is what is shown."""
    page = client.get(f"{TITLES}&generation=1&format=html").get_data(as_text=True)
    assert '<input type="hidden" name="generation" value="1">' in page
    assert "generation=1&amp;format=csv" in page
    page = client.get("/queries/spectacles?generation=1").get_data(as_text=True)
    assert "/queries/spectacles.csv?generation=1" in page


def test_gzip_streams_and_what_is_cut_looks_cut() -> None:
    """Each piece can be read when it comes; a failure leaves out the end."""

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
