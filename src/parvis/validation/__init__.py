"""Validation: data against SHACL shapes, with findings that a partner can act on."""

from dataclasses import dataclass, field

from rdflib import Graph

from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.report import Finding, Place, Severity
from parvis.validation import reference
from parvis.validation.data import load_data
from parvis.validation.results import PlaceOf, findings, rule_of
from parvis.validation.shapes import load_shapes

__all__ = ["ENGINES", "Validation", "load_data", "load_shapes", "validate"]

ENGINES = ("auto", reference.NAME)
"""`auto` picks the fastest engine that judges every shape."""

UNKNOWN_ENGINE = N_("there is no engine {engine}; there are: {known}")
NOTHING_CHECKED = N_("No shape found anything to look at in these data.")


@dataclass(frozen=True)
class Validation:
    """What validating found.

    `conforms` has its standard meaning: no result at all, of any severity (SHACL §3.6.1.1).
    `checked` counts the focus nodes of each targeted shape and `engine` names who judged it, both
    by the shape's local name; `graph` is the ``sh:ValidationReport``.
    """

    conforms: bool
    findings: list[Finding]
    checked: dict[str, int]
    engine: dict[str, str]
    graph: Graph = field(repr=False)


def _nowhere(_subject: str, _path: str | None) -> Place | None:
    """Know no place."""
    return None


def validate(
    data: Graph, shapes: Graph, *, place_of: PlaceOf = _nowhere, engine: str = "auto"
) -> Validation:
    """Check data against shapes.

    `place_of` is asked for the place of each subject and property. When no shape found a focus
    node, a warning says so: "conforms" must not mean "nothing was looked at". Raises
    `ShapesError` for shapes that cannot be used, `UsageError` for an unknown engine.
    """
    if engine not in ENGINES:
        raise UsageError(UNKNOWN_ENGINE, engine=engine, known=", ".join(ENGINES))
    judged = reference.judge(data, shapes)
    found = findings(judged.report, data, shapes, place_of)
    checked = {rule_of(shape, shapes): count for shape, count in judged.checked.items()}
    if not any(checked.values()):
        found.append(Finding(Severity.WARNING, "nothing-checked", both(NOTHING_CHECKED)))
    return Validation(
        conforms=judged.conforms,
        findings=found,
        checked=dict(sorted(checked.items())),
        engine=dict.fromkeys(sorted(checked), reference.NAME),
        graph=judged.report,
    )
