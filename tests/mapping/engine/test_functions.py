"""Mapping functions on values of partners."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.functions import FUNCTIONS, FunctionContext
from parvis.mapping.engine.values import InvalidValue
from parvis.mapping.language.plan import Value, ValueFormat

TABLES = {"strata": {"Aînés": {"age": "65+"}, "Total": {"value": "all"}}}
FRENCH = ValueFormat(group=" ", point=",")

EXAMPLES: list[tuple[str, dict[str, list[Value]], list[object]]] = [
    ("trim", {"value": ["  a \n b "]}, ["a b"]),
    ("upper", {"value": ["é"]}, ["É"]),
    ("lower", {"value": ["É", "B"]}, ["é", "b"]),
    ("title", {"value": ["rue de la paix"]}, ["Rue De La Paix"]),
    ("replace", {"value": ["ANNULÉ - Bal"], "pattern": [r"^ANNULÉ - "], "by": [""]}, ["Bal"]),
    ("replaceText", {"value": ["a.b.c"], "find": ["."], "by": ["-"]}, ["a-b-c"]),
    ("replaceText", {"value": ["abc"], "find": [], "by": ["-"]}, ["abc"]),
    ("strip", {"value": ["  a \n b "]}, ["a \n b"]),
    ("iriSafe", {"value": ["a/b é", 12]}, ["a%2Fb%20é", "12"]),
    ("concat", {"value": ["a", "b"], "other": ["-c"]}, ["a-c", "b-c"]),
    ("concat", {"value": ["a"], "other": []}, []),
    ("split", {"value": ["a; b;;"], "separator": [";"]}, ["a", "b"]),
    ("slug", {"value": ["L’Île-aux-Sœurs"]}, ["l-ile-aux-soeurs"]),
    (
        "htmlToText",
        {"value": ["<p>Un&nbsp;<b>60<sup>e</sup></b></p><p>a &lt; b</p>"]},
        ["Un 60e\na < b"],
    ),
    ("htmlToText", {"value": ["<script>alert(1)</script>ok"]}, ["ok"]),
    ("postalCode", {"value": ["h2x1y4", "G1R 4P5"]}, ["H2X 1Y4", "G1R 4P5"]),
    ("fsa", {"value": ["h2x 1y4", " h2x", "H2X"]}, ["H2X", "H2X", "H2X"]),
    ("phone", {"value": ["(514) 555-0199"]}, ["+1-514-555-0199"]),
    ("phone", {"value": ["+33 1 44 55 66 77"]}, ["+33 1 44 55 66 77"]),
    ("isAfter", {"value": ["2026-07-02"], "other": ["2026-07-01T20:00"]}, [True]),
    ("isAfter", {"value": ["2026-07-01T23:00"], "other": ["2026-07-01"]}, [False]),
    ("isAfter", {"value": ["2026-07-02"], "other": []}, [False]),
    ("multiply", {"value": ["12.50 $"], "other": [3]}, [Decimal("37.50")]),
    ("multiply", {"value": ["12.50"], "other": []}, []),
    ("subtract", {"value": ["25.00 $"], "other": ["2.50", 1]}, [Decimal("21.50")]),
    ("subtract", {"value": ["25.00"], "other": []}, [Decimal("25.00")]),
    ("subtract", {"value": [], "other": ["2.50"]}, []),
    ("number", {"value": ["1234.50", 7]}, [Decimal("1234.50"), 7]),
    ("number", {"value": ["quatre-vingt-dix", "One hundred"]}, [90, 100]),
    ("boolean", {"value": ["À vendre"], "yes": ["a vendre"], "no": ["vendu"]}, [True]),
    ("boolean", {"value": ["vendu"], "yes": ["a vendre"], "no": ["vendu"]}, [False]),
    ("nullIf", {"value": ["n/d", "a"], "list": ["n/d", "-"]}, ["a"]),
    ("year", {"value": ["2026-07-01"]}, ["2026"]),
    ("date", {"value": ["2026-07-01T20:00:00"]}, ["2026-07-01"]),
    ("dateTime", {"value": ["2026-07-01 20:00"]}, ["2026-07-01T20:00:00-04:00"]),
    ("concept", {"value": ["Théâtre"], "scheme": ["discipline"]}, ["…/theatre"]),
    ("lookup", {"value": ["aînés"], "table": ["strata"], "column": ["age"]}, ["65+"]),
    ("lookup", {"value": ["Total"], "table": ["strata"], "column": ["age"]}, []),
    ("join", {"value": ["a", "b"], "separator": ["/"]}, ["a/b"]),
    ("coalesce", {"value": ["b", "c"]}, ["b"]),
    ("if", {"condition": [True], "then": ["a"], "else": ["b"]}, ["a"]),
    ("if", {"condition": [], "then": ["a"], "else": ["b"]}, ["b"]),
    ("matches", {"value": ["Bal annulé"], "pattern": ["annulé$"]}, [True]),
    ("matches", {"value": [], "pattern": ["x"]}, [False]),
    ("contains", {"value": ["Bal annulé"], "find": ["annulé"]}, [True]),
    ("contains", {"value": ["a+b"], "find": ["a.b"]}, [False]),
    ("splitText", {"value": ["a; b;;c"], "separator": [";"]}, ["a", " b", "c"]),
    ("substring", {"value": ["20:30-22:00"], "from": ["6"], "to": ["11"]}, ["22:00"]),
    ("length", {"value": ["Été", "bal"]}, [3, 3]),
    ("escape", {"value": ["<A & B>"], "mode": ["xml"]}, ["&lt;A &amp; B&gt;"]),
    ("upperUrl", {"value": ["salle.example"]}, ["http://SALLE.EXAMPLE"]),
    ("startsWith", {"value": ["Bal annulé"], "find": ["Bal"]}, [True]),
    ("endsWith", {"value": ["Bal annulé"], "find": ["Bal"]}, [False]),
    ("equal", {"value": ["oui"], "other": ["oui"]}, [True]),
    ("equal", {"value": [True], "other": ["true"]}, [True]),  # as JSON writes it
    ("matches", {"value": [False], "pattern": ["^false$"]}, [True]),
    ("inList", {"value": ["b"], "list": ["a", "b"]}, [True]),
    ("isEmpty", {"value": []}, [True]),
    ("notEmpty", {"value": []}, [False]),
    ("not", {"condition": [False]}, [True]),
    ("and", {"condition": [True, False]}, [False]),
    ("or", {"condition": [True, False]}, [True]),
    ("countIs", {"value": ["a", "b"], "min": ["2"]}, [True]),
    ("countIs", {"value": ["a", "b"], "max": ["1"]}, [False]),
    ("until", {"value": ["2026-07-01 19:30"], "time": ["21:00"]}, ["2026-07-01 21:00"]),
    ("until", {"value": ["2026-07-31 20:00"], "time": ["12:00am"]}, ["2026-08-01 00:00"]),
    ("until", {"value": ["2026-07-01"], "time": ["21:00"]}, []),
    ("allDay", {"start": ["2026-07-01"], "end": ["2026-07-02"]}, [True]),
    ("allDay", {"start": ["2026-07-01T00:00"], "end": ["2026-07-01T23:59"]}, [True]),
    ("allDay", {"start": ["2026-07-01T10:00"], "end": ["2026-07-01T23:59"]}, [False]),
]
INVALID: list[tuple[str, dict[str, list[Value]], str]] = [
    ("postalCode", {"value": ["12345"]}, "bad-postal-code"),
    ("concept", {"value": ["Théatre!"], "scheme": ["discipline"]}, "unmatched-concept"),
    ("lookup", {"value": ["Autre"], "table": ["strata"]}, "not-in-table"),
    ("money", {"value": ["selon vos moyens"]}, "bad-number"),
    ("number", {"value": ["une douzaine"]}, "bad-number"),
    ("boolean", {"value": ["peut-être"], "yes": ["oui"], "no": ["non"]}, "bad-boolean"),
]


@pytest.fixture
def setting() -> FunctionContext:
    """Make a context with one concept and one table."""
    return FunctionContext(
        ValueFormat(), Concepts({"discipline": {"theatre": "…/theatre"}}), TABLES
    )


@pytest.mark.parametrize(("name", "arguments", "expected"), EXAMPLES)
def test_a_function_returns_the_documented_value(
    setting: FunctionContext, name: str, arguments: dict[str, list[Value]], expected: list[object]
) -> None:
    assert list(FUNCTIONS[name].run(arguments, setting)) == expected


@pytest.mark.parametrize(("name", "arguments", "rule"), INVALID)
def test_an_unreadable_value_is_refused(
    setting: FunctionContext, name: str, arguments: dict[str, list[Value]], rule: str
) -> None:
    """Values are never guessed."""
    with pytest.raises(InvalidValue) as caught:
        FUNCTIONS[name].run(arguments, setting)
    assert caught.value.rule == rule


def test_every_function_has_an_example() -> None:
    assert {name for name, *_ in EXAMPLES} | {"money", "hash"} == set(FUNCTIONS)


MONEY = """\
sources:
  shows: {access: f, referenceFormulation: csv, delimiter: ";", decimal: {group: " ", point: ","}}
mappings:
  offer:
    sources: shows
    s: id/offer/x/$(code)
    po:
      - p: schema:price
        o: {function: fn:money, parameters: [[value, $(prix)]], datatype: xsd:decimal}
"""


def test_money_is_read_with_the_separators_of_its_source(run: Callable[..., Any]) -> None:
    """A datatype after it does not read the separators again."""
    graph, conversion = run(MONEY, "f.csv", "code;prix\n1;38,50 $\n2;1 234,50\n")
    assert sorted(float(price) for price in graph.objects()) == [38.5, 1234.5]
    assert not conversion.report.findings


def test_free_admission_costs_zero_and_an_unreadable_price_is_reported(
    run: Callable[..., Any],
) -> None:
    """Words without an amount are findings with their row."""
    prices = ("Gratuit", "ENTRÉE  LIBRE", "free", "selon vos moyens")
    rows = "".join(f"{number};{price}\n" for number, price in enumerate(prices))
    graph, conversion = run(MONEY, "f.csv", f"code;prix\n{rows}")
    assert [float(price) for price in graph.objects()] == [0.0, 0.0, 0.0]
    (finding,) = conversion.report.findings
    assert finding.value == "selon vos moyens"


UNPIVOT = """\
sources:
  loans:
    access: f
    referenceFormulation: csv
    nulls: [n/d]
    unpivot: {columns: [a, b], name-as: stratum, value-as: loans}
mappings:
  observation:
    sources: loans
    s: id/observation/x/$(code)-$(stratum)
    po: [[parvis:loans, $(loans), xsd:integer]]
"""


def test_a_null_marker_in_an_unpivoted_column_gives_no_row(run: Callable[..., Any]) -> None:
    """An absent value is neither a value nor an error."""
    graph, conversion = run(UNPIVOT, "f.csv", "code,a,b\n1,n/d,7\n")
    assert [str(subject)[-3:] for subject in graph.subjects()] == ["1-b"]
    assert not conversion.report.findings


FOR_SALE = """\
sources:
  houses: {access: f, referenceFormulation: csv}
mappings:
  house:
    sources: houses
    s: id/place/x/$(code)
    po:
      - p: schema:isAccessibleForFree
        o:
          function: fn:boolean
          parameters: [[value, $(état)], [yes, ouvert], [yes, "oui"], [no, fermé]]
          datatype: xsd:boolean
      - p: parvis:discipline
        o: {function: fn:concept, parameters: [[value, $(genre)], [scheme, discipline]], type: iri}
"""


def test_a_column_may_define_its_own_booleans(run: Callable[..., Any]) -> None:
    """Several words may mean the same; an unknown one is a finding."""
    graph, conversion = run(FOR_SALE, "f.csv", "code,état,genre\n1,Ouvert,\n2,FERME,\n3,bientôt,\n")
    assert sorted(str(value) for value in graph.objects()) == ["false", "true"]
    assert [finding.rule for finding in conversion.report.findings] == ["bad-boolean"]


def test_unmatched_words_are_listed_once_with_their_count(run: Callable[..., Any]) -> None:
    """The words to add, the most frequent first."""
    rows = "".join(f"{number},,{word}\n" for number, word in enumerate(["Zut", "Bof", "Zut"]))
    _, conversion = run(FOR_SALE, "f.csv", f"code,état,genre\n{rows}")
    assert any("Zut (×2), Bof (×1)" in line for line in conversion.report.in_words("fr"))
