"""A query read as a request for a table of the strata that releases have.

The same query runs on the practice pool and is read here: what it selects is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from rdflib import URIRef, Variable
from rdflib.namespace import QB, RDF
from rdflib.term import Node

from parvis.catalog.codelists import POOLED, scheme
from parvis.catalog.ontology import last_segment, load_words
from parvis.errors import QueryError
from parvis.i18n import LANGUAGES, N_, both
from parvis.rdf.sparql.table_query import TableQuery, read_table_query
from parvis.statistics.cube import LISTS
from parvis.statistics.strata import LAYERS, LEVELS, YEAR, FigureKey, Strata
from parvis.vocab.namespaces import CONCEPT, PARVIS, PREFIXES

PROPERTIES: Mapping[str, str] = {
    "period": str(PARVIS.refPeriod),
    "discipline": str(PARVIS.discipline),
    "area": str(PARVIS.residenceArea),
    "age": str(PARVIS.ageGroup),
    "public": str(PARVIS.public),
    "language": str(PARVIS.language),
    "channel": str(PARVIS.channel),
    "event": str(PARVIS.eventArea),
    "size": str(PARVIS.organizationSize),
}
"""The property of each dimension that a table may have."""
PLACE = str(PARVIS.place)
EVERYWHERE = f"{CONCEPT}place/total"
PRACTICE = "practice"
"""The address of the practice pool, under the pool's base: of its page, and of its graph."""
MOST_CELLS = 20_000
"""Cells that the codes of a table may make, whether there are figures of them or not."""
MOST_NAMED = 30
"""Codes that a refusal lists."""

Sentence = Mapping[str, str]

OTHER_GRAPH = N_(
    "this query names a graph: leave it out, or name the practice pool, <{graph}>, for which the"
    " pool’s own figures stand when a release is asked for"
)
NO_MEASURE = N_(
    "the query adds up “?{name}”, which is the value of no measure of releases: {choices}"
)
OTHER_MEASURE = N_("a table has one measure; this query names several, or another measure type")
NO_PROPERTY = N_(
    "releases have no {name}: nothing is released by partner, by place or by method. A table has a"
    " measure and {choices}"
)
UNSAID = N_(
    "the query does not say which {dimension}: figures of all and of each part are together in the"
    " pool, and would be added twice. Name one code, the total <{total}>, or group by it"
)
UNGROUPED = N_(
    "the query adds several codes of {dimension} up: releases have no such sum. Group by it, and"
    " add the figures that you are given"
)
UNKNOWN_VARIABLE = N_("“?{name}” is no dimension of releases; they have {choices}")
NO_CODE = N_("releases do not cut {dimension} into {code}; they have {choices}")
NO_CROSS = N_(
    "releases break audiences down by {first} or by {second}, never by both at once: what is hidden"
    " in one table could be worked out with the other. Nearest: ask one table by {first}, with"
    " {second} in total, and one by {second}, with {first} in total"
)
SHORT_PERIOD = N_(
    "by season, quarter or month, releases have the discipline and the area of the event alone:"
    " leave {dimension} in total, or ask for years"
)
TOO_MANY = N_("this table would have up to {count} cells; a table has {most} at most: narrow it")

NAMES: Mapping[str, str] = {
    "period": N_("period"),
    "discipline": N_("discipline"),
    "area": N_("area of residence"),
    "age": N_("age"),
    "public": N_("kind of public"),
    "language": N_("language"),
    "channel": N_("channel"),
    "event": N_("area of the event"),
    "size": N_("size of organisation"),
}
"""The dimensions in words."""


@dataclass(frozen=True)
class TableRequest:
    """A table of releases: a measure, and the codes of each dimension, none for all that are there.

    `columns` are the dimensions that the table shows, by the query's variables and in their order;
    `value` is the variable of the figures. `query` is the query as it was read.
    """

    query: str
    measure: str
    codes: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, str]
    value: str

    def holds(self, key: FigureKey) -> bool:
        """Return whether the table has a figure."""
        return (
            key.measure == self.measure
            and not key.hidden
            and all(
                not codes or code_of(key, dimension) in codes
                for dimension, codes in self.codes.items()
            )
        )

    def row_of(self, key: FigureKey) -> tuple[str, ...]:
        """Return the codes of a figure's row."""
        return tuple(code_of(key, dimension) for dimension in self.columns.values())

    def describe(self) -> list[tuple[Sentence, Sentence]]:
        """Return the table in words: what it counts, by what it is cut, and of which codes."""
        lines: list[tuple[Sentence, Sentence]] = [
            (both(N_("Measure")), load_words().of_term(self.measure))
        ]
        grouped = set(self.columns.values())
        for dimension, codes in self.codes.items():
            labels = [label_of(dimension, code) for code in codes]
            named = {lang: ", ".join(label[lang] for label in labels) for lang in LANGUAGES}
            whole = [last_segment(code) for code in codes] == ["total"]
            if not whole or dimension in grouped:
                lines.append((both(NAMES[dimension]), named if codes else both(N_("each"))))
        return lines


def code_of(key: FigureKey, dimension: str) -> str:
    """Return a figure's code in a dimension; the total of a layer that does not break it down."""
    if dimension not in LAYERS:
        return str(getattr(key, dimension))
    return key.code if key.layer == dimension else total_of(dimension)


def total_of(dimension: str) -> str:
    """Return the total of a dimension; there is none of periods."""
    return f"{CONCEPT}{LISTS.get(dimension, dimension)}/total"


def label_of(dimension: str, code: str) -> Sentence:
    """Return the labels of a code."""
    return scheme(LISTS.get(dimension, dimension)).label(code)


def read_table_request(text: str, base: str, strata: Strata) -> TableRequest:
    """Read a query as a table of releases.

    Raises `QueryError` for what is no query for a table, and for a cut that releases do not have,
    with the nearest ones that they have.
    """
    query = read_table_query(text, base, PREFIXES)
    practice = f"{base}{PRACTICE}"
    if query.graphs - {practice}:
        raise QueryError(OTHER_GRAPH, graph=practice)
    measure = _read_measure(query)
    codes, columns = _read_dimensions(query)
    request = TableRequest(query.text, measure, codes, columns, query.sum_name)
    _require_strata(request, strata)
    return request


def _read_measure(query: TableQuery) -> str:
    summed = [name for name, terms in query.properties.items() if _is_variable(query, terms)]
    measures = [name for name in query.properties if name in POOLED]
    if len(summed) != 1 or summed[0] not in POOLED:
        choices = ", ".join(last_segment(measure) for measure in POOLED)
        raise QueryError(NO_MEASURE, name=query.sum_variable, choices=choices)
    types = query.properties.get(str(QB.measureType), [URIRef(summed[0])])
    if measures != summed or types != [URIRef(summed[0])] or len(query.properties[summed[0]]) > 1:
        raise QueryError(OTHER_MEASURE)
    return summed[0]


def _is_variable(query: TableQuery, terms: Sequence[Node]) -> bool:
    return Variable(query.sum_variable) in terms


def _read_dimensions(query: TableQuery) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the codes of each dimension, and the dimensions of the columns."""
    fixed = {str(RDF.type): URIRef(QB.Observation), PLACE: URIRef(EVERYWHERE)}
    allowed = {*PROPERTIES.values(), *fixed, str(QB.measureType), *POOLED}
    for name, terms in query.properties.items():
        if name not in allowed or (name in fixed and terms != [fixed[name]]):
            raise QueryError(NO_PROPERTY, name=last_segment(name), choices=_list_names())
    codes: dict[str, tuple[str, ...]] = {}
    variables: dict[str, str] = {}
    for dimension, predicate in PROPERTIES.items():
        terms = query.properties.get(predicate, [])
        if len(terms) != 1:
            raise QueryError(UNSAID, dimension=both(NAMES[dimension]), total=_example_of(dimension))
        (term,) = terms
        if isinstance(term, URIRef):
            codes[dimension] = (str(term),)
            continue
        name = str(term) if isinstance(term, Variable) else ""
        iris = query.allowed.get(name)
        if not name or name in variables or name == query.sum_variable:
            raise QueryError(UNKNOWN_VARIABLE, name=name, choices=_list_names())
        if name not in query.groups and (iris is None or len(iris) != 1):
            raise QueryError(UNGROUPED, dimension=both(NAMES[dimension]))
        variables[name] = dimension
        # Of codes that exclude one another nothing is left, which is no table of all.
        codes[dimension] = () if iris is None else tuple(sorted(iris)) or ("",)
    for name in sorted((query.allowed.keys() | query.groups) - variables.keys()):
        raise QueryError(UNKNOWN_VARIABLE, name=name, choices=_list_names())
    return codes, {name: variables[name] for name in query.columns if name in variables}


def _example_of(dimension: str) -> str:
    return f"{CONCEPT}period/2025" if dimension == "period" else total_of(dimension)


def _list_names() -> dict[str, str]:
    names = [both(name) for name in NAMES.values()]
    return {lang: ", ".join(name[lang] for name in names) for lang in LANGUAGES}


def _require_strata(request: TableRequest, strata: Strata) -> None:
    """Raise `QueryError` for codes, or a cross of dimensions, that releases do not have."""
    # All releases have one hierarchy: a table that cut the same figures otherwise could be held
    # against them, and its sums with theirs would join in rings that the audit, which follows
    # sums, does not see. So another cut is refused, whoever would look at it.
    lengths = {code: name for name, level in strata.levels.items() for code in level.targets}
    sizes = []
    for dimension, codes in request.codes.items():
        if dimension == "period":
            choices: Iterable[str] = lengths
        else:
            choices = (*strata.codes(dimension), total_of(dimension))
        listed = list(choices)
        for code in codes:
            if code not in listed:
                some = ", ".join(last_segment(choice) for choice in listed[:MOST_NAMED])
                raise QueryError(
                    NO_CODE,
                    dimension=both(NAMES[dimension]),
                    code=last_segment(code),
                    choices=some + (", …" if len(listed) > MOST_NAMED else ""),
                )
        sizes.append(len(codes) or len(listed))
    cut = [name for name in LAYERS if request.codes[name] != (total_of(name),)]
    if len(cut) > 1:
        first, second = (both(NAMES[name]) for name in cut[:2])
        raise QueryError(NO_CROSS, first=first, second=second)
    periods = {lengths[code] for code in request.codes["period"]}
    if periods - {YEAR}:
        layers = {layer for name in periods - {YEAR} for layer in LEVELS[name]}
        for dimension in ("area", *cut):
            if dimension not in layers and request.codes[dimension] != (total_of(dimension),):
                raise QueryError(SHORT_PERIOD, dimension=both(NAMES[dimension]))
    if (count := prod(sizes)) > MOST_CELLS:
        raise QueryError(TOO_MANY, count=count, most=MOST_CELLS)


@dataclass(frozen=True)
class TableRow:
    """A row of a table: its codes, and the figure, None where it is suppressed."""

    codes: tuple[str, ...]
    value: int | None


def table_to_json(request: TableRequest, rows: Sequence[TableRow]) -> dict[str, Any]:
    """Return a table as JSON data, with the codes and labels of its rows."""
    dimensions = list(request.columns.values())
    return {
        "columns": [*request.columns, request.value],
        "dimensions": dimensions,
        "measure": request.measure,
        "fixed": {
            dimension: codes[0]
            for dimension, codes in request.codes.items()
            if dimension not in dimensions and codes
        },
        "rows": [
            {
                "codes": list(row.codes),
                "labels": [
                    dict(label_of(dimension, code))
                    for dimension, code in zip(dimensions, row.codes, strict=True)
                ],
                "value": row.value,
                "suppressed": row.value is None,
            }
            for row in rows
        ],
    }
