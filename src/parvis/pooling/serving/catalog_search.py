"""Search the catalogue by words and facets, and count the datasets of each facet value.

Facets taken from the content (disciplines, kinds, files) count for those who may read it: a reader
may know a record without its content.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import ceil

from parvis.i18n import LANGUAGES, N_, both, choose_text
from parvis.pooling.cards import DatasetCard, Texts
from parvis.store.search.words import fold, language_of, pairs, stem_query
from parvis.vocab.iris import DatasetKey

FACETS = (
    *("theme", "type", "discipline", "partner"),
    *("access", "licence", "format", "period"),
)
SORTS = ("partner", "title", "changed")
PER_PAGE = 30
"""Datasets on a page."""

TYPES = {
    "offerings": N_("programming"),
    "publics": N_("audiences"),
    "relays": N_("intermediaries"),
    "places": N_("places"),
}
ACCESS = {"open": N_("open to everyone"), "agreement": N_("by agreement")}
FORMATS = {
    "xlsx": "XLSX",
    "csv.zip": "CSV",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nq.gz": "N-Quads",
    "parquet": "Parquet",
}
AGREEMENT = "agreement"
"""The code of the licences that are agreements, of which each partner has its own."""
BY_AGREEMENT = N_("the terms of its agreement")
EARLIEST = datetime.min.replace(tzinfo=UTC)

FacetValues = dict[str, dict[str, Texts]]
"""The values that a dataset has of each facet: labels by code, by facet."""


@dataclass(frozen=True)
class CatalogSearch:
    """A search of the catalogue: words, the value chosen of each facet, an order, a page."""

    words: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    sort: str = SORTS[0]
    page: int = 1

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "CatalogSearch":
        """Read an address's parameters; a value without meaning counts as absent."""
        page = parameters.get("page", "")
        # A longer number is no page, and reading a very long one takes time.
        fits = page.isascii() and page.isdigit() and len(page) < len("1000000")
        return cls(
            words=parameters.get("q", "").strip(),
            chosen={name: parameters[name] for name in FACETS if parameters.get(name)},
            sort=parameters["sort"] if parameters.get("sort") in SORTS else SORTS[0],
            page=max(int(page), 1) if fits else 1,
        )

    def to_parameters(self, **other: str) -> dict[str, str]:
        """Return an address's parameters, some of them replaced; defaults are left out."""
        parameters = {"q": self.words, **self.chosen, "sort": self.sort, **other}
        return {
            name: value
            for name, value in parameters.items()
            if value and (name, value) != ("sort", SORTS[0])
        }


@dataclass(frozen=True)
class FacetValue:
    """A value of a facet: its code, its label by language, and how many datasets have it."""

    code: str
    label: Texts
    count: int


@dataclass(frozen=True)
class CatalogResults:
    """A page of results: its datasets, how many there are in all, and the facets."""

    wish: CatalogSearch
    cards: Sequence[DatasetCard]
    total: int
    pages: int
    facets: Mapping[str, Sequence[FacetValue]]


def search_catalog(
    cards: Iterable[DatasetCard], open_ones: frozenset[DatasetKey], wish: CatalogSearch, lang: str
) -> CatalogResults:
    """Search datasets; `open_ones` are those that everyone may read."""
    matches = [(card, _facet_values(card, open_ones)) for card in match_words(cards, wish.words)]
    results = [card for card, values in matches if _fits(values, wish.chosen)]

    def order(card: DatasetCard) -> tuple[object, ...]:
        title = _sort_key(card.title, lang)
        if wish.sort == "changed":
            # The latest first; datasets without content are last.
            return (-(card.modified or EARLIEST).timestamp() if card.modified else 1.0, title)
        return (title,) if wish.sort == "title" else (_sort_key(card.partner_name, lang), title)

    results.sort(key=order)
    pages = max(1, ceil(len(results) / PER_PAGE))
    page = min(wish.page, pages)
    first = (page - 1) * PER_PAGE
    return CatalogResults(
        replace(wish, page=page),
        results[first : first + PER_PAGE],
        len(results),
        pages,
        {name: _count_facet(name, matches, wish, lang) for name in FACETS},
    )


def matching_keys(
    cards: Iterable[DatasetCard], open_ones: frozenset[DatasetKey], wish: CatalogSearch
) -> frozenset[DatasetKey]:
    """Return the keys of all datasets that a search finds."""
    return frozenset(
        card.key
        for card in match_words(cards, wish.words)
        if _fits(_facet_values(card, open_ones), wish.chosen)
    )


def match_words(cards: Iterable[DatasetCard], words: str) -> Iterator[DatasetCard]:
    """Yield the datasets that hold all the words, whatever their accents and endings."""
    searched = stem_query(words)
    if not searched:
        yield from cards
        return
    for card in cards:
        labels = [card.title, card.description, card.partner_name, *card.theme_names.values()]
        texts = [(lang, text) for label in labels for lang, text in label.items()]
        # Names from the content, alternative ones included, are for those who may read it.
        lists = [card.keywords, *([card.words] if card.readable else ())]
        texts += [(lang, text) for entry in lists for lang in entry for text in entry[lang]]
        stems = {stem for lang, text in texts for _, stem in pairs(text, language_of(lang))}
        if all(word_stems & stems for word_stems in searched):
            yield card


def _facet_values(card: DatasetCard, open_ones: frozenset[DatasetKey]) -> FacetValues:
    content = card.readable
    access = "open" if card.key in open_ones else "agreement"
    years = range(card.years[0], card.years[1] + 1) if card.years else ()
    return {
        "theme": {_code(iri): names for iri, names in card.theme_names.items()},
        "partner": {card.key.partner: card.partner_name},
        "type": {kind: both(TYPES[kind]) for kind in card.kinds if content},
        "discipline": {_code(iri): names for iri, names in card.disciplines.items() if content},
        "access": {access: both(ACCESS[access])},
        "licence": _licence_values(card),
        "format": {
            file.ending: dict.fromkeys(LANGUAGES, FORMATS[file.ending])
            for file in card.downloads
            if content
        },
        "period": {str(year): dict.fromkeys(LANGUAGES, str(year)) for year in years},
    }


def _licence_values(card: DatasetCard) -> dict[str, Texts]:
    if card.licence is None:
        return {}
    if "/id/agreement/" in card.licence:
        return {AGREEMENT: both(BY_AGREEMENT)}
    # The last step of a licence is often only the number of its version.
    code = "-".join(card.licence.rstrip("/").split("/")[-2:])
    return {code: card.license_label or dict.fromkeys(LANGUAGES, code)}


def _fits(values: FacetValues, chosen: Mapping[str, str]) -> bool:
    return all(code in values[name] for name, code in chosen.items())


def _count_facet(
    name: str, matches: list[tuple[DatasetCard, FacetValues]], wish: CatalogSearch, lang: str
) -> list[FacetValue]:
    """Count the values of one facet, the most frequent first; of years, the latest."""
    # The values of a facet are counted among the datasets that all other facets leave, so that
    # another value can be chosen instead.
    other_facets = {facet: code for facet, code in wish.chosen.items() if facet != name}
    counts: Counter[str] = Counter()
    labels: dict[str, Texts] = {}
    for _, values in matches:
        if _fits(values, other_facets):
            counts.update(values[name].keys())
            labels |= values[name]
    facet_values = [FacetValue(code, labels[code], count) for code, count in counts.items()]
    if name == "period":
        return sorted(facet_values, key=lambda value: value.code, reverse=True)
    return sorted(facet_values, key=lambda value: (-value.count, _sort_key(value.label, lang)))


def _sort_key(texts: Texts, lang: str) -> str:
    return fold(choose_text(lang, texts))


def _code(iri: str) -> str:
    """Return the last step of an IRI, which stands for it in addresses."""
    return iri.rstrip("/").rpartition("/")[2].rpartition("#")[2]
