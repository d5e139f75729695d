"""Invented events, as the statements of two partners, read by the query that serves them."""

import gzip
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store, parse, serialize

from parvis.pooling.serving.events.entities import Entity, Event, Place
from parvis.pooling.serving.events.reading import read_entity, write_entity_query
from parvis.pooling.serving.events.selection import EntityCache, ReaderEvents
from parvis.store.events import FOLDER
from parvis.store.events.choice import EventChoice
from parvis.store.events.index_process import build
from parvis.store.events.segment import EventSegments
from parvis.store.search.index import OPEN
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import PREFIXES

IRIS = Iris("https://pool.example/")
ZONE = ZoneInfo("America/Toronto")
CONCEPT = "https://w3id.org/parvis/concept"
STATEMENTS = f"""
@base <https://pool.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix schema: <http://schema.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<graph/a/saison> {{
  <id/event/a/1> a schema:Event , schema:TheaterEvent ;
    schema:name "La nuit <b>blanche</b>; prélude, suite"@fr , "White night"@en ;
    schema:description "Première ligne\\nDeuxième \\\\ ligne"@fr ;
    schema:startDate "2027-01-22T19:30:00-05:00"^^xsd:dateTime ;
    schema:endDate "2027-01-22T21:00:00-05:00"^^xsd:dateTime ;
    schema:location <id/place/a/salle> ; schema:organizer <id/partner/a> ;
    schema:performer <id/party/a/troupe> ; schema:workPerformed <id/production/a/nuit> ;
    schema:superEvent <id/series/a/hiver> ; schema:offers <id/offer/a/1> ;
    schema:eventStatus schema:EventScheduled ;
    schema:eventAttendanceMode schema:OfflineEventAttendanceMode ;
    parvis:discipline <{CONCEPT}/discipline/theatre> ;
    parvis:targetAudience <{CONCEPT}/audience/children-8-12> ;
    schema:url <https://a.example/nuit> ; schema:image <https://a.example/nuit.jpg> .
  # The same show, a summer evening: another offset of the same clock.
  <id/event/a/2> a schema:Event ; schema:name "La nuit blanche"@fr ;
    schema:startDate "2027-07-02T00:30:00Z"^^xsd:dateTime ;
    schema:location <id/place/a/salle> ; schema:superEvent <id/series/a/hiver> ;
    schema:eventStatus schema:EventCancelled .
  <id/series/a/hiver> a schema:EventSeries ; schema:name "L’hiver"@fr ;
    schema:startDate "2027-01-22"^^xsd:date .
  <id/production/a/nuit> a parvis:Production ; schema:name "La nuit blanche"@fr ;
    schema:inLanguage "fr-CA" ; schema:creator <id/party/a/auteure> .
  <id/party/a/auteure> a schema:Person ; schema:name "Une autrice (inventée)"@fr .
  <id/party/a/troupe> a schema:PerformingGroup , schema:Organization ; schema:name "La troupe"@fr .
  <id/partner/a> a schema:Organization ; schema:name "Théâtre A"@fr , "Theatre A"@en ;
    schema:url <https://a.example/> .
  <id/offer/a/1> a schema:Offer ; schema:price 38.5 ; schema:priceCurrency "CAD" ;
    schema:availability schema:InStock ; schema:url <https://a.example/billets> .
  <id/place/a/salle> a schema:Place , parvis:Room ; schema:name "Salle bleue"@fr ;
    schema:containedInPlace <id/place/a/maison> .
  <id/place/a/maison> a schema:Place ; schema:name "Maison A"@fr ;
    schema:address <id/address/a/maison> ; schema:geo <id/geo/a/maison> ;
    parvis:territory <{CONCEPT}/area/06> .
  <id/address/a/maison> a schema:PostalAddress ; schema:streetAddress "1, rue des Essais" ;
    schema:addressLocality "Montréal" ; schema:postalCode "H2X 1Y4" ;
    schema:addressRegion "QC" ; schema:addressCountry "CA" .
  <id/geo/a/maison> a schema:GeoCoordinates ; schema:latitude 45.51 ; schema:longitude -73.56 .
}}
<graph/b/musee> {{
  <id/event/b/expo> a schema:Event , schema:ExhibitionEvent ;
    schema:name "Les marées"@fr , "Tides"@en ;
    schema:startDate "2027-01-10"^^xsd:date ; schema:endDate "2027-03-31"^^xsd:date ;
    schema:location <id/place/b/quai> ; schema:isAccessibleForFree true ;
    parvis:targetAudience <{CONCEPT}/audience/everyone> .
  <id/place/b/quai> a schema:Place ; schema:name "Le quai"@fr ; schema:geo <id/geo/b/quai> .
  <id/geo/b/quai> a schema:GeoCoordinates ; schema:latitude 52.8 ; schema:longitude 179.5 .
  # The other side of the 180th meridian.
  <id/event/b/ile> a schema:Event ; schema:name "Sur l’île" ;
    schema:startDate "2027-02-01T10:00:00+12:00"^^xsd:dateTime ;
    schema:location <id/place/b/ile> ; schema:eventStatus schema:EventPostponed .
  <id/place/b/ile> a schema:Place ; schema:name "L’île"@fr ; schema:geo <id/geo/b/ile> .
  <id/geo/b/ile> a schema:GeoCoordinates ; schema:latitude 51.9 ; schema:longitude -178.2 .
  # What a announces too, under a name of its own; and an event without a date.
  <id/event/b/nuit> a schema:Event ; schema:name "Nuit blanche"@fr ;
    schema:startDate "2027-01-22"^^xsd:date ; schema:location <id/place/a/salle> .
  <id/event/b/sans-date> a schema:Event ; schema:name "Un jour"@fr .
}}
<graph/parvis/links> {{
  <id/event/0123456789> owl:sameAs <id/event/a/1> , <id/event/b/nuit> .
}}
"""


def query(text: str, statements: str = STATEMENTS) -> list[Mapping[str, str]]:
    """Run a query of the site on statements, and return its rows as the site reads them."""
    store = Store()
    store.load(statements, format=RdfFormat.TRIG)
    rows = store.query(text, prefixes=PREFIXES, use_default_graph_as_union=True)
    assert isinstance(rows, QuerySolutions)
    names = [variable.value for variable in rows.variables]
    return [
        {
            name: str(term.value)
            for name in names
            if (term := row[name]) is not None and (not isinstance(term, Literal) or term.value)
        }
        for row in rows
    ]


def write_graphs(folder: Path, statements: str) -> dict[str, Path]:
    """Write the graphs of statements as publications write them, sorted."""
    lines = defaultdict[str, set[bytes]](set)
    for quad in parse(statements, RdfFormat.TRIG):
        assert isinstance(quad.graph_name, NamedNode)
        line = serialize([quad.triple], format=RdfFormat.N_TRIPLES)
        assert line is not None
        lines[quad.graph_name.value].add(line)
    paths = {}
    for number, (graph, triples) in enumerate(lines.items()):
        paths[graph] = folder / f"{number}.nt.gz"
        paths[graph].write_bytes(gzip.compress(b"".join(sorted(triples))))
    return paths


def list_graphs(statements: str, readable: Collection[str] | None = None) -> ReaderEvents:
    """Return the list of events of graphs, or of those that a class of readers may read."""
    with TemporaryDirectory() as folder:
        paths = write_graphs(Path(folder), statements)
        graphs = [[graph, str(path), path.name, OPEN] for graph, path in paths.items()]
        build(Path(folder) / FOLDER, [], graphs, ZONE.key)
        segments = EventSegments(Path(folder))
        return ReaderEvents(segments, readable, IRIS, ZONE, EntityCache(100))


def read_all(events: ReaderEvents) -> tuple[list[Event], list[Place]]:
    names = [iri for _, iri in events.list.page(EventChoice(), None, 1_000)]
    return events.events(names), events.places(events.list.list_places("", 1_000)[0])


def invented_events(statements: str = STATEMENTS) -> tuple[list[Event], list[Place]]:
    return read_all(list_graphs(statements))


def invented_entity(path: str) -> Entity | None:
    iri = f"{IRIS.base}id/{path}"
    return read_entity(query(write_entity_query(iri)), iri, IRIS, ZONE)
