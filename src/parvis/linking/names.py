"""Names as they are compared: folded, without articles, and with words of kind apart.

« Société de la Place des Arts inc. », « la Place-des-Arts » and « PLACE DES ARTS » share their
telling words; « OSM » is the acronym of « Orchestre symphonique de Montréal ».
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from parvis.store.search.words import fold, forms

CONTAINED = 0.88
"""Weight of a name whose words are all in a longer name."""
OTHER_KIND = 0.8
"""Factor where the names are of two kinds: a theatre, a library."""
ACRONYM = 0.9
_SHORTEST_ACRONYM = 3
_CACHE_SIZE = 200_000
_SHORTEST_PLURAL = 4


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LITTLE = _split("a an and at au aux d de des du en et for in l la le les of on the un une")
_LEGAL = _split(
    "asbl association cooperative coop corp corporation enr fondation foundation inc"
    " incorporated limited limitee ltd ltee obnl osbl regie senc societe society"
)
"""Legal forms; they distinguish nothing."""
_KINDS = _split(
    "amphitheatre atelier auditorium bibliotheque cabaret cafe centre chapelle choeur cinema cirque"
    " collectif college compagnie company ecole eglise ensemble espace festival galerie gallery"
    " library maison mediatheque musee museum orchestre parc place salle school studio theatre"
    " troupe universite university"
)
"""Kinds of organisations and venues; where there are other words, these say little."""
_FULL_FORMS = {
    "biblio": "bibliotheque",
    "cie": "compagnie",
    "ctre": "centre",
    "center": "centre",
    "fest": "festival",
    "mtl": "montreal",
    "qc": "quebec",
    "st": "saint",
    "ste": "sainte",
    "theater": "theatre",
    "univ": "universite",
}
"""Abbreviations and variant spellings."""
_OFFICIAL = re.compile(
    r"(?:ville|cite|municipalite|village|paroisse|canton|city|town|township)\s+(?:de\s|d['’]|of\s)"
)
"""What comes before the name of a municipality."""
_PROVINCE = _split("canada city qc quebec")
"""Words that follow the name of a municipality."""
_NEAR_NAME = 90
"""Likeness, in percent, from which two names of municipalities may be two spellings of one."""
_NEAR_WORD = 74
"""Likeness, in percent, from which a word may be another one misspelt."""
_MARK = re.compile(r"\w|[ivx]+|\w*\d\w*")
_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_CAPITALS = re.compile(r"(?<!\w)(?:[A-ZÀ-Þ]\.?){3,}(?!\w)")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is compared; every word is folded and singular.

    `telling` are its distinguishing words (all words if there are no others), `kinds` those that
    name a kind of organisation or venue, `acronyms` its short forms, stated or possible; `key` the
    distinguishing words in alphabetical order: equal names have equal keys.
    """

    telling: tuple[str, ...]
    kinds: frozenset[str]
    acronyms: frozenset[str]
    key: str


@lru_cache(maxsize=_CACHE_SIZE)
def name(text: str) -> Name:
    """Parse a name; text in parentheses is a remark, except for an acronym.

    >>> name("Société de la Place des Arts inc.").telling, name("L’Œuvre (inventée)").telling
    (('art',), ('oeuvre',))
    >>> sorted(name("Orchestre symphonique de Montréal").acronyms)
    ['osm']
    """
    plain = _REMARK.sub(" ", text)
    singular = (
        word[:-1] if len(word) >= _SHORTEST_PLURAL and word[-1] in "sx" else word
        for word in forms(plain) or forms(text)
    )
    words = [_FULL_FORMS.get(word, word) for word in singular]
    # A name made of nothing but such words (« La Société ») keeps them: it has no others.
    meant = [word for word in words if word not in _LITTLE] or words
    unofficial = [word for word in meant if word not in _LEGAL] or meant
    telling = [word for word in unofficial if word not in _KINDS] or unofficial
    acronyms = {match.replace(".", "").casefold() for match in _CAPITALS.findall(text)}
    # In a name all in capitals, every word would look like an acronym.
    if text.upper() == text:
        acronyms.clear()
    if len(meant) >= _SHORTEST_ACRONYM:
        acronyms.add("".join(word[0] for word in meant))
    key = " ".join(sorted(telling))
    return Name(tuple(telling), frozenset(meant) & _KINDS, frozenset(acronyms), key)


def likeness(text: str, other: str) -> float:
    """Return how alike two names are, from 0 to 1; 0 where either has no word.

    >>> likeness("Théâtre du Vieux-Moulin", "théâtre du vieux moulin (inventé)")
    1.0
    >>> likeness("OSM", "Orchestre symphonique de Montréal")
    0.9
    >>> likeness("", "Théâtre")
    0.0
    """
    return compare_names(name(text), name(other))


def compare_names(left: Name, right: Name) -> float:
    """Return how alike two parsed names are, from 0 to 1; symmetric."""
    if not left.telling or not right.telling:
        return 0.0
    if left.key == right.key:
        alike = 1.0
    else:
        near = fuzz.ratio(left.key, right.key)
        within = CONTAINED * fuzz.token_set_ratio(left.key, right.key)
        alike = max(near, within) / 100
    if left.kinds and right.kinds and not left.kinds & right.kinds:
        alike *= OTHER_KIND
    return max(alike, ACRONYM if _abbreviates(left, right) or _abbreviates(right, left) else 0.0)


@lru_cache(maxsize=_CACHE_SIZE)
def distinguishing_marks(text: str) -> frozenset[str]:
    """Return the numbers and single letters of a name, by which rooms are told apart.

    >>> sorted(distinguishing_marks("Studio A-12")), sorted(distinguishing_marks("Salle II"))
    (['12', 'a'], ['ii'])
    """
    return frozenset(word for word in forms(text) if _MARK.fullmatch(word))


@lru_cache(maxsize=_CACHE_SIZE)
def municipality(text: str) -> str:
    """Return the name of a municipality as it is compared; empty where there is none.

    >>> municipality("Ville de St-Jérôme (Québec)"), municipality("L’Île-Perrot, QC")
    ('saint jerome', 'ile perrot')
    >>> municipality("Québec QC")
    'quebec'
    """
    return " ".join(_municipality_words(_REMARK.sub(" ", text).partition(",")[0]))


def same_municipality(text: str, other: str) -> bool | None:
    """Return whether two names are of one municipality; None if they do not tell.

    >>> same_municipality("St-Jérôme", "Saint-Jerome, QC"), same_municipality("Gaspé", "Percé")
    (True, False)
    >>> same_municipality("Verdun (Montréal)", "Montréal") is None
    True
    """
    key, other_key = municipality(text), municipality(other)
    if not key or not other_key:
        return None
    if key == other_key:
        return True
    # A borough may be named with its municipality, or a long name by its beginning.
    words, other_words = set(_municipality_words(text)), set(_municipality_words(other))
    if words <= other_words or other_words <= words or fuzz.ratio(key, other_key) >= _NEAR_NAME:
        return None
    return False


def _municipality_words(text: str) -> list[str]:
    plain = _OFFICIAL.sub("", fold(text).strip(), count=1)
    words = [_FULL_FORMS.get(word, word) for word in forms(plain) if word not in _LITTLE]
    while len(words) > 1 and words[-1] in _PROVINCE:
        words.pop()
    return words


def _abbreviates(short: Name, long: Name) -> bool:
    return len(short.telling) == 1 and short.telling[0] in long.acronyms


def nearest_word(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a misspelt word most likely stands for, the first of equals.

    >>> nearest_word("theater", ["danse", "theatre", "the"]), nearest_word("zzz", ["danse"])
    ('theatre', None)
    """
    nearest = max(candidates, key=lambda candidate: fuzz.ratio(word, candidate), default="")
    return nearest if fuzz.ratio(word, nearest) >= _NEAR_WORD else None
