"""Example queries: the question in both languages, then the query."""

from pathlib import Path

import pytest

from parvis.catalog.queries import load_queries, require_query
from parvis.errors import CatalogError, UnknownThing
from parvis.i18n import explain


def write(folder: Path, name: str, text: str) -> None:
    (folder / "queries").mkdir(exist_ok=True)
    (folder / "queries" / name).write_text(text, encoding="utf-8")


def test_queries_are_read_with_their_questions(tmp_path: Path) -> None:
    """Sorted by name, with their complete text."""
    text = "# fr: Quoi ?\n# en: What?\n# a note\nSELECT * WHERE { ?a ?b ?c }\n# fr: not this\n"
    write(tmp_path, "b.rq", text)
    write(tmp_path, "a.rq", text)
    queries = load_queries(tmp_path)
    assert list(queries) == ["a", "b"]
    assert queries["b"].question == {"fr": "Quoi ?", "en": "What?"}
    assert require_query(queries, "a").text == text


def test_a_question_in_one_language_is_refused(tmp_path: Path) -> None:
    """The error names the file and the missing language."""
    write(tmp_path, "a.rq", "# fr: Quoi ?\nASK {}\n")
    with pytest.raises(CatalogError, match=r"a\.rq.*# en:"):
        load_queries(tmp_path)


def test_a_folder_without_queries_has_none(tmp_path: Path) -> None:
    """Examples are optional."""
    assert load_queries(tmp_path) == {}
    with pytest.raises(UnknownThing, match="no query a"):
        require_query({}, "a")


def test_queries_are_sorted_by_theme(tmp_path: Path) -> None:
    """A query without a theme comes last; the form is read after the prologue."""
    question = "# fr: Quoi ?\n# en: What?\n"
    write(
        tmp_path, "a.rq", question + "PREFIX ask: <http://x.example/> # SELECT\nASK { ?a ask:b ?c }"
    )
    write(tmp_path, "b.rq", question + "# theme: relais\nconstruct where { ?a ?b ?c }")
    write(tmp_path, "c.rq", question + "# theme: offres\nSELECT * WHERE { ?a ?b ?c }")
    queries = load_queries(tmp_path)
    assert [(query.slug, query.theme, query.form) for query in queries.values()] == [
        ("c", "offres", "SELECT"),
        ("b", "relais", "CONSTRUCT"),
        ("a", "autres", "ASK"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# theme: météo\nASK {}", "no theme “météo”.*offres"),
        ("DESCRIBE <http://x.example/>", "no SELECT, ASK or CONSTRUCT"),
    ],
)
def test_an_unknown_theme_or_form_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """The error names the file."""
    write(tmp_path, "a.rq", f"# fr: Quoi ?\n# en: What?\n{text}\n")
    with pytest.raises(CatalogError, match=rf"a\.rq.*{message}"):
        load_queries(tmp_path)


def test_the_chart_of_a_query_is_read_with_it(tmp_path: Path) -> None:
    """As JSON on one line; a query without a chart has none."""
    query = "# fr: Quoi ?\n# en: What?\nSELECT ?name ?n WHERE { ?a ?name ?n }"
    write(tmp_path, "a.rq", query)
    write(tmp_path, "b.rq", query)
    write(tmp_path, "a.vl.json", '{"mark": "bar",\n "encoding": {"x": {"field": "n"}}}')
    queries = load_queries(tmp_path)
    assert queries["a"].chart == '{"mark": "bar", "encoding": {"x": {"field": "n"}}}'
    assert queries["b"].chart == ""


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        ("[1]", "no JSON object"),
        ("{", "no JSON object"),
        ('{"encoding": {"x": {"field": "m"}}}', "no variable “m”"),
        ('{"data": {"url": "http://x.example/"}}', "“data” has no place"),
        ('{"layer": [{"encoding": {"href": {"field": "n"}}}]}', "“href” has no place"),
    ],
)
def test_an_unsuitable_chart_is_refused(tmp_path: Path, chart: str, message: str) -> None:
    """A chart shows the query's columns, without data or links; the error names the file."""
    write(tmp_path, "a.rq", "# fr: Quoi ?\n# en: What?\nSELECT ?n WHERE { ?a ?b ?n }")
    write(tmp_path, "a.vl.json", chart)
    with pytest.raises(CatalogError, match=rf"a\.vl\.json.*{message}"):
        load_queries(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("mes prix.rq", "ASK {}", "its name may have letters"),
        ("été.rq", "ASK {}", "its name may have letters"),
        ("a.rq", "SELECT * WHERE { ?s ?p }", "not valid SPARQL: line 3, column 24"),
        ("a.rq", "SELECT * { SERVICE <http://x.example/> { ?a ?b ?c } }", "SERVICE is refused"),
    ],
)
def test_a_query_that_readers_could_not_run_is_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    """Before it is published; the error names the file."""
    write(tmp_path, name, f"# fr: Quoi ?\n# en: What?\n{text}\n")
    with pytest.raises(CatalogError, match=f"{name}: .*{message}") as caught:
        load_queries(tmp_path)
    assert message not in explain(caught.value, "fr")


def test_a_byte_order_mark_is_accepted_and_another_encoding_refused(tmp_path: Path) -> None:
    """The byte order mark is not part of the text."""
    text = "# fr: Où ?\n# en: Where?\nASK {}\n"
    write(tmp_path, "a.rq", f"\ufeff{text}")
    assert load_queries(tmp_path)["a"].question["fr"] == "Où ?"
    (tmp_path / "queries" / "a.rq").write_bytes(text.encode("cp1252"))
    with pytest.raises(CatalogError, match=r"a\.rq: this is not written in UTF-8"):
        load_queries(tmp_path)


QUESTION = "# fr: Quoi ?\n# en: What?\nSELECT ?area { ?area a ?kind }"


def test_a_question_has_its_readers_and_its_answer(tmp_path: Path) -> None:
    """In ``questions.toml``; a question without a table has neither."""
    queries = tmp_path / "queries"
    queries.mkdir()
    for name in ("quoi", "autre"):
        (queries / f"{name}.rq").write_text(QUESTION, encoding="utf-8")
    text = '[quoi]\nreaders = ["partner"]\nanswer = {fr = ["{area} ici"], en = ["{area} here"]}'
    (queries / "questions.toml").write_text(text, encoding="utf-8")
    presentation = load_queries(tmp_path)["quoi"].presentation
    assert presentation.readers == ("partner",)
    assert presentation.answer == {"fr": ["{area} ici"], "en": ["{area} here"]}
    assert load_queries(tmp_path)["autre"].presentation.readers == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[quoi", "no TOML"),
        ('[quoi]\nreaders = ["robot"]', "no reader “robot”"),
        ('[quoi]\nreaders = "robot"', "no reader “robot”"),
        ('[quoi]\nanswer = {fr = ["ici"]}', "a list of sentences in each"),
        ('[quoi]\nanswer = "ici"', "a list of sentences in each"),
        ('[quoi]\nanswer = {fr = "ici", en = "here"}', "a list of sentences in each"),
        ('[quoi]\nanswer = {fr = ["{town}"], en = ["{area}"]}', "no variable “town”"),
        ('[quoi]\nanswer = {fr = ["{area@size}"], en = ["{area}"]}', "no variable “size”"),
        ('[quoi]\nanswer = {fr = ["{area|n}"], en = ["{area}"]}', "no field of a sentence"),
    ],
)
def test_a_wrong_presentation_is_refused(tmp_path: Path, text: str, message: str) -> None:
    queries = tmp_path / "queries"
    queries.mkdir()
    (queries / "quoi.rq").write_text(QUESTION, encoding="utf-8")
    (queries / "questions.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError, match=message):
        load_queries(tmp_path)
