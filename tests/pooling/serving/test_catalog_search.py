"""Datasets are found by words and by facets, whose counts say what each choice leaves."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.catalog import DatasetFile
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


def card(name: str, partner: str = "a", **more: object) -> DatasetCard:
    """Give a dataset that anyone may read."""
    found = DatasetCard(
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
    return replace(found, **more)  # type: ignore[arg-type] # fields of a card


CARDS = [
    card("spectacles"),
    card("billets", kinds=("publics",), years=None, disciplines={}, words={}),
    card(
        "reserve",
        "b",
        readable=False,
        downloads=(DatasetFile("xlsx", "http://pool.test/dumps/b/reserve.xlsx", 1, "0"),),
    ),
]
OPEN = frozenset({CARDS[0].key})


def found(wish: CatalogSearch, cards: Iterable[DatasetCard] = CARDS) -> list[str]:
    """Give the names of the datasets of a page."""
    return [one.key.dataset for one in search_catalog(cards, OPEN, wish, "fr").cards]


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
    """In titles, keywords and themes; in all names of its concepts, the alternative ones too."""
    assert found(CatalogSearch(words=words)) == names


def test_what_a_content_tells_counts_for_who_may_read_it() -> None:
    """Of others the record is known, and neither its disciplines, its kind nor its files."""
    assert found(CatalogSearch(words="danse", sort="title")) == ["spectacles"]
    for name, code in (("discipline", "dance"), ("type", "offerings"), ("format", "xlsx")):
        assert "reserve" not in found(CatalogSearch(chosen={name: code}))
    facets = search_catalog(CARDS, OPEN, CatalogSearch(), "fr").facets
    assert [(one.code, one.count) for one in facets["discipline"]] == [("dance", 1)]
    assert not facets["format"]


def test_facets_narrow_together_and_count_what_each_would_leave() -> None:
    """The other values of a facet stay, so that one can be taken for another."""
    told = search_catalog(
        CARDS, OPEN, CatalogSearch(chosen={"partner": "a", "period": "2024"}), "fr"
    )
    assert [one.key.dataset for one in told.cards] == ["spectacles"]
    assert [(one.code, one.count) for one in told.facets["partner"]] == [("a", 1), ("b", 1)]
    assert [one.code for one in told.facets["period"]] == ["2025", "2024", "2023"]
    assert [(one.code, one.count) for one in told.facets["access"]] == [("open", 1)]
    assert found(CatalogSearch(chosen={"access": "agreement"})) == ["billets", "reserve"]
    assert found(CatalogSearch(chosen={"theme": "nothing"})) == []


def test_an_order_and_pages_hold_all_once() -> None:
    """Whatever page is asked for, there is one."""
    many = [card(f"{number:03}", modified=None) for number in range(2 * PER_PAGE + 5)]
    last = card("zzz", modified=datetime(2027, 1, 1, tzinfo=UTC))
    pages = [
        found(CatalogSearch(sort="changed", page=page), [*many, last]) for page in (1, 2, 3, 4, 99)
    ]
    assert pages[0][0] == "zzz"
    assert pages[2] == pages[3] == pages[4]
    assert sorted(pages[0] + pages[1] + pages[2]) == sorted(
        one.key.dataset for one in [*many, last]
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.text(max_size=8) for name in (*FACETS, "q", "sort", "page", "other")},
    )
)
def test_whatever_an_address_asks_for_the_count_is_that_of_what_is_shown(
    told: dict[str, str],
) -> None:
    """Each value of a facet leaves as many as it says; an address is written as it was read."""
    wish = CatalogSearch.of(told)
    assert CatalogSearch.of(wish.asked()) == replace(wish, page=1)
    assert wish.sort in SORTS
    shown = search_catalog(CARDS, OPEN, wish, "en")
    assert (
        shown.total
        == len(matching_keys(CARDS, OPEN, wish))
        <= len([*match_words(CARDS, wish.words)])
    )
    for name, values in shown.facets.items():
        for value in values:
            one = replace(wish, chosen={**wish.chosen, name: value.code})
            assert len(matching_keys(CARDS, OPEN, one)) == value.count > 0
