"""The words of a text as they are searched for: folded, without elisions, brought to their stem.

Accents, case and ligatures never matter; a text is stemmed as French unless its language tag says
English. A query has no tag, so each of its words stands for both of its stems.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

FRENCH, ENGLISH = "french", "english"
LONGEST = 64
"""Letters of a word that count."""
MOST_WORDS = 16
"""Words of a query that count; the others are left out."""
LONGEST_QUERY = 1_000
"""Characters of a query that are read."""

_REMEMBERED = 200_000
"""Words that a process keeps with their stems: the same ones come back all the time."""
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l"})
_WORD = re.compile(r"(?:\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’])?+([^\W_]+)(?:['’]s\b)?")
_PIECE = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_FOUND_EVERYWHERE = frozenset(
    re.findall(
        r"\w+",
        "a an and at au aux by ce ces dans de des du en et for from in is la le les of on or ou par"
        " pour que qui sur the to un une with",
    )
)


def folded(text: str) -> str:
    """Give a text without capitals, accents and ligatures.

    >>> folded("L’Œuvre d’ÉTÉ")
    'l’oeuvre d’ete'
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _MARKS.sub("", plain).translate(_LIGATURES)


def forms(text: str) -> list[str]:
    """Cut a text into folded words.

    >>> forms("L’atelier d’été, au Val-des-Pins : theatre’s")
    ['atelier', 'ete', 'au', 'val', 'des', 'pins', 'theatre']
    """
    return [form for form, _ in pairs(text, FRENCH)]


def pairs(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Give each folded word of a text with its stem; what is too long is not remembered."""
    for piece in text.split():
        known = analysed if len(piece) <= LONGEST else analysed.__wrapped__
        yield from known(piece, language)


@lru_cache(maxsize=_REMEMBERED)
def analysed(piece: str, language: str) -> tuple[tuple[str, str], ...]:
    """Give the folded words of what stands between two spaces, each with its stem.

    >>> analysed("d’animées", FRENCH)
    (('animees', 'anim'),)
    """
    return tuple((form, stem(form, language)) for form in _WORD.findall(folded(piece)))


def stem(form: str, language: str = FRENCH) -> str:
    """Bring a folded word to its stem.

    What the stemmer tells by an accent that is folded here (animé, animée) is told by an *e*.

    >>> stem("theatres"), stem("animee"), stem("creee"), stem("dances", ENGLISH)
    ('theatr', 'anim', 'cre', 'danc')
    """
    found: str = _STEMMERS[language].stemWord(form[:LONGEST])
    if found.endswith("ee"):
        found = found.rstrip("e") + "e"
    return found[:-1] if found.endswith("e") and len(found) > _SHORT else found


_STEMMERS = {language: Stemmer.Stemmer(language) for language in (FRENCH, ENGLISH)}
_SHORT = 4


def language_of(tag: str | None) -> str:
    """Tell as which language a text is stemmed."""
    return ENGLISH if tag and tag.partition("-")[0].lower() == "en" else FRENCH


def asked(query: str) -> tuple[frozenset[str], ...]:
    """Give the stems that stand for each word of a query; words found everywhere are left out.

    They stay when there are no others.

    >>> [sorted(one) for one in asked("Le théâtre et la danse")]
    [['theatr'], ['dans']]
    """
    return _telling(forms(query[:LONGEST_QUERY]))


def too_long(query: str) -> bool:
    """Say whether a query has words that do not count."""
    return len(query) > LONGEST_QUERY or len({*_telling_forms(forms(query))}) > MOST_WORDS


def begun(beginning: str) -> tuple[tuple[frozenset[str], ...], str]:
    """Give the stems of the whole words of an unfinished query, and the beginning of its last.

    >>> [sorted(one) for one in begun("Théâtre de la Lan")[0]], begun("Théâtre de la Lan")[1]
    ([['theatr']], 'lan')
    """
    found = forms(beginning[:LONGEST_QUERY])
    return (_telling(found[:-1]), found[-1]) if found else ((), "")


def _telling(found: list[str]) -> tuple[frozenset[str], ...]:
    """Give the stems of the words that tell something."""
    words = list(dict.fromkeys(_telling_forms(found)))[:MOST_WORDS]
    return tuple(dict.fromkeys(map(_stems, words)))


def _telling_forms(found: list[str]) -> list[str]:
    """Leave out the words that are found everywhere, unless there are no others."""
    return [form for form in found if form not in _FOUND_EVERYWHERE] or found


def _stems(form: str) -> frozenset[str]:
    """Give the stems that a word without a language may have."""
    return frozenset(stem(form, language) for language in _STEMMERS)


def marked(text: str, wanted: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Cut a text into pieces that follow one another, each told whether it was searched for.

    >>> list(marked("Le Théâtre, l’été", frozenset({"theatr"})))
    [('Le ', False), ('Théâtre', True), (', l’été', False)]
    """
    at = 0
    for piece in _PIECE.finditer(text):
        if any(_stems(form) & wanted for form in forms(piece[0])):
            if piece.start() > at:
                yield text[at : piece.start()], False
            yield piece[0], True
            at = piece.end()
    if at < len(text):
        yield text[at:], False
