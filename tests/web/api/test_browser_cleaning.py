"""The page that cleans in the browser, and the files that its worker loads."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.config import PYODIDE, Settings
from parvis.errors import UsageError
from parvis.web import create_app

WASM = b"\0asm" * 1_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a folder with the files of Pyodide's distribution, of invented content."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    for name in PYODIDE:
        (folder / name).write_bytes(WASM)
    return folder


@pytest.fixture
def client_with_pyodide(settings: Settings, folder: Path) -> Iterator[FlaskClient]:
    app = create_app(replace(settings, pyodide=str(folder)))
    yield app.test_client()
    app.extensions["parvis"].close()


def test_only_the_worker_may_run_webassembly_and_it_reaches_this_site_alone(
    client_with_pyodide: FlaskClient,
) -> None:
    with client_with_pyodide.get("/check/clean/worker.js") as worker:
        headers = worker.headers
    assert worker.mimetype == "text/javascript"
    assert headers.getlist("Content-Security-Policy") == [
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
    ]
    for path in ("/check/clean", "/check", "/check/clean/pyodide.mjs", "/check/clean/parvis.zip"):
        with client_with_pyodide.get(path) as response:
            (policy,) = response.headers.getlist("Content-Security-Policy")
        assert "unsafe" not in policy


def test_the_files_come_compressed_with_a_tag_the_same_for_readers_who_signed_in(
    client_with_pyodide: FlaskClient,
) -> None:
    headers = {"Accept-Encoding": "gzip", "Cookie": "other=1"}
    for name in (*PYODIDE, "parvis.zip"):
        path = f"/check/clean/{name}"
        with client_with_pyodide.get(path, headers=headers) as response:
            assert response.status_code == 200
            assert (response.content_encoding == "gzip") == (not name.endswith(".zip"))
            assert "no-store" not in response.headers["Cache-Control"]
            tag = {"If-None-Match": response.headers["ETag"]}
        with client_with_pyodide.get(path, headers=headers | tag) as again:
            assert again.status_code == 304
    with client_with_pyodide.get("/check/clean/pyodide.asm.wasm") as plain:
        assert (plain.mimetype, plain.data) == ("application/wasm", WASM)


def test_without_the_setting_the_page_names_the_command_and_there_is_no_pyodide(
    client: FlaskClient,
) -> None:
    page = client.get("/check/clean", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert "parvis clean" in page
    assert "cleaning.js" not in page
    assert "/check/clean" not in client.get("/check").get_data(as_text=True)
    assert client.get("/check/clean/pyodide.mjs").status_code == 404
    assert client.get("/check/clean/settings.py").status_code == 404


def test_a_folder_that_lacks_a_file_is_refused_before_anything_is_served(
    settings: Settings, folder: Path
) -> None:
    (folder / "pyodide.asm.wasm").unlink()
    with pytest.raises(UsageError, match=r"lacks pyodide\.asm\.wasm"):
        replace(settings, pyodide=str(folder))
