"""Recognise a query that adds the values of one pattern up, group by group.

Only such a query can be read as a request for a table: one subject with its properties, variables
that are bound to listed IRIs, groups, and one sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from pyparsing import ParseResults
from rdflib import URIRef, Variable
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Node

from parvis.errors import QueryError
from parvis.i18n import N_, both
from parvis.rdf.sparql.algebra import parse_tree
from parvis.rdf.sparql.parser import parse

LONGEST = 4_000
"""Characters of a query."""
MOST_IRIS = 500
"""IRIs that a query lists."""

DEEPEST = 12
"""Brackets of a query within one another."""
MOST_TRIPLES = 50
"""Triples of a query's pattern, of which a table needs about a dozen."""

TOO_LONG = N_("a query for a table has {most} characters at most, and lists {iris} codes at most")
TOO_DEEP = N_("its brackets stand {most} within one another at most: a table needs few")
NO_TABLE = N_("this is no query for a table: {why}")
NOT_SELECT = N_("such a query is a SELECT with GROUP BY and one SUM")
COUNTS = N_(
    "it counts rows, which says how partners write their files, not how many people came; add the"
    " measure up with SUM instead of COUNT"
)
OTHER_SUM = N_("it computes something else than one SUM of a variable, without DISTINCT")
NOT_GROUPED = N_(
    "it must show the variables of GROUP BY, all of them, and the sum; “?{name}” does not fit"
)
OTHER_PATTERN = N_(
    "its pattern has something else than one observation with its properties, VALUES and FILTER"
    " with “=”, IN and “&&”"
)
OTHER_FILTER = N_("a filter names the IRIs that a variable may be: ?age = <…>, or ?age IN (<…>, …)")
LIMITED = N_(
    "HAVING, LIMIT, OFFSET and DISTINCT would say something of figures that are suppressed"
)
OTHER_SUBJECT = N_("its pattern is about several things, and must be about one observation")


@dataclass
class TableQuery:
    """A query for a table: properties of one subject, IRIs by variable, groups, and the sum.

    `columns` are the variables shown, in their order; `sum_name` is shown for the sum of
    `sum_variable`. `graphs` are those that the query names. `allowed` has the variables that are
    bound to listed IRIs.
    """

    text: str
    columns: tuple[str, ...]
    sum_name: str
    sum_variable: str
    groups: frozenset[str]
    graphs: frozenset[str]
    properties: dict[str, list[Node]] = field(default_factory=dict)
    allowed: dict[str, frozenset[str]] = field(default_factory=dict)


def read_table_query(text: str, base: str, prefixes: Mapping[str, str]) -> TableQuery:
    """Parse a query for a table; raises `QueryError` that says what is not of one."""
    if len(text) > LONGEST:
        raise QueryError(TOO_LONG, most=LONGEST, iris=MOST_IRIS)
    # The time that a pattern takes grows with the square of its depth and of its triples: 18 and 34
    # seconds for 2 kB of lists, which would stop the site for all.
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        _refuse(TOO_DEEP, most=DEEPEST)
    written = parse(text, base, prefixes).write()
    tree = parse_tree(written)
    if _count_triples(tree) > MOST_TRIPLES:
        _refuse(OTHER_PATTERN)
    try:
        return _read_algebra(written, translateQuery(tree).algebra)
    except RecursionError as error:  # hundreds of groups in a row
        raise QueryError(NO_TABLE, why=both(OTHER_PATTERN)) from error


def _count_triples(tree: object) -> int:
    nodes, count = [tree], 0
    while nodes:
        node = nodes.pop()
        if isinstance(node, CompValue):
            if node.name == "TriplesBlock":
                count += sum(len(terms) // 3 for terms in node.triples)
            nodes.extend(node.values())
        elif isinstance(node, ParseResults | list | tuple):
            nodes.extend(node)
    return count


def _read_algebra(written: str, algebra: CompValue) -> TableQuery:
    if algebra.name != "SelectQuery":
        _refuse(NOT_SELECT)
    clauses = algebra.datasetClause or []
    graphs = {str(iri) for clause in clauses for iri in (clause.default, clause.named) if iri}
    node, shown = algebra.p, [str(name) for name in algebra.PV]
    if node.name in {"Slice", "Distinct", "Reduced"}:
        _refuse(LIMITED)
    if node.name == "Project":
        node = node.p
    if node.name == "OrderBy":
        # The order shows nothing that the rows do not: rows are sorted by their codes anyway.
        node = node.p
    return _TableReader(written, shown, graphs).read(node)


def _refuse(why: str, **fields: object) -> NoReturn:
    raise QueryError(NO_TABLE, why=both(why, **fields))


class _TableReader:
    def __init__(self, text: str, shown: list[str], graphs: set[str]) -> None:
        self.text, self.shown, self.graphs = text, shown, graphs
        self.subject: Node | None = None
        self.properties: dict[str, list[Node]] = {}
        self.allowed: dict[str, frozenset[str]] = {}

    def read(self, node: CompValue) -> TableQuery:
        names = {}
        while node.name == "Extend":
            if not isinstance(node.expr, Variable):
                _refuse(OTHER_SUM)
            names[node.expr] = str(node.var)
            node = node.p
        if node.name == "Filter":
            _refuse(LIMITED)
        if node.name != "AggregateJoin" or node.p.name != "Group":
            _refuse(NOT_SELECT)
        groups = node.p.expr or []
        if not all(isinstance(group, Variable) for group in groups):
            _refuse(OTHER_SUM)
        sums = [part for part in node.A if part.name != "Aggregate_Sample"]
        if any(part.name == "Aggregate_Count" for part in sums):
            _refuse(COUNTS)
        samples = {part.res: part.vars for part in node.A if part.name == "Aggregate_Sample"}
        if (
            [part.name for part in sums] != ["Aggregate_Sum"]
            or sums[0].distinct
            or not isinstance(sums[0].vars, Variable)
            or not {sums[0].res} <= names.keys() <= {sums[0].res, *samples}
            or len({*self.shown}) != len(self.shown)
            or any(names[res] != str(variable) for res, variable in samples.items() if res in names)
        ):
            _refuse(OTHER_SUM)
        group_names, sum_name = frozenset(map(str, groups)), names[sums[0].res]
        for name in {*self.shown} ^ {*group_names, sum_name}:
            _refuse(NOT_GROUPED, name=name)
        self._read_pattern(node.p.p)
        return TableQuery(
            text=self.text,
            columns=tuple(self.shown),
            sum_name=sum_name,
            sum_variable=str(sums[0].vars),
            groups=group_names,
            graphs=frozenset(self.graphs),
            properties=self.properties,
            allowed=self.allowed,
        )

    def _read_pattern(self, node: CompValue) -> None:
        if not isinstance(node, CompValue):
            _refuse(OTHER_PATTERN)
        match node.name:
            case "BGP":
                self._read_triples(node.triples)
            case "Join":
                self._read_pattern(node.p1)
                self._read_pattern(node.p2)
            case "Filter":
                self._read_filter(node.expr)
                self._read_pattern(node.p)
            case "ToMultiSet" if isinstance(node.p, CompValue) and node.p.name == "values":
                rows = node.p.res
                names = {name for row in rows for name in row}
                if len(names) != 1 or not all(len(row) == 1 for row in rows):
                    _refuse(OTHER_FILTER)
                (name,) = names
                self._allow(name, [row[name] for row in rows])
            case "Graph" if isinstance(node.term, URIRef):
                self.graphs.add(str(node.term))
                self._read_pattern(node.p)
            case _:
                _refuse(OTHER_PATTERN)

    def _read_triples(self, triples: list[tuple[Node, Node, Node]]) -> None:
        for subject, predicate, term in triples:
            if not isinstance(predicate, URIRef):
                _refuse(OTHER_PATTERN)
            if self.subject not in {None, subject} or not isinstance(subject, Variable):
                _refuse(OTHER_SUBJECT)
            self.subject = subject
            self.properties.setdefault(str(predicate), []).append(term)

    def _read_filter(self, node: Node | CompValue) -> None:
        if not isinstance(node, CompValue):
            _refuse(OTHER_FILTER)
        if node.name == "ConditionalAndExpression":
            for part in (node.expr, *node.other):
                self._read_filter(part)
            return
        if node.name != "RelationalExpression" or node.op not in {"=", "IN"}:
            _refuse(OTHER_FILTER)
        terms = node.other if node.op == "IN" else [node.other]
        name = node.expr
        if isinstance(name, URIRef) and node.op == "=":
            name, terms = node.other, [name]
        self._allow(name, terms)

    def _allow(self, name: Node, terms: list[Node]) -> None:
        if not isinstance(name, Variable) or not all(isinstance(term, URIRef) for term in terms):
            _refuse(OTHER_FILTER)
        if len(terms) > MOST_IRIS:
            raise QueryError(TOO_LONG, most=LONGEST, iris=MOST_IRIS)
        iris = frozenset(map(str, terms))
        self.allowed[str(name)] = iris & self.allowed.get(str(name), iris)
