"""Names as they are compared: folded, without articles, with what kind of thing they say apart.

« Société de la Place des Arts inc. », « la Place-des-Arts » and « PLACE DES ARTS » share their
telling words; « OSM » is the acronym of « Orchestre symphonique de Montréal ».
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from parvis.store.search.words import forms

CONTAINED = 0.88
"""What it is worth that all words of a name stand in another, longer one."""
OTHER_KIND = 0.8
"""What is left when each name says another kind of thing: a theatre, a library."""
ACRONYM = 0.9
_SHORTEST_ACRONYM = 3
_REMEMBERED = 200_000
_SHORTEST_PLURAL = 4


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LITTLE = _listed("a an and at au aux d de des du en et for in l la le les of on the un une")
_LEGAL = _listed(
    "asbl association cooperative coop corp corporation enr fondation foundation inc"
    " incorporated limited limitee ltd ltee obnl osbl regie senc societe society"
)
"""What a thing is in law; it tells none apart."""
_KINDS = _listed(
    "amphitheatre atelier auditorium bibliotheque cabaret cafe centre chapelle choeur cinema cirque"
    " collectif college compagnie company ecole eglise ensemble espace festival galerie gallery"
    " library maison mediatheque musee museum orchestre parc place salle school studio theatre"
    " troupe universite university"
)
"""What kind of thing it is; where there are other words, these tell little."""
_WRITTEN = {
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
"""Short and other forms of words."""
_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_CAPITALS = re.compile(r"(?<!\w)(?:[A-ZÀ-Þ]\.?){3,}(?!\w)")


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is compared; every word is folded and singular.

    `telling` are the words that tell it apart (all words if there are no others), `kinds` those
    that say what kind of thing it is, `acronyms` how it is or could be shortened; `key` are the
    telling words in alphabetical order: equal names have equal keys.
    """

    telling: tuple[str, ...]
    kinds: frozenset[str]
    acronyms: frozenset[str]
    key: str


@lru_cache(maxsize=_REMEMBERED)
def name(text: str) -> Name:
    """Read a name; what stands in parentheses is a remark, save for an acronym.

    >>> name("Société de la Place des Arts inc.").telling, name("L’Œuvre (inventée)").telling
    (('art',), ('oeuvre',))
    >>> sorted(name("Orchestre symphonique de Montréal").acronyms)
    ['osm']
    """
    plain = _REMARK.sub(" ", text)
    words = [_written(one) for one in forms(plain) or forms(text)]
    meant = [one for one in words if one not in _LITTLE] or words
    unofficial = [one for one in meant if one not in _LEGAL] or meant
    telling = [one for one in unofficial if one not in _KINDS] or unofficial
    key = " ".join(sorted(telling))
    return Name(tuple(telling), frozenset(meant) & _KINDS, _acronyms(text, meant), key)


def likeness(one: str, other: str) -> float:
    """Say how alike two names are, from 0 to 1; 0 where one of them has no word.

    >>> likeness("Théâtre du Vieux-Moulin", "théâtre du vieux moulin (inventé)")
    1.0
    >>> likeness("OSM", "Orchestre symphonique de Montréal")
    0.9
    >>> likeness("", "Théâtre")
    0.0
    """
    return compared(name(one), name(other))


def compared(here: Name, there: Name) -> float:
    """Say how alike two names are that were read; symmetric."""
    if not here.telling or not there.telling:
        return 0.0
    if here.key == there.key:
        alike = 1.0
    else:
        near = fuzz.ratio(here.key, there.key)
        within = CONTAINED * fuzz.token_set_ratio(here.key, there.key)
        alike = max(near, within) / 100
    if here.kinds and there.kinds and not here.kinds & there.kinds:
        alike *= OTHER_KIND
    return max(alike, ACRONYM if _short_for(here, there) or _short_for(there, here) else 0.0)


def _short_for(short: Name, long: Name) -> bool:
    """Say whether a name is nothing but the acronym of another."""
    return len(short.telling) == 1 and short.telling[0] in long.acronyms


def _acronyms(text: str, meant: list[str]) -> frozenset[str]:
    """Give the acronym that the initials make, and those that are written."""
    found = {one.replace(".", "").casefold() for one in _CAPITALS.findall(text)}
    if text.upper() == text:
        found.clear()
    if len(meant) >= _SHORTEST_ACRONYM:
        found.add("".join(word[0] for word in meant))
    return frozenset(found)


def _written(word: str) -> str:
    """Give a word in full and in the singular."""
    if len(word) >= _SHORTEST_PLURAL and word[-1] in "sx":
        word = word[:-1]
    return _WRITTEN.get(word, word)
