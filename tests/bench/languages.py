"""One mapping of the events in the language of each engine: all give the same triples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from parvis.vocab.namespaces import PREFIXES

BASE = "https://pool.example/"
SUBJECT = f"{BASE}id/event/bench/{{id}}"
HALL = f"{BASE}id/place/bench/{{key}}"
SCHEMA, PARVIS, DCT, XSD = (PREFIXES[prefix] for prefix in ("schema", "parvis", "dct", "xsd"))
TYPE = PREFIXES["rdf"] + "type"
EVENT, PLACE = f"{SCHEMA}Event", f"{SCHEMA}Place"

Kind = Literal["template", "iri", "language", "datatype", "text"]


@dataclass(frozen=True)
class Pair:
    """A predicate and the column of its object; `more` is the template, language or datatype."""

    predicate: str
    column: str
    kind: Kind = "text"
    more: str = ""


def typed_pair(predicate: str, column: str, datatype: str) -> Pair:
    """Return a pair whose object has a datatype of XML Schema."""
    return Pair(predicate, column, "datatype", XSD + datatype)


PAIRS = (
    Pair(f"{SCHEMA}name", "title_fr", "language", "fr"),
    Pair(f"{SCHEMA}name", "title_en", "language", "en"),
    Pair(f"{SCHEMA}description", "description", "language", "fr"),
    typed_pair(f"{SCHEMA}startDate", "start", "dateTime"),
    typed_pair(f"{SCHEMA}endDate", "end", "dateTime"),
    Pair(f"{SCHEMA}eventStatus", "status", "template", f"{SCHEMA}{{status}}"),
    typed_pair(f"{SCHEMA}price", "price", "decimal"),
    typed_pair(f"{SCHEMA}isAccessibleForFree", "free", "boolean"),
    typed_pair(f"{SCHEMA}maximumAttendeeCapacity", "capacity", "integer"),
    Pair(f"{SCHEMA}url", "url", "iri"),
    Pair(f"{SCHEMA}postalCode", "postal_code"),
    Pair(f"{SCHEMA}addressLocality", "city"),
    Pair(f"{SCHEMA}location", "venue_id", "template", f"{BASE}id/place/bench/{{venue_id}}"),
    Pair(
        f"{PARVIS}discipline",
        "discipline",
        "template",
        f"{PREFIXES['concept']}discipline/{{discipline}}",
    ),
    Pair(
        f"{SCHEMA}organizer",
        "organizer_id",
        "template",
        f"{BASE}id/organization/bench/{{organizer_id}}",
    ),
    Pair(f"{SCHEMA}inLanguage", "language"),
    typed_pair(f"{SCHEMA}latitude", "latitude", "decimal"),
    typed_pair(f"{SCHEMA}longitude", "longitude", "decimal"),
    Pair(
        f"{PARVIS}targetAudience",
        "audience",
        "template",
        f"{PREFIXES['concept']}audience/{{audience}}",
    ),
    typed_pair(f"{DCT}created", "created", "date"),
)
LOCATION = f"{SCHEMA}location"


def yarrrml(kind: str) -> str:
    """Write the mapping in YARRRML, as JSON, which is YAML too; it has no joins."""
    source = {"access": f"events.{kind}", "referenceFormulation": kind}
    iterators = {"json": "$[*]", "xml": "/events/event"}
    if kind in iterators:
        source["iterator"] = iterators[kind]
    event = {
        "sources": "events",
        "s": to_references(SUBJECT),
        "po": [["a", EVENT], *map(_yarrrml_pair, PAIRS)],
    }
    document = {"sources": {"events": source}, "mappings": {"event": event}}
    return json.dumps(document, indent=1)


def _yarrrml_pair(pair: Pair) -> list[str]:
    """Write a pair with the type of its object."""
    value = f"$({pair.column})"
    objects = {
        "template": [to_references(pair.more) + "~iri"],
        "iri": [value + "~iri"],
        "language": [value, pair.more + "~lang"],
        "datatype": [value, pair.more],
        "text": [value],
    }
    return [pair.predicate, *objects[pair.kind]]


def to_references(template: str) -> str:
    """Replace RML's braces by YARRRML's references."""
    return template.replace("{", "$(").replace("}", ")")


def rml(kind: str, *, legacy: bool) -> str:
    """Write the mapping in RML, in the legacy vocabulary that peers read, or the new one."""
    rr, vocabulary, ql = (
        ("http://www.w3.org/ns/r2rml#", "http://semweb.mmlab.be/ns/rml#")
        if legacy
        else ("http://w3id.org/rml/",) * 2
    ) + ("http://semweb.mmlab.be/ns/ql#" if legacy else "http://w3id.org/rml/",)
    head = f"@prefix rr: <{rr}> .\n@prefix rml: <{vocabulary}> .\n@prefix ql: <{ql}> .\n"
    maps = [_triples_map("Event", _source("events", kind, legacy=legacy), SUBJECT, EVENT, kind)]
    if kind == "join":
        maps.append(_triples_map("Hall", _source("venues", kind, legacy=legacy), HALL, PLACE, kind))
    return head + "\n".join(maps)


def _source(name: str, kind: str, *, legacy: bool) -> str:
    """Write a logical source; peers read a workbook like CSV."""
    ending = "csv" if kind == "join" else kind
    file = f'"{name}.{ending}"'
    if not legacy:
        # Without `rml:null`, an empty cell is a text of no characters (RML-IO).
        path = f'rml:root rml:MappingDirectory ; rml:path {file} ; rml:null ""'
        file = f"[ a rml:RelativePathSource ; {path} ]"
    form = {
        "json": 'ql:JSONPath ; rml:iterator "$[*]"',
        "xml": 'ql:XPath ; rml:iterator "/events/event"',
    }.get(kind, "ql:CSV")
    return f"[ rml:source {file} ; rml:referenceFormulation {form} ]"


def _triples_map(name: str, source: str, subject: str, kind_of: str, kind: str) -> str:
    """Write a triples map of the events, or of the halls of a join."""
    hall = [
        Pair(f"{SCHEMA}name", "name", "language", "fr"),
        Pair(f"{SCHEMA}addressLocality", "city"),
    ]
    pairs = "".join(
        f" ;\n  rr:predicateObjectMap [ rr:predicate <{pair.predicate}> ;"
        f" rr:objectMap [ {_rml_object(pair, kind)} ] ]"
        for pair in (PAIRS if name == "Event" else hall)
    )
    return (
        f"<https://pool.example/map/{name}> a rr:TriplesMap ;\n  rml:logicalSource {source} ;\n"
        f'  rr:subjectMap [ rr:template "{subject}" ; rr:class <{kind_of}> ]{pairs} .\n'
    )


def _rml_object(pair: Pair, kind: str) -> str:
    """Write an object map; the hall of an event is found by a join, if there is one."""
    if kind == "join" and pair.predicate == LOCATION:
        return (
            "rr:parentTriplesMap <https://pool.example/map/Hall> ;"
            ' rr:joinCondition [ rr:child "venue_id" ; rr:parent "code" ]'
        )
    reference = f'rml:reference "{pair.column}"'
    return {
        "template": f'rr:template "{pair.more}"',
        "iri": f"{reference} ; rr:termType rr:IRI",
        "language": f'{reference} ; rr:language "{pair.more}"',
        "datatype": f"{reference} ; rr:datatype <{pair.more}>",
        "text": reference,
    }[pair.kind]


def tarql() -> str:
    """Write the mapping in TARQL; references within IRIs are encoded, as in RML."""
    patterns = " ;\n".join(f"    <{pair.predicate}> ?_{pair.column}" for pair in PAIRS)
    bindings = "\n".join(f"  BIND({_tarql(pair)} AS ?_{pair.column})" for pair in PAIRS)
    return (
        f"CONSTRUCT {{\n  ?_s a <{EVENT}> ;\n{patterns} .\n}} WHERE {{\n"
        f"  BIND({concatenate(SUBJECT)} AS ?_s)\n{bindings}\n}}\n"
    )


def _tarql(pair: Pair) -> str:
    """Write the expression of an object."""
    return {
        "template": concatenate(pair.more),
        "iri": f"IRI(?{pair.column})",
        "language": f'STRLANG(?{pair.column}, "{pair.more}")',
        "datatype": f"STRDT(?{pair.column}, <{pair.more}>)",
        "text": f"?{pair.column}",
    }[pair.kind]


def concatenate(template: str) -> str:
    """Write a template that ends in its reference."""
    start, _, column = template.rstrip("}").partition("{")
    return f'IRI(CONCAT("{start}", ENCODE_FOR_URI(?{column})))'


def ottr() -> str:
    """Write the mapping as a stOTTR template, whose arguments the caller provides."""
    types = {"template": "ottr:IRI", "iri": "ottr:IRI", "language": "rdf:langString"}
    types["text"] = f"<{XSD}string>"
    parameters = ", ".join(
        f"? {types.get(pair.kind) or f'<{pair.more}>'} ?{pair.column}" for pair in PAIRS
    )
    triples = ",\n".join(_ottr_triples())
    return (
        "@prefix ottr: <http://ns.ottr.xyz/0.4/> .\n"
        f"@prefix rdf: <{PREFIXES['rdf']}> .\n"
        f"<{BASE}Event> [ ottr:IRI ?s, {parameters} ] :: {{\n{triples}\n}} .\n"
    )


def _ottr_triples() -> Iterator[str]:
    yield f" ottr:Triple(?s, rdf:type, <{EVENT}>)"
    for pair in PAIRS:
        yield f" ottr:Triple(?s, <{pair.predicate}>, ?{pair.column})"
