"""Guided search: resources of a class that meet several conditions, chosen from real values.

Each condition is a property, or a path of them, and a value. Paths are constants of this file;
what a reader chooses enters a query as terms, written by `to_sparql`.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from string import Template

from rdflib import SH, Literal, Namespace, URIRef

from parvis.catalog.ontology import concept_labels, load_words, submission_shapes
from parvis.governance import Reader
from parvis.i18n import N_, choose_text, date_in_words
from parvis.mapping.concepts import fold_text
from parvis.pooling.serving.description import look_up_names
from parvis.pooling.serving.service import PoolService
from parvis.rdf.terms import to_sparql
from parvis.vocab.namespaces import CONCEPT, curie

MOST_CONDITIONS = 8
MOST_OPTIONS = 200
"""Values to choose from, the most frequent; as many as are labelled at a time."""
MOST_RESULTS = 1_000
LONGEST_VALUE = 500
SHAPES = Namespace("https://w3id.org/parvis/shapes#")

_MONTH = re.compile(r"\d{4}-\d\d")


@dataclass(frozen=True)
class GuidedProperty:
    """What a class can be narrowed by: its name in addresses, its title, its path, its kind.

    A kind is ``resource`` (IRIs), ``text`` (the text of a literal), ``month`` (of a date) or
    ``words``, which are typed.
    """

    code: str
    title: str
    path: str
    kind: str = "resource"


_VENUE_PROPERTIES = (
    ("territory", N_("Region"), "parvis:territory", "resource"),
    ("city", N_("City"), "schema:address/schema:addressLocality", "text"),
    ("place-type", N_("Kind of venue"), "parvis:placeType", "resource"),
)
_WORDS = GuidedProperty("words", N_("Words of the name"), "parvis:search", "words")
_DISCIPLINE = GuidedProperty("discipline", N_("Discipline"), "parvis:discipline")
_ORGANIZER = GuidedProperty("organizer", N_("Organiser"), "schema:organizer")


@dataclass(frozen=True)
class GuidedClass:
    """What can be looked for: the shape of its classes, its title, properties and columns.

    `columns` are the variables of a table of results, each with its title and path.
    """

    code: str
    shape: str
    title: str
    properties: tuple[GuidedProperty, ...]
    columns: tuple[tuple[str, str, str], ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return shape_classes(self.shape)

    def property(self, code: str) -> GuidedProperty | None:
        return next((step for step in self.properties if step.code == code), None)


CLASSES = (
    GuidedClass(
        "event",
        "Event",
        N_("Events"),
        (
            _DISCIPLINE,
            GuidedProperty("month", N_("Month"), "schema:startDate", "month"),
            *(
                GuidedProperty(code, title, f"schema:location/{path}", kind)
                for code, title, path, kind in _VENUE_PROPERTIES
            ),
            GuidedProperty("place", N_("Venue"), "schema:location"),
            _ORGANIZER,
            GuidedProperty("performer", N_("Performer"), "schema:performer"),
            GuidedProperty("audience", N_("Audience aimed at"), "parvis:targetAudience"),
            GuidedProperty("kind", N_("Kind of event"), "parvis:eventType"),
            GuidedProperty("work", N_("Work"), "schema:workPerformed"),
            GuidedProperty("price", N_("Price in dollars"), "schema:offers/schema:price", "text"),
            GuidedProperty("status", N_("Event status"), "schema:eventStatus"),
            _WORDS,
        ),
        (
            ("start", N_("Date"), "schema:startDate"),
            ("place", N_("Venue"), "schema:location"),
            ("organizer", N_("Organiser"), "schema:organizer"),
        ),
    ),
    GuidedClass(
        "work",
        "Production",
        N_("Works"),
        (
            _DISCIPLINE,
            GuidedProperty("creator", N_("Creator"), "schema:creator"),
            GuidedProperty("producer", N_("Producer"), "schema:producer"),
            _WORDS,
        ),
        (("discipline", N_("Discipline"), "parvis:discipline"),),
    ),
    GuidedClass(
        "series",
        "EventSeries",
        N_("Series of events"),
        (_DISCIPLINE, _ORGANIZER, _WORDS),
        (("organizer", N_("Organiser"), "schema:organizer"),),
    ),
    GuidedClass(
        "place",
        "Place",
        N_("Places"),
        (*(GuidedProperty(*row) for row in _VENUE_PROPERTIES), _WORDS),
        (
            ("city", N_("City"), "schema:address/schema:addressLocality"),
            ("region", N_("Region"), "parvis:territory"),
        ),
    ),
    GuidedClass(
        "organization",
        "Organization",
        N_("Organisations and companies"),
        (
            GuidedProperty("type", N_("Kind of organisation"), "parvis:organizationType"),
            GuidedProperty("territory", N_("Region"), "parvis:territory"),
            _WORDS,
        ),
        (("type", N_("Kind of organisation"), "parvis:organizationType"),),
    ),
)


@cache
def shape_classes(shape: str) -> tuple[str, ...]:
    """Return the classes that a shape describes."""
    return tuple(sorted(map(str, submission_shapes().objects(SHAPES[shape], SH.targetClass))))


@dataclass(frozen=True)
class GuidedValue:
    """A value to choose: how it is written in an address, its label, how many results have it."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class GuidedCondition:
    """A chosen property, the values to choose from, and the one that is chosen, if any."""

    property: GuidedProperty
    options: tuple[GuidedValue, ...] = ()
    value: str = ""


@dataclass(frozen=True)
class GuidedSearch:
    """A search as it stands: what is looked for, its conditions, what can still be chosen.

    `query` is None until a class is chosen; `total` counts its results.
    """

    classes: tuple[tuple[GuidedClass, int], ...]
    chosen: GuidedClass | None = None
    properties: tuple[GuidedProperty, ...] = ()
    conditions: tuple[GuidedCondition, ...] = ()
    query: str | None = None
    total: int = 0


_COUNT_CLASSES = Template("""{ SELECT ("$code" AS ?code) (COUNT(DISTINCT ?result) AS ?count) {
$pattern } }""")
_FIND_PROPERTY = Template("""{ SELECT ("$code" AS ?code) { $pattern
  ?result $path ?value } LIMIT 1 }""")
_COUNT_VALUES = Template("""SELECT ?value (COUNT(DISTINCT ?result) AS ?count) WHERE {
$pattern
  ?result $path ?term .
  BIND($value AS ?value)
} GROUP BY ?value ORDER BY DESC(?count) ?value LIMIT $limit""")
_COUNT = Template("SELECT (COUNT(DISTINCT ?result) AS ?count) WHERE {\n$pattern\n}")
_RESULTS = Template("""SELECT DISTINCT $columns WHERE {
$pattern
$optional
}
ORDER BY $order
LIMIT $limit""")
_VALUE = {"resource": "?term", "text": "STR(?term)", "month": "SUBSTR(STR(?term), 1, 7)"}
"""What a value of a property is, by its kind."""
_CONDITIONS = {
    "resource": Template("  ?result $path $value ."),
    "text": Template("  ?result $path ?$name . FILTER(STR(?$name) = $value)"),
    "month": Template("  ?result $path ?$name . FILTER(STRSTARTS(STR(?$name), $value))"),
    "words": Template("  ?result $path ($value 1000) ."),
}


def guide_search(
    host: PoolService, reader: Reader, code: str, wishes: Iterable[tuple[str, str]], lang: str
) -> GuidedSearch:
    """Return a search of a class by pairs of a property and a value; what has no sense is ignored.

    Values are counted among the results of the conditions before. Raises as `PoolService.ask` does.
    """
    classes = _count_classes(host, reader)
    chosen = next((kind for kind, _ in classes if kind.code == code), None)
    if chosen is None:
        return GuidedSearch(classes)
    pattern = [_match_class(chosen)]
    properties = _find_properties(host, reader, chosen)
    conditions: list[GuidedCondition] = []
    for property_code, text in wishes:
        step = next((step for step in properties if step.code == property_code), None)
        if step is None or len(conditions) == MOST_CONDITIONS:
            continue
        options: tuple[GuidedValue, ...] = ()
        value = text.strip()[:LONGEST_VALUE]
        if step.kind != "words":
            options = _list_values(host, reader, step, pattern, lang)
            # Only a value that the data have is searched for: another property may be chosen now.
            value = text if text in {option.value for option in options} else ""
        conditions.append(GuidedCondition(step, options, value))
        if value:
            pattern.append(_write_condition(step, value, f"value{len(conditions)}"))
    rows = host.rows(reader, _COUNT.substitute(pattern="\n".join(pattern)))
    return GuidedSearch(
        classes,
        chosen,
        properties,
        tuple(conditions),
        _write_query(chosen, pattern),
        int(rows[0]["count"]) if rows else 0,
    )


def _match_class(kind: GuidedClass) -> str:
    return f"  VALUES ?class {{ {' '.join(map(curie, kind.classes))} }}\n  ?result a ?class ."


def _write_condition(step: GuidedProperty, value: str, name: str) -> str:
    term = to_sparql(URIRef(value) if step.kind == "resource" else Literal(value))
    return _CONDITIONS[step.kind].substitute(path=step.path, value=term, name=name)


def _write_query(kind: GuidedClass, pattern: Sequence[str]) -> str:
    optional = "\n".join(
        f"  OPTIONAL {{ ?result {path} ?{name} }}" for name, _, path in kind.columns
    )
    names = [f"?{name}" for name, _, _ in kind.columns]
    return _RESULTS.substitute(
        columns=" ".join(["?result", *names]),
        pattern="\n".join(pattern),
        optional=optional,
        order=" ".join([*names[:1], "?result"]),
        limit=MOST_RESULTS,
    )


def _count_classes(host: PoolService, reader: Reader) -> tuple[tuple[GuidedClass, int], ...]:
    """Return the classes that have results for a reader, each with how many."""
    parts = (_COUNT_CLASSES.substitute(code=k.code, pattern=_match_class(k)) for k in CLASSES)
    rows = host.rows(reader, f"SELECT * {{ {' UNION '.join(parts)} }}")
    counts = {row["code"]: int(row["count"]) for row in rows}
    return tuple((kind, counts[kind.code]) for kind in CLASSES if counts.get(kind.code))


def _find_properties(
    host: PoolService, reader: Reader, kind: GuidedClass
) -> tuple[GuidedProperty, ...]:
    """Return the properties that a class has in the data; words are always searched."""
    parts = (
        _FIND_PROPERTY.substitute(code=step.code, path=step.path, pattern=_match_class(kind))
        for step in kind.properties
        if step.kind != "words"
    )
    rows = host.rows(reader, f"SELECT * {{ {' UNION '.join(parts)} }}")
    codes = {row["code"] for row in rows}
    return tuple(step for step in kind.properties if step.code in codes or step.kind == "words")


def _list_values(
    host: PoolService, reader: Reader, step: GuidedProperty, pattern: Sequence[str], lang: str
) -> tuple[GuidedValue, ...]:
    query = _COUNT_VALUES.substitute(
        pattern="\n".join(pattern), path=step.path, value=_VALUE[step.kind], limit=MOST_OPTIONS
    )
    counts = {
        row["value"]: int(row["count"])
        for row in host.rows(reader, query)
        if "value" in row and _is_choosable(step, row["value"])
    }
    names = look_up_names(host, reader, counts) if step.kind == "resource" else {}
    options = (
        GuidedValue(value, _label(step, value, names.get(value, {}), lang), count)
        for value, count in counts.items()
    )
    return tuple(sorted(options, key=lambda option: _order(step, option)))


def _is_choosable(step: GuidedProperty, value: str) -> bool:
    """Return whether a value can be written in a query again: not a blank node, not too long."""
    if step.kind == "month":
        return bool(_MONTH.fullmatch(value))
    if step.kind == "resource":
        with suppress(ValueError):
            return ":" in value and not value.startswith("_:") and bool(to_sparql(URIRef(value)))
        return False
    return len(value) <= LONGEST_VALUE


def _label(step: GuidedProperty, value: str, names: dict[str, str], lang: str) -> str:
    if step.kind == "month":
        return date_in_words(lang, value)
    if step.kind != "resource":
        return value
    if value.startswith(CONCEPT):
        names = names or concept_labels(value)
    return choose_text(lang, names or load_words().of_term(value))


def _order(step: GuidedProperty, option: GuidedValue) -> tuple[float, str]:
    """Return where an option is in its list: numbers by size, months by date, names by letter."""
    if step.kind == "month":
        return (0, option.value)
    with suppress(ValueError):
        return (float(option.label), "")
    return (float("inf"), fold_text(option.label))
