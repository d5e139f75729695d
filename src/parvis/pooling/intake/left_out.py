"""What breaks a rule is left out, so that one bad venue does not refuse a whole file.

An entity with a violation is left out with what links to it, as long as its rows are few enough for
the dataset's threshold; what remains breaks no rule, which is validated again.
"""

import math
from collections.abc import Callable, Collection
from itertools import chain
from pathlib import Path

from parvis.mapping.engine.converter import Conversion
from parvis.rdf.streams import open_file
from parvis.report import Place, Severity
from parvis.validation import Validation

OF_SEVERAL = frozenset({"DataSet-key"})
"""Rules that two entities break together: no one can say which of two figures is the wrong one."""
ROUNDS = 5
"""How often what remains is validated; what is left out may leave something else incomplete."""


def leave_out(
    conversion: Conversion,
    triples: Path,
    validation: Validation,
    threshold: float,
    validate: Callable[[Path], Validation],
) -> tuple[Path, Validation]:
    """Leave out the entities with violations; return the remaining triples, and their validation.

    The report then counts their rows among those in error, and the entities. Where a violation is
    of no row, or the rows are too many for the `threshold`, nothing is left out.
    """
    report, places = conversion.report, conversion.places
    subjects: set[str] = set()
    rows: set[Place] = set()
    errors, remaining, outcome = report.row_errors, triples, validation
    for number in range(ROUNDS):
        violating = _find_violating(outcome)
        if violating == set():
            report.left_out = len(subjects)
            return remaining, outcome
        located = places.rows_of(violating or (), math.inf)
        if not violating or not all(located.values()):
            break
        subjects |= violating
        rows.update(chain.from_iterable(located.values()))
        # A row may be in error for what could not be read in it, too.
        report.row_errors = min(errors + len(rows), max(report.rows, errors))
        if report.has_too_many_errors(threshold):
            break
        remaining = triples.with_name(f"remaining-{number}.nt")
        _copy_without(subjects, triples, remaining)
        outcome = validate(remaining)
        report.extend(f for f in outcome.findings if f.severity is Severity.VIOLATION)
        report.titles |= outcome.titles
    return triples, validation


def _find_violating(validation: Validation) -> set[str] | None:
    """Return the entities with a violation; None where some violation is of none of them."""
    if any(severity is Severity.VIOLATION for _, severity in validation.more):
        return None  # too many to be told
    violations = [f for f in validation.findings if f.severity is Severity.VIOLATION]
    if any(finding.rule in OF_SEVERAL for finding in violations):
        return None
    focuses = {finding.focus for finding in violations}
    subjects = {focus for focus in focuses if focus is not None and not focus.startswith("_:")}
    return subjects if len(subjects) == len(focuses) else None


def _copy_without(subjects: Collection[str], triples: Path, output: Path) -> None:
    """Copy N-Triples without those of some subjects, and without those that lead to them."""
    names = {f"<{subject}>".encode() for subject in subjects}
    with open_file(triples) as lines, output.open("wb") as out:
        for line in lines:
            subject, _, value = line.split(b" ", 2)
            if subject not in names and value.removesuffix(b" .\n") not in names:
                out.write(line)
