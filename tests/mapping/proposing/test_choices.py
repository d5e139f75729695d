"""What a person says of columns is written, whatever the file seems to say."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.errors import UsageError
from parvis.mapping.language import load
from parvis.mapping.proposing import CLASS_KINDS, ColumnChoice, MappingProposal, Vocabulary
from parvis.mapping.proposing.choices import apply_choices, describe_choice
from parvis.mapping.proposing.drafting import draft
from parvis.mapping.proposing.proposals import propose_columns
from parvis.mapping.proposing.row_class import choose
from parvis.mapping.proposing.sampling import read_samples
from parvis.pooling.intake.new_mappings import hints

SEASON = """Titre;Date;Heure;Lieu;Genre;Prix;Jeunes;Aînés;Note interne
Le vent;05/06/2026;19:30;Salle A;Théâtre;25,50 $;12;3;abc
Le feu;07/08/2026;20:00;Salle B;Zorglub;30 $;4;5;def
"""
COLUMNS = SEASON.partition("\n")[0].split(";")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("season") / "saison.csv"
    path.write_text(SEASON, encoding="utf-8")
    return path


def propose(
    file: Path, vocabulary: Vocabulary, columns: Mapping[str, ColumnChoice], cls: str | None = None
) -> MappingProposal:
    """Return the proposal for a file in which some columns are what a person said."""
    rows = read_samples(file)[0]
    choice = choose(propose_columns(rows, vocabulary), vocabulary, cls=cls)
    choice = apply_choices(choice, columns, vocabulary)
    return describe_choice(rows, choice, vocabulary, draft(rows, choice, vocabulary, "fr"))


def test_a_choice_is_written_and_a_column_that_is_left_out_is_not(
    file: Path, vocabulary: Vocabulary
) -> None:
    """Also hours, which a date would else be joined with; a day before or after the month."""
    columns = {
        "Note interne": ColumnChoice("schema:description"),
        "Heure": ColumnChoice(),
        "Date": ColumnChoice("schema:startDate", form="%m/%d/%Y"),
        "Prix": ColumnChoice(),
    }
    text = propose(file, vocabulary, columns, "schema:Event").text
    assert '- [schema:description, "$(Note interne)", fr~lang]' in text
    assert '- [schema:startDate, "$(Date)", fn:dateOrDateTime]' in text
    assert '"%m/%d/%Y"' in text
    assert "$(Heure)" not in text
    assert "$(Prix)" not in text


def test_values_mean_the_concepts_that_a_person_said(file: Path, vocabulary: Vocabulary) -> None:
    choice = ColumnChoice("parvis:discipline", concepts={"Zorglub": "dance"})
    proposal = propose(file, vocabulary, {"Genre": choice}, "schema:Event")
    assert '"said Genre": {"Zorglub": "concept:discipline/dance"}' in proposal.text
    (genre,) = (column for column in proposal.columns if column.name == "Genre")
    assert genre.unmatched == ("Zorglub",)
    assert genre.matched["Théâtre"].endswith("/discipline/theatre")


@pytest.mark.parametrize(
    "columns", [{"Titre": ColumnChoice("schema:nothing")}, {"Rien": ColumnChoice("schema:name")}]
)
def test_a_column_or_a_property_that_there_is_not_is_refused(
    file: Path, vocabulary: Vocabulary, columns: dict[str, ColumnChoice]
) -> None:
    with pytest.raises(UsageError, match=r"no property|no column"):
        propose(file, vocabulary, columns)


@given(data=st.data())
def test_whatever_is_chosen_the_mapping_loads(
    file: Path, vocabulary: Vocabulary, data: st.DataObject
) -> None:
    """Any property for any column, alone or of several, of any class of rows."""
    choices = st.builds(
        ColumnChoice,
        st.sampled_from(["", *sorted(vocabulary.terms)]),
        lang=st.sampled_from(["", "fr", "en"]),
        concepts=st.dictionaries(st.sampled_from(["Zorglub", 'a"\\n']), st.just("dance")),
    )
    columns = data.draw(st.dictionaries(st.sampled_from(COLUMNS), choices, max_size=5))
    cls = data.draw(st.sampled_from([None, *CLASS_KINDS]))
    mapping = file.with_name("mapping.yml")
    mapping.write_text(propose(file, vocabulary, columns, cls).text, encoding="utf-8")
    assert load(mapping).entities


def test_choices_of_the_command_line_are_read() -> None:
    columns = hints({}, ["Genre=parvis:discipline", "a=b=schema:name", "Note="]).columns
    assert {name: choice.term for name, choice in columns.items()} == {
        "Genre": "parvis:discipline",
        "a=b": "schema:name",
        "Note": "",
    }
    for wrong in ("Genre", "=schema:name"):
        with pytest.raises(UsageError):
            hints({}, [wrong])
