"""What the third party reads over before a release: who was counted, what is suppressed and why.

For the third party alone: it tells what the release hides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parvis.catalog.ontology import load_words
from parvis.config.json_data import to_object
from parvis.i18n import LANGUAGES, N_, both, say_counts
from parvis.pooling.pool import Pool
from parvis.pooling.publics.history import PortraitRelease
from parvis.statistics.figures import ReleaseFigure
from parvis.statistics.strata import owner

if TYPE_CHECKING:
    from parvis.pooling.publics.release import ReleaseEditor

Sentence = Mapping[str, str]

RULES = {
    1: N_("Fewer contributors than the minimum"),
    2: N_("Fewer persons than the minimum"),
    3: N_("One or two contributors make nearly all of it"),
    4: N_("Too few inhabitants in the area, or their number is not known"),
    5: N_("Without it, another suppressed figure could be computed"),
    7: N_("Too little changed since an earlier release: who changed it would be known"),
    9: N_("A member could compute what another one brought"),
}
"""The rules of disclosure control, by number, as reasons."""
OTHER_RULE = N_("To protect other figures")
NOT_COMPARABLE = N_(
    "{name}: figures that cannot be compared with the pool’s, and do not count: {count}."
)
EXCEEDS = N_("{name}: the parts of some figures exceed their total; they do not count.")
REPEATED = N_(
    "Figures that read as in an earlier release, since too few partners changed what they bring:"
    " {count}."
)
UNPROVED = N_(
    "Suppressed figures for which the calculation could not show that nobody can work them out:"
    " {count}."
)
PROVED = N_(
    "Suppressed figures that nobody can work out from all that is published, as a calculation"
    " shows: {count}."
)
FIRST = N_("This is the first release: there is none to compare it with.")
NEW_CONTRIBUTORS = N_("Contributors that were not in the release before: {names}.")
GONE_CONTRIBUTORS = N_("Contributors of the release before that are not in this one: {names}.")
NEWLY = N_("Figures that are published and were not: {count}.")
NO_LONGER = N_("Figures that are no longer published: {count}.")
CHANGED = N_("Published figures that have another value: {count}.")
UNCHANGED = N_("Published figures that are as they were: {count}.")


@dataclass(frozen=True)
class MeasureCount:
    """How many figures of a measure are published, and how many suppressed."""

    measure: Sentence
    published: int
    suppressed: int


@dataclass(frozen=True)
class ReleaseReview:
    """The last release of an edition: who was counted, what is suppressed, what has changed.

    `rules` counts the suppressed figures by reason; a figure may have several.
    """

    dataset: str
    title: Sentence
    number: int
    contributors: Sequence[Sentence]
    measures: Sequence[MeasureCount]
    rules: Sequence[tuple[Sentence, int]]
    plausibility: Sequence[Sentence]
    differences: Sequence[Sentence]

    def to_json(self) -> dict[str, Any]:
        rules = [{"reason": reason, "figures": count} for reason, count in self.rules]
        return to_object(self) | {"rules": rules}

    @property
    def published(self) -> int:
        return sum(measure.published for measure in self.measures)

    @property
    def suppressed(self) -> int:
        return sum(measure.suppressed for measure in self.measures)


def review_releases(pool: Pool) -> list[ReleaseReview]:
    """Return the review of the last release of each edition that has one, that of all first.

    Raises as `portray`.
    """
    from parvis.pooling.publics.release import prepare_editions  # noqa: PLC0415 - the register only reads its rules

    return [_review(editor, editor.last) for editor in prepare_editions(pool) if editor.last]


def _review(editor: "ReleaseEditor", release: PortraitRelease) -> ReleaseReview:
    figures = editor.figures(release)
    names = {partner.iri: partner.names for partner in editor.pool.catalog.partners.values()}
    parties = {name for figure in figures for name in map(owner, figure.current)}
    return ReleaseReview(
        dataset=str(editor.dataset.key),
        title=editor.dataset.title,
        number=release.number,
        contributors=_sort_names(parties, names),
        measures=_count_measures(figures),
        rules=_count_rules(figures),
        plausibility=list(_list_doubts(release, figures, names)),
        differences=_list_differences(editor, figures, names),
    )


def _sort_names(parties: Iterable[str], names: Mapping[str, Sentence]) -> list[Sentence]:
    listed = [names.get(party) or dict.fromkeys(LANGUAGES, party) for party in parties]
    return sorted(listed, key=lambda name: next(iter(name.values())).casefold())


def _count_measures(figures: Sequence[ReleaseFigure]) -> list[MeasureCount]:
    published = Counter(f.key.measure for f in figures if f.value is not None)
    all_figures = Counter(figure.key.measure for figure in figures)
    words = load_words()
    return [
        MeasureCount(words.of_term(measure), published[measure], count - published[measure])
        for measure, count in sorted(all_figures.items())
    ]


def _count_rules(figures: Sequence[ReleaseFigure]) -> list[tuple[Sentence, int]]:
    counts: Counter[int] = Counter()
    for figure in figures:
        if figure.value is None:
            counts.update(figure.reasons or {0})
    return [(both(RULES.get(rule, OTHER_RULE)), count) for rule, count in counts.most_common()]


def _list_doubts(
    release: PortraitRelease, figures: Sequence[ReleaseFigure], names: Mapping[str, Sentence]
) -> Iterable[Sentence]:
    unfit: Counter[tuple[str, bool]] = Counter()
    for contributor, _, _, code, number in release.unfit:
        unfit[owner(contributor), bool(code)] += number
    for (party, has_code), count in sorted(unfit.items()):
        name = names.get(party) or dict.fromkeys(LANGUAGES, party)
        yield _count(NOT_COMPARABLE if has_code else EXCEEDS, count, name=name)
    if repeated := sum(figure.repeated for figure in figures):
        yield _count(REPEATED, repeated)
    if release.unproved:
        yield _count(UNPROVED, release.unproved)
    elif release.proved:
        yield _count(PROVED, release.proved)


def _list_differences(
    editor: "ReleaseEditor", figures: Sequence[ReleaseFigure], names: Mapping[str, Sentence]
) -> list[Sentence]:
    """Compare a release with the one before it."""
    earlier = editor.releases.all()
    if len(earlier) < 2:  # noqa: PLR2004 - this one and another
        return [both(FIRST)]
    former = editor.figures(earlier[-2])
    now, then = (_published(part) for part in (figures, former))
    before, after = (
        {owner(name) for figure in part for name in figure.current} for part in (former, figures)
    )
    sentences: list[Sentence] = []
    for template, parties in (
        (NEW_CONTRIBUTORS, after - before),
        (GONE_CONTRIBUTORS, before - after),
    ):
        if parties:
            listed = _sort_names(parties, names)
            joined = {lang: ", ".join(n.get(lang, "") for n in listed) for lang in LANGUAGES}
            sentences.append(both(template, names=joined))
    common = now.keys() & then.keys()
    changed = sum(now[key] != then[key] for key in common)
    counts = (
        (NEWLY, len(now.keys() - then.keys())),
        (NO_LONGER, len(then.keys() - now.keys())),
        (CHANGED, changed),
        (UNCHANGED, len(common) - changed),
    )
    return [*sentences, *(_count(template, count) for template, count in counts if count)]


def _published(figures: Iterable[ReleaseFigure]) -> dict[object, int]:
    return {figure.key: figure.value for figure in figures if figure.value is not None}


def _count(template: str, count: int, /, **fields: object) -> Sentence:
    return {lang: say_counts(lang, template, count=count, **fields) for lang in LANGUAGES}
