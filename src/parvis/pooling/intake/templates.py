"""An empty table for partners, derived from the shapes: what to fill in, and how."""

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
from parvis.catalog.ontology import last_segment, ontology, submission_shapes
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_, say
from parvis.mapping.proposing import FigureFacts
from parvis.pooling.surveys import QUESTIONNAIRE, template_sheets
from parvis.rdf.literals import read_texts
from parvis.report.delimited import write_csv
from parvis.report.tables import Sheet, write_workbook
from parvis.vocab.iris import DatasetKey, slug
from parvis.vocab.namespaces import CONCEPT, SCHEMA

# The usual forms of figures on publics: an invented example of each, in each language.
# A complete mapping is proposed for such a file, once facts without a heading are stated.

FORMS = ("by-age", "by-month", "by-postal-code", "long", "survey")
"""Tables by age or by month, tickets by postal code, long tables, counts of a survey."""
STATED_FACTS = ("measure", "method", "discipline", "area", "period")
"""The facts that may be stated about all figures of a file."""
NO_MEASURE = N_("there is no measure “{name}”; known: {choices}")


def example(form: str, lang: str) -> list[list[str]]:
    file = files(__package__).joinpath("forms", f"{form}.{lang}.csv")
    return list(csv.reader(file.read_text(encoding="utf-8").splitlines()))


def facts(key: DatasetKey | None, stated: Mapping[str, str]) -> FigureFacts:
    """Parse the facts stated about a file's figures: codes or labels; empty ones are ignored.

    Raises `UsageError` for a text that no list has.
    """
    texts = {name: text for name, text in stated.items() if name in STATED_FACTS and text.strip()}
    codes = {
        name: last_segment(scheme(name).require(text))
        for name, text in texts.items()
        if name != "measure"
    }
    if measure := texts.get("measure", "").strip():
        measures = [last_segment(iri) for iri in MEASURES]
        if measure not in measures:
            raise UsageError(NO_MEASURE, name=measure[:100], choices=", ".join(measures))
        codes["measure"] = measure
    names = {"partner": slug(key.partner), "dataset": slug(key.dataset)} if key else {}
    return FigureFacts(**names, **codes)


SCHEME = re.compile(r"/concept/([a-z-]+)/")
LISTED = 255
"""The longest list that a spreadsheet cell can propose, in characters (ECMA-376: formula1)."""

FLAT: dict[Node, str] = {
    SCHEMA.address: "PostalAddress",
    SCHEMA.geo: "GeoCoordinates",
    SCHEMA.offers: "Offer",
}
"""Properties whose values have no table of their own: their columns replace them."""

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
    """Write an empty table for a class (``Event``), as ``csv`` or ``xlsx``; return its width.

    For one of `FORMS`, an invented example of it; for `QUESTIONNAIRE`, the table of a survey's
    answers. Raises `UsageError` for a class without a shape.
    """
    if cls in FORMS:
        rows = example(cls, lang)
        sheets = [Sheet(say(lang, DATA), rows, {})]
    elif cls == QUESTIONNAIRE:
        sheets = template_sheets(lang)
        rows = [list(row) for row in sheets[0].rows]
    else:
        columns = list(fields_of(cls, lang))
        rows = [[column.heading for column in columns], [column.sample for column in columns]]
        choices = {
            position: column.values
            for position, column in enumerate(columns)
            if column.values and len(",".join(column.values)) <= LISTED
        }
        explained = [[say(lang, text) for text in (COLUMN, MEANING, NEEDED, VALUES)]]
        for column in columns:
            needed = say(lang, YES if column.required else NO)
            explained.append([column.heading, column.meaning, needed, " · ".join(column.values)])
        sheets = [
            Sheet(say(lang, DATA), rows, dict(choices)),
            Sheet(say(lang, EXPLAINED), explained, {}),
        ]
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


def fields_of(cls: str, lang: str) -> Iterator[Field]:
    """Yield the columns of a class, in the order of its shape, one for each property."""
    shapes, concepts = submission_shapes(), ontology()
    visited: set[Node] = {RDF.type}
    waiting = _property_shapes(shapes, cls)
    while waiting:
        shape = waiting.pop(0)
        path = shapes.value(shape, SH.path)
        if not isinstance(path, URIRef) or path in visited:
            continue
        visited.add(path)
        if path in FLAT:
            waiting = [*_property_shapes(shapes, FLAT[path]), *waiting]
        else:
            yield _to_field(shapes, concepts, shape, lang)


def _property_shapes(shapes: Graph, cls: str) -> list[Node]:
    """Return the property shapes of a class by its local name, whatever its case."""
    local = re.split(r"[:/#]", cls)[-1].casefold()
    by_class: dict[str, list[Node]] = {}
    for shape, target in shapes.subject_objects(SH.targetClass):
        name = re.split(r"[/#]", str(target))[-1]
        by_class.setdefault(name, []).extend(shapes.objects(shape, SH.property))
    property_shapes = next(
        (parts for name, parts in by_class.items() if name.casefold() == local), []
    )
    if not property_shapes:
        raise UsageError(
            "there is no template for “{name}”; known: {choices}",
            name=cls,
            choices=", ".join(sorted(name for name, parts in by_class.items() if parts)),
        )
    named = [shape for shape in property_shapes if shapes.value(shape, SH.name)]
    return sorted(named, key=lambda shape: int(str(shapes.value(shape, SH.order) or 0)))


def _to_field(shapes: Graph, concepts: Graph, shape: Node, lang: str) -> Field:
    """Describe the column of a property shape; its values are labels of concepts, or terms."""
    heading = read_texts(shapes, shape, SH.name).get(lang, "")
    values: list[str] = []
    if terms := shapes.value(shape, SH["in"]):
        values += [last_segment(str(term)) for term in Collection(shapes, terms)]
    pattern = str(shapes.value(shape, SH.pattern) or "").replace("\\", "")
    if match := SCHEME.search(pattern):
        for concept in sorted(concepts.subjects(SKOS.inScheme, CONCEPT[match[1]]), key=str):
            if not str(concept).endswith("/total"):
                values.append(read_texts(concepts, concept, SKOS.prefLabel).get(lang, ""))
    if values:
        sample = values[0]
    else:
        # A date displays its form, other texts say that they are to be erased.
        alternatives = shapes.value(shape, SH["or"])
        nodes = [shape, *(Collection(shapes, alternatives) if alternatives else ())]
        types = {str(t).rpartition("#")[2] for n in nodes for t in shapes.objects(n, SH.datatype)}
        samples = {"date": "2026-09-17", "integer": "100", "decimal": "12.50", "boolean": "false"}
        sample = next((samples[name] for name in samples if name in types), say(lang, EXAMPLE))
    return Field(
        heading=heading[:1].upper() + heading[1:],
        meaning=read_texts(shapes, shape, SH.description).get(lang, ""),
        required=int(str(shapes.value(shape, SH.minCount) or 0)) > 0,
        values=tuple(values),
        sample=sample,
    )


# A starting point: a catalogue folder with a first partner, or with the third party alone.

EXAMPLE, EMPTY_README = "exemple", "README.empty.md"
PROJECT = "\n# Un projet"
"""Where the invented project begins in the catalogue of the starting point."""


def init(folder: Path, *, empty: bool = False) -> None:
    """Write a catalogue folder that works as it is; an existing folder is never changed.

    With `empty`, nothing in it is invented: no partner, no project.
    """
    if folder.exists():
        raise UsageError("{folder} exists already; nothing was written", folder=folder)
    left_out = (EXAMPLE, "README.md") if empty else (EMPTY_README,)
    with as_file(files(__package__) / "starter") as starter:
        shutil.copytree(starter, folder, ignore=shutil.ignore_patterns(*left_out))
    if empty:
        (folder / EMPTY_README).rename(folder / "README.md")
        catalog = folder / "catalog.ttl"
        text = catalog.read_text(encoding="utf-8")
        catalog.write_text(text[: text.index(PROJECT)], encoding="utf-8")
