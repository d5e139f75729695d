"""The site answers as its own description says, to whatever schemathesis makes of it.

Its versions conflict with others of the tests: it is looked for as a program, and left out where it
is absent. To have it::

    python -m venv /tmp/st && /tmp/st/bin/pip install schemathesis openapi-spec-validator
    PATH=$PATH:/tmp/st/bin pytest -q tests/web/api/events/test_schemathesis.py
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.config import Settings
from tests.serving import Serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def find_program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not here")
    return path


def test_answers_are_as_they_are_described(
    settings: Settings, serving: Serving, tmp_path: Path
) -> None:
    program = find_program("schemathesis")
    with serving(settings) as address:
        command = [program, "run", f"{address}openapi.json", "--url", address.rstrip("/")]
        command += ["--checks", ",".join(CHECKS), "--max-examples", "15", "--phases", "fuzzing"]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, cwd=tmp_path
        )
    assert done.returncode == 0, done.stdout[-5_000:]


def test_the_description_is_valid(client: FlaskClient, tmp_path: Path) -> None:
    program = find_program("openapi-spec-validator")
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(client.get("/openapi.json").json), encoding="utf-8")
    done = subprocess.run([program, file], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
