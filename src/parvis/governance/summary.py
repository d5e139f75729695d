"""Who may read a dataset, and until when, in words that a partner understands."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from parvis.governance.policies import (
    CONTRIBUTES,
    DATE_TIME,
    PURPOSE,
    READ,
    USE,
    Kind,
    Policies,
    Rule,
)
from parvis.i18n import LANGUAGES, N_, day, say
from parvis.vocab.namespaces import PARVIS

EVERYONE, MEMBERS, HOST = (str(one) for one in (PARVIS.everyone, PARVIS.members, PARVIS.host))
Names = Mapping[str, Mapping[str, str]]
"""What parties and kinds of organisation are called, by IRI and language."""

_BY_EVERYONE = N_("Everyone may read it.")
_BY_MEMBERS = N_("The members of the pool may read it.")
_BY_SOME = N_("Only {names} may read it.")
_BY_NOBODY = N_("Only the partner and the trusted third party know its content.")
_UNTIL = N_("Until {day}.")
_EXCEPT = N_("Except: {names}.")
_PURPOSE = N_("For certain purposes only.")
_RECIPROCITY = N_("In return for figures of the same strata.")
_CONDITION = N_("Under other conditions of the agreement.")


def who_may_read(policies: Policies, target: str, names: Names) -> dict[str, str]:
    """Say in every language who may read a dataset, until when, and who is left out."""
    rules = [rule for rule in policies.rules_on(target) if rule.action in {READ, USE}]
    granted = [rule for rule in rules if rule.kind is Kind.PERMISSION and rule.assignee != HOST]
    refused = [rule for rule in rules if rule.kind is Kind.PROHIBITION]
    return {lang: " ".join(_sentences(granted, refused, names, lang)) for lang in LANGUAGES}


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
            yield say(lang, _UNTIL, day=day(lang, one.right))
        else:
            known = {PURPOSE: _PURPOSE, CONTRIBUTES: _RECIPROCITY}
            yield say(lang, known.get(one.left, _CONDITION))


def _listed(parties: Iterable[str], names: Names, lang: str) -> str:
    """List parties by name; one without a name by the last step of its IRI."""
    found = {names.get(one, {}).get(lang) or one.rpartition("/")[2] for one in parties}
    return ", ".join(sorted(found))
