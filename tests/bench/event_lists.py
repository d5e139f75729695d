"""Time of lists of events: a page of JSON, a calendar, GeoJSON, beside icalendar and json alone.

Run ``python tests/bench/event_lists.py [EVENTS]``: a pool of invented events in 20 venues is
published and answers in this process, without its response cache. Prints the milliseconds of the
first request after a publication, which makes the list, then those of each list, without and with
gzip, the processor time of its first answer, and that of a calendar by icalendar alone.
"""

import csv
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from events import events
from flask.testing import FlaskClient
from icalendar import Calendar, Event

from parvis.config import Limits, Settings, Share
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.events.index import READER
from parvis.web import create_app
from tests.web.leaks.pool import EVERYONE, write_catalog

EVENTS, TIMES = 10_000, 15
FIRST = datetime(2030, 1, 1, 19, 30, tzinfo=UTC)
TARGETS = {"events.json, 100": 20, "events.ics, 1,000": 60, "events.geojson, 10,000": 300}
MAPPING = """sources:
  shows:
    access: vwopen.csv
    referenceFormulation: csv
mappings:
  event:
    sources: shows
    s: id/event/alpha/$(No)
    po:
      - [a, schema:TheaterEvent]
      - [schema:name, $(Titre), fr~lang]
      - [schema:name, $(Title), en~lang]
      - [schema:description, $(Texte), fr~lang]
      - [schema:startDate, $(Date), xsd:dateTime]
      - [schema:location, id/place/alpha/$(Salle)~iri]
      - [schema:organizer, id/partner/alpha~iri]
      - [schema:eventStatus, schema:EventScheduled~iri]
      - [parvis:discipline, concept:discipline/theatre~iri]
      - [parvis:targetAudience, concept:audience/families~iri]
      - [schema:url, $(Page)~iri]
  place:
    sources: shows
    s: id/place/alpha/$(Salle)
    po:
      - [a, schema:Place]
      - [schema:name, Salle $(Salle), fr~lang]
      - [schema:address, id/address/alpha/$(Salle)~iri]
      - [schema:geo, id/geo/alpha/$(Salle)~iri]
      - [parvis:territory, concept:area/06~iri]
  address:
    sources: shows
    s: id/address/alpha/$(Salle)
    po:
      - [a, schema:PostalAddress]
      - [schema:streetAddress, $(Salle) rue des Essais]
      - [schema:addressLocality, Montréal]
      - [schema:postalCode, H2X 1Y4]
  geo:
    sources: shows
    s: id/geo/alpha/$(Salle)
    po:
      - [a, schema:GeoCoordinates]
      - [schema:latitude, 45.$(Salle)1, xsd:decimal]
      - [schema:longitude, -73.$(Salle)1, xsd:decimal]
"""


def publish_events(folder: Path, count: int) -> Settings:
    """Publish a pool of invented events."""
    write_catalog(folder, {"open": EVERYONE})
    place = folder / "catalog" / "alpha" / "zqopen"
    (place / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    with (place / "vwopen.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["No", "Titre", "Title", "Texte", "Date", "Salle", "Page"])
        for number, event in enumerate(events(count)):
            start = FIRST + timedelta(hours=number // 2)
            rows.writerow(
                [
                    event["id"],
                    event["title_fr"],
                    event["title_en"] or event["title_fr"],
                    event["description"] or "Sans description",
                    f"{start:%Y-%m-%dT%H:%M:%S}Z",
                    11 + number % 20,
                    f"https://x.example/{number}",
                ]
            )
    free = Share(rows=0, query_seconds=0, site_seconds=0, seconds=120)
    limits = Limits(anonymous=free, kept_bytes=0)
    settings = Settings(data=folder / "data", catalog=folder / "catalog", limits=limits)
    settings = replace(settings, base="http://pool.test/")
    with Pool.open(settings) as pool:
        for key in pool.catalog.datasets:
            outcome = submit(pool, key)
            assert outcome.accepted, list(outcome.report.in_words("en"))
        publish(pool)
    return settings


@dataclass(frozen=True)
class Cost:
    """Milliseconds: the median, the 95th percentile, and the median of processor time.

    The latter holds on busy cores too.
    """

    median: float
    slow: float
    processor: float

    def __str__(self) -> str:
        return f"{self.median:7.1f} ms, 95 % {self.slow:7.1f}, processor {self.processor:6.1f}"


def fetch(client: FlaskClient, path: str, coding: str = "identity") -> bytes:
    """Return a body; the response is closed, so that the next request has its turn."""
    with client.get(path, headers={"Accept-Encoding": coding}) as response:
        assert response.status_code == 200, response.data
        body: bytes = response.data
    return body


def measure(run: Callable[[], object], times: int = TIMES) -> Cost:
    spent, processor = [], []
    for _ in range(times):
        start, work = time.perf_counter(), time.process_time()
        run()
        spent.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - work) * 1000)
    slow = quantiles(spent, n=20)[-1] if times > 1 else spent[0]
    return Cost(median(spent), slow, median(processor))


def write_by_library(count: int) -> bytes:
    """Write a calendar of as many events by icalendar alone."""
    calendar = Calendar()
    for number in range(count):
        event = Event()
        event.add("uid", str(number))
        event.add("dtstamp", FIRST)
        event.add("dtstart", FIRST)
        for name in ("summary", "description", "location", "url", "status"):
            event.add(name, f"Une soirée {number}")
        calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with TemporaryDirectory() as folder:
        app = create_app(publish_events(Path(folder), count))
        client = app.test_client()
        first = measure(partial(fetch, client, "/events.json?from=2030-01-01"), 1)
        say(f"{count:,} events; the first request, which makes their list: {first}")
        with Pool.open(app.extensions["parvis"].settings) as pool:
            publish(pool)
        fetch(client, "/fr/")  # any request notes the publication, and lists are read ahead
        for thread in threading.enumerate():
            if thread.name == READER:
                thread.join()
        again = measure(partial(fetch, client, "/events.json?from=2030-01-01"), 1)
        say(f"{'the first after the next publication':27}{again}")
        last, end = (
            (FIRST + timedelta(hours=hours)).isoformat().replace("+", "%2B")
            for hours in (499, 4_999)
        )
        paths = {
            "events.json, 100": "/events.json?from=2030-01-01",
            "events.json, 100, filtered": (
                "/events.json?from=2030-01-01&area=06&audience=families&bbox=-74,45,-73,46"
            ),
            "events.json, 100, words": "/events.json?from=2030-01-01&q=conte",
            "events.ics, 1,000": f"/events.ics?from=2030-01-01&until={last}",
            "events.ics, 10,000": f"/events.ics?from=2030-01-01&until={end}",
            "events.geojson, 10,000": f"/events.geojson?from=2030-01-01&until={end}",
            "places.geojson": "/places.geojson?from=2030-01-01",
            "events, page": "/fr/events?from=2030-01-01",
            "sitemap.xml": "/sitemap.xml?page=1",
        }
        for name, path in paths.items():
            work = time.process_time()
            size = len(fetch(client, path))
            cold = 1000 * (time.process_time() - work)
            plain = measure(partial(fetch, client, path))
            zipped = measure(partial(fetch, client, path, "gzip"))
            wanted = f"  (wanted {TARGETS[name]})" if name in TARGETS else ""
            say(
                f"{name:27}{plain}; gzip {zipped}; {size / 1000:8,.0f} kB;"
                f" first time, processor {cold:,.0f} ms{wanted}"
            )
        features = json.loads(fetch(client, paths["events.geojson, 10,000"]))
        alone = measure(lambda: json.dumps(features, ensure_ascii=False))
        say(f"{'json alone, of all features':27}{alone}")
        library = measure(lambda: write_by_library(1000), 3)
        say(f"{'icalendar alone, of 1,000':27}{library}")
        app.extensions["parvis"].close()
        say(f"memory of this process: {getrusage(RUSAGE_SELF).ru_maxrss / 1000:,.0f} MB at most")


if __name__ == "__main__":
    main()
