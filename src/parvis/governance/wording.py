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
