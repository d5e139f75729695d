"""A report with its context (verdict, facts, sections), ready to be written in any form."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from parvis.i18n import LANGUAGES, N_, choose_text, number, say
from parvis.report import Finding, FindingGroup, Report, ReportChanges, Score, Severity
from parvis.report.since import NEW

Texts = Mapping[str, str]

EXAMPLES = 3
POINTS = N_("score +{points}")
LEAST = 0.1
"""The fewest points worth displaying."""
NEW_ONES = N_("new since the last submission: {count}")
LOOKED_AT = N_("looked at: {kinds}")
ABSENT = N_("not in this file: {kinds}")
SCORE = N_("score: {value} out of 100")
SINCE = N_("since the last submission: new {new}, repaired {repaired}, the same {same}")
UNCOMPARED = N_("too many findings to be compared with the last submission: {rules}")


@dataclass(frozen=True)
class Line:
    """A line for people: its text, its style and its indentation."""

    text: str
    style: str = "plain"
    indent: int = 0


@dataclass(frozen=True)
class Section:
    """Sentences under a title, after the findings."""

    title: Texts
    items: Sequence[Texts]


@dataclass
class KindCount:
    """How many things of a kind were looked at, and the findings about them by severity."""

    checked: int = 0
    findings: Counter[Severity] = field(default_factory=Counter)


@dataclass(frozen=True)
class ReportModel:
    """A report and its subject, with its verdict.

    `facts` are further sentences on what was done, `sections` what else is worth knowing, `data`
    the report as data for programs.
    """

    subject: str
    report: Report
    good: bool
    verdict: Texts
    facts: Sequence[Texts] = ()
    since: ReportChanges | None = None
    sections: Sequence[Section] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def score(self) -> Score:
        return Score.of(self.report)

    @cached_property
    def groups(self) -> list[FindingGroup]:
        """Each cause once, the most severe and most frequent first."""
        return self.report.groups()

    @cached_property
    def _new(self) -> frozenset[int]:
        # By identity, because several findings may be equal.
        return frozenset(map(id, self.since.findings_of(NEW))) if self.since else frozenset()

    def is_new(self, finding: Finding) -> bool:
        """Whether a finding was not in the report of the last submission."""
        return id(finding) in self._new

    @property
    def empty(self) -> list[str]:
        """The shapes without focus nodes."""
        return [shape for shape, count in sorted(self.report.checked.items()) if not count]

    def kinds(self, lang: str) -> dict[str, KindCount]:
        """Count the things looked at, and the findings about them, by what they are in words."""
        kinds: dict[str, KindCount] = {}
        whole: dict[str, int] = {}
        for shape, severities in self.report.by_shape().items():
            title, checked = self.report.title(shape), self.report.checked.get(shape, 0)
            if kind := choose_text(lang, title.kind):
                counts = kinds.setdefault(kind, KindCount())
                counts.findings += severities
                counts.checked = max(counts.checked, checked)
                if not title.name:  # the others are rules on some of these things
                    whole[kind] = checked
        for kind, checked in whole.items():
            kinds[kind].checked = checked
        return dict(sorted(kinds.items(), key=lambda item: -item[1].checked))

    def notes(self, group: FindingGroup, lang: str) -> list[str]:
        """Return the points that repairing a group would bring, and how many are new, in words."""
        notes = []
        if points := self.score.gains.get((group.rule, group.severity)):
            notes.append(say(lang, POINTS, points=number(lang, max(round(points, 1), LEAST))))
        if count := sum(map(self.is_new, group.findings)):
            notes.append(say(lang, NEW_ONES, count=number(lang, count)))
        return notes

    def since_in(self, lang: str) -> list[str]:
        """Return what changed since the last submission, in words."""
        if self.since is None:
            return []
        counts = {mark: number(lang, count) for mark, count in self.since.counts().items()}
        sentences = [say(lang, SINCE, **counts)]
        if self.since.uncompared:
            titles = (self.report.title(rule).in_words(lang) for rule in self.since.uncompared)
            sentences.append(say(lang, UNCOMPARED, rules=", ".join(dict.fromkeys(titles))))
        return sentences

    def lines(self, lang: str) -> Iterator[Line]:
        """Yield the report as lines for people: one cause once, with its first examples."""
        yield from (Line(fact[lang]) for fact in self.facts)
        for group in self.groups:
            head = " · ".join((group.head(lang), *self.notes(group, lang)))
            yield Line(head, _STYLES[group.severity])
            yield from (Line(text, indent=4) for text in group.in_words(lang, EXAMPLES))
        kinds = {kind: counts.checked for kind, counts in self.kinds(lang).items()}
        if counts := [f"{kind} × {number(lang, n)}" for kind, n in kinds.items() if n]:
            yield Line(say(lang, LOOKED_AT, kinds=", ".join(counts)), "quiet")
        if absent := [kind for kind, n in kinds.items() if not n]:
            yield Line(say(lang, ABSENT, kinds=", ".join(absent)), "quiet")
        if (value := self.score.value) is not None:  # else nothing was checked
            yield Line(say(lang, SCORE, value=number(lang, value)), "strong")
        yield from (Line(text) for text in self.since_in(lang))
        for section in self.sections:
            yield Line(section.title[lang])
            yield from (Line(item[lang], indent=4) for item in section.items)
        yield Line(self.verdict[lang], "good" if self.good else "bad")

    def to_json(self) -> dict[str, Any]:
        # What changed is stored as sentences: the earlier report is not.
        sentences = zip(*map(self.since_in, LANGUAGES), strict=True)
        since = [dict(zip(LANGUAGES, texts, strict=True)) for texts in sentences]
        return {
            "subject": self.subject,
            "report": self.report.to_json(),
            "good": self.good,
            "verdict": dict(self.verdict),
            "facts": [*map(dict, self.facts), *since],
            "sections": [
                [dict(section.title), [*map(dict, section.items)]] for section in self.sections
            ],
            "data": dict(self.data),
        }

    @classmethod
    def from_json(cls, account: Mapping[str, Any]) -> Self:
        fields = {name: account[name] for name in ("subject", "good", "verdict", "facts", "data")}
        report = Report.from_json(account["report"])
        return cls(
            report=report, sections=[Section(*section) for section in account["sections"]], **fields
        )


_STYLES = {severity: severity.name.lower() for severity in Severity}
