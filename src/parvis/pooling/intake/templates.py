"""An empty table for partners, made from the shapes: what to fill in, and how."""

import csv
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.collection import Collection
from rdflib.namespace import RDF, SH, SKOS
from rdflib.term import Node

from parvis.catalog.codelists import MEASURES, scheme
from parvis.catalog.ontology import ontology, short, submission_shapes
from parvis.config import Limits
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_, say
from parvis.mapping.proposing import Facts, Vocabulary, propose
from parvis.report.tables import Sheet, write_csv, write_workbook
from parvis.vocab.iris import DatasetKey, slug
from parvis.vocab.namespaces import CONCEPT, SCHEMA

# The usual forms of figures on publics: an invented example of each, in each language.
#
# A mapping for a file of such a form is proposed whole, once it is told what no heading says.

FORMS = ("by-age", "by-month", "by-postal-code", "long", "survey")
"""Tables by age or by month, tickets by postal code, long tables, counts of a survey."""
TOLD = ("measure", "method", "discipline", "area", "period")
"""What may be told of all figures of a file."""
NO_MEASURE = N_("there is no measure “{name}”; known: {known}")


def example(form: str, lang: str) -> list[list[str]]:
    """Give the headings of a form, and a few rows."""
    file = files(__package__).joinpath("forms", f"{form}.{lang}.csv")
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def facts(key: DatasetKey | None, told: Mapping[str, str]) -> Facts:
    """Read what is told of a file's figures: by codes or labels, empty ones left aside.

    Raises `UsageError` for what no list knows.
    """
    given = {name: text for name, text in told.items() if name in TOLD and text.strip()}
    found = {
        name: short(scheme(name).require(text)) for name, text in given.items() if name != "measure"
    }
    if measure := given.get("measure", "").strip():
        known = [short(one) for one in MEASURES]
        if measure not in known:
            raise UsageError(NO_MEASURE, name=measure[:100], known=", ".join(known))
        found["measure"] = measure
    names = {"partner": slug(key.partner), "dataset": slug(key.dataset)} if key else {}
    return Facts(**names, **found)


SCHEME = re.compile(r"/concept/([a-z-]+)/")
LISTED = 255
"""The longest list that a cell can propose, in characters (ECMA-376: formula1)."""

FLAT: dict[Node, str] = {
    SCHEMA.address: "PostalAddress",
    SCHEMA.geo: "GeoCoordinates",
    SCHEMA.offers: "Offer",
}
"""Things that have no table of their own: their columns stand where they are led to."""

COLUMN, MEANING, NEEDED, VALUES = N_("Column"), N_("Meaning"), N_("Required"), N_("Allowed values")
YES, NO = N_("yes"), N_("no")
EXAMPLE = N_("example, to be erased")
DATA, EXPLAINED = N_("Data"), N_("Explanations")


@dataclass(frozen=True)
class Field:
    """A column of a template, in one language; `values` are the allowed ones, if listed."""

    heading: str
    meaning: str
    required: bool
    values: tuple[str, ...]
    sample: str


def template(cls: str, form: str, lang: str, output: Path) -> int:
    """Write an empty table for a class (``Event``), as ``csv`` or ``xlsx``; give its columns.

    For one of `FORMS`, an invented example of it. Raises `UsageError` for a class without a shape.
    """
    if cls in FORMS:
        rows = example(cls, lang)
        sheets = [Sheet(say(lang, DATA), rows, {})]
    else:
        fields = list(fields_of(cls, lang))
        rows = [[one.heading for one in fields], [one.sample for one in fields]]
        sheets = _sheets(fields, rows, lang)
    try:
        if form == "csv":
            write_csv(output, rows)
        else:
            write_workbook(output, sheets)
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=output, reason=error.strerror or error
        ) from error
    return len(rows[0])


def _sheets(fields: list[Field], rows: list[list[str]], lang: str) -> list[Sheet]:
    """Give the sheet to fill in, and the one that explains it."""
    choices = {
        position: one.values
        for position, one in enumerate(fields)
        if one.values and len(",".join(one.values)) <= LISTED
    }
    explained = [[say(lang, text) for text in (COLUMN, MEANING, NEEDED, VALUES)]]
    for one in fields:
        needed = say(lang, YES if one.required else NO)
        explained.append([one.heading, one.meaning, needed, " · ".join(one.values)])
    return [Sheet(say(lang, DATA), rows, dict(choices)), Sheet(say(lang, EXPLAINED), explained, {})]


def fields_of(cls: str, lang: str) -> Iterator[Field]:
    """Give the columns of a class, in the order of its shape, one a property."""
    shapes, concepts = submission_shapes(), ontology()
    seen: set[Node] = {RDF.type}
    waiting = _property_shapes(shapes, cls)
    while waiting:
        shape = waiting.pop(0)
        path = shapes.value(shape, SH.path)
        if not isinstance(path, URIRef) or path in seen:
            continue
        seen.add(path)
        if path in FLAT:
            waiting = [*_property_shapes(shapes, FLAT[path]), *waiting]
        else:
            yield _field(shapes, concepts, shape, lang)


def _property_shapes(shapes: Graph, cls: str) -> list[Node]:
    """Find the property shapes of a class by its local name, whatever its case."""
    local = re.split(r"[:/#]", cls)[-1].casefold()
    known: dict[str, list[Node]] = {}
    for shape, target in shapes.subject_objects(SH.targetClass):
        name = re.split(r"[/#]", str(target))[-1]
        known.setdefault(name, []).extend(shapes.objects(shape, SH.property))
    found = next((parts for name, parts in known.items() if name.casefold() == local), [])
    if not found:
        raise UsageError(
            "there is no template for “{name}”; known: {known}",
            name=cls,
            known=", ".join(sorted(name for name, parts in known.items() if parts)),
        )
    named = [one for one in found if shapes.value(one, SH.name)]
    return sorted(named, key=lambda one: int(str(shapes.value(one, SH.order) or 0)))


def _field(shapes: Graph, concepts: Graph, shape: Node, lang: str) -> Field:
    """Describe one column."""
    heading = _text(shapes, shape, SH.name, lang)
    heading = heading[:1].upper() + heading[1:]
    values = tuple(_values(shapes, concepts, shape, lang))
    required = int(str(shapes.value(shape, SH.minCount) or 0)) > 0
    sample = values[0] if values else _sample(shapes, shape, lang)
    return Field(heading, _text(shapes, shape, SH.description, lang), required, values, sample)


def _text(graph: Graph, node: Node, property_: URIRef, lang: str) -> str:
    """Give a text in a language."""
    found = (one for one in graph.objects(node, property_) if getattr(one, "language", "") == lang)
    return str(next(found, ""))


def _values(shapes: Graph, concepts: Graph, shape: Node, lang: str) -> Iterator[str]:
    """Give the labels of the allowed concepts, or the listed terms."""
    if listed := shapes.value(shape, SH["in"]):
        yield from (re.split(r"[/#]", str(one))[-1] for one in Collection(shapes, listed))
    found = SCHEME.search(str(shapes.value(shape, SH.pattern) or "").replace("\\", ""))
    if found:
        for concept in sorted(concepts.subjects(SKOS.inScheme, CONCEPT[found[1]]), key=str):
            if not str(concept).endswith("/total"):
                yield _text(concepts, concept, SKOS.prefLabel, lang)


def _sample(shapes: Graph, shape: Node, lang: str) -> str:
    """Give a value that shows the form; dates show theirs, other texts say that they go."""
    alternatives = shapes.value(shape, SH["or"])
    nodes = [shape, *(Collection(shapes, alternatives) if alternatives else ())]
    types = {str(t).rpartition("#")[2] for n in nodes for t in shapes.objects(n, SH.datatype)}
    samples = {"date": "2026-09-17", "integer": "100", "decimal": "12.50", "boolean": "false"}
    return next((samples[name] for name in samples if name in types), say(lang, EXAMPLE))


# Beginnings: a catalogue folder with a first partner, a first mapping for a new file.


def init(folder: Path) -> None:
    """Write a catalogue folder that works as it is; an existing folder is never touched."""
    if folder.exists():
        raise UsageError("{folder} exists already; nothing was written", folder=folder)
    with as_file(files(__package__) / "starter") as starter:
        shutil.copytree(starter, folder)


def init_mapping(file: Path, lang: str, limits: Limits, facts: Facts | None = None) -> str:
    """Propose a mapping document for a file nobody has mapped, its comments in a language.

    What is not sure stands as comments; of figures on publics, `facts` are what no heading says.
    The file is read in a process apart, within the limits of a conversion. Raises `SourceError`
    for one that cannot be read, `LimitError` for one too slow.
    """
    vocabulary = Vocabulary.from_graphs(ontology(), submission_shapes())
    return propose(file, vocabulary, lang, limits, facts)
