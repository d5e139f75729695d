"""Citations of versions in words and as BibTeX."""

from datetime import UTC, datetime

from parvis.catalog.versions import Citation, DatasetVersion

VERSION = DatasetVersion("2026-05-04.2", datetime(2026, 5, 4, tzinfo=UTC))
CITATION = Citation(
    key="theatre-b/spectacles",
    author={"fr": "Théâtre B & fils", "en": "Theatre B & sons"},
    title={"fr": "Spectacles {tous}", "en": "Shows"},
    pool={"fr": "Mutualisation", "en": "Pool"},
    address="https://pool.example/dataset/theatre-b/spectacles",
)


def test_a_citation_names_author_year_title_version_pool_and_address() -> None:
    assert CITATION.text(VERSION)["fr"] == (
        "Théâtre B & fils (2026). Spectacles {tous}, version 2026-05-04.2 [jeu de données]."
        " Mutualisation. https://pool.example/dataset/theatre-b/spectacles"
    )
    assert "[dataset]. Pool." in CITATION.text(VERSION)["en"]


def test_bibtex_escapes_names() -> None:
    """Braces are removed, and characters special to TeX are escaped."""
    entry = CITATION.bibtex(VERSION)["fr"]
    assert entry.startswith("@misc{theatre-b-spectacles-2026-05-04.2,\n")
    assert r"author = {{Théâtre B \& fils}}" in entry
    assert "title = {{Spectacles tous}}" in entry
