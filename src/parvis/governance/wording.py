"""A rule of an agreement in words: whom it concerns, what it grants, until when and what for."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from parvis.governance.dates import GT, GTEQ
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
    Constraint,
    Kind,
    Policies,
    Rule,
)
from parvis.i18n import LANGUAGES, N_, day, say
from parvis.vocab.namespaces import PARVIS

Names = Mapping[str, Mapping[str, str]]
"""What parties and kinds of organisation are called, by IRI and language."""

_KINDS = {
    Kind.PERMISSION: N_("permission: {what}, for {whom}"),
    Kind.PROHIBITION: N_("prohibition: {what}, for {whom}"),
    Kind.OBLIGATION: N_("obligation: {what}, for {whom}"),
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
    str(PARVIS.everyone): N_("everyone"),
    str(PARVIS.members): N_("the members of the pool"),
    str(PARVIS.host): N_("the trusted third party"),
}
_LIST = N_("the parties that the agreement lists")
_FROM, _UNTIL = N_("from {day}"), N_("until {day}")
_OTHERS = {
    PURPOSE: N_("for the purpose {value}"),
    ELAPSED_TIME: N_("by a duration of {value}"),
    CONTRIBUTES: N_("if the reader contributes the same figures"),
}
_RECIPIENT = N_("received by {whom}")
_UNKNOWN = N_("under a condition that the charter does not know")
_SURVIVES = N_("also once the project is closed")


def in_words(rule: Rule, names: Names) -> dict[str, str]:
    """Say a rule in every language; dates are told by their day, in the rule's own offset.

    A list that an agreement owns is not told by its members.
    """
    return {lang: "; ".join(_parts(rule, names, lang)) for lang in LANGUAGES}


def _parts(rule: Rule, names: Names, lang: str) -> Iterable[str]:
    what = say(lang, _ACTIONS[rule.action]) if rule.action in _ACTIONS else _last(rule.action)
    yield say(lang, _KINDS[rule.kind], what=what, whom=party_in_words(rule.assignee, names, lang))
    for one in rule.constraints:
        yield _condition(one, names, lang)
    if rule.survives:
        yield say(lang, _SURVIVES)


def party_in_words(assignee: str, names: Names, lang: str) -> str:
    """Name whom a rule is about."""
    if assignee in _ROLES:
        return say(lang, _ROLES[assignee])
    known = names.get(assignee, {})
    return known.get(lang) or next(iter(known.values()), None) or say(lang, _LIST)


def _condition(one: Constraint, names: Names, lang: str) -> str:
    """Say one condition."""
    if one.left == DATE_TIME and isinstance(one.right, datetime):
        return say(lang, _FROM if one.operator in {GT, GTEQ} else _UNTIL, day=day(lang, one.right))
    if one.left == RECIPIENT:
        return say(lang, _RECIPIENT, whom=party_in_words(str(one.right), names, lang))
    return say(lang, _OTHERS.get(one.left, _UNKNOWN), value=_last(str(one.right)))


def _last(iri: str) -> str:
    """Give the last step of an IRI."""
    return iri.rpartition("#")[2].rpartition("/")[2]


# Who may read a dataset, and until when, in words that a partner understands.

EVERYONE, MEMBERS, HOST = (str(one) for one in (PARVIS.everyone, PARVIS.members, PARVIS.host))

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


def who_may_read(policies: Policies, target: str, names: Names, at: datetime) -> dict[str, str]:
    """Say in every language who may read a dataset, until when, and who is left out.

    What a project permitted that is closed `at` the instant is not told.
    """
    rules = [
        rule
        for rule in policies.rules_on(target)
        if rule.action in {READ, USE} and not _ended(policies, rule, at)
    ]
    granted = [rule for rule in rules if rule.kind is Kind.PERMISSION and rule.assignee != HOST]
    refused = [rule for rule in rules if rule.kind is Kind.PROHIBITION]
    closing = _closing(policies, granted)
    return {
        lang: " ".join([*_sentences(granted, refused, names, lang), *_until(closing, lang)])
        for lang in LANGUAGES
    }


def _ended(policies: Policies, rule: Rule, at: datetime) -> bool:
    """Say whether a permission ended with its project."""
    closed = _closing(policies, [rule])
    return rule.kind is Kind.PERMISSION and closed is not None and closed <= at


def _closing(policies: Policies, granted: list[Rule]) -> datetime | None:
    """Give the instant at which the widest grant ends with its project, if it does."""
    for rule in _widest(granted):
        agreement = policies.agreement(rule.agreement)
        if agreement and agreement.closed and not rule.survives:
            return agreement.closed
    return None


def _until(closing: datetime | None, lang: str) -> Iterable[str]:
    """Say when the project is closed, if that is known."""
    if closing is not None:
        yield say(lang, _CLOSING, day=day(lang, closing))


def _sentences(granted: list[Rule], refused: list[Rule], names: Names, lang: str) -> Iterable[str]:
    """Say the widest grant, its conditions, and its exceptions."""
    widest = _widest(granted)
    if not widest:
        yield say(lang, _BY_NOBODY)
        return
    first = widest[0]
    whole = {EVERYONE: _BY_EVERYONE, MEMBERS: _BY_MEMBERS}.get(first.assignee, _BY_SOME)
    yield say(lang, whole, names=_listed((rule.assignee for rule in widest), names, lang))
    yield from _conditions(first, lang)
    if refused:
        yield say(lang, _EXCEPT, names=_listed((rule.assignee for rule in refused), names, lang))


def _widest(granted: list[Rule]) -> list[Rule]:
    """Give the grant to everyone, else to the members, else all the others."""
    for collection in (EVERYONE, MEMBERS):
        for rule in granted:
            if rule.assignee == collection:
                return [rule]
    return granted


def _conditions(rule: Rule, lang: str) -> Iterable[str]:
    """Say a rule's conditions, the date by its day."""
    for one in rule.constraints:
        if one.left == DATE_TIME and isinstance(one.right, datetime):
            yield say(lang, _UNTIL_DAY, day=day(lang, one.right))
        else:
            known = {PURPOSE: _PURPOSE, CONTRIBUTES: _RECIPROCITY}
            yield say(lang, known.get(one.left, _CONDITION))


def _listed(parties: Iterable[str], names: Names, lang: str) -> str:
    """List parties by name; those that the site does not show are not named."""
    found = {names.get(one, {}).get(lang, "") for one in parties}
    shown = sorted(found - {""})
    return ", ".join(shown if len(shown) == len(found) else [*shown, say(lang, _OTHER_PARTIES)])
