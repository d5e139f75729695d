"""What researchers' own programs make of what the site gives: skipped where they are not.

They are large, and pin versions of their own: ``python3 -m venv ENV; ENV/bin/pip install
mlcroissant roc-validator rocrate sssom duckdb rispy bibtexparser geojson shapely``, then run these
tests with ``PARVIS_RESEARCH_PYTHON=ENV/bin/python``.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.pooling.serving.events.json_forms import (
    collect_features,
    events_to_features,
    place_to_feature,
    regions_to_features,
)
from tests.pooling.serving.events.invented import invented_events
from tests.pooling.serving.test_mappings import write_example
from tests.web.api.test_short_links import make_link

PYTHON = os.environ.get("PARVIS_RESEARCH_PYTHON", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="no researchers' programs are named")

DATASET = "theatre-b/spectacles"
DUCKDB = """
import sys, duckdb
query = "SELECT count(*), count(DISTINCT id) FROM read_parquet(?)"
print(*duckdb.execute(query, [sys.argv[1]]).fetchone())
"""
CRATE = """
import json, sys
from pathlib import Path
import rocrate
from rocrate_validator import models, services
from rocrate_validator.utils import http

# There is no network in tests: the context is that of the package rocrate.
CONTEXT = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text()

class Reply:
    status_code, ok, text, content = 200, True, CONTEXT, CONTEXT.encode()
    headers = {"Content-Type": "application/ld+json"}
    def json(self): return json.loads(CONTEXT)
    def raise_for_status(self): pass

http.HttpRequester.__getattr__ = lambda self, name: lambda *args, **fields: Reply()
settings = services.ValidationSettings(
    rocrate_uri=Path(sys.argv[1]), profile_identifier="ro-crate-1.3",
    requirement_severity=models.Severity.REQUIRED, abort_on_first=False,
)
issues = services.validate(settings).get_issues()
assert not issues, [issue.message for issue in issues]
"""
CITATIONS = """
import sys, bibtexparser, rispy
ris = rispy.loads(open(sys.argv[1], encoding="utf-8", newline="").read().replace("\\r", ""))
bibtex = bibtexparser.parse_string(open(sys.argv[2], encoding="utf-8").read())
assert not bibtex.failed_blocks, bibtex.failed_blocks
print(ris[0]["title"], bibtex.entries[0]["title"], sep="\\n")
"""

MAPS = """
import json, sys, geojson, shapely
from shapely.geometry import shape

for path in sys.argv[1:]:
    text = open(path, encoding="utf-8").read()
    collection = geojson.loads(text)
    assert collection["features"], path
    assert collection.is_valid, collection.errors()
    for feature in json.loads(text)["features"]:
        if feature["geometry"] is not None:
            geometry = shape(feature["geometry"])
            assert geometry.is_valid and not geometry.is_empty, shapely.is_valid_reason(geometry)
"""


def run(*words: str) -> str:
    """Run a program of the other environment; return what it prints."""
    result = subprocess.run([PYTHON, *words], capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def save(client: FlaskClient, path: str, folder: Path) -> str:
    """Download a file, and return its path."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    file = folder / path.rpartition("/")[2]
    file.write_bytes(response.get_data())
    return str(file)


def test_duckdb_reads_a_table(client: FlaskClient, tmp_path: Path) -> None:
    file = save(client, f"/dumps/{DATASET}/Place.parquet", tmp_path)
    rows, ids = run("-c", DUCKDB, file).split()
    assert int(rows) == int(ids) > 0


def test_croissant_is_valid(client: FlaskClient, tmp_path: Path) -> None:
    file = save(client, f"/en/dataset/{DATASET}/croissant.json", tmp_path)
    program = str(Path(PYTHON).parent / "mlcroissant")
    assert "error" not in run(program, "validate", "--jsonld", file).lower()


@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?o } LIMIT 3", "ASK {}", "DESCRIBE <x:y>"])
def test_a_crate_is_valid(client: FlaskClient, tmp_path: Path, query: str) -> None:
    path = make_link(client, query=query, keep="citation", published="1")
    run("-c", CRATE, save(client, f"/en{path}/crate.zip", tmp_path))


def test_mappings_are_valid(tmp_path: Path) -> None:
    file = tmp_path / "mappings.sssom.tsv"
    file.write_text(write_example(), encoding="utf-8")
    printed = run(str(Path(PYTHON).parent / "sssom"), "validate", str(file)).lower()
    assert "not well-formed" not in printed
    assert "error" not in printed


def test_citations_are_read(client: FlaskClient, tmp_path: Path) -> None:
    files = [
        save(client, f"/en/dataset/{DATASET}/citation.{ending}", tmp_path)
        for ending in ("ris", "bib")
    ]
    ris, bibtex = run("-c", CITATIONS, *files).splitlines()
    assert ris == bibtex.strip("{}")


def test_maps_are_valid(client: FlaskClient, tmp_path: Path) -> None:
    """Those of the site, and invented ones with positions and outlines."""
    days = "?from=2026-01-01"
    lists = ("/events.geojson", "/places.geojson", "/regions.geojson")
    files = [save(client, f"{path}{days}", tmp_path) for path in lists]
    events, places = invented_events()
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    for number, features in enumerate(
        (
            events_to_features(events),
            (place_to_feature(place, 0) for place in places),
            regions_to_features(events, {"06": square}),
        )
    ):
        file = tmp_path / f"invented-{number}.geojson"
        file.write_text(json.dumps(collect_features(features)), encoding="utf-8")
        files.append(str(file))
    run("-c", MAPS, *files)
