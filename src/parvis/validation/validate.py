"""Validate data by a chosen engine, or by the fastest that can judge each shape."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rdflib import Graph
from rdflib.namespace import SH
from rdflib.term import Node

from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.report import Finding, Kind, RuleTitle, Severity
from parvis.validation import engine as compiled
from parvis.validation.collisions import Collisions, RowsOf, find_collisions
from parvis.validation.data import Data, PartedData
from parvis.validation.engine import EngineOutcome
from parvis.validation.in_parts import count_targets_in, looks_at_one_entity, predicates_of
from parvis.validation.incremental import PreviousValidation, Row, judge_changed, results_to_json
from parvis.validation.results import (
    Locate,
    extract_names,
    merge_reports,
    no_place,
    note_omitted_results,
    read_findings,
    report_of,
    rule_of,
    severity_of,
    sort_findings,
)
from parvis.validation.shape_words import words_of_shapes
from parvis.validation.shapes import OwnShapes, Shape, targeted_shapes
from parvis.validation.wellformed import refuse_ill_formed
from parvis.validation.wording import NAMING

REFERENCE = "pyshacl"
"""The engine of `parvis.validation.reference`; loading it takes half a second, hence on use."""
ENGINES = ("auto", compiled.NAME, REFERENCE)
"""With a view, `auto` compiles what it can; shapes that do not compile go to `pyshacl`."""

UNKNOWN_ENGINE = N_("there is no engine {engine}; there are: {choices}")
NO_VIEW = N_("the engine {engine} needs data that can be queried")
NOTHING_CHECKED = N_("No shape found anything to look at in these data.")


@dataclass(frozen=True)
class Validation:
    """The outcome of a validation.

    `conforms` has its standard meaning: no result at all, of any severity (SHACL §3.6.1.1).
    `checked` counts the focus nodes of each targeted shape and `engine` names the engine that
    judged it, both by the shape's local name; `titles` are those of the shapes that were checked or
    broken; `graph` is the ``sh:ValidationReport``. Of one
    constraint the first `MOST` results are reported; `more` counts the others, and a comment in the
    graph says so. `reusable_results` may be used the next time, by top-level shape.
    """

    conforms: bool
    findings: list[Finding]
    checked: dict[str, int]
    engine: dict[str, str]
    titles: dict[str, RuleTitle]
    graph: Graph = field(repr=False)
    more: Counter[Kind] = field(default_factory=Counter)
    reusable_results: dict[str, list[Row]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class SubmissionContext:
    """What is known of data that came in rows.

    `rows_of` serves to find identifiers shared by several entities
    (`parvis.validation.collisions`); with `previous`, only what changed is validated
    (`parvis.validation.incremental`).
    """

    rows_of: RowsOf | None = None
    previous: PreviousValidation | None = None


@dataclass(frozen=True)
class _Part:
    """The outcome of one engine, and enough of the data to name the nodes of its results."""

    engine: str
    report: Graph
    checked: dict[Node, int]
    data: Graph
    more: Counter[Shape] = field(default_factory=Counter)
    reusable: dict[str, list[Row]] = field(default_factory=dict)


def validate(
    data: Graph | Data | PartedData,
    shapes: Graph,
    *,
    locate: Locate = lambda _subjects: no_place,
    submitted: SubmissionContext = SubmissionContext(),
    engine: str = "auto",
) -> Validation:
    """Check data against shapes.

    `locate` is called once by each engine for the places of all subjects of its results;
    `submitted` is used only with a view. Raises `ShapesError` for shapes that cannot be used,
    `UsageError` for an unknown engine, or for the compiled one without a view.
    """
    dataset = Data(lambda: data) if isinstance(data, Graph) else data
    parts = list(_judge(dataset, shapes, engine, submitted.previous))
    shared_identifiers = Collisions()
    if submitted.rows_of and not (isinstance(dataset, Data) and dataset.view is None):
        reports = (part.report for part in parts)
        shared_identifiers = find_collisions(reports, shapes, dataset, submitted.rows_of)
    results, more = [*shared_identifiers.findings], Counter[Kind]()
    for part in parts:
        for shape, count in part.more.items():
            more[rule_of(shape.node, shapes), severity_of(shape.severity)] += count
        results += read_findings(part.report, part.data, shapes, locate, shared_identifiers.results)
    checked = _count_checks(parts, shapes)
    # “Conforms” must not mean that nothing was checked.
    if not any(count for count, _ in checked.values()):
        results.append(Finding(Severity.WARNING, "nothing-checked", both(NOTHING_CHECKED)))
    named = (
        shape
        for part in parts
        for shape in (*part.checked, *part.report.objects(None, SH.sourceShape, unique=True))
    )
    graph = parts[0].report if len(parts) == 1 else merge_reports(part.report for part in parts)
    return Validation(
        conforms=not any((None, SH.result, None) in part.report for part in parts),
        findings=sort_findings(results),
        checked={rule: count for rule, (count, _) in sorted(checked.items())},
        engine={rule: name for rule, (_, name) in sorted(checked.items())},
        titles=words_of_shapes(shapes, len(shapes)).titles(named),
        graph=note_omitted_results(graph, more.total()),
        more=more,
        reusable_results={shape: rows for part in parts for shape, rows in part.reusable.items()},
    )


def _count_checks(parts: Sequence[_Part], shapes: Graph) -> dict[str, tuple[int, str]]:
    """Return for each rule how many nodes were checked by it, and by which engine."""
    counts = sum((Counter(part.checked) for part in parts), Counter[Node]())
    return {
        rule_of(node, shapes): (counts[node], part.engine)
        for part in parts
        for node in part.checked
    }


def _judge(
    data: Data | PartedData, shapes: Graph, engine: str, before: PreviousValidation | None
) -> Iterator[_Part]:
    if engine not in ENGINES:
        raise UsageError(UNKNOWN_ENGINE, engine=engine, choices=", ".join(ENGINES))
    view = data.view if isinstance(data, Data) else None
    if isinstance(data, Data) and view is None and engine == compiled.NAME:
        raise UsageError(NO_VIEW, engine=engine)
    if not isinstance(shapes, OwnShapes):
        refuse_ill_formed(shapes, len(shapes))
    if isinstance(data, Data) and (view is None or engine == REFERENCE):
        yield _judge_by_reference(data, shapes, None)
        return
    on_top = prepare_shapes(shapes)
    if not isinstance(data, Data):
        yield from _judge_in_parts(data, shapes, on_top)
    elif view is not None:
        outcome = judge_changed(data, view, on_top, before)
        yield _read_outcome(outcome, extract_names(view, outcome.nodes), shapes)
        if outcome.uncompiled:
            yield _judge_by_reference(data, shapes, outcome.uncompiled)


def prepare_shapes(shapes: Graph) -> Sequence[Shape]:
    """Return the shapes with targets, once for all validations. Raises `ShapesError`."""
    if not isinstance(shapes, OwnShapes):
        from parvis.validation.reference import refuse_broken  # noqa: PLC0415 - see REFERENCE

        refuse_ill_formed(shapes, len(shapes))
        refuse_broken(shapes, len(shapes))
    return _top_shapes(shapes, len(shapes))


@lru_cache(maxsize=4)
def _top_shapes(shapes: Graph, _size: int) -> Sequence[Shape]:
    # Cached by the number of triples too, since a graph that grew is another set of shapes.
    return [Shape(node, shapes) for node in sorted(targeted_shapes(shapes), key=str)]


def _judge_in_parts(data: PartedData, shapes: Graph, on_top: Sequence[Shape]) -> Iterator[_Part]:
    """Judge each part by the shapes that look at one entity, and the whole by the others."""
    active = [shape for shape in on_top if not shape.is_deactivated]
    alone = [shape for shape in active if looks_at_one_entity(shape, data.predicates)]
    across = {shape: 0 for shape in active if shape not in alone}
    outcome, names, referred = EngineOutcome(), Graph(), list[_Part]()
    for part in data.parts():
        named = outcome.nodes
        compiled.judge(part, part.store, alone, outcome)
        names += extract_names(part.store, outcome.nodes - named)
        if outcome.uncompiled:
            # Its graph is too large to stay: the names are all that is read of it later.
            judged = _judge_by_reference(part, shapes, outcome.uncompiled)
            nodes = {*judged.report.objects(None, SH.focusNode)}
            referred.append(replace(judged, data=extract_names(part.store, nodes)))
            outcome.uncompiled = set()
        for shape in across:
            across[shape] += count_targets_in(part, shape)
    outcome.checked |= {shape.node: 0 for shape, count in across.items() if not count}
    yield _read_outcome(outcome, names, shapes)
    yield from referred
    remaining = [shape for shape, count in across.items() if count]
    if remaining:
        with data.select(predicates_of(remaining)) as chosen:
            outcome = compiled.judge(chosen, chosen.store, remaining)
            with data.select({*map(str, NAMING)} if outcome.results else ()) as texts:
                yield _read_outcome(outcome, extract_names(texts.store, outcome.nodes), shapes)
            if outcome.uncompiled:
                yield _judge_by_reference(chosen, shapes, outcome.uncompiled)


def _read_outcome(outcome: EngineOutcome, names: Graph, shapes: Graph) -> _Part:
    by_shape = outcome.results_by_shape
    return _Part(
        compiled.NAME,
        report_of(outcome.results, shapes),
        outcome.checked,
        names,
        outcome.more,
        results_to_json({k: by_shape[k] for k in by_shape if k not in outcome.truncated}),
    )


def _judge_by_reference(data: Data, shapes: Graph, only: set[Node] | None) -> _Part:
    from parvis.validation.reference import judge  # noqa: PLC0415 - see REFERENCE

    graph = data.graph()
    return _Part(REFERENCE, *judge(graph, shapes, only), graph)
