"""Words as they are searched: folded, without elisions, reduced to their stem.

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
"""Letters of a word that are stemmed."""
MOST_WORDS = 16
"""The greatest number of words of a query; the others are ignored."""
LONGEST_QUERY = 1_000
"""Characters of a query that are read."""

_REMEMBERED = 200_000
"""Cached words of a process with their stems, since the same ones recur all the time."""
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l"})
_WORD = re.compile(r"(?:\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’])?+([^\W_]+)(?:['’]s\b)?")
_PIECE = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and at au aux by ce ces dans de des du en et for from in is la le les of on or ou par"
        " pour que qui sur the to un une with",
    )
)


def fold(text: str) -> str:
    """Return a text without capitals, accents and ligatures.

    >>> fold("L’Œuvre d’ÉTÉ")
    'l’oeuvre d’ete'
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _MARKS.sub("", plain).translate(_LIGATURES)


def forms(text: str) -> list[str]:
    """Split a text into folded words.

    >>> forms("L’atelier d’été, au Val-des-Pins : theatre’s")
    ['atelier', 'ete', 'au', 'val', 'des', 'pins', 'theatre']
    """
    return [form for form, _ in pairs(text, FRENCH)]


def pairs(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield each folded word of a text with its stem."""
    for piece in text.split():
        # Pieces of any length would fill the cache.
        split_piece = analyse if len(piece) <= LONGEST else analyse.__wrapped__
        yield from split_piece(piece, language)


@lru_cache(maxsize=_REMEMBERED)
def analyse(piece: str, language: str) -> tuple[tuple[str, str], ...]:
    """Return the folded words of a piece without spaces, each with its stem.

    >>> analyse("d’animées", FRENCH)
    (('animees', 'anim'),)
    """
    return tuple((form, stem(form, language)) for form in _WORD.findall(fold(piece)))


def stem(form: str, language: str = FRENCH) -> str:
    """Return the stem of a folded word.

    >>> stem("theatres"), stem("animee"), stem("creee"), stem("dances", ENGLISH)
    ('theatr', 'anim', 'cre', 'danc')
    """
    if form.isascii() and form.isdigit():  # as a stemmer leaves it
        return form[:LONGEST]
    result: str = _STEMMERS[language].stemWord(form[:LONGEST])
    # The stemmer distinguishes words by an accent that is folded here (animé, animée).
    if result.endswith("ee"):
        result = result.rstrip("e") + "e"
    return result[:-1] if result.endswith("e") and len(result) > _SHORT else result


_STEMMERS = {language: Stemmer.Stemmer(language) for language in (FRENCH, ENGLISH)}
_SHORT = 4


@lru_cache(1_000)
def language_of(tag: str | None) -> str:
    return ENGLISH if tag and tag.partition("-")[0].lower() == "en" else FRENCH


def stem_query(query: str) -> tuple[frozenset[str], ...]:
    """Return the stems of each word of a query, without stop words unless there are no others.

    >>> [sorted(stems) for stems in stem_query("Le théâtre et la danse")]
    [['theatr'], ['dans']]
    """
    return tuple(dict.fromkeys(map(_stems_of, query_forms(query))))


def query_forms(query: str) -> list[str]:
    """Return the folded words of a query that are searched.

    >>> query_forms("La danse à Montréal")
    ['danse', 'montreal']
    """
    return list(dict.fromkeys(_drop_stop_words(forms(query[:LONGEST_QUERY]))))[:MOST_WORDS]


def too_long(query: str) -> bool:
    """Return whether a query has words that are ignored."""
    return len(query) > LONGEST_QUERY or len({*_drop_stop_words(forms(query))}) > MOST_WORDS


def stem_unfinished_query(beginning: str) -> tuple[tuple[frozenset[str], ...], str]:
    """Return the stems of the whole words of an unfinished query, and the beginning of its last.

    >>> stems, beginning = stem_unfinished_query("Théâtre de la Lan")
    >>> [sorted(word) for word in stems], beginning
    ([['theatr']], 'lan')
    """
    words = forms(beginning[:LONGEST_QUERY])
    return (_to_stems(words[:-1]), words[-1]) if words else ((), "")


def _to_stems(words: list[str]) -> tuple[frozenset[str], ...]:
    unique = list(dict.fromkeys(_drop_stop_words(words)))[:MOST_WORDS]
    return tuple(dict.fromkeys(map(_stems_of, unique)))


def _drop_stop_words(words: list[str]) -> list[str]:
    """Remove stop words, unless there are no others."""
    return [word for word in words if word not in _STOP_WORDS] or words


def _stems_of(form: str) -> frozenset[str]:
    """Return the stems of a word in an unknown language."""
    return frozenset(stem(form, language) for language in _STEMMERS)


def mark_matches(text: str, stems: frozenset[str]) -> Iterator[tuple[str, bool]]:
    """Split a text into successive pieces, each with whether it matches one of some stems.

    >>> list(mark_matches("Le Théâtre, l’été", frozenset({"theatr"})))
    [('Le ', False), ('Théâtre', True), (', l’été', False)]
    """
    at = 0
    for piece in _PIECE.finditer(text):
        if any(_stems_of(form) & stems for form in forms(piece[0])):
            if piece.start() > at:
                yield text[at : piece.start()], False
            yield piece[0], True
            at = piece.end()
    if at < len(text):
        yield text[at:], False
