"""Recognise direct identifiers of persons, by how they are written or by their heading.

An identifier is recognised in a whole cell or a part of its text. Messages never hold the value.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from parvis.i18n import N_


class Identifier(StrEnum):
    """A kind of direct identifier; its value is the rule of the report."""

    EMAIL = "personal-email"
    HEALTH = "personal-health-number"
    SOCIAL = "personal-social-insurance"
    PHONE = "personal-phone"
    POSTAL = "personal-postal-code"
    BIRTH = "personal-birth-date"
    NAME = "personal-name"
    ADDRESS = "personal-address"
    MACHINE = "personal-ip-address"
    NUMBER = "personal-number"
    COMMENT = "personal-comment"


MESSAGES = {
    Identifier.EMAIL: N_("e-mail addresses of persons: leave this column out of the file"),
    Identifier.HEALTH: N_("health insurance numbers: leave this column out of the file"),
    Identifier.SOCIAL: N_("social insurance numbers: leave this column out of the file"),
    Identifier.PHONE: N_("telephone numbers of persons: leave this column out of the file"),
    Identifier.POSTAL: N_(
        "whole postal codes of persons: keep the first three characters (G1R), which tell the area"
    ),
    Identifier.BIRTH: N_("whole dates of birth: keep the year, or an age bracket (25-34), at most"),
    Identifier.NAME: N_(
        "names of persons: leave this column out; if it names places, organisations or artists, say"
        " so in its heading"
    ),
    Identifier.ADDRESS: N_(
        "addresses of persons: leave this column out; the first three characters of the postal code"
        " tell the area"
    ),
    Identifier.MACHINE: N_(
        "addresses of computers (IP), which lead to persons: leave this column out of the file"
    ),
    Identifier.NUMBER: N_(
        "numbers of customers or members, which lead to persons: leave this column out of the file"
    ),
    Identifier.COMMENT: N_(
        "comments in a person’s own words, which may tell who wrote them: leave this column out, or"
        " replace each comment by its subject"
    ),
}
"""The message of each, without the value."""
KIND_NAMES = {
    Identifier.EMAIL: N_("e-mail addresses"),
    Identifier.HEALTH: N_("health insurance numbers"),
    Identifier.SOCIAL: N_("social insurance numbers"),
    Identifier.PHONE: N_("telephone numbers"),
    Identifier.POSTAL: N_("whole postal codes"),
    Identifier.BIRTH: N_("dates of birth"),
    Identifier.NAME: N_("names of persons"),
    Identifier.ADDRESS: N_("addresses of persons"),
    Identifier.MACHINE: N_("addresses of computers"),
    Identifier.NUMBER: N_("numbers of customers or members"),
    Identifier.COMMENT: N_("comments in a person’s own words"),
}
"""What each is, in a few words."""


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GAP = "[ ._/-]{0,3}"
"""What people write between the parts of an identifier, after `plain_signs`."""
_APART = r"(?<!\d)(?<!\d[.,])"
"""Not inside a longer number; a full stop or a comma after a word is no part of one."""
_EMAIL = re.compile(
    r"[^\s@<>,;:\"'] ?(?:@|[(\[{<] ?(?:at?|arobas|arobase) ?[)\]}>]|(?<= )(?-i:AT|AROBASE)(?= )) ?"
    r"[^\s@<>,;:\"'()\[\]{}]+(?:\.| ?[(\[{<] ?(?:dot|point) ?[)\]}>] ?| (?-i:DOT|POINT) )"
    r"[^\W\d_]{2,}",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    rf"(?<![a-z])[a-z]{{4}}{_GAP}\d\d{_GAP}(?P<month>\d\d){_GAP}(?P<day>\d\d){_GAP}\d\d(?!\d)",
    re.IGNORECASE,
)
"""Of Québec (RAMQ): four letters, year, month (50 more for women), day, two digits."""
NINE_DIGITS = re.compile(r"\d{9}")
_SEASON = re.compile(r"(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d$")
"""« Gala 2010-2011 » is no health insurance number."""
_SOCIAL = re.compile(
    rf"{_APART}(?<!\d[/_-])\d{{3}}(?P<gap> ?[._/-]? ?|,)\d{{3}}(?P=gap)\d{{3}}(?!\d|[.,/_-]\d)"
)
_GROUPED = re.compile(r"\d{1,3}([ .,])\d{3}(?:\1\d{3}){2,}")
"""A figure of a billion or more, whose groups of three are no social insurance number."""
_PHONE = re.compile(
    rf"{_APART}(?:\+?1[ .-]?)?(?:\([2-9]\d{{2}}\) ?|[2-9]\d{{2}}[ .-])"
    r"[2-9]\d{2}[ .-]?\d{4}(?!\d)"
)
"""Of North America, with something between its parts (NANP)."""
_LOCAL_PHONE = re.compile(
    rf"{_APART}(?:1{_GAP})?\(?(?P<area>[2-9]\d{{2}})\)?{_GAP}"
    rf"[2-9]\d{{2}}{_GAP}\d{{4}}(?!\d|[.,]\d)"
)
"""Of Canada: with its area code it is one however it is written, also as ten digits alone."""
_FAR_PHONE = re.compile(r"(?<![\w+])(?:\+|00 )\d{1,3}(?:[ ./-]{0,3}\(?\d{1,4}\)?){2,6}(?!\d)")
_AREAS = _words_of(
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450"
    " 460 468 474 506 514 519 537 548 568 579 581 584 587 600 604 613 639 647 672 683 705 709 742"
    " 753 778 780 782 807 819 825 867 873 879 902 905 942"
)
"""Canada's: ten digits that begin otherwise are taken for a number, such as an NEQ."""
_POSTAL = re.compile(
    rf"(?<![a-z\d])[abceghj-nprstvxy]\d[abceghj-nprstv-z]{_GAP}"
    r"\d[abceghj-nprstv-z]\d(?![a-z\d])",
    re.IGNORECASE,
)

_PERSONS = _words_of(
    "abonne abonnee abonnes acheteur acheteuse acheteurs beneficiaire client cliente clients"
    " conjoint conjointe donateur donatrice eleve eleves enfant enfants etudiant etudiante invite"
    " invitee membre membres mere parent parents participant participante participants payeur pere"
    " personne personnes repondant repondante spectateur spectatrice spectateurs titulaire usager"
    " usagere usagers visiteur visiteuse attendee buyer child customer customers father guest"
    " holder member members mother owner patron patrons person purchaser respondent student"
    " subscriber subscribers user visitor visitors"
)
_NAMES = frozenset({"nom", "noms", "name", "names"})
_FORENAMES = _words_of(
    "prenom prenoms firstname lastname surname surnames forename forenames givenname familyname"
    " fullname patronyme nomcomplet nomfamille"
)
_NAME_OF = frozenset({"famille", "complet", "family", "first", "last", "given", "full", "maiden"})
_LITTLE = _words_of("de du des d la le les l et ou and or of the a s")
_BIRTH = _words_of("naissance ddn dob birth birthday birthdate naiss")
_PART = re.compile(r"\d+|[^\W\d_]{3,}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMPACT = re.compile(r"\d{8}|[1-6]\d{4}")
"""A day as eight digits, or as the number that a spreadsheet has for it."""


class _Signs(dict[int, str | None]):
    """Replace a character by the plain one that people read in it; None leaves it out."""

    def __missing__(self, code: int) -> str | None:
        # The answer is stored: a file has few different characters.
        character = chr(code)
        category = unicodedata.category(character)
        replacement: str | None = character
        if category in {"Cf", "Mn", "Me"} or character in _BLANK:
            replacement = None
        elif category == "Nd":
            replacement = str(unicodedata.decimal(character))
        elif category == "Pd" or character in "\u2212\u2043":
            replacement = "-"
        elif category == "Zs" or character in "\t\v\f\u2800":
            replacement = " "
        elif character in "\u00b7\u2022\u2027\u2219\u22c5\u3002":
            replacement = "."
        elif character in "\u2044\u2215":
            replacement = "/"
        self[code] = replacement
        return replacement


_BLANK = "\u115f\u1160\u17b4\u17b5"
"""Letters that show nothing."""
_SIGNS = _Signs()


def plain_signs(text: str) -> str:
    """Return a text as it reads: one sign for every dash, space, dot and digit, no accents.

    What has no width (zero-width spaces, soft hyphens) is left out, and wide or raised letters
    are plain ones: software puts such signs into identifiers, and rules would then miss them.

    >>> plain_signs("046\N{NO-BREAK SPACE}454\N{NON-BREAKING HYPHEN}2\N{ZERO WIDTH SPACE}86")
    '046 454-286'
    """
    # ASCII has no other signs than these, except the tabulator.
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    return plain.translate(_SIGNS)


def identify_value(text: str) -> Identifier | None:
    """Return the identifier that a text holds, whatever the heading above it."""
    text = plain_signs(text)
    if _EMAIL.search(text):
        return Identifier.EMAIL
    for match in _HEALTH.finditer(text):
        month, day = int(match["month"]), int(match["day"])
        if _SEASON.search(match[0]):
            continue
        if month % 50 in range(1, 13) and month < 63 and day in range(1, 32):  # noqa: PLR2004 - months of women are 51 to 62
            return Identifier.HEALTH
    if _PHONE.search(text) or _FAR_PHONE.search(text):
        return Identifier.PHONE
    if any(match["area"] in _AREAS for match in _LOCAL_PHONE.finditer(text)):
        return Identifier.PHONE
    numbers = () if _GROUPED.fullmatch(text.strip()) else _SOCIAL.finditer(text)
    for match in numbers:
        digits = [int(sign) for sign in match[0] if sign.isdigit()]
        doubled = [digit * (1 + place % 2) for place, digit in enumerate(digits)]
        # Luhn's algorithm. 8 begins the Canada Revenue Agency's numbers of businesses, 0 those that
        # it gives to persons who have no other.
        if digits[0] != 8 and sum(sum(divmod(n, 10)) for n in doubled) % 10 == 0:  # noqa: PLR2004 - as said
            return Identifier.SOCIAL
    return Identifier.POSTAL if _POSTAL.search(text) else None


def identify_in_column(heading: str, text: str) -> Identifier | None:
    """Return the identifier that a text is because of the heading above it."""
    text = plain_signs(text)
    if is_of_birth(heading):
        # A day, a month and a year, however they are written.
        whole = len(_PART.findall(text)) >= 3 or _COMPACT.fullmatch(text.strip()) is not None  # noqa: PLR2004 - the three
        return Identifier.BIRTH if whole else None
    return Identifier.NAME if text and names_persons(heading) else None


@cache
def is_of_birth(heading: str) -> bool:
    """Return whether a heading is of dates of birth."""
    words = _words(heading)
    return bool(_BIRTH & words) or words in ({"ne", "le"}, {"nee", "le"})


def is_forename(heading: str) -> bool:
    """Return whether a heading is of given or family names, which only persons have."""
    return bool(_words(heading) & _FORENAMES)


def is_bare_name(heading: str | None) -> bool:
    """Return whether a heading is “name” and nothing else: organisations have names too."""
    return _words(heading or "") - _LITTLE <= _NAMES


@cache
def names_persons(heading: str) -> bool:
    """Return whether a heading is of names of persons; a bare “name” is.

    >>> [names_persons(h) for h in ("Prénom", "Nom du client", "Nom", "Nom de la salle")]
    [True, True, True, False]
    """
    words = _words(heading) - _LITTLE
    if words & _FORENAMES:
        return True
    return bool(words & _NAMES) and (words <= _NAMES or bool(words & (_PERSONS | _NAME_OF)))


@cache
def words_of(heading: str) -> tuple[str, ...]:
    """Return the words of a heading in order, without accents; ``dateNaissance`` has two."""
    return tuple(word.lower() for word in _WORD.findall(plain_signs(heading)))


@cache
def _words(heading: str) -> frozenset[str]:
    return frozenset(words_of(heading))
