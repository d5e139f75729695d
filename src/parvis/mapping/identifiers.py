"""What identifies a person directly, told by how it is written or by the heading above it.

An identifier is told of a whole cell or of a piece of its text. What is told never holds the value.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from parvis.i18n import N_


class Identifier(StrEnum):
    """A kind of direct identifier; its value is the rule of the finding."""

    EMAIL = "personal-email"
    HEALTH = "personal-health-number"
    SOCIAL = "personal-social-insurance"
    PHONE = "personal-phone"
    POSTAL = "personal-postal-code"
    BIRTH = "personal-birth-date"
    NAME = "personal-name"


TOLD = {
    Identifier.EMAIL: N_(
        "an e-mail address stands here: data on publics hold nothing that identifies a person;"
        " what it says is not repeated"
    ),
    Identifier.HEALTH: N_(
        "a health insurance number stands here: data on publics hold nothing that identifies a"
        " person; what it says is not repeated"
    ),
    Identifier.SOCIAL: N_(
        "a social insurance number stands here: data on publics hold nothing that identifies a"
        " person; what it says is not repeated"
    ),
    Identifier.PHONE: N_(
        "a telephone number stands here: data on publics hold nothing that identifies a person;"
        " what it says is not repeated"
    ),
    Identifier.POSTAL: N_(
        "a postal code of six characters stands here: data on publics keep its first three at"
        " most; what it says is not repeated"
    ),
    Identifier.BIRTH: N_(
        "a full date of birth stands here: data on publics keep the year, or an age bracket, at"
        " most; what it says is not repeated"
    ),
    Identifier.NAME: N_(
        "the heading says that names of persons stand in this column: data on publics hold none;"
        " a column of places or organisations should say so"
    ),
}
"""What is said of each, never with the value."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EMAIL = re.compile(r"[^\s@<>,;:\"']+@[^\s@<>,;:\"']+\.[a-z]{2,}", re.IGNORECASE)
_HEALTH = re.compile(
    r"(?<![a-z])[a-z]{4}[ -]?\d\d(?P<month>\d\d)[ -]?(?P<day>\d\d)[ -]?\d\d(?!\d)",
    re.IGNORECASE,
)
"""Of Québec (RAMQ): four letters, year, month (50 more for women), day, two digits."""
_SOCIAL = re.compile(r"(?<![\d.,])\d{3}([ -]?)\d{3}\1\d{3}(?![\d]|[.,]\d)")
_PHONE = re.compile(
    r"(?<![\d.,])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]?\d{4}(?!\d)"
)
"""Of North America, with something between its parts (NANP)."""
_BARE_PHONE = re.compile(r"(?<![\d.,])1?(?P<area>[2-9]\d{2})[2-9]\d{6}(?!\d|[.,]\d)")
_FAR_PHONE = re.compile(r"(?<![\w+])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,6}(?!\d)")
_AREAS = _listed(
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450"
    " 460 468 474 506 514 519 537 548 568 579 581 584 587 600 604 613 639 647 672 683 705 709 742"
    " 753 778 780 782 807 819 825 867 873 879 902 905 942"
)
"""Canada's: ten digits that begin otherwise are taken for a number, such as an NEQ."""
_POSTAL = re.compile(
    r"(?<![a-z\d])[abceghj-nprstvxy]\d[abceghj-nprstv-z][ -]?\d[abceghj-nprstv-z]\d(?![a-z\d])",
    re.IGNORECASE,
)

_PERSONS = _listed(
    "abonne abonnee abonnes acheteur acheteuse acheteurs beneficiaire client cliente clients"
    " conjoint conjointe donateur donatrice eleve eleves enfant enfants etudiant etudiante invite"
    " invitee membre membres mere parent parents participant participante participants payeur pere"
    " personne personnes repondant repondante spectateur spectatrice spectateurs titulaire usager"
    " usagere usagers visiteur visiteuse attendee buyer child customer customers father guest"
    " holder member members mother owner patron patrons person purchaser respondent student"
    " subscriber subscribers user visitor visitors"
)
_NAMES = frozenset({"nom", "noms", "name", "names"})
_FORENAMES = _listed(
    "prenom prenoms firstname lastname surname surnames forename forenames givenname familyname"
    " fullname patronyme nomcomplet nomfamille"
)
_NAME_OF = frozenset({"famille", "complet", "family", "first", "last", "given", "full", "maiden"})
_LITTLE = _listed("de du des d la le les l et ou and or of the a s")
_BIRTH = _listed("naissance ddn dob birth birthday birthdate naiss")
_PART = re.compile(r"\d+|[^\W\d_]{3,}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMPACT = re.compile(r"\d{8}|[1-6]\d{4}")
"""A day as eight digits, or as the number that a spreadsheet has for it."""


def of_value(text: str) -> Identifier | None:
    """Tell which identifier a text holds, whatever the heading above it."""
    if "@" in text and _EMAIL.search(text):
        return Identifier.EMAIL
    if any(_is_day(found["month"], found["day"]) for found in _HEALTH.finditer(text)):
        return Identifier.HEALTH
    if _PHONE.search(text) or _FAR_PHONE.search(text):
        return Identifier.PHONE
    if any(found["area"] in _AREAS for found in _BARE_PHONE.finditer(text)):
        return Identifier.PHONE
    if any(_is_social(found[0]) for found in _SOCIAL.finditer(text)):
        return Identifier.SOCIAL
    return Identifier.POSTAL if _POSTAL.search(text) else None


def of_column(heading: str, text: str) -> Identifier | None:
    """Tell which identifier a text is by the heading above it."""
    words = _words(heading)
    if _BIRTH & words or words in ({"ne", "le"}, {"nee", "le"}):
        return Identifier.BIRTH if _is_whole_date(text) else None
    return Identifier.NAME if text and names_persons(heading) else None


def is_bare(heading: str | None) -> bool:
    """Say whether a heading is “name” and nothing else, which organisations have too."""
    return _words(heading or "") - _LITTLE <= _NAMES


@cache
def names_persons(heading: str) -> bool:
    """Say whether a heading is of names of persons; a bare “name” says no other thing.

    >>> [names_persons(one) for one in ("Prénom", "Nom du client", "Nom", "Nom de la salle")]
    [True, True, True, False]
    """
    words = _words(heading) - _LITTLE
    if words & _FORENAMES:
        return True
    return bool(words & _NAMES) and (words <= _NAMES or bool(words & (_PERSONS | _NAME_OF)))


@cache
def _words(heading: str) -> frozenset[str]:
    """Give the words of a heading, without accents; in ``dateNaissance`` there are two."""
    spelt = unicodedata.normalize("NFKD", heading)
    plain = "".join(sign for sign in spelt if not unicodedata.combining(sign))
    return frozenset(word.lower() for word in _WORD.findall(plain))


def _is_day(month: str, day: str) -> bool:
    """Say whether the digits of a health insurance number are a month and a day."""
    return int(month) % 50 in range(1, 13) and int(month) < 63 and int(day) in range(1, 32)  # noqa: PLR2004 - months of women are 51 to 62


def _is_social(text: str) -> bool:
    """Say whether nine digits are a social insurance number: those of Luhn, from 1 to 7, or 9."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if digits[0] in {0, 8}:
        return False
    doubled = [digit * (1 + place % 2) for place, digit in enumerate(digits)]
    return sum(sum(divmod(one, 10)) for one in doubled) % 10 == 0


def _is_whole_date(text: str) -> bool:
    """Say whether a text has a day, a month and a year, however they are written."""
    return len(_PART.findall(text)) >= 3 or _COMPACT.fullmatch(text.strip()) is not None  # noqa: PLR2004 - the three
