"""A report with all that is told around it, ready to be written in any form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from parvis.i18n import LANGUAGES, N_, number, say
from parvis.report import Finding, Group, Report, Score, Severity, Since, groups
from parvis.report.since import NEW

Texts = Mapping[str, str]

EXAMPLES = 3
POINTS = N_("+{points} points")
LEAST = 0.1
"""Fewer points are not told apart."""
NEW_ONES = N_("{count} new")
LOOKED_AT = N_("looked at: {shapes}")
EMPTY = N_("nothing to look at for: {shapes}")
SCORE = N_("score: {value} out of 100")
SINCE = N_("findings since the last submission: {new} new, {repaired} repaired, {same} the same")
UNCOMPARED = N_("too many findings to be compared with the last submission: {rules}")


@dataclass(frozen=True)
class Line:
    """A line for people: its text, how grave or important it is, and how far it is indented."""

    text: str
    style: str = "plain"
    indent: int = 0


@dataclass(frozen=True)
class Section:
    """Sentences under a title, told after the findings."""

    title: Texts
    items: Sequence[Texts]


@dataclass(frozen=True)
class Account:
    """A report, about what, with its verdict.

    `facts` are further sentences on what was done, `sections` what else is worth knowing, `data` is
    the same for programs, as plain data.
    """

    subject: str
    report: Report
    good: bool
    verdict: Texts
    facts: Sequence[Texts] = ()
    since: Since | None = None
    sections: Sequence[Section] = ()
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def score(self) -> Score:
        """Score the report."""
        return Score.of(self.report)

    @cached_property
    def groups(self) -> list[Group]:
        """Give each cause once, the gravest and most frequent first."""
        return groups(self.report.findings, self.report.counts())

    @cached_property
    def _new(self) -> frozenset[int]:
        """Know the new findings by their identity: several may be equal."""
        return frozenset(id(one) for one in self.since.those(NEW)) if self.since else frozenset()

    def is_new(self, finding: Finding) -> bool:
        """Say whether a finding was not in the report of the last submission."""
        return id(finding) in self._new

    def new_in(self, group: Group) -> int:
        """Count the new findings of a group."""
        return sum(map(self.is_new, group.findings))

    @property
    def empty(self) -> list[str]:
        """Name the shapes that found nothing to look at."""
        return [shape for shape, count in sorted(self.report.checked.items()) if not count]

    def notes(self, group: Group, lang: str) -> list[str]:
        """Say what repairing a group would bring, and how much of it is new."""
        found = []
        if points := self.score.gains.get((group.rule, group.severity)):
            found.append(say(lang, POINTS, points=number(lang, max(round(points, 1), LEAST))))
        if count := self.new_in(group):
            found.append(say(lang, NEW_ONES, count=number(lang, count)))
        return found

    def score_in(self, lang: str) -> str | None:
        """Say the score; nothing where nothing was looked at."""
        value = self.score.value
        return None if value is None else say(lang, SCORE, value=number(lang, value))

    def since_in(self, lang: str) -> list[str]:
        """Say what changed since the last submission, if there was one."""
        if self.since is None:
            return []
        counts = {mark: number(lang, count) for mark, count in self.since.counts().items()}
        told = [say(lang, SINCE, **counts)]
        if self.since.uncompared:
            told.append(say(lang, UNCOMPARED, rules=", ".join(self.since.uncompared)))
        return told

    def lines(self, lang: str) -> Iterator[Line]:
        """Say the whole in lines for people: one cause once, with its first examples."""
        yield from (Line(fact[lang]) for fact in self.facts)
        for group in self.groups:
            head = (group.severity.name_in(lang), group.rule, number(lang, group.count))
            yield Line(" · ".join((*head, *self.notes(group, lang))), _STYLES[group.severity])
            yield from (Line(text, indent=4) for text in group.in_words(lang, EXAMPLES))
        yield from (Line(text, "quiet") for text in self._looked_at(lang))
        if (told := self.score_in(lang)) is not None:
            yield Line(told, "strong")
        yield from (Line(text) for text in self.since_in(lang))
        for section in self.sections:
            yield Line(section.title[lang])
            yield from (Line(item[lang], indent=4) for item in section.items)
        yield Line(self.verdict[lang], "good" if self.good else "bad")

    def to_json(self) -> dict[str, Any]:
        """Give all of it as plain data; what changed since the last submission as sentences."""
        since = [dict(zip(LANGUAGES, texts, strict=True)) for texts in self._since_in_all()]
        return {
            "subject": self.subject,
            "report": self.report.to_json(),
            "good": self.good,
            "verdict": dict(self.verdict),
            "facts": [*map(dict, self.facts), *since],
            "sections": [[dict(one.title), [*map(dict, one.items)]] for one in self.sections],
            "data": dict(self.data),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        told = {name: found[name] for name in ("subject", "good", "verdict", "facts", "data")}
        report = Report.from_json(found["report"])
        return cls(report=report, sections=[Section(*one) for one in found["sections"]], **told)

    def _since_in_all(self) -> Iterator[tuple[str, ...]]:
        """Give each sentence of `since_in` in every language."""
        return zip(*map(self.since_in, LANGUAGES), strict=True)

    def _looked_at(self, lang: str) -> Iterator[str]:
        """Say how many focus nodes each shape had, and which had none."""
        full = [f"{shape} {number(lang, n)}" for shape, n in self.report.checked.items() if n]
        if full:
            yield say(lang, LOOKED_AT, shapes=", ".join(full))
        if self.empty:
            yield say(lang, EMPTY, shapes=", ".join(self.empty))


_STYLES = {one: one.name.lower() for one in Severity}
