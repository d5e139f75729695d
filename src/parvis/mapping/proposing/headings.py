"""What the headings of a file say besides what columns hold: a common word, a language."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from parvis.mapping.concepts import fold_text
from parvis.mapping.proposing.sampling import FileColumn
from parvis.mapping.proposing.vocabulary import fold_heading

TAGS = {
    **dict.fromkeys(("fr", "fra", "francais", "francaise", "french"), "fr"),
    **dict.fromkeys(("en", "eng", "anglais", "anglaise", "english"), "en"),
}
"""Words by which a heading says the language of its column: « Titre FR », “title_en”."""
COMMON = 0.6
"""The share of headings that begin with a word which then tells nothing: “Event Name”."""
FEWEST = 4
STOP_WORDS = {
    "fr": "le la les l des du d une et au aux pour dans avec sur est par qui que un ce ses"
    " nom titre lieu ville prix heure salle adresse courriel debut annee fin",
    "en": "the of and with for in at from an is to by on this that are be its or as"
    " name title venue city price time hall address email start end year show theatre museum",
}
"""Little words, and those of headings."""
_STOP_WORDS = {lang: frozenset(words.split()) for lang, words in STOP_WORDS.items()}
EXPLAINED = re.compile(r"\([^()]* [^()]*\)")
ENOUGH = 3
"""Stop words from which a text is of a language."""


def fold_headings(columns: Sequence[FileColumn]) -> dict[str, str]:
    """Return the folded words of each heading, without a first word that most begin with.

    >>> names = ["Event Name", "Event Start Date", "Event Cost", "Event Category", "Tags"]
    >>> list(fold_headings([FileColumn(name, (), 1) for name in names]).values())
    ['name', 'start date', 'cost', 'category', 'tags']
    """
    # « Prix (avant taxes) »: several words in parentheses explain.
    names = {column.name: EXPLAINED.sub("", column.name) or column.name for column in columns}
    folded = {name: fold_heading(text) for name, text in names.items()}
    # Members of JSON have their parents' names instead.
    first = Counter(
        folded[column.name].partition(" ")[0] for column in columns if column.position is not None
    )
    if len(columns) < FEWEST or not first:
        return folded
    word, count = first.most_common(1)[0]
    if count < COMMON * len(columns):
        return folded
    return {name: text.removeprefix(f"{word} ") for name, text in folded.items()}


def split_language(heading: str) -> tuple[str, str | None]:
    """Return a folded heading without the word that tells its language, and that language.

    >>> split_language("titre fr"), split_language("english title"), split_language("en")
    (('titre', 'fr'), ('title', 'en'), ('en', None))
    """
    words = heading.split()
    for word in (words[-1:] + words[:1]) if len(words) > 1 else []:
        # « en ligne », « En salle »: a preposition begins a heading.
        if word in TAGS and not (word == "en" and word == words[0]):
            return " ".join(w for w in words if w is not word), TAGS[word]
    return heading, None


def language_of(texts: Iterable[str]) -> str | None:
    """Return the language that texts are in by their little words, None where these are few.

    >>> language_of(["Une exposition sur la mer"]), language_of(["The sea and the wind"])
    ('fr', 'en')
    >>> language_of(["Hamlet", "Carmen"])
    """
    words = Counter(re.findall(r"[a-z]+", fold_text(" ".join(texts))))
    counts = {
        lang: sum(words[word] for word in stop_words) for lang, stop_words in _STOP_WORDS.items()
    }
    best, other = sorted(counts, key=lambda lang: -counts[lang])
    return best if counts[best] >= ENOUGH and counts[best] >= 2 * counts[other] else None
