"""Find datasets by words and by facets, which count the datasets of each value."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog.distributions import DatasetFile
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.catalog_search import (
    FACETS,
    PER_PAGE,
    SORTS,
    CatalogSearch,
    match_words,
    matching_keys,
    search_catalog,
)
from parvis.vocab.iris import DatasetKey

EU = "http://publications.europa.eu/resource/authority/data-theme"
DANCE = "https://w3id.org/parvis/concept/discipline/dance"


def build_card(name: str, partner: str = "a", **fields: object) -> DatasetCard:
    """Build a dataset that anyone may read."""
    card = DatasetCard(
        key=DatasetKey(partner, name),
        iri=f"http://pool.test/id/dataset/{partner}/{name}",
        title={"fr": f"Jeu {name}", "en": f"Set {name}"},
        description={"fr": "Inventé.", "en": "Invented."},
        partner_name={"fr": f"Compagnie {partner}", "en": f"Company {partner}"},
        licence=None,
        license_label={},
        access={},
        triples=1,
        modified=datetime(2026, 1, 1, tzinfo=UTC),
        invented=True,
        theme_names={f"{EU}/EDUC": {"fr": "Éducation, culture et sport", "en": "Education"}},
        keywords={"fr": ["scène"], "en": ["stage"]},
        years=(2023, 2025),
        kinds=("offerings",),
        disciplines={DANCE: {"fr": "danse", "en": "dance"}},
        words={"fr": ["danse", "chorégraphie"], "en": ["dance"]},
        readable=True,
    )
    return replace(card, **fields)  # type: ignore[arg-type] # fields of a card


CARDS = [
    build_card("spectacles"),
    build_card("billets", kinds=("publics",), years=None, disciplines={}, words={}),
    build_card(
        "reserve",
        "b",
        readable=False,
        downloads=(DatasetFile("xlsx", "http://pool.test/dumps/b/reserve.xlsx", 1, "0"),),
    ),
]
OPEN = frozenset({CARDS[0].key})


def list_names(search: CatalogSearch, cards: Iterable[DatasetCard] = CARDS) -> list[str]:
    """Return the names of the datasets of a page."""
    return [card.key.dataset for card in search_catalog(cards, OPEN, search, "fr").cards]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["billets", "spectacles", "reserve"]),
        ("SPECTACLE", ["spectacles"]),
        ("choregraphies", ["spectacles"]),
        ("scènes compagnie", ["billets", "spectacles", "reserve"]),
        ("stages", ["billets", "spectacles", "reserve"]),
        ("chorégraphie nulle", []),
    ],
)
def test_words_are_found_whatever_their_accents_and_endings(words: str, names: list[str]) -> None:
    """In titles, keywords and themes, and in all names of its concepts."""
    assert list_names(CatalogSearch(words=words)) == names


def test_the_content_of_a_dataset_is_searchable_by_its_readers_only() -> None:
    """Of unreadable datasets the record is known, but not disciplines, kinds or files."""
    assert list_names(CatalogSearch(words="danse", sort="title")) == ["spectacles"]
    for name, code in (("discipline", "dance"), ("type", "offerings"), ("format", "xlsx")):
        assert "reserve" not in list_names(CatalogSearch(chosen={name: code}))
    facets = search_catalog(CARDS, OPEN, CatalogSearch(), "fr").facets
    assert [(value.code, value.count) for value in facets["discipline"]] == [("dance", 1)]
    assert not facets["format"]


def test_facets_narrow_together_and_count_the_datasets_of_each_value() -> None:
    """The other values of a facet are still counted, so that a reader can switch."""
    page = search_catalog(
        CARDS, OPEN, CatalogSearch(chosen={"partner": "a", "period": "2024"}), "fr"
    )
    assert [item.key.dataset for item in page.cards] == ["spectacles"]
    assert [(item.code, item.count) for item in page.facets["partner"]] == [("a", 1), ("b", 1)]
    assert [item.code for item in page.facets["period"]] == ["2025", "2024", "2023"]
    assert [(item.code, item.count) for item in page.facets["access"]] == [("open", 1)]
    assert list_names(CatalogSearch(chosen={"access": "agreement"})) == ["billets", "reserve"]
    assert list_names(CatalogSearch(chosen={"theme": "nothing"})) == []


def test_pages_contain_each_dataset_once() -> None:
    """Any page number leads to an existing page."""
    cards = [build_card(f"{number:03}", modified=None) for number in range(2 * PER_PAGE + 5)]
    last = build_card("zzz", modified=datetime(2027, 1, 1, tzinfo=UTC))
    pages = [
        list_names(CatalogSearch(sort="changed", page=page), [*cards, last])
        for page in (1, 2, 3, 4, 99)
    ]
    assert pages[0][0] == "zzz"
    assert pages[2] == pages[3] == pages[4]
    assert sorted(pages[0] + pages[1] + pages[2]) == sorted(
        card.key.dataset for card in [*cards, last]
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.text(max_size=8) for name in (*FACETS, "q", "sort", "page", "other")},
    )
)
def test_every_count_of_a_facet_equals_the_number_of_datasets_found(
    parameters: dict[str, str],
) -> None:
    """And a search is written into the address as it was read."""
    search = CatalogSearch.of(parameters)
    assert CatalogSearch.of(search.to_parameters()) == replace(search, page=1)
    assert search.sort in SORTS
    page = search_catalog(CARDS, OPEN, search, "en")
    assert (
        page.total
        == len(matching_keys(CARDS, OPEN, search))
        <= len([*match_words(CARDS, search.words)])
    )
    for name, values in page.facets.items():
        for value in values:
            narrowed = replace(search, chosen={**search.chosen, name: value.code})
            assert len(matching_keys(CARDS, OPEN, narrowed)) == value.count > 0


def test_a_licence_is_named_by_its_version_too_and_all_agreements_are_one() -> None:
    """The last step of a licence is often the number of its version only."""
    licences = ("by/4.0/", "by-nc/4.0/")
    cards = [
        *(
            build_card(f"open{n}", licence=f"https://creativecommons.org/licenses/{part}")
            for n, part in enumerate(licences)
        ),
        *(
            build_card(name, licence=f"http://pool.test/id/agreement/{name}")
            for name in ("first", "second")
        ),
        build_card("none"),
    ]
    results = search_catalog(cards, frozenset(), CatalogSearch(), "en")
    counts = {value.code: value.count for value in results.facets["licence"]}
    assert counts == {"agreement": 2, "by-4.0": 1, "by-nc-4.0": 1}
    wish = CatalogSearch.of({"licence": "by-nc-4.0"})
    assert [card.key.dataset for card in search_catalog(cards, frozenset(), wish, "en").cards] == [
        "open1"
    ]
