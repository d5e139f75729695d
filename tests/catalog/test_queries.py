"""Example queries: the question in both languages, then the query."""

from pathlib import Path

import pytest

from parvis.catalog import load_queries, require_query
from parvis.errors import CatalogError, UnknownThing
from parvis.i18n import explain


def write(folder: Path, name: str, text: str) -> None:
    """Write one example."""
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / name).write_text(text, encoding="utf-8")


def test_queries_are_read_with_their_questions(tmp_path: Path) -> None:
    """They come in the order of their names, their text whole."""
    text = "# fr: Quoi ?\n# en: What?\n# a note\nSELECT * WHERE { ?a ?b ?c }\n# fr: not this\n"
    write(tmp_path, "b.rq", text)
    write(tmp_path, "a.rq", text)
    found = load_queries(tmp_path)
    assert list(found) == ["a", "b"]
    assert found["b"].question == {"fr": "Quoi ?", "en": "What?"}
    assert require_query(found, "a").text == text


def test_a_question_in_one_language_is_refused(tmp_path: Path) -> None:
    """The error names the file and the language that lacks."""
    write(tmp_path, "a.rq", "# fr: Quoi ?\nASK {}\n")
    with pytest.raises(CatalogError, match=r"a\.rq.*# en:"):
        load_queries(tmp_path)


def test_a_folder_without_queries_has_none(tmp_path: Path) -> None:
    """Examples are not required."""
    assert load_queries(tmp_path) == {}
    with pytest.raises(UnknownThing, match="no query a"):
        require_query({}, "a")


def test_queries_are_in_the_order_of_their_themes(tmp_path: Path) -> None:
    """A question without a theme comes last; the form is read after the prologue."""
    asked = "# fr: Quoi ?\n# en: What?\n"
    write(tmp_path, "a.rq", asked + "PREFIX ask: <http://x.example/> # SELECT\nASK { ?a ask:b ?c }")
    write(tmp_path, "b.rq", asked + "# theme: relais\nconstruct where { ?a ?b ?c }")
    write(tmp_path, "c.rq", asked + "# theme: offres\nSELECT * WHERE { ?a ?b ?c }")
    found = load_queries(tmp_path)
    assert [(one.slug, one.theme, one.form) for one in found.values()] == [
        ("c", "offres", "SELECT"),
        ("b", "relais", "CONSTRUCT"),
        ("a", "autres", "ASK"),
    ]


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("# theme: météo\nASK {}", "no theme “météo”.*offres"),
        ("DESCRIBE <http://x.example/>", "no SELECT, ASK or CONSTRUCT"),
    ],
)
def test_an_unknown_theme_or_form_is_refused(tmp_path: Path, rest: str, said: str) -> None:
    """The error names the file."""
    write(tmp_path, "a.rq", f"# fr: Quoi ?\n# en: What?\n{rest}\n")
    with pytest.raises(CatalogError, match=rf"a\.rq.*{said}"):
        load_queries(tmp_path)


def test_the_chart_beside_a_query_is_read_with_it(tmp_path: Path) -> None:
    """As JSON on one line, whatever its file's; a query without one has none."""
    asked = "# fr: Quoi ?\n# en: What?\nSELECT ?name ?n WHERE { ?a ?name ?n }"
    write(tmp_path, "a.rq", asked)
    write(tmp_path, "b.rq", asked)
    write(tmp_path, "a.vl.json", '{"mark": "bar",\n "encoding": {"x": {"field": "n"}}}')
    found = load_queries(tmp_path)
    assert found["a"].chart == '{"mark": "bar", "encoding": {"x": {"field": "n"}}}'
    assert found["b"].chart == ""


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        ("[1]", "no JSON object"),
        ("{", "no JSON object"),
        ('{"encoding": {"x": {"field": "m"}}}', "no variable “m”"),
        ('{"data": {"url": "http://x.example/"}}', "“data” has no place"),
        ('{"layer": [{"encoding": {"href": {"field": "n"}}}]}', "“href” has no place"),
    ],
)
def test_a_chart_of_something_else_is_refused(tmp_path: Path, chart: str, said: str) -> None:
    """What is no chart, draws other columns, brings data or leads away; its file is named."""
    write(tmp_path, "a.rq", "# fr: Quoi ?\n# en: What?\nSELECT ?n WHERE { ?a ?b ?n }")
    write(tmp_path, "a.vl.json", chart)
    with pytest.raises(CatalogError, match=rf"a\.vl\.json.*{said}"):
        load_queries(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mes prix.rq", "ASK {}", "its name may have letters"),
        ("été.rq", "ASK {}", "its name may have letters"),
        ("a.rq", "SELECT * WHERE { ?s ?p }", "not valid SPARQL: line 3, column 24"),
        ("a.rq", "SELECT * { SERVICE <http://x.example/> { ?a ?b ?c } }", "SERVICE is refused"),
    ],
)
def test_a_question_that_no_reader_could_ask_is_refused(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    """Before it is published, and its file is named."""
    write(tmp_path, name, f"# fr: Quoi ?\n# en: What?\n{text}\n")
    with pytest.raises(CatalogError, match=f"{name}: .*{said}") as refused:
        load_queries(tmp_path)
    assert said not in explain(refused.value, "fr")


def test_a_text_that_windows_marked_is_read_and_another_encoding_named(tmp_path: Path) -> None:
    """The mark of UTF-8 at the beginning is no part of the text."""
    asked = "# fr: Où ?\n# en: Where?\nASK {}\n"
    write(tmp_path, "a.rq", f"\ufeff{asked}")
    assert load_queries(tmp_path)["a"].question["fr"] == "Où ?"
    (tmp_path / "queries" / "a.rq").write_bytes(asked.encode("cp1252"))
    with pytest.raises(CatalogError, match=r"a\.rq: this is not written in UTF-8"):
        load_queries(tmp_path)
