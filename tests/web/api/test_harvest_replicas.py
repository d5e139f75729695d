"""A machine with a token copies what is served, and serves it as its origin does."""

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
from parvis.pooling.stewardship.harvesting.replicas import pull_from
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
    """Issue the third party a token for replicas."""
    return create_token(settings, "tiers", scope="replica").text


@pytest.fixture
def replica(settings: Settings, tmp_path: Path) -> Settings:
    """Return the settings of a replica that does not exist yet."""
    return Settings(tmp_path / "copy", settings.catalog, settings.base)


def test_a_replica_serves_what_its_origin_serves(
    site: str, token: str, replica: Settings, app: Flask
) -> None:
    """Queries, pages and files are the same, with the same entity tags, without a record."""
    pulled = pull_from(replica, site, token)
    assert pulled is not None
    assert pull_from(replica, site, token) is None
    assert not (replica.data / "state.json").exists()
    replica_app = create_app(replica)
    with closing(replica_app.extensions["parvis"]):
        for address in (SELECT, "/catalog.ttl", "/dumps/theatre-b/spectacles.xlsx", "/search?q=du"):
            replica_response, origin_response = (
                application.test_client().get(address) for application in (replica_app, app)
            )
            assert replica_response.status_code == origin_response.status_code == 200
            assert replica_response.data == origin_response.data
            assert replica_response.headers.get("ETag") == origin_response.headers.get("ETag")


def test_a_replica_needs_a_token_for_replicas(
    site: str, replica: Settings, settings: Settings, app: Flask
) -> None:
    """Without it, neither manifest nor files are visible."""
    partner = create_token(settings, "theatre-b", label="no copies").text
    for address in ("/replica/manifest.json", "/replica/1/site/datasets.json", "/replica/9/x"):
        for headers in ({}, {"Authorization": f"Bearer {partner}"}):
            assert app.test_client().get(address, headers=headers).status_code == 403
    with pytest.raises(FetchError, match="403"):
        pull_from(replica, site, partner)
    with pytest.raises(UsageError, match="third party"):
        create_token(settings, "theatre-b", scope="replica")


def test_a_replica_can_request_part_of_a_file(token: str, app: Flask, settings: Settings) -> None:
    """To resume a transfer; no path leads out of the generation."""
    headers = {"Authorization": f"Bearer {token}"}
    client = app.test_client()
    address = "/replica/1/site/datasets.json"
    whole = client.get(address, headers=headers)
    part = client.get(address, headers={**headers, "Range": "bytes=5-"})
    assert (part.status_code, part.data) == (206, whole.data[5:])
    manifest = current(settings.data).manifest
    assert sha256(whole.data).hexdigest() == manifest.files["site/datasets.json"]
    for path in ("/replica/1/../current", "/replica/1/manifest.json", "/replica/1/a"):
        assert client.get(path, headers=headers).status_code == 404


def test_an_interrupted_transfer_is_resumed(
    site: str, token: str, replica: Settings, settings: Settings
) -> None:
    """The beginning is not sent again, so a wrong one is detected."""
    name = "site/datasets.json"
    digest = current(settings.data).manifest.files[name]
    part = replica.data / "generations" / "1.pulled" / "site" / f".{digest[:16]}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"#\n")
    with pytest.raises(StoreError, match=name):
        pull_from(replica, site, token)
    part.write_bytes((current(settings.data).folder / name).read_bytes()[:2])
    assert pull_from(replica, site, token) is not None


def run_command(arguments: list[str]) -> int | str | None:
    """Run a command in English, and return its exit code."""
    with pytest.raises(SystemExit) as exit_info:
        main([*arguments, "--lang", "en"])
    return exit_info.value.code


def test_the_command_pulls_a_replica(
    site: str, token: str, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """It leaves a folder with a record alone."""
    file = tmp_path / "token"
    file.write_text(f"{token}\n")
    options = ["--token-file", str(file), "--catalog", str(settings.catalog), "--data"]
    assert run_command(["pull", site, *options, str(tmp_path / "copy")]) == 0
    assert "generation 1 is here, whole" in capsys.readouterr().out
    assert run_command(["pull", str(settings.data), *options, str(tmp_path / "copy")]) == 0
    assert "already" in capsys.readouterr().out
    assert run_command(["pull", site, *options, str(settings.data)]) == 2
    assert "holds a record" in capsys.readouterr().err
    assert run_command(["pull", site, "--data", str(tmp_path / "other")]) == 2
    assert "--token-file" in capsys.readouterr().err


def test_the_origin_says_which_copies_are_behind(
    site: str, token: str, replica: Settings, settings: Settings, app: Flask
) -> None:
    """As of their last request, on the steward's page and among the figures."""
    host = create_token(settings, "tiers", scope="host").text
    client, headers = app.test_client(), {"Authorization": f"Bearer {host}"}
    for is_behind in (True, False):
        pull_from(replica, site, token)
        overview = client.get(
            "/steward", headers=headers | {"Accept": "application/json"}
        ).get_json()
        (state,) = (each for each in overview["replicas"] if each["is_behind"] == is_behind)
        assert state["address"] == "127.0.0.1"
    page = client.get("/steward?lang=fr", headers=headers | {"Accept": "text/html"}).text
    assert "<h2>Copies de la mutualisation</h2>" in page
    assert "à jour" in page
    figures = client.get("/metrics", headers=headers).text
    edition = client.get("/health").json["edition"]  # type: ignore[index]
    for name in (
        "parvis_edition",
        f'parvis_replica_edition{{address="127.0.0.1",name="{state["name"]}"}}',
    ):
        (line,) = (line for line in figures.splitlines() if line.startswith(f"{name} "))
        assert float(line.removeprefix(name)) == edition
