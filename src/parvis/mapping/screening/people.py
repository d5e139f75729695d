"""Recognise names of persons, and what headings and e-mail addresses say of whose they are."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from itertools import pairwise
from typing import Self

from parvis.mapping.screening.identifiers import plain_signs, words_of

LISTS = (
    *("fr_CA", "fr_FR", "fr_BE", "fr_CH", "en", "en_US", "en_GB", "en_IN", "es_ES", "it_IT"),
    *("pt_PT", "ar_AA", "fr_DZ", "ro_RO", "vi_VN"),
)
"""Faker's lists of the names that are usual in Québec, and of those who came to it."""
TOKEN = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?")
PARTICLES = frozenset("al da de del della den der des di dos du el ibn la le van von y".split())  # noqa: SIM905 - read as one
CIVILITY = re.compile(
    r"\b(?:M\.|Mme|Mlle|Monsieur|Madame|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Dre)\s+(?=[A-ZÀ-Ý])"
)
"""Said before the name of a person."""
AROUND = re.compile(r"\s*\([^()]*\)$")
"""A remark after a name."""
COMMA = re.compile(r"\s*,\s*")
AT = re.compile(
    r"\s*[\[({<]\s*(?:at|a|arobas|arobase)\s*[\])}>]\s*|\s+(?:AT|arobase)\s+|\s+@\s*|@\s+",
    re.IGNORECASE,
)
DOT = re.compile(r"\s*[\[({<]\s*(?:dot|point)\s*[\])}>]\s*|\s+(?:DOT|POINT)\s+")
ADDRESS = re.compile(r"[^\s@<>,;:\"'()]+@[^\s@<>,;:\"'()]+")
LONGEST = 5
"""Words of a name of a person."""


@cache
def word_groups() -> dict[str, frozenset[str]]:
    """Return the groups of words of ``words.toml``."""
    text = files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


@cache
def usual_names() -> tuple[frozenset[str], frozenset[str]]:
    """Return given and family names, without accents and in lower case."""
    given, family = set[str](), set[str]()
    for code in LISTS:
        # Loaded only where something looks like a name: it takes longer than most files.
        lists = import_module(f"faker.providers.person.{code}").Provider
        for kind, names in (("first_names", given), ("last_names", family)):
            for part in ("", "_male", "_female"):
                listed = getattr(lists, kind + part, ())
                if not isinstance(listed, property):
                    names.update(plain_signs(name).lower() for name in listed)
    return frozenset(given), frozenset(family - {"grand", "petit", "le", "winter"})


def has_form_of_name(text: str) -> bool:
    """Return whether a text is written as the name of a person: « Tremblay, Marie », MARIE ROY."""
    parts = COMMA.split(CIVILITY.sub("", AROUND.sub("", text)).strip())
    if len(parts) > 2:  # noqa: PLR2004 - family name, given names
        return False
    tokens = [token for part in parts for token in part.split()]
    names = [token for token in tokens if token.lower() not in PARTICLES]
    if not 2 <= len(names) <= LONGEST or len(tokens) > LONGEST + 1:  # noqa: PLR2004 - of two words or more
        return False
    if not all(TOKEN.fullmatch(token) and token[0].isupper() for token in names):
        return False
    return not {*words_of(text)} & word_groups()["organisations"]


def is_usual_name(text: str) -> bool:
    """Return whether a text has the form of a name, and a usual given or family name in it."""
    if not has_form_of_name(text):
        return False
    given, family = usual_names()
    text = CIVILITY.sub("", AROUND.sub("", text)).replace(",", " ")
    tokens = [plain_signs(token).lower() for token in text.split()]
    first, last = tokens[0], tokens[-1]
    parts = {first, last, first.partition("-")[0], last.partition("-")[0]}
    return bool(parts & given) or first in family or last in family


def is_single_name(text: str) -> bool:
    """Return whether a text is one word, and a usual given or family name."""
    text = text.strip()
    if not TOKEN.fullmatch(text) or not text[0].isupper():
        return False
    given, family = usual_names()
    plain = plain_signs(text).lower()
    # Jean-Guy is a name of a person, Germaine-Pinsonneault one of a hall.
    return plain in family or all(part in given for part in plain.split("-"))


def addresses_in(text: str) -> list[str]:
    """Return the e-mail addresses of a text, also those written « nom [arobase] exemple.ca »."""
    return ADDRESS.findall(DOT.sub(".", AT.sub("@", plain_signs(text))))


def is_of_organisation(address: str) -> bool:
    """Return whether an e-mail address is the mailbox of an organisation, by its first part."""
    local, _, host = plain_signs(address).lower().partition("@")
    words = re.findall(r"[a-z]{2,}", local)
    mailboxes = word_groups()["mailboxes"]
    if any(word in mailboxes for word in words):
        return True
    # billetteriexyz@gmail.com, theatrexyz@hotmail.com
    if any(len(word) > 5 and local.startswith(word) for word in mailboxes):  # noqa: PLR2004 - long words only
        return True
    domain = re.split(r"[.]", host)[0]
    return len(domain) > 3 and domain not in word_groups()["providers"] and domain in local  # noqa: PLR2004 - a name


def is_of_person(address: str) -> bool:
    """Return whether an e-mail address has a person's name, or is from a provider to anyone."""
    local, _, host = plain_signs(address).lower().partition("@")
    if is_of_organisation(address):
        return False
    if host.partition(".")[0] in word_groups()["providers"]:
        return True
    given, family = usual_names()
    words = re.findall(r"[a-z]{2,}", local)
    return bool({*words} & given) or any(word in family or word[1:] in family for word in words)


@dataclass(frozen=True)
class HeadingMeaning:
    """What a heading says of the values under it; `texts` has its words in order."""

    texts: tuple[str, ...]
    persons: bool
    artists: bool
    subjects: bool
    places: bool
    public: bool
    counts: bool
    numbered: bool
    comments: bool
    home: bool
    orders: bool
    works: bool

    @classmethod
    @cache
    def of(cls, heading: str) -> Self:
        texts, groups = words_of(heading), word_groups()
        words = {*texts}
        # « Réservé par », “Sold to”; « nombre de » and “number of” count.
        sold = bool(words & groups["sales"]) and bool(words & {"par", "a", "by", "to"})
        pairs = {*pairwise(texts)}
        counted = bool(words & groups["counts"]) or ("number", "of") in pairs or "%" in heading
        return cls(
            texts,
            persons=bool(words & groups["persons"]) or sold,
            artists=bool(words & groups["artists"]) or "en scene" in " ".join(texts),
            subjects=bool(words & groups["subjects"]),
            places=bool(words & groups["places"]),
            public=bool(words & groups["public_contacts"]),
            counts=counted,
            numbered=bool(words & groups["numbers"]) and not counted,
            comments=bool(words & groups["comments"]),
            home=bool(words & groups["home"]),
            orders=bool(words & groups["orders"]),
            works=bool(words & groups["works"]),
        )

    @property
    def published(self) -> bool:
        """Whether it names works, artists, places or organisations."""
        return self.artists or self.subjects or self.public
