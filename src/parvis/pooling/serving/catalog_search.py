"""What the catalogue finds datasets by: words, and facets with how many each of their values has.

A record may be known to who may not read the content: what the content tells (disciplines, kinds,
files) counts for those who may read it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil

from parvis.i18n import N_, both
from parvis.pooling.cards import DatasetCard, Texts
from parvis.store.search.words import asked, folded, language_of, pairs
from parvis.vocab.iris import DatasetKey

FACETS = ("theme", "partner", "type", "discipline", "access", "format", "period")
SORTS = ("partner", "title", "changed")
PER_PAGE = 30
"""Datasets that a page shows."""

TYPES = {
    "offerings": N_("offerings"),
    "publics": N_("publics"),
    "relays": N_("relays"),
    "places": N_("places"),
}
ACCESS = {"open": N_("open to everyone"), "agreement": N_("by agreement")}
FORMATS = {
    "xlsx": "XLSX",
    "csv.zip": "CSV",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nq.gz": "N-Quads",
}
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Wish:
    """What is asked of the catalogue: words, the value chosen of each facet, an order, a page."""

    words: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    sort: str = SORTS[0]
    page: int = 1

    @classmethod
    def of(cls, told: Mapping[str, str]) -> "Wish":
        """Read what an address asks for; what means nothing counts for nothing."""
        page = told.get("page", "")
        fits = page.isascii() and page.isdigit() and len(page) < len("1000000")
        return cls(
            words=told.get("q", "").strip(),
            chosen={name: told[name] for name in FACETS if told.get(name)},
            sort=told["sort"] if told.get("sort") in SORTS else SORTS[0],
            page=max(int(page), 1) if fits else 1,
        )

    def asked(self, **other: str) -> dict[str, str]:
        """Write it as an address does, with something else in it; nothing of what is usual."""
        told = {"q": self.words, **self.chosen, "sort": self.sort, **other}
        return {
            name: one for name, one in told.items() if one and (name, one) != ("sort", SORTS[0])
        }


@dataclass(frozen=True)
class Value:
    """One value of a facet: its code, its name per language, and how many datasets have it."""

    code: str
    label: Texts
    count: int


@dataclass(frozen=True)
class Shelf:
    """What was found: the datasets of a page, how many there are, and what narrows them."""

    wish: Wish
    cards: Sequence[DatasetCard]
    total: int
    pages: int
    facets: Mapping[str, Sequence[Value]]


def shelf(
    cards: Iterable[DatasetCard], open_ones: frozenset[DatasetKey], wish: Wish, lang: str
) -> Shelf:
    """Find datasets; `open_ones` are those that everyone may read.

    The values of a facet are counted among what all other wishes leave.
    """
    told = [(one, _values(one, open_ones)) for one in matching(cards, wish.words)]
    found = [one for one, values in told if _fits(values, wish.chosen)]
    found.sort(key=lambda one: _order(one, wish.sort, lang))
    pages = max(1, ceil(len(found) / PER_PAGE))
    first = (min(wish.page, pages) - 1) * PER_PAGE
    return Shelf(
        replace(wish, page=min(wish.page, pages)),
        found[first : first + PER_PAGE],
        len(found),
        pages,
        {name: _counted(name, told, wish, lang) for name in FACETS},
    )


def fitting(
    cards: Iterable[DatasetCard], open_ones: frozenset[DatasetKey], wish: Wish
) -> frozenset[DatasetKey]:
    """Give the keys of all datasets that a wish finds."""
    found = matching(cards, wish.words)
    return frozenset(one.key for one in found if _fits(_values(one, open_ones), wish.chosen))


def matching(cards: Iterable[DatasetCard], words: str) -> Iterator[DatasetCard]:
    """Give the datasets that hold all the words, whatever their accents and endings."""
    wanted = asked(words)
    for card in cards:
        if not wanted or all(stems & _stems(card) for stems in wanted):
            yield card


def _stems(card: DatasetCard) -> frozenset[str]:
    """Give the stems of what is said of a dataset, alternative names of its concepts included."""
    texts = [card.title, card.description, card.partner_name, *card.theme_names.values()]
    said = [(lang, text) for one in texts for lang, text in one.items()]
    lists = [card.keywords, *([card.words] if card.readable else ())]
    said += [(lang, text) for one in lists for lang, some in one.items() for text in some]
    return frozenset(stem for lang, text in said for _, stem in pairs(text, language_of(lang)))


def _values(card: DatasetCard, open_ones: frozenset[DatasetKey]) -> dict[str, dict[str, Texts]]:
    """Give the values that a dataset has of each facet, with their names."""
    content = card.readable
    return {
        "theme": {_code(iri): names for iri, names in card.theme_names.items()},
        "partner": {card.key.partner: card.partner_name},
        "type": {one: both(TYPES[one]) for one in card.kinds if content},
        "discipline": {_code(iri): names for iri, names in card.disciplines.items() if content},
        "access": _named("open" if card.key in open_ones else "agreement", ACCESS),
        "format": {one.ending: _same(FORMATS[one.ending]) for one in card.downloads if content},
        "period": {str(year): _same(str(year)) for year in _years(card)},
    }


def _fits(values: Mapping[str, Mapping[str, Texts]], chosen: Mapping[str, str]) -> bool:
    return all(code in values[name] for name, code in chosen.items())


def _counted(
    name: str, told: list[tuple[DatasetCard, dict[str, dict[str, Texts]]]], wish: Wish, lang: str
) -> list[Value]:
    """Count the values of one facet, the most frequent first; of years, the latest."""
    others = {other: code for other, code in wish.chosen.items() if other != name}
    counts: Counter[str] = Counter()
    labels: dict[str, Texts] = {}
    for _, values in told:
        if _fits(values, others):
            counts.update(values[name].keys())
            labels |= values[name]
    found = [Value(code, labels[code], count) for code, count in counts.items()]
    if name == "period":
        return sorted(found, key=lambda one: one.code, reverse=True)
    return sorted(found, key=lambda one: (-one.count, folded(_in(one.label, lang))))


def _order(card: DatasetCard, sort: str, lang: str) -> tuple[object, ...]:
    title = folded(_in(card.title, lang))
    if sort == "changed":
        return (-(card.modified or EARLIEST).timestamp() if card.modified else 1.0, title)
    return (title,) if sort == "title" else (folded(_in(card.partner_name, lang)), title)


def _years(card: DatasetCard) -> range:
    """Give the years that a dataset is about."""
    return range(card.years[0], card.years[1] + 1) if card.years else range(0)


def _in(texts: Texts, lang: str) -> str:
    return texts.get(lang) or next(iter(texts.values()), "")


def _named(code: str, names: Mapping[str, str]) -> dict[str, Texts]:
    return {code: both(names[code])}


def _same(text: str) -> Texts:
    return {"fr": text, "en": text}


def _code(iri: str) -> str:
    """Give the last step of an IRI, by which an address names it."""
    return iri.rstrip("/").rpartition("/")[2].rpartition("#")[2]
