"""The schema in a few kilobytes: classes, properties with their values, code lists."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import request
from rdflib import RDFS, SH, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import concepts, last_segment, submission_shapes
from parvis.errors import UnknownThing
from parvis.i18n import N_, choose_text, say
from parvis.pooling.serving.site.term_statistics import read_term_statistics
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT, PREFIXES, curie
from parvis.web.api.assistants.pages import ToolAnswer
from parvis.web.http.access import host, reader_of
from parvis.web.http.negotiation import compute_once

CODE_LIST = re.compile(r"\^" + re.escape(re.escape(CONCEPT)).replace(r"\\\-", "-") + r"([a-z-]+)/")
MOST_WORDS = 160
"""The characters of a description."""

NO_CLASS = N_("there is no class “{name}”; there are: {names}")
NO_LIST = N_("there is no code list “{name}”; there are: {names}")
NOTES = (
    N_("These prefixes need no declaration: {prefixes}."),
    N_(
        "Without GRAPH, a query asks all graphs that you may read; GRAPH ?g says which dataset a"
        " statement is of."
    ),
    N_(
        'Names have a language: FILTER(LANG(?name) = "fr") avoids a row for each. Codes are'
        " concepts: <{concept}discipline/theatre> has skos:prefLabel in both languages."
    ),
    N_('Dates are xsd:date or xsd:dateTime: compare their texts, as STR(?start) >= "2026-12-01".'),
    N_('Words are searched by ?thing parvis:search ("jazz" ?score 20).'),
    N_(
        "Pooled figures are qb:Observation with parvis:contributor <{concept}partner/pool>; a"
        " dimension that is not broken down is …/total, and a suppressed figure has no value. The"
        " tool “figures” lists them."
    ),
)


def schema(arguments: dict[str, Any], lang: str) -> ToolAnswer:
    """Describe the schema, one class of it, or one code list; raises `UnknownThing`."""
    offset = arguments.get("offset", 0)
    if name := arguments.get("list"):
        return ToolAnswer("codes", _list_codes(name, lang)[offset:], members={"list": name})
    classes = _read_classes()
    if name := arguments.get("class"):
        class_name = name if name in classes else curie(name)
        if class_name not in classes:
            raise UnknownThing(NO_CLASS, name=name, names=", ".join(classes))
        properties = classes[class_name]["properties"][offset:]
        return ToolAnswer(
            "properties",
            [
                {
                    "property": part["path"],
                    "values": part["values"],
                    "name": choose_text(lang, part["name"]),
                    "description": choose_text(lang, part["description"])[:MOST_WORDS],
                }
                for part in properties
            ],
            members={"class": class_name},
        )
    counts = Counter[str]()
    for iri, count in read_term_statistics(host(), reader_of(request)).classes.items():
        counts[curie(iri)] += count
    fields = {"prefixes": ", ".join(PREFIXES), "concept": CONCEPT}
    return ToolAnswer(
        "classes",
        [
            {
                "class": name,
                "label": choose_text(lang, about["label"]),
                "kinds": [kind for kind in about["kinds"] if kind == name or counts[kind]],
                "entities": sum(counts[kind] for kind in about["kinds"]),
                "properties": {part["path"]: part["values"] for part in about["properties"]},
            }
            for name, about in [*classes.items()][offset:]
        ],
        members={
            "code_lists": count_codes(),
            "notes": [say(lang, note, **fields) for note in NOTES],
        },
    )


@compute_once
def _read_classes() -> dict[str, dict[str, Any]]:
    """Return the classes that shapes describe, each by its first one, with their properties."""
    graph, classes = submission_shapes(), {}
    shapes = sorted(
        shape
        for shape in set(graph.subjects(SH.targetClass))
        if isinstance(shape, URIRef) and "-" not in last_segment(shape)
    )
    for shape in shapes:
        targets = sorted(map(curie, map(str, graph.objects(shape, SH.targetClass))), key=len)
        classes[targets[0]] = {
            "label": read_texts(graph, shape, RDFS.label),
            "kinds": targets,
            "properties": [*_read_properties(graph, shape)],
        }
    return classes


def _read_properties(graph: Graph, shape: URIRef) -> Iterator[dict[str, Any]]:
    """Yield the properties of a shape in its order, each once."""
    parts: dict[str, dict[str, Any]] = {}

    def order(part: Node) -> float:
        value = graph.value(part, SH.order)
        return float(str(value)) if isinstance(value, Literal) else float("inf")

    for part in sorted(graph.objects(shape, SH.property), key=lambda part: (order(part), part)):
        path = graph.value(part, SH.path)
        if not isinstance(path, URIRef):
            continue
        values = _describe_values(graph, part)
        if (former := parts.get(str(path))) is not None:
            former["values"] = former["values"] or values
            continue
        parts[str(path)] = {
            "path": curie(str(path)),
            "values": values,
            "name": read_texts(graph, part, SH.name),
            "description": read_texts(graph, part, SH.description),
        }
    yield from parts.values()


def _describe_values(graph: Graph, part: Node) -> str:
    """Return what the values of a property are: a code list, datatypes, terms, an IRI or a text."""
    for pattern in graph.objects(part, SH.pattern):
        if match := CODE_LIST.match(str(pattern)):
            return f"code list {match[1]}"
    if (choices := graph.value(part, SH["in"])) is not None:
        return " | ".join(curie(str(term)) for term in Collection(graph, choices))
    kinds = [graph.value(part, SH.datatype)]
    if (choices := graph.value(part, SH["or"])) is not None:
        kinds += [graph.value(choice, SH.datatype) for choice in Collection(graph, choices)]
    if names := sorted({curie(str(kind)) for kind in kinds if kind is not None}):
        return " | ".join(names)
    kind = graph.value(part, SH.nodeKind)
    return "IRI" if kind == SH.IRI else "text" if kind == SH.Literal else ""


@compute_once
def count_codes() -> dict[str, int]:
    """Count the codes of each code list."""
    return {name: len(scheme(name).labels) for name in sorted(concepts().schemes)}


def _list_codes(name: str, lang: str) -> list[dict[str, str]]:
    if name not in count_codes():
        raise UnknownThing(NO_LIST, name=name, names=", ".join(count_codes()))
    labels = scheme(name).labels
    return [
        {"code": last_segment(iri), "label": choose_text(lang, texts), "iri": iri}
        for iri, texts in labels.items()
    ]
