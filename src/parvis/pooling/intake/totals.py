"""Totals of a file's figures, compared with those of the same periods that the pool has.

Half of a file is a file like any other: only its totals tell. A person decides about a jump.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from rdflib.namespace import QB, RDF

from parvis.catalog.codelists import MEASURES
from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import LANGUAGES, N_, both
from parvis.report import Finding, Severity
from parvis.vocab.namespaces import PARVIS

CHANGED_TOTAL = "changed-total"
SHARE = 0.2
"""The change of a total, as a share of what it was, from which somebody decides."""
JUMP = N_(
    "{measure}, {period}: {before} in the pool, {after} in this file; such a change of figures that"
    " were there already waits for the steward"
)

OBSERVATION = f"<{RDF.type}> <{QB.Observation}> .".encode()
PERIOD = f"<{PARVIS.refPeriod}> ".encode()
VALUES = {f"<{measure}> ".encode(): measure for measure in MEASURES}
Totals = defaultdict[tuple[str, str], float]
"""The sum of all figures of a measure and period, by their IRIs: parts and wholes alike."""


def find_changed_totals(before: Iterable[bytes], after: Iterable[bytes]) -> Iterator[Finding]:
    """Report the totals that changed by more than `SHARE`, of periods that were there already.

    Both are lines of N-Triples, grouped by subject.
    """
    former, latter = _add_up(before), _add_up(after)
    periods = {period for _, period in latter}
    words = load_words()
    for (measure, period), total in sorted(former.items()):
        new = latter[measure, period]
        if period in periods and abs(new - total) > SHARE * abs(total):
            label = words.of_term(measure)
            names = {lang: label.get(lang, last_segment(measure)) for lang in LANGUAGES}
            fields = {"before": f"{total:.15g}", "after": f"{new:.15g}"}
            text = both(JUMP, measure=names, period=last_segment(period), **fields)
            yield Finding(Severity.WARNING, CHANGED_TOTAL, text, path=measure)


def _add_up(lines: Iterable[bytes]) -> Totals:
    totals: Totals = defaultdict(float)
    for _, group in groupby(lines, key=lambda line: line.partition(b" ")[0]):
        statements = [line.partition(b" ")[2].rstrip() for line in group]
        if OBSERVATION not in statements:
            continue
        period = next((s for s in statements if s.startswith(PERIOD)), b"")
        name = period.removeprefix(PERIOD).strip(b"<>. ").decode()
        for statement in statements:
            predicate, _, value = statement.partition(b" ")
            measure = VALUES.get(predicate + b" ")
            if measure is not None:
                totals[measure, name] += float(value.split(b'"')[1])
    return totals
