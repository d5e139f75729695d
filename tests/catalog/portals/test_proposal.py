"""Whatever a portal offers becomes a record that the catalogue can read, or is refused."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parvis.catalog.entries import read_dataset
from parvis.catalog.folder import Catalog
from parvis.catalog.portals.offered import OfferedDataset, OfferedFile
from parvis.catalog.portals.proposal import (
    is_proposal_of,
    is_unedited,
    one_line,
    other_slug,
    proposal_digest,
    propose,
    slug_of,
)
from parvis.errors import ParvisError, SourceError
from parvis.i18n import LANGUAGES
from parvis.vocab.iris import DatasetKey, Iris

POOL = Path(__file__).parents[2] / "cases" / "pool"
BASE = "http://pool.test/"
KEY = DatasetKey("theatre-b", "x")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=12)
TEXTS = st.dictionaries(st.sampled_from(LANGUAGES), ANYTHING, max_size=2)
URL = st.one_of(ANYTHING, ANYTHING.map("https://a.example/{}".format), st.just(LICENCE))
OFFERED = st.builds(
    OfferedDataset,
    identifier=ANYTHING,
    name=ANYTHING,
    title=TEXTS,
    description=TEXTS,
    licence=URL,
    licence_title=ANYTHING,
    page=URL,
    keywords=st.dictionaries(st.sampled_from(LANGUAGES), st.lists(ANYTHING, max_size=2)),
    downloads=st.lists(st.builds(OfferedFile, URL, st.sampled_from(["CSV", ".xlsx", "PDF"]))).map(
        tuple
    ),
    terms=st.dictionaries(
        st.sampled_from(["frequency", "language", "theme"]), st.lists(URL, max_size=2)
    ),
)


VALID = OfferedDataset("i", "n", title={"fr": "T"}, licence=LICENCE)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(POOL, BASE)


@given(OFFERED)
@example(replace(VALID, title={"fr": "\ud800"}))
@example(replace(VALID, title={"fr": 'a"""\\\n<> .'}, identifier="a\n# b\rc"))
@example(replace(VALID, licence="https://a.example/l", licence_title="\x00"))
def test_a_proposal_is_readable_or_the_record_is_refused(
    catalog: Catalog, offered: OfferedDataset
) -> None:
    """With the offered titles; unedited proposals are recognised as such."""
    with suppress(ParvisError), TemporaryDirectory() as folder:
        text = propose(offered, KEY, Iris(BASE), "https://a.example", "fr")
        place = Path(folder) / "x"
        place.mkdir()
        (place / "dataset.ttl").write_text(text, encoding="utf-8")
        dataset = read_dataset(place, catalog.partners["theatre-b"], catalog.iris)
        written = (place / "dataset.ttl").read_text(encoding="utf-8")
        titles = {lang: one_line(text) for lang, text in offered.title.items() if one_line(text)}
        assert {lang: text for lang, text in dataset.title.items() if lang in titles} == titles
        assert is_unedited(written)
        assert is_proposal_of(written, offered)
        assert not is_unedited(written + " ")
        assert proposal_digest(written + " ") == proposal_digest(written)


@given(OFFERED)
def test_a_proposed_folder_name_is_valid(offered: OfferedDataset) -> None:
    """Otherwise the record is refused for lack of a name."""
    with suppress(SourceError):
        for slug in (slug_of(offered), other_slug(offered)):
            assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
            assert 0 < len(slug) <= 60
            assert not slug.startswith("-")


def test_the_most_readable_file_is_fetched() -> None:
    """The others are listed in a comment."""
    files = ("PDF", "https://a.example/a.pdf"), ("XLSX", "https://a.example/a.xlsx")
    downloads = tuple(
        OfferedFile(url, kind) for kind, url in (*files, ("csv", "https://a.example/a"))
    )
    text = propose(replace(VALID, downloads=downloads), KEY, Iris(BASE), "https://a.example", "en")
    assert "dcat:downloadURL <https://a.example/a> " in text
    assert "# Other files are offered: https://a.example/a.xlsx\n" in text


def test_an_unknown_licence_is_described() -> None:
    """By the name that the portal uses."""
    offered = replace(
        VALID, licence="https://ville.example/licence", licence_title="Licence de la ville"
    )
    text = propose(offered, KEY, Iris(BASE), "https://a.example", "en")
    assert '"Licence de la ville"' in text
