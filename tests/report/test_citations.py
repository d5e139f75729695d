"""Citations in words and for the programs that keep bibliographies."""

import json
import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from parvis.report.citations import FORMS, AnswerCitation, Citation, title_answer

ADDRESS = "https://pool.example/dataset/theatre-b/spectacles"
DAY = date(2026, 5, 4)


def cite(
    author: str = "Théâtre B & fils", title: str = "Spectacles {tous}", lang: str = "fr"
) -> Citation:
    key, version = "theatre-b/spectacles", "2026-05-04.2"
    return Citation(key, (author,), title, version, DAY, "Mutualisation", ADDRESS, lang)


def cite_answer(published: date | None, authors: int = 2) -> AnswerCitation:
    names = tuple(f"Théâtre {number}" for number in range(authors))
    return AnswerCitation(
        key="q-0123456789abcdef",
        authors=names,
        title=title_answer("en", names),
        version="3",
        issued=published or DAY,
        publisher="Pool",
        address="https://pool.example/q/0123456789abcdef",
        lang="en",
        published=published,
        today=date(2026, 11, 30),
    )


def write(citation: Citation, ending: str) -> str:
    return FORMS[ending][1](citation)


def read_ris(text: str) -> dict[str, list[str]]:
    """Read an entry of RIS strictly: two letters, two spaces, a hyphen, a space and the value."""
    assert text.endswith("ER  - \r\n")
    fields: dict[str, list[str]] = {}
    for line in text.removesuffix("\r\n").split("\r\n"):
        field = re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line)
        assert field is not None, line
        fields.setdefault(field[1], []).append(field[2])
    assert next(iter(fields)) == "TY"
    return fields


def read_bibtex(text: str) -> dict[str, str]:
    """Read an entry of BibTeX strictly: a field on each line, its braces balanced."""
    entry = re.fullmatch(r"@misc\{([\w.-]+),\n(.*)\n\}", text, re.DOTALL)
    assert entry is not None, text
    fields = {"key": entry[1]}
    for line in entry[2].split(",\n"):
        field = re.fullmatch(r"  (\w+) = \{(.*)\}", line)
        assert field is not None, line
        depth = 0
        for mark in re.findall(r"(?<!\\)[{}]", field[2]):
            depth += 1 if mark == "{" else -1
            assert depth >= 0
        assert depth == 0
        fields[field[1]] = field[2]
    return fields


def test_a_citation_names_author_year_title_version_pool_and_address() -> None:
    assert write(cite(), "txt") == (
        "Théâtre B & fils (2026). Spectacles {tous}, version 2026-05-04.2 [jeu de données]."
        f" Mutualisation. {ADDRESS}"
    )
    assert "[dataset]. Mutualisation." in write(cite(lang="en"), "txt")


def test_bibtex_escapes_names() -> None:
    """Braces are removed, and characters special to TeX are escaped."""
    assert read_bibtex(write(cite(), "bib")) == {
        "key": "theatre-b-spectacles-2026-05-04.2",
        "author": r"{Théâtre B \& fils}",
        "title": "{Spectacles tous}",
        "year": "2026",
        "version": "2026-05-04.2",
        "publisher": "Mutualisation",
        "url": ADDRESS,
    }


def test_ris_and_csl_have_what_bibtex_has() -> None:
    assert read_ris(write(cite(), "ris")) == {
        "TY": ["DATA"],
        "ID": ["theatre-b-spectacles-2026-05-04.2"],
        "AU": ["Théâtre B & fils"],
        "TI": ["Spectacles {tous}"],
        "PY": ["2026"],
        "DA": ["2026/05/04"],
        "ET": ["2026-05-04.2"],
        "PB": ["Mutualisation"],
        "UR": [ADDRESS],
        "LA": ["fr"],
        "ER": [""],
    }
    assert json.loads(write(cite(), "json")) == [
        {
            "id": "theatre-b-spectacles-2026-05-04.2",
            "type": "dataset",
            "author": [{"literal": "Théâtre B & fils"}],
            "title": "Spectacles {tous}",
            "version": "2026-05-04.2",
            "issued": {"date-parts": [[2026, 5, 4]]},
            "publisher": "Mutualisation",
            "URL": ADDRESS,
            "language": "fr",
        }
    ]


def test_the_citation_of_an_answer_names_its_version_and_the_day_of_reading() -> None:
    """A version that is deleted has no day any more."""
    citation = cite_answer(date(2026, 5, 4))
    assert write(citation, "txt") == (
        "Théâtre 0, Théâtre 1 (2026). Answer to a SPARQL query: Théâtre 0; Théâtre 1. Published"
        " version 3 of May 4, 2026. https://pool.example/q/0123456789abcdef (read on"
        " November 30, 2026)."
    )
    assert read_bibtex(write(citation, "bib"))["urldate"] == "2026-11-30"
    assert read_bibtex(write(citation, "bib"))["author"] == "{Théâtre 0} and {Théâtre 1}"
    assert read_ris(write(citation, "ris"))["Y2"] == ["2026/11/30"]
    assert json.loads(write(citation, "json"))[0]["accessed"] == {"date-parts": [[2026, 11, 30]]}
    assert "Published version 3. https" in write(cite_answer(None), "txt")


def test_a_text_names_six_authors_and_counts_the_others() -> None:
    """A program has them all."""
    text = write(cite_answer(DAY, authors=8), "txt")
    assert "Théâtre 5 and 2 others (2026)" in text
    assert "Théâtre 5 and 2 other datasets. Published" in text
    assert len(read_ris(write(cite_answer(DAY, authors=8), "ris"))["AU"]) == 8


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n\r\t{}\\%&")
)


@given(NAMES, NAMES)
def test_no_name_can_begin_another_field(author: str, title: str) -> None:
    """Whatever a partner is called: line ends, braces and backslashes are the formats' own."""
    citation = cite(author, title)
    assert read_bibtex(write(citation, "bib"))["url"] == ADDRESS
    assert read_ris(write(citation, "ris"))["UR"] == [ADDRESS]
    assert json.loads(write(citation, "json"))[0]["URL"] == ADDRESS
