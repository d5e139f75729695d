"""What the steward reads over of rounds: what each would release, and the budget of projects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.config import clock
from parvis.governance import Policies, RuleKind
from parvis.governance.policies import COMPARE_AUDIENCES, COUNT_PEOPLE
from parvis.ledger import RoundRecord, Rounds, RoundState
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.publics.rounds.reading import Names, RoundView, view_round
from parvis.pooling.publics.rounds.rules import PlannedFigure, plan_overlap, plan_release
from parvis.statistics.distinct.rounds import Kind

Texts = Mapping[str, str]


@dataclass(frozen=True)
class RoundReview:
    """A round for the steward: `figures` or `overlap` are what its approval would release."""

    view: RoundView
    figures: Sequence[PlannedFigure] = ()
    overlap: Mapping[str, Any] | None = None
    labels: Mapping[str, Texts] = field(default_factory=dict)

    @property
    def released(self) -> list[PlannedFigure]:
        return [figure for figure in self.figures if figure.why is None]

    def sentences(self, lang: str, names: Names | None = None) -> list[str]:
        return replace(self.view, result=self.overlap).sentences(lang, names)

    def to_json(self) -> dict[str, Any]:
        return {
            **self.view.to_json(),
            "planned": [figure.to_json() for figure in self.figures],
            "overlap": self.overlap,
        }


@dataclass(frozen=True)
class ProjectBudget:
    """A project, its budget of the year and what is spent of it; `ready` where rounds may open.

    `counting` and `comparing` are the members whose agreements permit each kind of round.
    """

    slug: str
    title: Texts
    budget: Decimal
    spent: Decimal
    ready: bool
    key_holder: Texts
    counting: tuple[str, ...]
    comparing: tuple[str, ...]


def review_round(pool: Pool, record: RoundRecord) -> RoundReview:
    """Return what a round would release now, if it was merged."""
    view = view_round(record)
    if record.state is not RoundState.ESTIMATED:
        return RoundReview(view)
    if record.kind == Kind.OVERLAP:
        return RoundReview(view, overlap=plan_overlap(pool, record))
    figures = plan_release(pool, record)
    disciplines, areas = scheme("discipline"), scheme("area")
    labels: dict[str, Texts] = {}
    for figure in figures:
        labels[figure.discipline] = disciplines.label(figure.discipline)
        labels[figure.area] = areas.label(figure.area)
    return RoundReview(view, figures, labels=labels)


def list_budgets(pool: Pool) -> list[ProjectBudget]:
    """Return the open projects, with what rounds of each may still spend this year."""
    pool = with_agreements(pool)
    year, rounds = clock.day_in_quebec().year, Rounds(pool.settings.data)
    budgets = []
    for project in pool.catalog.projects.values():
        if project.closed is None:
            policies = pool.catalog.policies
            budgets.append(
                ProjectBudget(
                    slug=project.slug,
                    title=project.title,
                    budget=project.epsilon_of_year,
                    spent=rounds.spent(project.slug, year),
                    ready=project.key_holder is not None,
                    key_holder=project.key_holder or {},
                    counting=_list_permitting(policies, project.iri, COUNT_PEOPLE),
                    comparing=_list_permitting(policies, project.iri, COMPARE_AUDIENCES),
                )
            )
    return budgets


def _list_permitting(policies: Policies, project: str, action: str) -> tuple[str, ...]:
    """Return the slugs of the partners whose agreement in a project has a rule for an action."""
    parties = {
        last_segment(agreement.assigner)
        for agreement in policies.agreements
        if agreement.project == project
        for rule in agreement.rules
        if rule.kind is RuleKind.PERMISSION and rule.action == action
    }
    return tuple(sorted(parties))
