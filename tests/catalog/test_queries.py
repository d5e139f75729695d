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
        ('[quoi]\nreaders = [["partner"]]', "no reader"),
        ('[quoi]\nanswer = {fr = ["ici"]}', "a list of sentences in each"),
        ('[quoi]\nanswer = "ici"', "a list of sentences in each"),
        ('[quoi]\nanswer = {fr = "ici", en = "here"}', "a list of sentences in each"),
        ('[quoi]\nanswer = {fr = ["{town}"], en = ["{area}"]}', "no variable “town”"),
        ('[quoi]\nanswer = {fr = ["{area@size}"], en = ["{area}"]}', "no variable “size”"),
        ('[quoi]\nchart = "bar"', "a chart has a kind"),
        ('[quoi]\nchart = {kind = "pie", names = ["area"], figures = ["kind"]}', "a chart has a"),
        ('[quoi]\nchart = {kind = "bar", names = [], figures = ["kind"]}', "a chart has a kind"),
        ('[quoi]\nchart = {kind = "bar", names = ["area"], figures = [1]}', "a chart has a kind"),
        (
            '[quoi]\nchart = {kind = "bar", names = ["area", "kind"], figures = ["kind", "area"]}',
            "a chart has a kind",
        ),
        (
            '[quoi]\nchart = {kind = "map", names = ["area", "kind"], figures = ["kind"]}',
            "a chart has a kind",
        ),
        (
            '[quoi]\nchart = {kind = "bar", names = ["area"], figures = ["n"]}',
            "no variable “n”",
        ),
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


def test_a_question_has_a_chart_of_its_columns(tmp_path: Path) -> None:
    """Published as Vega-Lite without data: several figures are a colour each."""
    queries = tmp_path / "queries"
    queries.mkdir()
    text = "# fr: Quoi ?\n# en: What?\nSELECT ?area ?kind ?n ?m { ?area a ?kind ; ?n ?m }"
    (queries / "quoi.rq").write_text(text, encoding="utf-8")
    for columns, colour in (
        ('names = ["area", "kind"], figures = ["n"]', "kind"),
        ('names = ["area"], figures = ["n", "m"], reference = 100', "key"),
    ):
        table = f'[quoi]\nchart = {{kind = "bar", {columns}}}'
        (queries / "questions.toml").write_text(table, encoding="utf-8")
        chart = load_queries(tmp_path)["quoi"].presentation.chart
        assert chart is not None
        assert chart.names[0] == "area"
        encoding = chart.to_vega_lite()["encoding"]
        assert encoding["x"]["field"] == "area"
        assert encoding["color"]["field"] == colour
