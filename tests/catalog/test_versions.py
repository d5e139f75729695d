"""A version is cited in words and for BibTeX."""

from datetime import UTC, datetime

from parvis.catalog import Citation, DatasetVersion

VERSION = DatasetVersion("2026-05-04.2", datetime(2026, 5, 4, tzinfo=UTC))
CITED = Citation(
    key="theatre-b/spectacles",
    author={"fr": "Théâtre B & fils", "en": "Theatre B & sons"},
    title={"fr": "Spectacles {tous}", "en": "Shows"},
    pool={"fr": "Mutualisation", "en": "Pool"},
    address="https://pool.example/dataset/theatre-b/spectacles",
)


def test_a_citation_names_author_year_title_version_pool_and_address() -> None:
    """In both languages."""
    assert CITED.text(VERSION)["fr"] == (
        "Théâtre B & fils (2026). Spectacles {tous}, version 2026-05-04.2 [jeu de données]."
        " Mutualisation. https://pool.example/dataset/theatre-b/spectacles"
    )
    assert "[dataset]. Pool." in CITED.text(VERSION)["en"]


def test_bibtex_interprets_nothing_of_a_name() -> None:
    """Braces go, and what TeX would interpret is escaped."""
    found = CITED.bibtex(VERSION)["fr"]
    assert found.startswith("@misc{theatre-b-spectacles-2026-05-04.2,\n")
    assert r"author = {{Théâtre B \& fils}}" in found
    assert "title = {{Spectacles tous}}" in found
