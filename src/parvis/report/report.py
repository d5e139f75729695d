"""Findings about a partner's data, each with its place in the partner's file."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from itertools import islice
from math import floor
from typing import Any, ClassVar, Self

from parvis.config.json_data import from_json, to_json
from parvis.i18n import N_, number, say, say_counts
from parvis.report.titles import RuleTitle, title_code


class Severity(IntEnum):
    """The severity of a finding, as SHACL grades results (SHACL §2.1.4)."""

    INFO = 1
    WARNING = 2
    VIOLATION = 3

    def name_in(self, lang: str) -> str:
        return say(lang, _NAMES[self])


# What there is to do, since the names of SHACL say nothing to people who send a file.
_NAMES = {
    Severity.INFO: N_("good to know"),
    Severity.WARNING: N_("to review"),
    Severity.VIOLATION: N_("to correct"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a partner's file.

    Tables: `sheet`, `row` (as a spreadsheet numbers them, from 1), `column` (its heading).
    JSON: `row` is the index in the list, from 0, and `path` the JSONPath. Calendars: `row` is
    the number of the component, from 1. XML: `row` is the line on which the element begins.
    """

    file: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    path: str | None = None

    omits_null: ClassVar = True

    def in_words(self, lang: str) -> str:
        parts = [self.file]
        if self.sheet is not None:
            parts.append(say(lang, N_("sheet “{sheet}”"), sheet=self.sheet))
        if self.path is not None:
            parts.append(say(lang, N_("item {row}, {path}"), row=self.row, path=self.path))
        elif self.row is not None:
            parts.append(say(lang, N_("row {row}"), row=self.row))
        if self.column is not None:
            parts.append(say(lang, N_("column “{column}”"), column=self.column))
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding: what, how grave, where, and about which value or entity.

    `rule` is a short stable code (``bad-date``, ``no-place``, a shape's local name); findings are
    grouped by it, never by their text. `text` has one sentence per language. `shape` is the local
    name of the shape whose target the focus node was, for a finding of SHACL.
    """

    severity: Severity
    rule: str
    text: Mapping[str, str] = field(metadata={"json": "message"})
    place: Place | None = None
    value: str | None = None
    focus: str | None = None
    path: str | None = None
    shape: str | None = None

    omits_null: ClassVar = True

    def in_words(self, lang: str) -> str:
        """Return the finding as a sentence, after its place."""
        if self.place is None:
            return self.text[lang]
        place, sentence = self.place.in_words(lang), self.text[lang]
        return say(lang, N_("{place}: {sentence}"), place=place, sentence=sentence)


ROWS = N_("rows read: {rows}; triples written: {triples}; rows with errors: {errors}")

Kind = tuple[str, Severity]
MOST = 10_000
"""How many findings of each rule and severity are kept, which bounds the memory of a report."""
MOST_HEADINGS = 500
LONGEST_HEADING = 100
"""How many columns of a table are recorded, and how many characters of each heading."""
HOPELESS = "hopeless"
"""The rule of the finding that explains why reading was given up before the end."""


def _kind(finding: Finding) -> Kind:
    return finding.rule, finding.severity


@dataclass
class Report:
    """All findings about a submission, and how much was checked.

    `rows` counts the source's rows, `row_errors` the rows from which something was left out,
    `triples` those written, `checked` the focus nodes of each shape, `engine` the engine of each
    shape; `titles` are those of rules other than parvis's own codes; `facts` describe each source
    (its encoding, its sheets), `headings` are the columns of each table, and whether the mapping
    uses each. Of each rule and severity, the first `MOST` findings are kept; `more` counts the
    others. `left_out` counts the entities that were left out for their violations; if any were,
    nothing of a violation is in what was written.
    """

    findings: list[Finding] = field(default_factory=list)
    more: Counter[Kind] = field(default_factory=Counter)
    rows: int = 0
    row_errors: int = 0
    triples: int = 0
    left_out: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    engine: dict[str, str] = field(default_factory=dict)
    titles: dict[str, RuleTitle] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    headings: dict[str, dict[str, bool]] = field(default_factory=dict)
    _stored: Counter[Kind] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._stored = Counter(map(_kind, self.findings))

    def add(self, finding: Finding) -> None:
        """Keep a finding, or only count it."""
        kind = _kind(finding)
        if self._stored[kind] < MOST:
            self._stored[kind] += 1
            self.findings.append(finding)
        else:
            self.more[kind] += 1

    def extend(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    def record_headings(self, table: str, used: Mapping[str, bool]) -> None:
        """Record a table's headings and whether each is used; a table may be read repeatedly."""
        # A hostile table could have very many columns, or very long headings.
        columns = self.headings.setdefault(table, {})
        for name, is_used in islice(used.items(), MOST_HEADINGS):
            short = name[:LONGEST_HEADING]
            columns[short] = is_used or columns.get(short, False)

    @property
    def unused_columns(self) -> dict[str, list[str]]:
        """Return the unused columns of each table that has some, in their order."""
        unused = {
            table: [name for name, is_used in columns.items() if not is_used]
            for table, columns in self.headings.items()
        }
        return {table: names for table, names in unused.items() if names}

    @property
    def is_hopeless(self) -> bool:
        """Return whether reading was given up before the end."""
        return any(finding.rule == HOPELESS for finding in self.findings)

    @property
    def worst(self) -> Severity | None:
        return max((finding.severity for finding in self.findings), default=None)

    def counts(self) -> dict[Kind, int]:
        """Count all findings by rule and severity, the gravest and most frequent first."""
        totals = self._stored + self.more
        # The rule's name makes the order stable.
        return dict(sorted(totals.items(), key=lambda item: (-item[0][1], -item[1], item[0])))

    def title(self, rule: str) -> RuleTitle:
        """Return the title of a rule for people."""
        return self.titles.get(rule) or title_code(rule)

    def groups(self) -> list["FindingGroup"]:
        """Group the findings by rule and severity, the gravest and most frequent first."""
        counts = self.counts()
        by_kind: dict[Kind, list[Finding]] = {kind: [] for kind in counts}
        for finding in self.findings:
            by_kind[_kind(finding)].append(finding)
        return [
            FindingGroup(*kind, self.title(kind[0]), counts[kind], findings)
            for kind, findings in by_kind.items()
        ]

    def by_shape(self) -> dict[str, Counter[Severity]]:
        """Count all findings by targeted shape and severity, shapes without any included."""
        shape_of = {_kind(finding): finding.shape for finding in self.findings if finding.shape}
        # A shape without any finding has also been checked, which a report shows.
        by_shape = {shape: Counter[Severity]() for shape in sorted(self.checked)}
        for kind, count in self.counts().items():
            if shape := shape_of.get(kind):
                by_shape.setdefault(shape, Counter())[kind[1]] += count
        return by_shape

    @property
    def total(self) -> int:
        return len(self.findings) + self.more.total()

    def is_acceptable(self, threshold: float) -> bool:
        """Return whether data may enter: no violation in them, row errors within the threshold."""
        violated = self.worst is Severity.VIOLATION and not self.left_out
        return not violated and not self.has_too_many_errors(threshold)

    def has_too_many_errors(self, threshold: float) -> bool:
        """Return whether too many rows are in error; `threshold` is a share of all rows."""
        return self.row_errors > threshold * max(self.rows, 1)

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "row_errors": self.row_errors,
            "triples": self.triples,
            "left_out": self.left_out,
            "facts": self.facts,
            "headings": self.headings,
            "checked": self.checked,
            "engine": self.engine,
            "titles": to_json(self.titles),
            "counts": [
                {"rule": rule, "severity": severity.name.lower(), "count": count}
                for (rule, severity), count in self.counts().items()
            ],
            "shapes": [
                {"shape": shape, "checked": self.checked.get(shape)}
                | {severity.name.lower(): severities[severity] for severity in reversed(Severity)}
                for shape, severities in self.by_shape().items()
            ],
            "findings": to_json(self.findings),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        findings = [from_json(Finding, entry) for entry in document["findings"]]
        stored = Counter(map(_kind, findings))
        totals = {
            (entry["rule"], Severity[entry["severity"].upper()]): entry["count"]
            for entry in document["counts"]
        }
        return cls(
            findings=findings,
            # `counts` of the document are of all findings, kept or not.
            more=Counter(totals) - stored,
            rows=document["rows"],
            row_errors=document["row_errors"],
            triples=document["triples"],
            left_out=document.get("left_out", 0),
            checked=document["checked"],
            engine=document.get("engine", {}),
            titles={
                rule: from_json(RuleTitle, title)
                for rule, title in document.get("titles", {}).items()
            },
            facts=document["facts"],
            headings=document.get("headings", {}),
        )

    def in_words(self, lang: str, examples: int = 3) -> Iterable[str]:
        """Yield the report in lines for people: each cause once, with its first examples."""
        yield say_counts(lang, ROWS, rows=self.rows, triples=self.triples, errors=self.row_errors)
        for group in self.groups():
            yield group.head(lang)
            for line in group.in_words(lang, examples):
                yield f"    {line}"


LISTED = frozenset({"unmatched-concept", "not-in-table"})
"""Rules whose values a person will want to add to a list: each value is reported once."""
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of one rule and severity: those that are kept, and the number of all."""

    rule: str
    severity: Severity
    title: RuleTitle
    count: int
    findings: list[Finding]

    def head(self, lang: str) -> str:
        """Return what there is to do, about what, and how often."""
        words, title = self.severity.name_in(lang), self.title.in_words(lang)
        return f"{words} · {title} × {number(lang, self.count)}"

    def in_words(self, lang: str, examples: int) -> Iterable[str]:
        """Yield the first examples, and how many more there are; of a list, its values."""
        shown = self.first(examples)
        yield from (finding.in_words(lang) for finding in shown)
        if self.is_list:
            yield self.values
        elif self.count > len(shown):
            yield say(lang, N_("… and {more} more"), more=self.count - len(shown))

    @property
    def is_list(self) -> bool:
        return self.rule in LISTED

    def first(self, examples: int) -> list[Finding]:
        """Return the first examples; of a list, only one."""
        return self.findings[: 1 if self.is_list else examples]

    @property
    def values(self) -> str:
        """Return the values, the most frequent first, with the number of occurrences of each."""
        frequencies = Counter(finding.value or "" for finding in self.findings).most_common()
        words = [f"{value} (×{count})" for value, count in frequencies[:MOST_LISTED]]
        return ", ".join([*words, *(["…"] if len(frequencies) > MOST_LISTED else [])])


WEIGHTS = {
    Severity.INFO: Fraction(0),
    Severity.WARNING: Fraction(1, 2),
    Severity.VIOLATION: Fraction(1),
}
"""The part of a point that a finding costs: nothing for a notice."""

Subject = tuple[str | None, ...]
Broken = dict[Kind, Fraction]


@dataclass(frozen=True)
class Score:
    """A number from 0 to 100: the share of focus nodes and rows that are in order.

    Each focus node, once per shape that targets it, and each row of a source counts one point: none
    with a violation, half a point with a warning. `value` is their mean in per cent, None if
    nothing was checked. `gains` are the points that repairing each rule would bring: the loss of a
    node or row is shared among the rules that it breaks, by their weights, so that all gains
    together lead to 100. Each finding that was counted but not kept is taken as one about a subject
    of its own.
    """

    value: float | None
    gains: Mapping[Kind, float]

    @classmethod
    def of(cls, report: Report) -> Self:
        looked_at = sum(report.checked.values()) + report.rows
        if not looked_at:
            return cls(None, {})
        lost: Broken = defaultdict(Fraction)
        by_subject: dict[Subject, Broken] = {}
        for finding in report.findings:
            # A finding is about a focus node under a shape, else about a row, else about all data.
            subject: Subject = (finding.rule,)
            place = finding.place
            if finding.focus is not None:
                subject = finding.focus, finding.shape
            elif place is not None and place.row is not None:
                subject = place.file, place.sheet, str(place.row)
            by_subject.setdefault(subject, {})[_kind(finding)] = WEIGHTS[finding.severity]
        for broken in by_subject.values():
            total_weight = sum(broken.values())
            for kind, weight in broken.items():
                lost[kind] += max(broken.values()) * weight / total_weight if total_weight else 0
        for kind, count in report.more.items():
            lost[kind] += count * WEIGHTS[kind[1]]
        total = max(Fraction(looked_at), sum(lost.values(), Fraction(0)))
        gains = {kind: float(100 * loss / total) for kind, loss in lost.items() if loss}
        remains = 100 * (1 - sum(lost.values(), Fraction(0)) / total)
        order = sorted(gains, key=lambda kind: (-gains[kind], kind))
        return cls(
            # The value is rounded down, so that 100 means perfect.
            value=floor(remains * 10) / 10,
            gains={kind: gains[kind] for kind in order},
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "raise": [
                {"rule": rule, "severity": severity.name.lower(), "points": round(points, 2)}
                for (rule, severity), points in self.gains.items()
            ],
        }
