"""Direct identifiers are detected in any cell and reported without their value."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib.namespace import QB, RDF

from parvis.config import knowledge
from parvis.mapping.language import load
from parvis.mapping.recipes import read_recipe
from parvis.mapping.screening.gate import judge
from parvis.mapping.screening.identifiers import (
    Identifier,
    identify_in_column,
    identify_value,
    names_persons,
)
from parvis.mapping.screening.personal_data import holds_observations, observes, screen
from parvis.report.tables import Sheet, write_workbook
from parvis.vocab.namespaces import PARVIS

CUBE = """
sources:
  publics: {{access: {file}, referenceFormulation: {kind}{more}}}
mappings:
  observation:
    sources: publics
    s: id/observation/$({column})
    po:
      - [a, qb:Observation]
"""
IDENTIFIERS = {
    "quelquun@exemple.example": Identifier.EMAIL,
    "écrire à Jo.X+1@sous.exemple.example svp": Identifier.EMAIL,
    "TREM 8062 1234": Identifier.HEALTH,
    "trem80621234": Identifier.HEALTH,
    "130 692 544": Identifier.SOCIAL,
    "130-692-544": Identifier.SOCIAL,
    "130692544": Identifier.SOCIAL,
    "046 454 286": Identifier.SOCIAL,
    "046.454.286": Identifier.SOCIAL,
    "046\N{NO-BREAK SPACE}454\N{NARROW NO-BREAK SPACE}286": Identifier.SOCIAL,
    "046\N{FIGURE SPACE}454\N{FIGURE SPACE}286": Identifier.SOCIAL,
    "046\N{NON-BREAKING HYPHEN}454\N{NON-BREAKING HYPHEN}286": Identifier.SOCIAL,
    "046 - 454 - 286": Identifier.SOCIAL,
    "130,692,544": Identifier.SOCIAL,
    "no,130692544": Identifier.SOCIAL,
    "130\N{ZERO WIDTH SPACE}692\N{SOFT HYPHEN}544": Identifier.SOCIAL,
    "１３０６９２５４４": Identifier.SOCIAL,
    "١٣٠ ٦٩٢ ٥٤٤": Identifier.SOCIAL,
    "quelquun＠exemple．example": Identifier.EMAIL,
    "quelquun [at] exemple.example": Identifier.EMAIL,
    "quelquun (arobase) exemple [point] example": Identifier.EMAIL,
    "quelquun @ exemple.example": Identifier.EMAIL,
    "qu\N{ZERO WIDTH JOINER}elquun@exem\N{SOFT HYPHEN}ple.example": Identifier.EMAIL,
    "TREM 8062 12.34": Identifier.HEALTH,
    "TREM\N{NO-BREAK SPACE}8062\N{NO-BREAK SPACE}1234": Identifier.HEALTH,
    "TRÉM–8062–1234": Identifier.HEALTH,
    "ＴＲＥＭ８０６２１２３４": Identifier.HEALTH,
    "514\N{NO-BREAK SPACE}555\N{NON-BREAKING HYPHEN}0199": Identifier.PHONE,
    "514/555-0199": Identifier.PHONE,
    "514 · 555 · 0199": Identifier.PHONE,
    "514\N{EN DASH}555\N{EN DASH}0199": Identifier.PHONE,
    "Tél.514.555.0199": Identifier.PHONE,
    "tel,5145550199": Identifier.PHONE,
    "5145\N{WORD JOINER}550199": Identifier.PHONE,
    "00 33 6 55 55 01 99": Identifier.PHONE,
    "H2X\N{NO-BREAK SPACE}1Y4": Identifier.POSTAL,
    "H2X.1Y4": Identifier.POSTAL,
    "h2x\N{EN DASH}1y4": Identifier.POSTAL,
    "H2X\N{ZERO WIDTH SPACE}1Y4": Identifier.POSTAL,
    "Ｈ２Ｘ　１Ｙ４": Identifier.POSTAL,
    "514 555-0199": Identifier.PHONE,
    "(418) 555-0199": Identifier.PHONE,
    "5145550199": Identifier.PHONE,
    "+1-819-555-0199": Identifier.PHONE,
    "+33 6 55 55 01 99": Identifier.PHONE,
    "H2X 1Y4": Identifier.POSTAL,
    "g1r4p5": Identifier.POSTAL,
}
HARMLESS = (
    *("2025", "1 240", "27,027", "76620", "2025-10-01", "2025-10-01T20:00:00-04:00", "0-13"),
    *("Roof 2003-2004", "Gala 2010–2011"),
    *("H2X", "G1R", "65 et +", "130 692 545", "046 454 287", "830692544", "1143920115"),
    *("3345678901", "TREM 8099 1234", "ABCD 1234", "418.5", "1234567890.5", "@montreal", "12 %"),
    *(
        "Bibliothèque (Ahuntsic)",
        "Salle 514",
        "2013-2018",
        "n/d",
        "A1B",
        "25-34",
        "999 999 999 999",
        "1 234 567",
        "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567",
        "1,234,567.50",
        "1 130 692 544",
        "978-2-7707-0000-1",
        "9782770700001",
        "978-130-692-544-7",
        "1143 920 115",
        "45.5017, -73.5673",
        "0.003678340978386098",
        "192.168.130.250",
        "12,50\N{NO-BREAK SPACE}$",
        "2024\N{EN DASH}2025",
        "10\N{NO-BREAK SPACE}000 personnes",
        "Concert @ Montréal. Billets en vente",
        "Salle A (at the back)",
    ),
)


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_an_identifier_is_recognised_by_its_form(text: str) -> None:
    """Alone or in a sentence, in usual spellings."""
    assert identify_value(text) is IDENTIFIERS[text]


def spell_unusually(signs: str) -> st.SearchStrategy[str]:
    """Draw one of these characters, possibly with zero-width characters around it."""
    return st.tuples(
        st.sampled_from(["", *"\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f"]),
        st.sampled_from(signs),
        st.sampled_from(["", "\u200b", "\u034f"]),
    ).map("".join)


SPACES = " \t\u00a0\u1680\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63\uff0d"
DOTS = ".\u00b7\u2022\u2024\u2027\uff0e\u3002"
ZEROS = "0\u0660\u06f0\u0966\uff10\U0001d7ce"
"""The digit zero in several scripts, followed by their other digits."""


@given(
    identifier=st.sampled_from(
        [
            (Identifier.SOCIAL, ("046", "454", "286")),
            (Identifier.PHONE, ("514", "555", "0199")),
            (Identifier.HEALTH, ("TREM", "8062", "1234")),
            (Identifier.POSTAL, ("H2X", "1Y4")),
        ]
    ),
    gap=st.one_of(st.just(""), *(spell_unusually(kind) for kind in (SPACES, DASHES, DOTS, "/"))),
    zero=st.sampled_from(ZEROS),
)
def test_an_identifier_is_recognised_in_unusual_spellings(
    identifier: tuple[Identifier, tuple[str, ...]], gap: str, zero: str
) -> None:
    """Spaces, dashes, dots and digits of any script, with zero-width characters between them."""
    kind, parts = identifier
    digits = str.maketrans({str(n): chr(ord(zero) + n) for n in range(10)})
    assert identify_value(gap.join(parts).translate(digits)) is kind


@pytest.mark.parametrize("text", HARMLESS)
def test_figures_dates_and_codes_are_not_identifiers(text: str) -> None:
    """Nine digits that fail the Luhn check, enterprise numbers, first halves of postal codes."""
    assert identify_value(text) is None


@pytest.mark.parametrize(
    ("heading", "text", "expected"),
    [
        ("Date de naissance", "1980-06-02", Identifier.BIRTH),
        ("dateNaissance", "2/6/1980", Identifier.BIRTH),
        ("DDN", "2 juin 1980", Identifier.BIRTH),
        ("Birth date", "June 2, 1980", Identifier.BIRTH),
        ("Né le", "19800602", Identifier.BIRTH),
        ("Année de naissance", "1980", None),
        ("Naissance", "1980-06", None),
        ("Date", "1980-06-02", None),
        ("Nom du client", "Xyz", Identifier.NAME),
        ("Nom du client", "", None),
    ],
)
def test_an_identifier_is_recognised_by_its_heading(
    heading: str, text: str, expected: Identifier | None
) -> None:
    """A year alone, or a year and a month, is no full date of birth."""
    assert identify_in_column(heading, text) is expected


@pytest.mark.parametrize(
    "heading",
    [
        *("Prénom", "PRENOM", "Nom", "Nom de famille", "Nom et prénom", "first_name", "lastName"),
        *("Full name", "Customer name", "Nom de l’abonnée", "Nom complet", "Name"),
    ],
)
def test_a_heading_for_names_of_persons_is_recognised(heading: str) -> None:
    """In both languages, however its words are joined."""
    assert names_persons(heading)


@pytest.mark.parametrize(
    "heading",
    [
        *("Nom de la salle", "Nom du lieu", "Venue name", "BIBLIOTHÈQUE", "Nombre", "Clients"),
        *("Nombre de clients", "Jeunes", "Nom de l’organisme", "Renommée", "Members", "Parents"),
    ],
)
def test_a_heading_for_places_or_counts_is_accepted(heading: str) -> None:
    """Counting persons is not naming them."""
    assert not names_persons(heading)


def mapping(folder: Path, file: str, kind: str, column: str = "no", more: str = "") -> Path:
    """Write a mapping that makes observations from a file."""
    path = folder / "mapping.yml"
    path.write_text(CUBE.format(file=file, kind=kind, column=column, more=more), encoding="utf-8")
    return path


def test_every_cell_of_a_table_is_screened(tmp_path: Path) -> None:
    """Above the headings, in unmapped columns, in ragged rows."""
    text = "Préparé par a@b.example,,\nno,age,note\n1,0-13,514 555-0199\n2,x,y,H2X 1Y4\n"
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    document = load(mapping(tmp_path, "f.csv", "csv", more=", header: 2"))
    findings = screen(document, tmp_path / "f.csv").findings
    places = [
        (finding.rule, finding.place and finding.place.row, finding.place and finding.place.column)
        for finding in findings
    ]
    assert places == [
        ("personal-email", 1, "1"),
        ("personal-phone", 3, "note"),
        ("personal-postal-code", 4, "4"),
    ]


def test_figures_of_nine_digits_are_left_to_the_gate_which_sees_their_column(
    tmp_path: Path,
) -> None:
    """One in ten is like a social insurance number by chance; a column of them is refused."""
    rows = "".join(f"{n},{435_123_456 + n * 7_654_321}\n" for n in range(40))
    (tmp_path / "f.csv").write_text(f"age,Recettes\n{rows}", encoding="utf-8")
    document = load(mapping(tmp_path, "f.csv", "csv"))
    assert any(identify_value(row.partition(",")[2]) for row in rows.split())
    assert screen(document, tmp_path / "f.csv").findings == []
    assert judge([tmp_path / "f.csv"]).findings == []
    (tmp_path / "f.csv").write_text("age,Code\n" + "1,130692544\n2,046454286\n", encoding="utf-8")
    assert [finding.rule for finding in judge([tmp_path / "f.csv"]).findings] == [
        "personal-social-insurance"
    ]


def test_an_identifier_in_the_headings_is_not_repeated(tmp_path: Path) -> None:
    """In a file without headings, the first row is data."""
    (tmp_path / "f.csv").write_text("1,a@b.example\n2,c@d.example\n", encoding="utf-8")
    report = screen(load(mapping(tmp_path, "f.csv", "csv", "1")), tmp_path / "f.csv")
    assert [finding.place and finding.place.column for finding in report.findings] == ["2", "…"]
    assert "example" not in json.dumps(report.to_json())


def test_unmapped_sheets_may_contain_places_but_not_persons(tmp_path: Path) -> None:
    """The address of a hall identifies nobody; a list of customers does."""
    figures = Sheet("Chiffres", [["no", "age"], ["1", "0-13"]], {})
    halls = Sheet("Lieux", [["Nom", "Code postal"], ["Salle", "H2X 1Y4"]], {})
    buyers = Sheet("Clients", [["Prénom", "Courriel"], ["Xyz", "a@b.example"]], {})
    document = load(mapping(tmp_path, "f.xlsx", "table", more=", sheet: Chiffres"))
    file = tmp_path / "f.xlsx"
    write_workbook(file, [figures, halls])
    assert screen(document, file).findings == []
    write_workbook(file, [figures, buyers])
    sheets = {
        (finding.rule, finding.place and finding.place.sheet)
        for finding in screen(document, file).findings
    }
    assert sheets == {("personal-name", "Clients"), ("personal-email", "Clients")}


@pytest.mark.parametrize(
    ("name", "kind", "text", "column"),
    [
        ("f.json", "jsonpath", '[{"no": 1, "a": {"courriel": ["a@b.example"]}}]', "courriel"),
        ("f.json", "jsonpath", '[{"no": 1, "a@b.example": 1}]', "…"),
        ("f.json", "jsonpath", '[{"no": 1, "tel": 5145550199}]', "tel"),
        ("f.jsonl", "jsonlines", '{"no": 1}\n{"no": 2, "x": "a@b.example"}\n', "x"),
        ("f.jsonl", "jsonlines", '{"no": 1}\n{"no": 2, "x": "a@b.example\n', None),
        ("f.xml", "xpath", "<r><i><no>1</no><prenom>Xyz</prenom></i></r>", "prenom"),
        ("f.xml", "xpath", "<r><i><no>1</no>\n<c>a@b.example</c></i></r>", None),
    ],
)
def test_nested_and_malformed_data_are_screened(
    tmp_path: Path, name: str, kind: str, text: str, column: str | None
) -> None:
    """Keys are data too; a line of malformed text counts as one place."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    more = (
        ""
        if kind == "jsonlines"
        else ', iterator: "$[*]"'
        if kind == "jsonpath"
        else ", iterator: //i"
    )
    document = load(mapping(tmp_path, name, kind, more=more))
    (finding,) = screen(document, tmp_path / name).findings
    assert finding.place
    assert (finding.place.column, finding.value) == (column, None)


REFUSED = st.one_of(
    st.from_regex(r"[a-z]{3,8}\.[a-z]{3,8}@[a-z]{4,9}\.example", fullmatch=True),
    st.from_regex(r"514[ -]555-\d{4}", fullmatch=True),
    st.from_regex(r"[GHJ][1-9][A-C][ -]?[1-9][A-C][1-9]", fullmatch=True),
    st.from_regex(r"[A-Z]{4} ?\d{2}0[1-9] ?1\d{3}", fullmatch=True),
)
PLAIN = st.sampled_from(["2025", "0-13", "théâtre", "Montréal", "1 240", ""])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    table=st.lists(st.tuples(PLAIN, st.one_of(REFUSED, PLAIN), REFUSED), min_size=1, max_size=5),
    headless=st.booleans(),
)
def test_a_report_never_contains_a_refused_value(
    tmp_path: Path,
    table: list[tuple[str, str, str]],
    headless: bool,  # noqa: FBT001 - drawn
) -> None:
    """Whatever the cell, the column, and whether the file has headings."""
    rows = ([] if headless else [("no", "age", "note")]) + table
    text = "\n".join(",".join(row) for row in rows)
    (tmp_path / "f.csv").write_text(f"{text}\n", encoding="utf-8")
    report = screen(load(mapping(tmp_path, "f.csv", "csv")), tmp_path / "f.csv")
    output = json.dumps(report.to_json(), ensure_ascii=False)
    for value in {cell for row in table for cell in row if identify_value(cell)}:
        assert value not in output
    assert report.row_errors >= len(table)


def test_mappings_of_audience_data_are_recognised_by_their_classes() -> None:
    """Of the demonstration: figures are screened, programming and audience reaches are not."""
    screened = {
        file.parent.relative_to(knowledge("catalog") / "demo").as_posix()
        for file in (knowledge("catalog") / "demo").glob("*/*/mapping.yml")
        if observes(load(file))
    }
    assert screened == {
        *("biblio-val-des-pins/prets", "danse-petit-nord/publics", "festival-neiges/sondage"),
        *("diffusion-rivage/billetterie", "musee-marees/frequentation"),
        *("theatre-lanterne/publics", "theatre-lanterne/representations"),
        *("cabaret-des-ruelles/publics", "centre-du-portage/publics", "theatre-des-ormes/publics"),
        *("festival-grand-vent/publics", "festival-des-rapides/publics"),
        *("festival-des-lucioles/publics", "fete-des-moissons/publics"),
        *("musee-de-la-forge/visites", "musee-des-ardoises/visites", "maison-du-passeur/visites"),
        *("centre-grand-large/publics", "maison-des-voix/publics", "salle-des-erables/publics"),
        *("scene-du-phare/publics", "theatre-du-tilleul/publics"),
        *("centre-grand-large/billets", "maison-des-voix/billets", "salle-des-erables/billets"),
        *("scene-du-phare/billets", "theatre-du-tilleul/billets"),
        *("centre-grand-large/bilans", "maison-des-voix/bilans", "salle-des-erables/bilans"),
        *("scene-du-phare/bilans", "theatre-du-tilleul/bilans"),
    }


@pytest.mark.parametrize(
    ("dataset", "mapping_name", "file"),
    [
        ("prets", "mapping.json.yml", "bibliomtl_prets_public.json"),
        ("prets", "mapping.xls.yml", "bibliomtl_pdrpretspublic.xls"),
        ("frequentation", "mapping.json.yml", "bibliomtl_frequentation.json"),
        ("frequentation", "mapping.xls.yml", "bibliomtl_pdrfrequentation.xls"),
    ],
)
def test_real_figures_of_libraries_contain_no_identifiers(
    shared: Path, dataset: str, mapping_name: str, file: str
) -> None:
    """Every cell of every sheet is screened, and none is refused."""
    document = load(knowledge("catalog") / "bibliotheques-montreal" / dataset / mapping_name)
    report = screen(document, shared / "data" / file)
    assert observes(document)
    assert (report.rows > 250, report.findings) == (True, [])


def test_figures_of_population_are_no_figures_of_publics_unless_others_are_among_them(
    tmp_path: Path,
) -> None:
    """Whatever the mapping names, its output is checked."""
    recipe = read_recipe(knowledge("catalog") / "recipes" / "population.yml")
    mapping, triples = tmp_path / "mapping.yml", tmp_path / "triples.nt"
    mapping.write_text(recipe.render("x", "y", None), encoding="utf-8")
    assert not observes(load(mapping))
    observation = f"<x:a> <{RDF.type}> <{QB.Observation}> .\n"
    population, visits = (
        f"<x:a> <{QB.measureType}> <{measure}> .\n"
        for measure in (PARVIS.population, PARVIS.visits)
    )
    for lines, are_of_publics in (
        ("", False),
        (population, False),
        (observation, True),
        (observation + population, False),
        (2 * (observation + population) + observation + visits, True),
    ):
        triples.write_text(lines, encoding="utf-8")
        assert holds_observations(triples) == are_of_publics


def test_real_programming_is_not_screened() -> None:
    """Telephone, address and e-mail of a hall are those of an organisation and not screened."""
    for dataset in ("ville-de-laval/calendrier", "statcan/odcaf"):
        assert not observes(load(knowledge("catalog") / dataset / "mapping.yml"))
