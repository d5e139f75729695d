"""Write the rules of agreements in words: for whom, what, until when and for what purpose."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from parvis.governance.dates import GT, GTEQ
from parvis.governance.parties import EVERYONE, HOST, MEMBERS
from parvis.governance.policies import (
    AGGREGATE,
    CONTRIBUTES,
    DATE_TIME,
    DELETE,
    DISCOVER,
    DISTRIBUTE,
    ELAPSED_TIME,
    PURPOSE,
    READ,
    RECIPIENT,
    USE,
    Policies,
    Rule,
    RuleKind,
)
from parvis.governance.requests import PURPOSES
from parvis.i18n import LANGUAGES, N_, choose_text, day, say, span

Names = Mapping[str, Mapping[str, str]]
"""Names of parties and kinds of organisation, by IRI and language."""

_KINDS = {
    RuleKind.PERMISSION: N_("permission: {what}, for {whom}"),
    RuleKind.PROHIBITION: N_("prohibition: {what}, for {whom}"),
    RuleKind.OBLIGATION: N_("obligation: {what}, for {whom}"),
}
_ACTIONS = {
    USE: N_("use"),
    READ: N_("read"),
    AGGREGATE: N_("aggregate"),
    DISTRIBUTE: N_("distribute"),
    DISCOVER: N_("know that it exists"),
    DELETE: N_("destroy"),
}
_ROLES = {
    EVERYONE: N_("everyone"),
    MEMBERS: N_("the members of the pool"),
    HOST: N_("the trusted third party"),
}
_LIST = N_("the parties that the agreement lists")
_FROM, _UNTIL = N_("from {day}"), N_("until {day}")
_CONDITIONS = {
    CONTRIBUTES: N_("if the reader contributes the same figures"),
}
_PURPOSE_WORDS = N_("for this purpose: {purpose}")
_PURPOSES = {**PURPOSES, "ResearchAndDevelopment": N_("research")}
_AFTER, _WITHIN = N_("{duration} after the submission"), N_("within {duration} of the submission")
_RECIPIENT = N_("received by {whom}")
_UNKNOWN = N_("under a condition that the charter does not know")
_JOIN = N_("; ")
_SURVIVES = N_("also once the project is closed")


def describe_rule(rule: Rule, names: Names) -> dict[str, str]:
    """Return a rule in every language; dates are days, in the rule's own offset.

    The members of a list that an agreement owns are not named.
    """
    return {lang: say(lang, _JOIN).join(_write_rule(rule, names, lang)) for lang in LANGUAGES}


def _write_rule(rule: Rule, names: Names, lang: str) -> Iterable[str]:
    # Duties have no words: their local name is shown.
    what = say(lang, _ACTIONS[rule.action]) if rule.action in _ACTIONS else _last(rule.action)
    yield say(lang, _KINDS[rule.kind], what=what, whom=party_in_words(rule.assignee, names, lang))
    for constraint in rule.constraints:
        left, right = constraint.left, constraint.right
        if left == DATE_TIME and isinstance(right, datetime):
            template = _FROM if constraint.operator in {GT, GTEQ} else _UNTIL
            yield say(lang, template, day=day(lang, right))
        elif left == RECIPIENT:
            yield say(lang, _RECIPIENT, whom=party_in_words(str(right), names, lang))
        elif left == PURPOSE:
            purpose = _last(str(right))
            words = say(lang, _PURPOSES[purpose]) if purpose in _PURPOSES else purpose
            yield say(lang, _PURPOSE_WORDS, purpose=words)
        elif left == ELAPSED_TIME:
            template = _AFTER if constraint.operator in {GT, GTEQ} else _WITHIN
            yield say(lang, template, duration=span(lang, str(right)))
        else:
            yield say(lang, _CONDITIONS.get(left, _UNKNOWN))
    if rule.survives:
        yield say(lang, _SURVIVES)


def party_in_words(assignee: str, names: Names, lang: str) -> str:
    """Return the name of an assignee, in another language if there is none in this one."""
    if assignee in _ROLES:
        return say(lang, _ROLES[assignee])
    return choose_text(lang, names.get(assignee, {})) or say(lang, _LIST)


def _last(iri: str) -> str:
    """Return the last step of an IRI."""
    return iri.rpartition("#")[2].rpartition("/")[2]


_BY_EVERYONE = N_("Everyone may read it.")
_BY_MEMBERS = N_("The members of the pool may read it.")
_BY_SOME = N_("Only {names} may read it.")
_BY_NOBODY = N_("Only the partner and the trusted third party know its content.")
_UNTIL_DAY = N_("Until {day}.")
_CLOSING = N_("Until the project is closed, {day}.")
_EXCEPT = N_("Except: {names}.")
_OTHER_PARTIES = N_("parties named in the agreement")
_PURPOSE = N_("For certain purposes only.")
_RECIPROCITY = N_("In return for figures of the same strata.")
_CONDITION = N_("Under other conditions of the agreement.")


def describe_readers(policies: Policies, target: str, names: Names, at: datetime) -> dict[str, str]:
    """Return in every language who may read a dataset, until when, and who is excluded.

    Permissions whose project is closed at the instant are left out.
    """
    rules = []
    for rule in policies.rules_on(target):
        closed = _find_closing(policies, [rule])
        ended = rule.kind is RuleKind.PERMISSION and closed is not None and closed <= at
        if rule.action in {READ, USE} and not ended:
            rules.append(rule)
    permissions = [
        rule for rule in rules if rule.kind is RuleKind.PERMISSION and rule.assignee != HOST
    ]
    prohibitions = [rule for rule in rules if rule.kind is RuleKind.PROHIBITION]
    closing = _find_closing(policies, permissions)
    texts = {}
    for lang in LANGUAGES:
        sentences = [*_write_readers(permissions, prohibitions, names, lang)]
        if closing is not None:
            sentences.append(say(lang, _CLOSING, day=day(lang, closing)))
        texts[lang] = " ".join(sentences)
    return texts


def _find_closing(policies: Policies, permissions: list[Rule]) -> datetime | None:
    """Return the instant at which the widest permission ends with its project, if it does."""
    for rule in _widest(permissions):
        agreement = policies.agreement(rule.agreement)
        if agreement and agreement.closed and not rule.survives:
            return agreement.closed
    return None


def _write_readers(
    permissions: list[Rule], prohibitions: list[Rule], names: Names, lang: str
) -> Iterable[str]:
    """Yield sentences about the widest permission, its conditions, and its exceptions."""
    widest = _widest(permissions)
    if not widest:
        yield say(lang, _BY_NOBODY)
        return
    first = widest[0]
    template = {EVERYONE: _BY_EVERYONE, MEMBERS: _BY_MEMBERS}.get(first.assignee, _BY_SOME)
    yield say(lang, template, names=_list_parties(widest, names, lang))
    for constraint in first.constraints:
        if constraint.left == DATE_TIME and isinstance(constraint.right, datetime):
            yield say(lang, _UNTIL_DAY, day=day(lang, constraint.right))
        else:
            conditions = {PURPOSE: _PURPOSE, CONTRIBUTES: _RECIPROCITY}
            yield say(lang, conditions.get(constraint.left, _CONDITION))
    if prohibitions:
        yield say(lang, _EXCEPT, names=_list_parties(prohibitions, names, lang))


def _widest(permissions: list[Rule]) -> list[Rule]:
    """Return the permission to everyone, else to the members, else all permissions."""
    for collection in (EVERYONE, MEMBERS):
        for rule in permissions:
            if rule.assignee == collection:
                return [rule]
    return permissions


def _list_parties(rules: list[Rule], names: Names, lang: str) -> str:
    """List the rules' assignees by name."""
    # Parties that the site does not show have no name here, and are mentioned without one.
    titles = {names.get(rule.assignee, {}).get(lang, "") for rule in rules}
    public = sorted(titles - {""})
    return ", ".join(public if len(public) == len(titles) else [*public, say(lang, _OTHER_PARTIES)])
