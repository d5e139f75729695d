"""Column headings of query results."""

from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, Store

from parvis.catalog.queries import load_columns, load_queries
from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES
from parvis.vocab.namespaces import PREFIXES

ROOT = Path(__file__).parents[2]
QUERY = "# fr: Quoi ?\n# en: What?\nSELECT ?venue ?nuit WHERE { ?venue ?b ?nuit }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a catalogue folder with one query."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "a.rq").write_text(QUERY, encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> None:
    """Write the folder's column headings."""
    (folder / "queries" / "columns.toml").write_text(text, encoding="utf-8")


def test_usual_variables_have_built_in_headings(folder: Path) -> None:
    """Variables without a heading keep their name."""
    assert load_queries(folder)["a"].columns == {"venue": {"fr": "lieu", "en": "venue"}}


def test_headings_of_the_folder_take_precedence(folder: Path) -> None:
    """Only those of the query's variables."""
    write(folder, 'venue = {fr="salle", en="hall"}\nnuit = {fr="nuit", en="night"}\n')
    assert load_queries(folder)["a"].columns == {
        "venue": {"fr": "salle", "en": "hall"},
        "nuit": {"fr": "nuit", "en": "night"},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("venue = ", "no TOML"),
        (
            'venue = "salle"',
            "a text for each of, and nothing but: fr, en",
        ),
        ('venue = {fr = "salle"}', "“venue” must be"),
        ('venue = {fr = "salle", en = 3}', "“venue” must be"),
        ('venue = {fr = "salle", en = "hall", de = "Saal"}', "“venue” must be"),
    ],
)
def test_a_heading_in_one_language_is_refused(folder: Path, text: str, message: str) -> None:
    """The error names the file and the variable."""
    write(folder, text)
    with pytest.raises(CatalogError, match=rf"columns\.toml: .*{message}"):
        load_queries(folder)


@pytest.mark.parametrize(
    "shipped", ["catalog", "catalog/demo", "src/parvis/pooling/intake/starter"]
)
def test_every_column_of_shipped_queries_has_a_heading(shipped: str) -> None:
    """A French page shows no variable names."""
    queries = load_queries(ROOT / shipped).values()
    assert queries
    for query in queries:
        results = Store().query(query.text, prefixes=PREFIXES)
        if isinstance(results, QuerySolutions):
            columns = {variable.value for variable in results.variables}
            assert columns <= query.columns.keys(), query.slug
            for lang in LANGUAGES:
                headings = [query.columns[name][lang] for name in columns]
                assert len({*headings}) == len(headings), query.slug


def test_every_shipped_heading_is_used() -> None:
    """A heading that no shipped query uses would never be seen."""
    folders = (ROOT / "catalog", ROOT / "catalog/demo", ROOT / "src/parvis/pooling/intake/starter")
    used = {
        name
        for folder in folders
        for query in load_queries(folder).values()
        for name in query.columns
    }
    assert used == load_columns(ROOT / "catalog").keys()
