"""One validation, by the engine that is asked for, or by the fastest that judges each shape."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from rdflib import Graph
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.report import Finding, Kind, Severity
from parvis.validation import engine as compiled
from parvis.validation import incremental as again
from parvis.validation.collisions import Collisions, RowsOf, collisions
from parvis.validation.data import Data, View
from parvis.validation.incremental import Before, Row, keep
from parvis.validation.reports import cut, excerpt, joined, report_of
from parvis.validation.results import Locate, PlaceOf, findings, graded, nowhere, ordered, rule_of
from parvis.validation.shape import Shape
from parvis.validation.shapes import targeted
from parvis.validation.wellformed import refuse_ill_formed

REFERENCE = "pyshacl"
"""The engine of `parvis.validation.reference`, loaded when it judges: it takes half a second."""
ENGINES = ("auto", compiled.NAME, REFERENCE)
"""`auto` compiles what it can if it is given a view; what does not compile goes to `pyshacl`."""

UNKNOWN_ENGINE = N_("there is no engine {engine}; there are: {known}")
NO_VIEW = N_("the engine {engine} needs data that can be queried")
NOTHING_CHECKED = N_("No shape found anything to look at in these data.")


@dataclass(frozen=True)
class Validation:
    """What validating found.

    `conforms` has its standard meaning: no result at all, of any severity (SHACL §3.6.1.1).
    `checked` counts the focus nodes of each targeted shape and `engine` names who judged it, both
    by the shape's local name; `graph` is the ``sh:ValidationReport``. Of one constraint the first
    `MOST` results are told; `more` counts the others, and a comment in the graph says so. `kept`
    are the results that may stand again the next time, by top-level shape.
    """

    conforms: bool
    findings: list[Finding]
    checked: dict[str, int]
    engine: dict[str, str]
    graph: Graph = field(repr=False)
    more: Counter[Kind] = field(default_factory=Counter)
    kept: dict[str, list[Row]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Submitted:
    """What is known of data that came in rows, and not for the first time.

    By `rows_of`, collisions are told apart (`parvis.validation.collisions`); what is known from
    `before` is not looked at again (`parvis.validation.incremental`).
    """

    rows_of: RowsOf | None = None
    before: Before | None = None


@dataclass(frozen=True)
class _Part:
    """What one engine judged, and enough of the data to name the nodes of its results."""

    engine: str
    report: Graph
    checked: dict[Node, int]
    data: Graph
    more: Counter[Shape] = field(default_factory=Counter)
    kept: dict[str, list[Row]] = field(default_factory=dict)


def _nobody(_subjects: Collection[str]) -> PlaceOf:
    """Know the place of nothing."""
    return nowhere


def validate(
    data: Graph | Data,
    shapes: Graph,
    *,
    locate: Locate = _nobody,
    submitted: Submitted = Submitted(),
    engine: str = "auto",
) -> Validation:
    """Check data against shapes.

    `locate` is asked once by each engine for the places of all subjects of its results. With a
    view, what is known of data that were `submitted` is made use of. When no shape found a focus
    node, a warning says so: "conforms" must not mean "nothing was looked at".
    Raises `ShapesError` for shapes that cannot be used, `UsageError` for an unknown engine, or
    for the compiled one without a view.
    """
    if engine not in ENGINES:
        raise UsageError(UNKNOWN_ENGINE, engine=engine, known=", ".join(ENGINES))
    given = Data(lambda: data) if isinstance(data, Graph) else data
    if given.view is None and engine == compiled.NAME:
        raise UsageError(NO_VIEW, engine=engine)
    _refuse_ill_formed(shapes, len(shapes))
    parts = list(_parts(given, shapes, engine, submitted.before))
    apart = Collisions()
    if submitted.rows_of and given.view is not None:
        reports = (part.report for part in parts)
        apart = collisions(reports, shapes, given.view, submitted.rows_of)
    found = [*apart.findings]
    for part in parts:
        found += findings(part.report, part.data, shapes, locate, apart.results)
    checked = {
        rule_of(shape, shapes): (count, part.engine)
        for part in parts
        for shape, count in part.checked.items()
    }
    if not any(count for count, _ in checked.values()):
        found.append(Finding(Severity.WARNING, "nothing-checked", both(NOTHING_CHECKED)))
    more = _more(parts, shapes)
    graph = parts[0].report if len(parts) == 1 else joined(part.report for part in parts)
    return Validation(
        conforms=not any(_has_results(part) for part in parts),
        findings=ordered(found),
        checked={rule: count for rule, (count, _) in sorted(checked.items())},
        engine={rule: name for rule, (_, name) in sorted(checked.items())},
        graph=cut(graph, more.total()),
        more=more,
        kept={shape: rows for part in parts for shape, rows in part.kept.items()},
    )


def _more(parts: list[_Part], shapes: Graph) -> Counter[Kind]:
    """Count the results that are not told, as findings are counted."""
    more: Counter[Kind] = Counter()
    for part in parts:
        for shape, count in part.more.items():
            more[rule_of(shape.node, shapes), graded(shape.severity)] += count
    return more


def _parts(data: Data, shapes: Graph, engine: str, before: Before | None) -> Iterator[_Part]:
    """Let the engines judge; what one leaves, the reference takes."""
    if data.view is None or engine == REFERENCE:
        yield _by_reference(data, shapes, None)
        return
    _refuse_broken(shapes, len(shapes))
    on_top = [Shape(node, shapes) for node in sorted(targeted(shapes), key=str)]
    judged = again.judge(data, data.view, on_top, before)
    yield _by_selects(judged, data.view, shapes)
    if judged.left:
        yield _by_reference(data, shapes, judged.left)


@lru_cache(maxsize=4)
def _refuse_ill_formed(shapes: Graph, _size: int) -> None:
    """Refuse what means nothing, once for each set of shapes; one that grew is another."""
    refuse_ill_formed(shapes)


@lru_cache(maxsize=4)
def _refuse_broken(shapes: Graph, _size: int) -> None:
    """Refuse what the reference engine cannot read, once for each set of shapes too."""
    from parvis.validation.reference import refuse_broken  # noqa: PLC0415 - see REFERENCE

    refuse_broken(shapes)


def _by_reference(data: Data, shapes: Graph, only: set[Node] | None) -> _Part:
    from parvis.validation.reference import judge  # noqa: PLC0415 - see REFERENCE

    graph = data.graph()
    judged = judge(graph, shapes, only)
    return _Part(REFERENCE, judged.report, judged.checked, graph)


def _by_selects(judged: compiled.Judged, view: View, shapes: Graph) -> _Part:
    nodes = {node for one in judged.results for node in (one.focus, one.value) if node is not None}
    return _Part(
        compiled.NAME,
        report_of(judged.results, shapes),
        judged.checked,
        excerpt(view, nodes),
        judged.more,
        keep({shape: some for shape, some in judged.found.items() if shape not in judged.cut}),
    )


def _has_results(part: _Part) -> bool:
    return (None, SH.result, None) in part.report
