"""The language in which a shipped query reads labels."""

from pathlib import Path

import pytest

from parvis.catalog.queries import load_queries, localize_query
from parvis.errors import CatalogError


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('FILTER (LANG(?a) = "fr") # language', 'FILTER (LANG(?a) = "en") # language'),
        ('FILTER(lang( $a ) = "fr")  # language \t', 'FILTER(lang( $a ) = "en")  # language \t'),
        ('FILTER (LANG(?a) = "fr" && ?b = "fr") # language', None),
        ('FILTER (LANG(?a) = "fr")', 'FILTER (LANG(?a) = "fr")'),
        ('FILTER (LANG(?a) = "fr") # languages', 'FILTER (LANG(?a) = "fr") # languages'),
    ],
)
def test_marked_filters_use_the_language_of_the_page(line: str, expected: str | None) -> None:
    """Only the language test of a marked line changes; other texts stay."""
    expected = expected or 'FILTER (LANG(?a) = "en" && ?b = "fr") # language'
    assert localize_query(f"SELECT * {{\n{line}\n}}", "en") == f"SELECT * {{\n{expected}\n}}"
    assert localize_query(line, "fr") == line


@pytest.mark.parametrize(
    "line", ["FILTER (LANG(?a) = 'fr')", '?a ?b "fr"', 'FILTER (?c = "fr"@fr)']
)
def test_a_mark_without_a_language_test_is_refused(tmp_path: Path, line: str) -> None:
    """Otherwise nobody would notice that the mark has no effect."""
    (tmp_path / "queries").mkdir()
    text = f"# fr: Quoi ?\n# en: What?\nSELECT * {{ ?a ?b ?c .\n  {line} # language\n}}"
    (tmp_path / "queries" / "a.rq").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match=r"a\.rq.*keeps no language"):
        load_queries(tmp_path)
