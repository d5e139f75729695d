"""A machine with a token copies what is served, and serves it as the first one does."""

import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from parvis.cli import main
from parvis.config import Settings
from parvis.errors import FetchError, StoreError, UsageError
from parvis.pooling.serving.readers import create_token
from parvis.pooling.stewardship.replicas import pull_from
from parvis.store.generation.generation import current
from parvis.web import create_app

SELECT = "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20ORDER%20BY%20%3Fs%20%3Fp%20%3Fo"


@pytest.fixture(scope="module")
def site(app: Flask) -> Iterator[str]:
    """Serve the published pool on loopback."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def token(settings: Settings) -> str:
    """Give the third party a token of a machine that copies."""
    return create_token(settings, "tiers", scope="replica").text


@pytest.fixture
def copy(settings: Settings, tmp_path: Path) -> Settings:
    """Give the settings of a copy that is not made yet."""
    return Settings(tmp_path / "copy", settings.catalog, settings.base)


def test_a_copy_serves_what_its_origin_serves(
    site: str, token: str, copy: Settings, app: Flask
) -> None:
    """Without a record, a query, a page and a file are the same, under the same tags."""
    found = pull_from(copy, site, token)
    assert found is not None
    assert pull_from(copy, site, token) is None
    assert not (copy.data / "state.json").exists()
    served = create_app(copy)
    with closing(served.extensions["parvis"]):
        for address in (SELECT, "/catalog.ttl", "/dumps/theatre-b/spectacles.xlsx", "/search?q=du"):
            here, there = (one.test_client().get(address) for one in (served, app))
            assert here.status_code == there.status_code == 200
            assert here.data == there.data
            assert here.headers.get("ETag") == there.headers.get("ETag")


def test_who_has_no_such_token_gets_no_copy(
    site: str, copy: Settings, settings: Settings, app: Flask
) -> None:
    """Neither the manifest nor a file, nor whether there is one."""
    partner = create_token(settings, "theatre-b", label="no copies").text
    for address in ("/replica/manifest.json", "/replica/1/site/datasets.json", "/replica/9/x"):
        for headers in ({}, {"Authorization": f"Bearer {partner}"}):
            assert app.test_client().get(address, headers=headers).status_code == 403
    with pytest.raises(FetchError, match="403"):
        pull_from(copy, site, partner)
    with pytest.raises(UsageError, match="third party"):
        create_token(settings, "theatre-b", scope="replica")


def test_a_part_of_a_file_can_be_asked_for(token: str, app: Flask, settings: Settings) -> None:
    """The rest of what a cut connection had begun; no name leads out of the generation."""
    headers = {"Authorization": f"Bearer {token}"}
    client = app.test_client()
    address = "/replica/1/site/datasets.json"
    whole = client.get(address, headers=headers)
    part = client.get(address, headers={**headers, "Range": "bytes=5-"})
    assert (part.status_code, part.data) == (206, whole.data[5:])
    manifest = current(settings.data).manifest
    assert sha256(whole.data).hexdigest() == manifest.files["site/datasets.json"]
    for nothing in ("/replica/1/../current", "/replica/1/manifest.json", "/replica/1/a"):
        assert client.get(nothing, headers=headers).status_code == 404


def test_a_file_that_was_begun_is_ended(
    site: str, token: str, copy: Settings, settings: Settings
) -> None:
    """Its beginning is not sent again: with another's beginning it is refused."""
    name = "site/datasets.json"
    digest = current(settings.data).manifest.files[name]
    part = copy.data / "generations" / "1.pulled" / "site" / f".{digest[:16]}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"#\n")
    with pytest.raises(StoreError, match=name):
        pull_from(copy, site, token)
    part.write_bytes((current(settings.data).folder / name).read_bytes()[:2])
    assert pull_from(copy, site, token) is not None


def run(words: list[str]) -> int | str | None:
    """Run a command in English; give its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([*words, "--lang", "en"])
    return ended.value.code


def test_the_command_copies_and_says_so(
    site: str, token: str, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that has a record is left alone."""
    file = tmp_path / "token"
    file.write_text(f"{token}\n")
    to = ["--token-file", str(file), "--catalog", str(settings.catalog), "--data"]
    assert run(["pull", site, *to, str(tmp_path / "copy")]) == 0
    assert "generation 1 is here, whole" in capsys.readouterr().out
    assert run(["pull", str(settings.data), *to, str(tmp_path / "copy")]) == 0
    assert "already" in capsys.readouterr().out
    assert run(["pull", site, *to, str(settings.data)]) == 2
    assert "holds a record" in capsys.readouterr().err
    assert run(["pull", site, "--data", str(tmp_path / "other")]) == 2
    assert "--token-file" in capsys.readouterr().err
