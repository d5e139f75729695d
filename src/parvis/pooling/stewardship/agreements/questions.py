"""An agreement as questions: who may read each dataset, for what, until when, how long it is kept.

The answers are written as the preset rules of a first agreement, and read back from them. Rules
that no answer makes were written by hand: the questions then only replace them, if that is wanted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from rdflib import URIRef
from rdflib.namespace import ODRL2, Namespace

from parvis.catalog.codelists import scheme
from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.folder import Catalog, broader_purposes
from parvis.catalog.projects import agreement_file
from parvis.config import Settings, clock
from parvis.errors import UsageError
from parvis.governance import (
    AGGREGATE,
    DISCOVER,
    EVERYONE,
    READ,
    USE,
    Agreement,
    Constraint,
    Rule,
    RuleKind,
)
from parvis.governance.parties import HOST, MEMBERS
from parvis.governance.policies import (
    COMPARE_AUDIENCES,
    CONTRIBUTES,
    COUNT_PEOPLE,
    DATE_TIME,
    DELETE,
    ELAPSED_TIME,
    PURPOSE,
    RECIPIENT,
)
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Author
from parvis.pooling.stewardship.entries import (
    TITLE,
    Texts,
    load_catalog,
    render_draft,
    require_party,
)
from parvis.pooling.stewardship.onboarding import ACCESS, DURATION, PURPOSES, WITHOUT_EFFECT
from parvis.pooling.stewardship.texts import change_texts, try_out
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, PREFIXES

DPV = Namespace(PREFIXES["dpv"])

PURPOSE_NAMES = {
    f"{PREFIXES['dpv']}ServiceUsageAnalytics": N_("to know audiences better (analysis of use)"),
    f"{PREFIXES['dpv']}ResearchAndDevelopment": N_("research"),
}
"""The usual purposes in words, by their IRIs."""

BY_HAND = N_(
    "the agreement of {party} has rules that were written by hand, and the questions would replace"
    " them: edit its text, or say that they may be replaced"
)
NO_ANSWER = N_("say who may read at least one dataset: an agreement speaks of some")
NO_ACCESS = N_("“{access}” is none of the answers to who may read {dataset}")
NO_DURATION = N_(
    "{dataset}: “{text}” is no duration in years or months: P1Y is a year, P18M eighteen months"
)
NO_DAY = N_("{dataset}: “{text}” is no day, such as 2027-06-30")
UNKNOWN_PURPOSE = N_("{dataset}: “{text}” is no purpose of the vocabulary of purposes")
ONLY_PARTNERS = N_("{party} gives no data: its agreement is written as a text")
EVERYBODY = "everyone"
"""Stands among the partners of an overlap for a release to everyone."""
INCOMPLETE_OVERLAP = N_(
    "{dataset}: to compare audiences takes a purpose and a last day: choose both, or no partner"
)
NOT_WITH_ITSELF = N_("{dataset}: its audience is compared with that of another partner: choose one")
NOT_ITS_OWN = N_("{dataset} is no dataset of {party}")


@dataclass(frozen=True)
class Answers:
    """The answers for a dataset: `access` is a key of `ACCESS`, `keep` an ISO 8601 duration.

    `excluded` are codes of kinds of organisation, `purpose` an IRI that readers must state, `until`
    the last day of reading; `in_return`, members read it who give the same figures. `count_people`
    permits rounds of distinct people; `overlap_with` are the partners (slugs) with whose audiences
    it may be compared, `EVERYBODY` for a release, for `overlap_purpose` and until `overlap_until`.
    """

    access: str
    excluded: tuple[str, ...] = ()
    keep: str = ""
    purpose: str = ""
    until: str = ""
    in_return: bool = False
    count_people: bool = False
    overlap_with: tuple[str, ...] = ()
    overlap_purpose: str = ""
    overlap_until: str = ""


@dataclass(frozen=True)
class Question:
    """The questions on a dataset; `answers` are those of the text, None where it is not in it.

    Where its rules were written `by_hand`, the answers say about as much, or are None.
    """

    key: DatasetKey
    title: Texts
    answers: Answers | None
    by_hand: bool = False


@dataclass(frozen=True)
class Questionnaire:
    """The questions on a partner's datasets; `by_hand` where answers do not make all its rules."""

    questions: tuple[Question, ...]
    by_hand: bool


def read_questionnaire(
    catalog: Catalog, partner: Partner, agreement: Agreement | None
) -> Questionnaire:
    """Return the questions on a partner's datasets, with the answers that an agreement gives."""
    rules = agreement.rules if agreement else ()
    questions: list[Question] = []
    explained: set[Rule] = set()
    for key, dataset in sorted(catalog.datasets.items(), key=lambda item: str(item[0])):
        if key.partner != partner.slug:
            continue
        own = [rule for rule in rules if rule.target == dataset.iri]
        answers = _read_answers(own) if own else None
        preset = _preset_rules(dataset, answers, own[0].agreement) if answers else set()
        explained |= preset
        questions.append(Question(key, dataset.title, answers, by_hand=set(own) != preset))
    return Questionnaire(tuple(questions), by_hand=set(rules) != explained)


def draft_from_answers(  # noqa: PLR0913, PLR0917 - a draft has as many parts
    settings: Settings,
    party: str,
    project: str | None,
    answers: Mapping[DatasetKey, Answers],
    author: Author = SHELL,
    reason: str = "",
    *,
    expected: str | None = None,
    replacing: bool = False,
) -> list[Path]:
    """Write a partner's draft from answers; datasets without one are not in it.

    Rules that were written by hand are replaced only if `replacing`. Raises `UsageError`,
    `OutdatedText`, `CatalogError` or `PolicyError`.
    """
    catalog = load_catalog(settings)
    partner = require_party(catalog, party)
    if not isinstance(partner, Partner):
        raise UsageError(ONLY_PARTNERS, party=party)
    if project is not None:
        catalog.require_project(project)
    if not answers:
        raise UsageError(NO_ANSWER)
    current = agreement_file(partner.folder, project)
    draft = agreement_file(partner.folder, project, "draft")
    file = draft if draft.is_file() else current
    name = f"{partner.slug}-{project}" if project else partner.slug
    path, trial = (f.relative_to(settings.catalog).as_posix() for f in (draft, current))
    former = _try_former(settings, file, trial, name) if file.is_file() else None
    by_hand = former is not None and read_questionnaire(catalog, partner, former).by_hand
    if by_hand and not replacing:
        raise UsageError(BY_HAND, party=party)
    title = dict(former.title) if former else both(TITLE, name=partner.names)
    text = render_draft(
        "preset-agreement.ttl", name=name, assigner=partner.slug, project=project, title=title
    )
    for key in sorted(answers, key=str):
        if key.partner != partner.slug:
            raise UsageError(NOT_ITS_OWN, dataset=key, party=party)
        for other in set(answers[key].overlap_with) - {EVERYBODY}:
            if other == partner.slug:
                raise UsageError(NOT_WITH_ITSELF, dataset=key)
            catalog.require_partner(other)
        text += _render_rules(catalog.require(key), answers[key], name)
    try_out(settings, {trial: text})
    new, changed = ({}, {path: text}) if draft.is_file() else ({path: text}, {})
    seen = {} if expected is None else {path: expected}
    return change_texts(settings, new, changed, author, reason, expected=seen)


def _try_former(settings: Settings, file: Path, trial: str, name: str) -> Agreement | None:
    """Read the text that answers replace as if it were in force."""
    policies = try_out(settings, {trial: file.read_text(encoding="utf-8")}).policies
    return policies.agreement(f"{settings.base}id/agreement/{name}")


def _render_rules(dataset: Dataset, answers: Answers, name: str) -> str:
    """Return the rules that answers make in Turtle; raises `UsageError`."""
    fields = {"dataset": dataset.key}
    if answers.access not in ACCESS:
        raise UsageError(NO_ACCESS, access=answers.access, **fields)
    if answers.keep and not DURATION.fullmatch(answers.keep):
        raise UsageError(NO_DURATION, text=answers.keep, **fields)
    if answers.excluded and answers.access != "members":
        raise UsageError(WITHOUT_EFFECT)
    if answers.overlap_with and not (answers.overlap_purpose and answers.overlap_until):
        raise UsageError(INCOMPLETE_OVERLAP, **fields)
    purpose = _require_purpose(answers.purpose, dataset.key)
    kinds = scheme("organization-type")
    return render_draft(
        "preset-rules.ttl",
        in_return=answers.in_return and answers.access == "members",
        name=name,
        key=dataset.key,
        words=both(ACCESS[answers.access]),
        access=answers.access,
        pooled=_is_pooled(dataset, answers),
        excluded=[kinds.require(kind) for kind in answers.excluded],
        duration=answers.keep,
        purpose=purpose,
        until=_last_instant(answers.until, dataset.key),
        count_people=answers.count_people,
        overlap_with=sorted(answers.overlap_with),
        overlap_purpose=_require_purpose(answers.overlap_purpose, dataset.key),
        overlap_until=_last_instant(answers.overlap_until, dataset.key),
    )


def _require_purpose(text: str, key: DatasetKey) -> str:
    """Return the IRI of a purpose, empty for none; raises `UsageError`."""
    purpose = PREFIXES["dpv"] + PURPOSES[text] if text in PURPOSES else text
    if purpose and purpose not in broader_purposes():
        raise UsageError(UNKNOWN_PURPOSE, text=text, dataset=key)
    return purpose


def _is_pooled(dataset: Dataset, answers: Answers) -> bool:
    # Figures that others may read may also be pooled; where a kind may not read them, they are not.
    of_publics = (URIRef(dataset.iri), DPV.hasPurpose, None) in dataset.metadata
    shared = of_publics and answers.access in {"open", "members"} and not answers.excluded
    return shared or answers.access.startswith("aggregate")


def _last_instant(text: str, key: DatasetKey) -> str:
    """Return the end of a day in Québec, with its offset; empty for none."""
    if not text:
        return ""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(NO_DAY, text=text, dataset=key) from error
    return datetime.combine(day, time(23, 59, 59), clock.QUEBEC).isoformat()


def _read_answers(rules: Sequence[Rule]) -> Answers | None:
    """Return the answers that would make about these rules; whether they do is for who compares."""
    permissions = [rule for rule in rules if rule.kind is RuleKind.PERMISSION]
    reading = [r for r in permissions if r.action == READ and r.assignee in {EVERYONE, MEMBERS}]
    pooling = [rule for rule in permissions if rule.action == AGGREGATE]
    if reading:
        access = "open" if reading[0].assignee == EVERYONE else "members"
    elif pooling:
        is_limited = any(c.left == RECIPIENT for c in pooling[0].constraints)
        access = "aggregate-members" if is_limited else "aggregate"
    else:
        access = "private"
    conditions = {c.left: c.right for rule in reading[:1] for c in rule.constraints}
    keep = [
        str(c.right)
        for rule in rules
        if rule.kind is RuleKind.OBLIGATION
        for c in rule.constraints
        if c.left == ELAPSED_TIME
    ]
    kinds = scheme("organization-type")
    excluded = [r.assignee for r in rules if r.kind is RuleKind.PROHIBITION and r.action == USE]
    if not all(kind in kinds.labels for kind in excluded):
        return None
    until = conditions.get(DATE_TIME)
    overlaps = [rule for rule in permissions if rule.action == COMPARE_AUDIENCES]
    overlap = {c.left: c.right for rule in overlaps[:1] for c in rule.constraints}
    recipients = [str(c.right) for r in overlaps for c in r.constraints if c.left == RECIPIENT]
    return Answers(
        access,
        tuple(sorted(map(kinds.code, excluded))),
        next(iter(keep), ""),
        str(conditions.get(PURPOSE, "")),
        _day_of(until),
        CONTRIBUTES in conditions,
        any(rule.action == COUNT_PEOPLE for rule in permissions),
        tuple(sorted(EVERYBODY if r == EVERYONE else r.rpartition("/")[2] for r in recipients)),
        str(overlap.get(PURPOSE, "")),
        _day_of(overlap.get(DATE_TIME)),
    )


def _day_of(until: datetime | str | None) -> str:
    return until.astimezone(clock.QUEBEC).date().isoformat() if isinstance(until, datetime) else ""


def _preset_rules(dataset: Dataset, answers: Answers, agreement: str) -> set[Rule]:
    """Return the rules that the template writes for answers, to compare with those of a text."""
    conditions = []
    if answers.until:
        instant = datetime.fromisoformat(_last_instant(answers.until, dataset.key))
        conditions.append(Constraint(DATE_TIME, str(ODRL2.lt), instant))
    if answers.purpose:
        conditions.append(Constraint(PURPOSE, str(ODRL2.isA), answers.purpose))
    if answers.in_return and answers.access == "members":
        conditions.append(Constraint(CONTRIBUTES, str(ODRL2.eq), str(PARVIS.sameStratum)))
    limited = tuple(conditions)
    grants: list[tuple[str, str, tuple[Constraint, ...]]] = [
        (dataset.publisher, READ, ()),
        (dataset.publisher, DISCOVER, ()),
    ]
    if answers.access == "open":
        grants += [(EVERYONE, READ, limited), (EVERYONE, DISCOVER, limited)]
    elif answers.access == "members":
        grants += [(EVERYONE, DISCOVER, ()), (MEMBERS, READ, limited)]
    rules = {
        Rule(RuleKind.PERMISSION, dataset.iri, assignee, action, agreement, constraints)
        for assignee, action, constraints in grants
    }
    if _is_pooled(dataset, answers):
        among = Constraint(RECIPIENT, str(ODRL2.isA), MEMBERS)
        recipients = () if answers.access in {"open", "aggregate"} else (among,)
        duties = (str(ODRL2.anonymize),)
        rules.add(
            Rule(RuleKind.PERMISSION, dataset.iri, HOST, AGGREGATE, agreement, recipients, duties)
        )
    rules |= _preset_people_rules(dataset, answers, agreement)
    kinds = scheme("organization-type")
    for code in answers.excluded:
        kind = kinds.require(code)
        rules.add(Rule(RuleKind.PROHIBITION, dataset.iri, kind, USE, agreement))
    if answers.keep:
        held = Constraint(ELAPSED_TIME, str(ODRL2.gteq), answers.keep)
        rules.add(Rule(RuleKind.OBLIGATION, dataset.iri, HOST, DELETE, agreement, (held,)))
    return rules


def _preset_people_rules(dataset: Dataset, answers: Answers, agreement: str) -> set[Rule]:
    """Return the rules on distinct people and shared audiences that the template writes."""
    duties, target = (str(ODRL2.anonymize),), dataset.iri

    def permit(action: str, constraints: tuple[Constraint, ...] = ()) -> Rule:
        return Rule(RuleKind.PERMISSION, target, HOST, action, agreement, constraints, duties)

    rules = {permit(COUNT_PEOPLE)} if answers.count_people else set()
    partners = dataset.publisher.rpartition("/")[0]
    for other in answers.overlap_with:
        recipient = EVERYONE if other == EVERYBODY else f"{partners}/{other}"
        constraints = [
            Constraint(RECIPIENT, str(ODRL2.eq), recipient),
            Constraint(PURPOSE, str(ODRL2.isA), answers.overlap_purpose),
        ]
        if answers.overlap_until:
            instant = datetime.fromisoformat(_last_instant(answers.overlap_until, dataset.key))
            constraints.append(Constraint(DATE_TIME, str(ODRL2.lt), instant))
        # In the order in which an agreement is read.
        constraints.sort(key=lambda c: (c.left, c.operator, str(c.right)))
        rules.add(permit(COMPARE_AUDIENCES, tuple(constraints)))
    return rules
