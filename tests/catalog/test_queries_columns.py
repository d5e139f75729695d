"""What the columns of answers are called."""

from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, Store

from parvis.catalog import load_queries
from parvis.catalog.queries import load_columns
from parvis.errors import CatalogError
from parvis.i18n import LANGUAGES
from parvis.vocab.namespaces import PREFIXES

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
ASKED = "# fr: Quoi ?\n# en: What?\nSELECT ?venue ?nuit WHERE { ?venue ?b ?nuit }"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a catalogue folder with one question."""
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "a.rq").write_text(ASKED, encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> None:
    """Write what the folder calls columns."""
    (folder / "queries" / "columns.toml").write_text(text, encoding="utf-8")


def test_usual_variables_have_a_name_of_parvis_s_own(folder: Path) -> None:
    """A folder need not tell them; what nobody names keeps its variable."""
    assert load_queries(folder)["a"].columns == {"venue": {"fr": "lieu", "en": "venue"}}


def test_a_folder_s_own_names_go_first(folder: Path) -> None:
    """Those of the variables that a query has, and no others."""
    write(folder, 'venue = {fr="salle", en="hall"}\nnuit = {fr="nuit", en="night"}\n')
    assert load_queries(folder)["a"].columns == {
        "venue": {"fr": "salle", "en": "hall"},
        "nuit": {"fr": "nuit", "en": "night"},
    }


@pytest.mark.parametrize(
    ("text", "said"),
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
def test_a_name_in_one_language_is_refused(folder: Path, text: str, said: str) -> None:
    """The error names the file and the variable."""
    write(folder, text)
    with pytest.raises(CatalogError, match=rf"columns\.toml: .*{said}"):
        load_queries(folder)


@pytest.mark.parametrize(
    "shipped", ["catalog", "catalog/demo", "src/parvis/pooling/intake/starter"]
)
def test_every_column_of_what_parvis_brings_has_a_name(shipped: str) -> None:
    """A page shows no variable to who reads French."""
    queries = load_queries(ROOT / shipped).values()
    assert queries
    for one in queries:
        found = Store().query(one.text, prefixes=PREFIXES)
        if isinstance(found, QuerySolutions):
            columns = {variable.value for variable in found.variables}
            assert columns <= one.columns.keys(), one.slug
            for lang in LANGUAGES:
                headings = [one.columns[name][lang] for name in columns]
                assert len({*headings}) == len(headings), one.slug


def test_every_name_is_of_use() -> None:
    """What parvis calls columns that no question of its own has would never be looked at."""
    folders = (ROOT / "catalog", ROOT / "catalog/demo", ROOT / "src/parvis/pooling/intake/starter")
    used = {
        name for one in folders for query in load_queries(one).values() for name in query.columns
    }
    assert used == load_columns(ROOT / "catalog").keys()
