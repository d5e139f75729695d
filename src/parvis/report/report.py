"""Findings about a partner's data, each with its place in the file as the partner knows it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import islice
from typing import Any, Self

from parvis.i18n import N_, counted, say


class Severity(IntEnum):
    """How grave a finding is, as SHACL grades results (SHACL §2.1.4)."""

    INFO = 1
    WARNING = 2
    VIOLATION = 3

    def name_in(self, lang: str) -> str:
        """Name the severity for people."""
        return say(lang, _NAMES[self])


_NAMES = {
    Severity.INFO: N_("notice"),
    Severity.WARNING: N_("warning"),
    Severity.VIOLATION: N_("violation"),
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

    def to_json(self) -> dict[str, Any]:
        """Give what is known of the place as plain data."""
        known = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in known if value is not None}

    def in_words(self, lang: str) -> str:
        """Say the place for people, leaving out what is unknown."""
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
    """One thing found: what, how grave, where, and about which value or entity.

    `rule` is a short stable code (``bad-date``, ``no-place``, a shape's local name); findings
    are grouped by it, never by their text. `text` has one sentence per language. `shape` is the
    local name of the targeted shape under which it was found, where a shape found it.
    """

    severity: Severity
    rule: str
    text: Mapping[str, str]
    place: Place | None = None
    value: str | None = None
    focus: str | None = None
    path: str | None = None
    shape: str | None = None

    def in_words(self, lang: str) -> str:
        """Say the finding in a sentence, after its place."""
        if self.place is None:
            return self.text[lang]
        place, sentence = self.place.in_words(lang), self.text[lang]
        return say(lang, N_("{place}: {sentence}"), place=place, sentence=sentence)

    def to_json(self) -> dict[str, Any]:
        """Give the finding as plain data."""
        found = {
            "severity": self.severity.name.lower(),
            "rule": self.rule,
            "message": dict(self.text),
            "place": self.place.to_json() if self.place else None,
            "value": self.value,
            "focus": self.focus,
            "path": self.path,
            "shape": self.shape,
        }
        return {key: value for key, value in found.items() if value is not None}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        place = found.get("place")
        return cls(
            severity=Severity[found["severity"].upper()],
            rule=found["rule"],
            text=found["message"],
            place=Place(**place) if place else None,
            value=found.get("value"),
            focus=found.get("focus"),
            path=found.get("path"),
            shape=found.get("shape"),
        )


ROWS = N_("{rows} rows read, {triples} facts written, {errors} rows with errors")

Kind = tuple[str, Severity]
MOST = 10_000
"""How many findings of one rule and severity are kept: what a million rows do wrong alike needs
no more examples, and costs no more memory."""
MOST_HEADINGS = 500
LONGEST_HEADING = 100
"""How many columns of a table are known by name, and how many characters of each."""
HOPELESS = "hopeless"
"""The rule of the finding that says why reading was given up before the end."""


def _kind(finding: Finding) -> Kind:
    """Tell what a finding is counted under."""
    return finding.rule, finding.severity


@dataclass
class Report:
    """All that was found in one submission, and how much was looked at.

    `rows` counts the source's rows, `row_errors` the rows from which something was left out,
    `triples` what was written, `checked` the focus nodes looked at per shape, `engine` who judged
    each shape, `facts` what was found out about each source (its encoding, its sheets), `headings`
    the columns of each table, and whether the mapping uses each.
    Of one rule and severity the first `MOST` findings are kept, `more` counts the others.
    """

    findings: list[Finding] = field(default_factory=list)
    more: Counter[Kind] = field(default_factory=Counter)
    rows: int = 0
    row_errors: int = 0
    triples: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    engine: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    headings: dict[str, dict[str, bool]] = field(default_factory=dict)
    _kept: Counter[Kind] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Count what there is from the beginning."""
        self._kept = Counter(map(_kind, self.findings))

    def add(self, finding: Finding) -> None:
        """Take one more finding: it is kept, or only counted."""
        kind = _kind(finding)
        if self._kept[kind] < MOST:
            self._kept[kind] += 1
            self.findings.append(finding)
        else:
            self.more[kind] += 1

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take more findings."""
        for finding in findings:
            self.add(finding)

    def headed(self, table: str, used: Mapping[str, bool]) -> None:
        """Take a table's headings, and whether each is used; it may be read several times.

        Of very many the first are taken, and of a very long one its beginning.
        """
        known = self.headings.setdefault(table, {})
        for name, is_used in islice(used.items(), MOST_HEADINGS):
            short = name[:LONGEST_HEADING]
            known[short] = is_used or known.get(short, False)

    @property
    def unused(self) -> dict[str, list[str]]:
        """Give the columns of each table that are not used, in their order; tables with some."""
        found = {
            table: [name for name, is_used in known.items() if not is_used]
            for table, known in self.headings.items()
        }
        return {table: names for table, names in found.items() if names}

    @property
    def is_hopeless(self) -> bool:
        """Say whether reading was given up before the end."""
        return any(one.rule == HOPELESS for one in self.findings)

    @property
    def worst(self) -> Severity | None:
        """Give the gravest severity found."""
        return max((finding.severity for finding in self.findings), default=None)

    def counts(self) -> dict[Kind, int]:
        """Count all findings by rule and severity, the gravest and most frequent first."""
        counted = self._kept + self.more
        return dict(sorted(counted.items(), key=lambda item: (-item[0][1], -item[1], item[0])))

    def by_shape(self) -> dict[str, Counter[Severity]]:
        """Count all findings by targeted shape and severity; shapes without any are there too."""
        shape_of = {_kind(one): one.shape for one in self.findings if one.shape}
        counted = {shape: Counter[Severity]() for shape in sorted(self.checked)}
        for kind, count in self.counts().items():
            if shape := shape_of.get(kind):
                counted.setdefault(shape, Counter())[kind[1]] += count
        return counted

    @property
    def total(self) -> int:
        """Count all findings, kept or not."""
        return len(self.findings) + self.more.total()

    def accepted(self, threshold: float) -> bool:
        """Say whether the data may enter: no violation, row errors at or under the threshold."""
        return self.worst is not Severity.VIOLATION and not self.has_too_many_errors(threshold)

    def has_too_many_errors(self, threshold: float) -> bool:
        """Say whether more of its rows are in error than may be; `threshold` is a share of them."""
        return self.row_errors > threshold * max(self.rows, 1)

    def to_json(self) -> dict[str, Any]:
        """Give the report as plain data."""
        return {
            "rows": self.rows,
            "row_errors": self.row_errors,
            "triples": self.triples,
            "facts": self.facts,
            "headings": self.headings,
            "checked": self.checked,
            "engine": self.engine,
            "counts": [
                {"rule": rule, "severity": severity.name.lower(), "count": count}
                for (rule, severity), count in self.counts().items()
            ],
            "shapes": [
                {"shape": shape, "checked": self.checked.get(shape)}
                | {one.name.lower(): counted[one] for one in reversed(Severity)}
                for shape, counted in self.by_shape().items()
            ],
            "findings": [finding.to_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        findings = [Finding.from_json(one) for one in found["findings"]]
        kept = Counter(map(_kind, findings))
        told = {
            (one["rule"], Severity[one["severity"].upper()]): one["count"]
            for one in found["counts"]
        }
        return cls(
            findings=findings,
            more=Counter(told) - kept,
            rows=found["rows"],
            row_errors=found["row_errors"],
            triples=found["triples"],
            checked=found["checked"],
            engine=found.get("engine", {}),
            facts=found["facts"],
            headings=found.get("headings", {}),
        )

    def in_words(self, lang: str, examples: int = 3) -> Iterable[str]:
        """Say the report in lines for people: one cause once, with its first examples."""
        yield counted(lang, ROWS, rows=self.rows, triples=self.triples, errors=self.row_errors)
        for group in groups(self.findings, self.counts()):
            yield f"{group.severity.name_in(lang)} · {group.rule} · {group.count}"
            for line in group.in_words(lang, examples):
                yield f"    {line}"


LISTED = frozenset({"unmatched-concept", "not-in-table"})
"""Rules whose values a person will want to add to a list: each is told once."""
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Group:
    """One cause, told once: the findings of one rule and severity that are kept, and how many."""

    rule: str
    severity: Severity
    count: int
    findings: list[Finding]

    def in_words(self, lang: str, examples: int) -> Iterable[str]:
        """Say the first examples, and how many more there are; of a list, its values."""
        shown = self.first(examples)
        yield from (finding.in_words(lang) for finding in shown)
        if self.listed:
            yield self.values
        elif self.count > len(shown):
            yield say(lang, N_("… and {more} more"), more=self.count - len(shown))

    @property
    def listed(self) -> bool:
        """Say whether its values are told in one list."""
        return self.rule in LISTED

    def first(self, examples: int) -> list[Finding]:
        """Give the first examples; of a list, one."""
        return self.findings[: 1 if self.listed else examples]

    @property
    def values(self) -> str:
        """Write the values, the most frequent first, with how often each stands there."""
        counted = Counter(finding.value or "" for finding in self.findings).most_common()
        words = [f"{value} (×{count})" for value, count in counted[:MOST_LISTED]]
        return ", ".join([*words, *(["…"] if len(counted) > MOST_LISTED else [])])


def groups(findings: Iterable[Finding], counts: Mapping[Kind, int]) -> list[Group]:
    """Put findings together by rule and severity, in the order of the counts."""
    kept: dict[Kind, list[Finding]] = {kind: [] for kind in counts}
    for finding in findings:
        kept[_kind(finding)].append(finding)
    return [Group(*kind, counts[kind], found) for kind, found in kept.items()]
