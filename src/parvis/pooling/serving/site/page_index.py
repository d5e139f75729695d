"""Search a few hundred pages of the site itself by words, in memory."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

from parvis.store.search.words import language_of, pairs, stem_query

MOST_PAGES = 255
"""Pages of an index: a page is a byte in it."""
IN_TITLE, IN_TEXT = 5, 1
"""The weights of a word in a title and in a text."""


@dataclass(frozen=True)
class SitePage:
    """A page of the site, or a section of one: its address, its title, what it says of itself.

    `text` is searched and not shown.
    """

    address: str
    title: str
    summary: str = ""
    text: str = ""


class PageIndex:
    """An inverted index of pages: for each stem, the pages that have it."""

    def __init__(self, pages: Iterable[SitePage], lang: str) -> None:
        titles: defaultdict[str, bytearray] = defaultdict(bytearray)
        texts: defaultdict[str, bytearray] = defaultdict(bytearray)
        self._pages: list[SitePage] = []
        for number, page in enumerate(islice(pages, MOST_PAGES)):
            for stem in {stem for _, stem in pairs(page.title, language_of(lang))}:
                titles[stem].append(number)
            text = f"{page.summary} {page.text}"
            for stem in {stem for _, stem in pairs(text, language_of(lang))}:
                texts[stem].append(number)
            self._pages.append(replace(page, text=""))  # it is not needed again
        self._titles = {stem: bytes(numbers) for stem, numbers in titles.items()}
        self._texts = {stem: bytes(numbers) for stem, numbers in texts.items()}

    def find(self, query: str, limit: int) -> list[SitePage]:
        """Return the pages with all words of a query, those with most of them in the title first.

        Of equals, pages stay in their order.
        """
        scores: dict[int, int] | None = None
        for stems in stem_query(query):
            word_scores: defaultdict[int, int] = defaultdict(int)
            for weight, index in ((IN_TITLE, self._titles), (IN_TEXT, self._texts)):
                numbers = {number for stem in stems for number in index.get(stem, b"")}
                for number in numbers:
                    word_scores[number] += weight
            scores = {
                number: score + (scores or {}).get(number, 0)
                for number, score in word_scores.items()
                if scores is None or number in scores
            }
        ranked = sorted((scores or {}).items(), key=lambda pair: (-pair[1], pair[0]))
        return [self._pages[number] for number, _ in ranked[:limit]]
