"""An agreement as a page shows it: versions, rules in words, differences, and what opens."""

from collections.abc import Sequence
from dataclasses import dataclass

from parvis.catalog.codelists import scheme
from parvis.catalog.entries import Partner
from parvis.catalog.folder import Catalog
from parvis.catalog.ontology import names_in
from parvis.catalog.projects import agreement_file, text_of
from parvis.config import Settings
from parvis.errors import InputError, UnknownThing
from parvis.governance import Agreement, Rule
from parvis.governance.wording import describe_rule
from parvis.i18n import LANGUAGES, N_, explain, say
from parvis.pooling.stewardship.agreements.questions import Questionnaire, read_questionnaire
from parvis.pooling.stewardship.agreements.simulating import DraftSimulation, simulate_text
from parvis.pooling.stewardship.agreements.versions import AgreementVersion, list_versions
from parvis.pooling.stewardship.entries import Texts, load_catalog, require_party
from parvis.pooling.stewardship.texts import digest_of, try_out

OF_PARTNERS = N_("Kinds that partners are of")
NO_AGREEMENT = N_("{party} has no agreement, and no draft of one")


@dataclass(frozen=True)
class RuleInWords:
    """A rule in every language, with its statement as the text has it."""

    words: Texts
    statement: str


@dataclass(frozen=True)
class DatasetRules:
    """The rules on a dataset: those that stay, that the draft adds, and that it takes out."""

    title: Texts
    same: tuple[RuleInWords, ...]
    added: tuple[RuleInWords, ...]
    removed: tuple[RuleInWords, ...]


@dataclass(frozen=True)
class AgreementView:
    """An agreement of a party, in a project or outside any.

    `problem` is what is wrong with the draft, which then has no rules and no simulation; `digest`
    is that of the draft, or of nothing. `waits_for` are the parties that have not signed the draft.
    """

    party: str
    names: Texts
    project: str | None
    project_title: Texts | None
    current: AgreementVersion | None
    draft: AgreementVersion | None
    former: tuple[AgreementVersion, ...]
    rules: tuple[DatasetRules, ...]
    simulation: DraftSimulation | None
    questionnaire: Questionnaire | None
    problem: Texts | None
    digest: str
    waits_for: tuple[str, ...]
    signatories: dict[str, Texts]


def view_agreement(
    settings: Settings, party: str, project: str | None, *, own: bool = False
) -> AgreementView:
    """Return an agreement for a page; with `own`, only what its party may know of.

    Raises `UnknownThing` for a party or a project that does not exist.
    """
    catalog = load_catalog(settings)
    member = require_party(catalog, party)
    project_title = None if project is None else catalog.require_project(project).title
    versions = [v for v in list_versions(settings, member.slug) if v.project == project]
    by_state = {version.state: version for version in versions}
    current, draft = by_state.get("in force"), by_state.get("draft")
    agreement = _find_agreement(catalog, current)
    after, problem, simulation = agreement, None, None
    if draft is not None:
        path = agreement_file(member.folder, project).relative_to(settings.catalog).as_posix()
        try:
            drafted = try_out(settings, {path: text_of(draft.text)})
            after = _find_agreement(drafted, draft)
            simulation = simulate_text(settings, party, project, draft.text, own=own)
        except InputError as error:
            problem = {lang: explain(error, lang) for lang in LANGUAGES}
    third_party = catalog.third_party
    sides = {member.iri: member.names, third_party.iri: third_party.names}
    return AgreementView(
        party=member.slug,
        names=member.names,
        project=project,
        project_title=project_title,
        current=current,
        draft=draft,
        former=tuple(v for v in versions if v.state.startswith("v")),
        rules=_compare_rules(catalog, agreement, after),
        simulation=simulation,
        questionnaire=read_questionnaire(catalog, member, after)
        if isinstance(member, Partner)
        else None,
        problem=problem,
        digest=digest_of(draft.text if draft else None),
        waits_for=tuple(iri for iri in sides if draft and not draft.is_signed_by(iri)),
        signatories=sides,
    )


def list_own_projects(settings: Settings, party: str) -> list[tuple[str, Texts]]:
    """Return the projects of which a partner is a member, with their titles."""
    catalog = load_catalog(settings)
    iri = require_party(catalog, party).iri
    return [(p.slug, p.title) for p in catalog.projects.values() if iri in p.members]


KindGroups = list[tuple[str, list[tuple[str, str]]]]
"""Groups of kinds of organisation: a label, then codes and labels."""


def list_kinds(settings: Settings, lang: str) -> KindGroups:
    """Return the kinds of organisation in groups: first those that partners of the pool are of."""
    kinds = scheme("organization-type")
    partners = load_catalog(settings).partners.values()
    own = sorted({(kinds.code(p.kind), kinds.label(p.kind)[lang]) for p in partners if p.kind})
    return [(say(lang, OF_PARTNERS), sorted(own, key=lambda pair: pair[1])), *kinds.groups(lang)]


def require_version(
    settings: Settings, party: str, project: str | None, state: str
) -> AgreementVersion:
    """Return a version of an agreement by its state; raises `UnknownThing`."""
    for version in list_versions(settings, party):
        if (version.project, version.state) == (project, state):
            return version
    raise UnknownThing(NO_AGREEMENT, party=party)


def _find_agreement(catalog: Catalog, version: AgreementVersion | None) -> Agreement | None:
    iri = version.agreement if version else None
    return catalog.policies.agreement(iri) if iri else None


def _compare_rules(
    catalog: Catalog, before: Agreement | None, after: Agreement | None
) -> tuple[DatasetRules, ...]:
    """Return the rules of an agreement and of its draft side by side, by dataset."""
    names = names_in(catalog.law)
    old, new = before.rules if before else (), after.rules if after else ()
    targets = dict.fromkeys(rule.target for rule in (*old, *new))

    def describe(rules: Sequence[Rule], target: str) -> tuple[RuleInWords, ...]:
        return tuple(
            RuleInWords(describe_rule(rule, names), write_statement(rule, catalog.iris.base))
            for rule in rules
            if rule.target == target
        )

    rows = []
    for target in targets:
        dataset = catalog.find(target)
        rows.append(
            DatasetRules(
                dataset.title if dataset else dict.fromkeys(LANGUAGES, target),
                describe([rule for rule in old if rule in new], target),
                describe([rule for rule in new if rule not in old], target),
                describe([rule for rule in old if rule not in new], target),
            )
        )
    return tuple(rows)


def write_statement(rule: Rule, base: str) -> str:
    """Write a rule in the terms of ODRL, short, one statement a line."""
    lines = [
        f"odrl:{rule.kind}",
        *(
            f"odrl:{name} {_shorten(value, base)}"
            for name, value in (
                ("target", rule.target),
                ("assignee", rule.assignee),
                ("action", rule.action),
            )
        ),
        *(f"odrl:duty {_shorten(duty, base)}" for duty in rule.duties),
    ]
    for constraint in rule.constraints:
        terms = (constraint.left, constraint.operator, str(constraint.right))
        lines.append("odrl:constraint " + " ".join(_shorten(term, base) for term in terms))
    if rule.survives:
        lines.append("parvis:survivesClosing true")
    return "\n".join(lines)


def _shorten(term: str, base: str) -> str:
    prefixes = {
        "http://www.w3.org/ns/odrl/2/": "odrl:",
        "https://w3id.org/parvis/ns#": "parvis:",
        "https://w3id.org/dpv#": "dpv:",
        base: "",
    }
    for prefix, short in prefixes.items():
        if term.startswith(prefix):
            return f"{short}{term.removeprefix(prefix)}"
    return term
