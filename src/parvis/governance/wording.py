"""Write the rules of agreements in words: for whom, what, until when and for what purpose."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from parvis.governance.dates import GT, GTEQ, find_last_day
from parvis.governance.parties import EVERYONE, HOST, KINDS, MEMBERS
from parvis.governance.policies import (
    AGGREGATE,
    ANONYMIZE,
    ATTRIBUTE,
    COMPARE_AUDIENCES,
    CONTRIBUTES,
    COUNT_PEOPLE,
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
from parvis.i18n import LANGUAGES, N_, NN_, choose_text, day, say, say_count, span

Names = Mapping[str, Mapping[str, str]]
"""Names of parties and kinds of organisation, by IRI and language."""

_SENTENCES = {
    RuleKind.PERMISSION: NN_("{whom} may {what}.", "{whom} may {what}."),
    RuleKind.PROHIBITION: NN_("{whom} may not {what}.", "{whom} may not {what}."),
    RuleKind.OBLIGATION: NN_("{whom} must {what}.", "{whom} must {what}."),
}
"""Sentences on one party and on several: verbs differ in French."""
_FORBIDDEN_TO_ALL = N_("Nobody may {what}.")
_ACTIONS = {
    USE: N_("read these data and make use of them"),
    READ: N_("read these data"),
    AGGREGATE: N_("count these data in pooled figures"),
    DISTRIBUTE: N_("pass these data on"),
    DISCOVER: N_("know that these data exist"),
    COUNT_PEOPLE: N_(
        "count the distinct people of several partners, by masked messages that show nobody"
    ),
    COMPARE_AUDIENCES: N_(
        "estimate which share of the audiences is shared, by masked messages that show nobody"
    ),
    DELETE: N_("destroy these data"),
    ANONYMIZE: N_("make sure that nobody can be recognised in these data"),
    ATTRIBUTE: N_("name the source of these data"),
}
_FORBIDDEN = {USE: N_("read these data, nor make use of them")}
_DUTIES = {
    ANONYMIZE: N_("without anyone being recognisable in the result"),
    ATTRIBUTE: N_("naming their source"),
}
_ROLES = {
    EVERYONE: N_("everyone"),
    MEMBERS: N_("the members of the pool"),
    HOST: N_("the trusted third party"),
}
_LIST = N_("the parties that the agreement lists")
_OF_KIND = N_("organisations of the kind “{kind}”")
_FROM, _UNTIL = N_("from {day}"), N_("until {day}")
_CONDITIONS = {
    CONTRIBUTES: N_("in return for the same figures"),
}
_PURPOSE_WORDS = N_("for this purpose only: {purpose}")
_PURPOSES = {**PURPOSES, "ResearchAndDevelopment": N_("research")}
_AFTER, _WITHIN = N_("{duration} after the submission"), N_("within {duration} of the submission")
_RECIPIENT = N_("for {whom} only")
_UNKNOWN = N_("under a condition that the charter does not know")
_JOIN = N_(", ")
_SURVIVES = N_("also once the project is closed")


def describe_rule(rule: Rule, names: Names) -> dict[str, str]:
    """Return a rule as a sentence in every language; dates are days, in the rule's own offset.

    The members of a list that an agreement owns are not named.
    """
    return {lang: _write_rule(rule, names, lang) for lang in LANGUAGES}


def _write_rule(rule: Rule, names: Names, lang: str) -> str:
    actions = _ACTIONS | (_FORBIDDEN if rule.kind is RuleKind.PROHIBITION else {})
    clauses = [say(lang, actions[rule.action]), *_write_conditions(rule, names, lang)]
    what = say(lang, _JOIN).join(clauses)
    if rule.kind is RuleKind.PROHIBITION and rule.assignee == EVERYONE:
        return say(lang, _FORBIDDEN_TO_ALL, what=what)
    is_single = rule.assignee in {EVERYONE, HOST} or (
        rule.assignee in names and not rule.assignee.startswith(KINDS)
    )
    whom = party_in_words(rule.assignee, names, lang)
    sentence = _SENTENCES[rule.kind]
    return say_count(
        lang, sentence, 1 if is_single else 2, whom=whom[:1].upper() + whom[1:], what=what
    )


def _write_conditions(rule: Rule, names: Names, lang: str) -> Iterable[str]:
    for duty in rule.duties:
        yield say(lang, _DUTIES[duty])
    # A purpose ends the sentence: it follows a colon.
    for constraint in sorted(rule.constraints, key=lambda constraint: constraint.left == PURPOSE):
        left, right = constraint.left, constraint.right
        if left == DATE_TIME and isinstance(right, datetime):
            if constraint.operator in {GT, GTEQ}:
                yield say(lang, _FROM, day=day(lang, right))
            else:
                yield say(lang, _UNTIL, day=day(lang, find_last_day(right)))
        elif left == RECIPIENT:
            yield say(lang, _RECIPIENT, whom=party_in_words(str(right), names, lang))
        elif left == PURPOSE:
            yield say(lang, _PURPOSE_WORDS, purpose=purpose_in_words(str(right), lang))
        elif left == ELAPSED_TIME:
            template = _AFTER if constraint.operator in {GT, GTEQ} else _WITHIN
            yield say(lang, template, duration=span(lang, str(right)))
        else:
            yield say(lang, _CONDITIONS.get(left, _UNKNOWN))
    if rule.survives:
        yield say(lang, _SURVIVES)


def purpose_in_words(iri: str, lang: str) -> str:
    """Return a purpose in words, its local name where it is none of the usual ones."""
    code = _last(iri)
    return say(lang, _PURPOSES[code]) if code in _PURPOSES else code


def party_in_words(assignee: str, names: Names, lang: str) -> str:
    """Return the name of an assignee, in another language if there is none in this one."""
    if assignee in _ROLES:
        return say(lang, _ROLES[assignee])
    name = choose_text(lang, names.get(assignee, {}))
    if name and assignee.startswith(KINDS):
        return say(lang, _OF_KIND, kind=name)
    return name or say(lang, _LIST)


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
            yield say(lang, _UNTIL_DAY, day=day(lang, find_last_day(constraint.right)))
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
