"""In which language a ready question asks for names."""

from pathlib import Path

import pytest

from parvis.catalog import load_queries
from parvis.catalog.queries import localize_query
from parvis.errors import CatalogError

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('FILTER (LANG(?a) = "fr") # language', 'FILTER (LANG(?a) = "en") # language'),
        ('FILTER(lang( $a ) = "fr")  # language \t', 'FILTER(lang( $a ) = "en")  # language \t'),
        ('FILTER (LANG(?a) = "fr" && ?b = "fr") # language', None),
        ('FILTER (LANG(?a) = "fr")', 'FILTER (LANG(?a) = "fr")'),
        ('FILTER (LANG(?a) = "fr") # languages', 'FILTER (LANG(?a) = "fr") # languages'),
    ],
)
def test_what_is_marked_alone_speaks_the_page_s_language(line: str, said: str | None) -> None:
    """And of such a line, what keeps a language alone: other texts stay what they are."""
    said = said or 'FILTER (LANG(?a) = "en" && ?b = "fr") # language'
    assert localize_query(f"SELECT * {{\n{line}\n}}", "en") == f"SELECT * {{\n{said}\n}}"
    assert localize_query(line, "fr") == line


@pytest.mark.parametrize(
    "line", ["FILTER (LANG(?a) = 'fr')", '?a ?b "fr"', 'FILTER (?c = "fr"@fr)']
)
def test_a_mark_on_what_keeps_no_language_is_refused(tmp_path: Path, line: str) -> None:
    """Nobody would else be told that it does nothing."""
    (tmp_path / "queries").mkdir()
    text = f"# fr: Quoi ?\n# en: What?\nSELECT * {{ ?a ?b ?c .\n  {line} # language\n}}"
    (tmp_path / "queries" / "a.rq").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"a\.rq.*keeps no language"):
        load_queries(tmp_path)
