"""Titles of rules in words, for people: codes and names of shapes are for programs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from parvis.i18n import N_, both, choose_text, say

Texts = Mapping[str, str]

TITLE = N_("{kind}: {name}")
PERSONAL = N_("personal information")
OTHER = N_("another rule")


@dataclass(frozen=True, slots=True)
class RuleTitle:
    """The title of a rule: the kind of thing that it is about, and what of it, by language."""

    kind: Texts = field(default_factory=dict)
    name: Texts = field(default_factory=dict)

    def in_words(self, lang: str) -> str:
        parts = [choose_text(lang, texts) for texts in (self.kind, self.name) if texts]
        title = say(lang, TITLE, kind=parts[0], name=parts[1]) if len(parts) > 1 else "".join(parts)
        return title[:1].upper() + title[1:]


_NAMES = {
    "ambiguous-date": N_("dates that can be read in two ways"),
    "bad-boolean": N_("neither yes nor no"),
    "bad-date": N_("unreadable dates"),
    "bad-datetime": N_("unreadable dates and times"),
    "bad-integer": N_("numbers that are not whole"),
    "bad-iri": N_("values that cannot be identifiers"),
    "bad-json": N_("unreadable lines"),
    "bad-language": N_("unknown languages"),
    "bad-number": N_("unreadable numbers"),
    "bad-postal-code": N_("unreadable postal codes"),
    "bad-year": N_("unreadable years"),
    "changed-total": N_("totals that changed much"),
    "collision": N_("one identifier for different things"),
    "garbled": N_("garbled letters"),
    "gone": N_("gone since the last submission"),
    "hopeless": N_("most rows are in error"),
    "negative": N_("figures that are less than zero"),
    "no-graph": N_("a part of the mapping that makes nothing"),
    "not-a-value": N_("lists where one value is expected"),
    "not-in-table": N_("words that the mapping does not translate"),
    "nothing-checked": N_("nothing to examine"),
    "of-another": N_("things that others describe"),
    "overlap": N_("ages that overlap"),
    "policy": N_("rules of access in a file of data"),
    "ragged-row": N_("rows longer or shorter than the headings"),
    "season": N_("seasons that overlap themselves"),
    "sold-after": N_("sales dated after the performance"),
    "total": N_("totals that their parts do not make"),
    "two-currencies": N_("amounts in several currencies"),
    "unlisted": N_("codes that are in no list"),
    "unmatched-concept": N_("words that are in no list"),
    "unknown-show": N_("sales of an unknown show"),
    "unused-row": N_("rows of which nothing is made"),
}
_PERSONAL = {
    "personal-address": N_("addresses of persons"),
    "personal-birth-date": N_("dates of birth"),
    "personal-comment": N_("comments in a person’s own words"),
    "personal-email": N_("e-mail addresses"),
    "personal-health-number": N_("health insurance numbers"),
    "personal-ip-address": N_("addresses of computers"),
    "personal-name": N_("names of persons"),
    "personal-number": N_("numbers of customers or members"),
    "personal-phone": N_("telephone numbers"),
    "personal-postal-code": N_("whole postal codes"),
    "personal-social-insurance": N_("social insurance numbers"),
}


def title_code(rule: str) -> RuleTitle:
    """Return the title of a rule of parvis's own by its code; of another one, words for that."""
    if rule in _PERSONAL:
        return RuleTitle(both(PERSONAL), both(_PERSONAL[rule]))
    return RuleTitle(name=both(_NAMES.get(rule, OTHER)))


def title_message(message: Texts) -> RuleTitle:
    """Return a title from the sentence that a rule reports: its beginning, without values."""
    return RuleTitle(name={lang: _shorten(text) for lang, text in message.items()})


_PLACEHOLDER = re.compile(r"\{[?$]?\w+\}")
_LONGEST = 80
"""Characters of a title that is the beginning of a sentence."""


def _shorten(sentence: str) -> str:
    text = _PLACEHOLDER.sub("…", sentence).partition(". ")[0].removesuffix(".")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]}…"
