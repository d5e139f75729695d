"""What is converted ahead is what would be converted when it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parvis.config import Limits
from parvis.errors import MappingError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.ahead import ConverterAhead, MappedFile
from parvis.mapping.engine.converter import Converter

BASE = "http://localhost:8000/"
MAPPING = """\
sources:
  rows: {access: rows.csv, referenceFormulation: csv}
mappings:
  event:
    sources: rows
    s: id/event/$(number)
    po:
      - [a, schema:Event]
      - [schema:name, $(name)]
"""
QUESTIONNAIRE = {"columns": {}, "choices": {}, "prefixes": {}, "residence": ""}


@pytest.fixture
def files(tmp_path: Path) -> list[MappedFile]:
    """Write three files with their mappings."""
    mapped = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = MappedFile(folder / "rows.csv", folder / "mapping.yml")
        file.source.write_text(f"number,name\n{number},Nuit {number}\n", encoding="utf-8")
        file.mapping.write_text(MAPPING, encoding="utf-8")
        mapped.append(file)
    return mapped


@pytest.fixture
def converter() -> Iterator[ConverterAhead]:
    """Run a converter."""
    with ConverterAhead(Concepts({}), Limits(), BASE) as converter:
        yield converter


def convert(converter: Converter, file: MappedFile, folder: Path) -> list[object]:
    """Ask all that the examination of a file asks."""
    out, places = folder / "converted.nt", folder / "converted.places"
    tally = converter.tally(file.source, QUESTIONNAIRE)
    judged = converter.judge([file.source])
    conversion = converter.convert(file.mapping, file.source, out, places)
    assert conversion.places.file == places
    located = conversion.places.first_places(10)
    return [tally, judged, conversion.report, located, out.read_text(), places.read_text()]


def test_the_answers_are_those_of_a_converter(
    files: list[MappedFile], converter: ConverterAhead, tmp_path: Path
) -> None:
    with Converter(Concepts({}), Limits(), BASE) as other:
        expected = [convert(other, file, tmp_path) for file in files]
    ahead = tmp_path / "ahead"
    ahead.mkdir()
    with converter.convert_ahead(files, QUESTIONNAIRE, ahead):
        assert [convert(converter, file, tmp_path) for file in files] == expected
    assert not [*ahead.iterdir()]  # each output was moved to where it was asked for


def test_each_question_is_asked_once(
    files: list[MappedFile],
    converter: ConverterAhead,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = []
    call = Converter.call

    def note(self: Converter, request: dict[str, object], *rest: object) -> object:
        requests.append(request)
        return call(self, request, *rest)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(Converter, "call", note)
    with converter.convert_ahead(files, QUESTIONNAIRE, tmp_path):
        for file in files:
            convert(converter, file, tmp_path)
    assert len(requests) == 3 * len(files)


def test_a_file_that_nobody_named_is_converted_when_it_is_asked_for(
    files: list[MappedFile], converter: ConverterAhead, tmp_path: Path
) -> None:
    with converter.convert_ahead(files[1:], QUESTIONNAIRE, tmp_path):
        *_, triples, _ = convert(converter, files[0], tmp_path)
    assert "Nuit 0" in str(triples)


def test_an_error_is_raised_when_its_file_is_asked_for(
    files: list[MappedFile], converter: ConverterAhead, tmp_path: Path
) -> None:
    files[0].mapping.write_text("mappings: [", encoding="utf-8")
    with converter.convert_ahead(files, QUESTIONNAIRE, tmp_path):
        with pytest.raises(MappingError, match=r"mapping\.yml"):
            convert(converter, files[0], tmp_path)
        *_, triples, _ = convert(converter, files[1], tmp_path)
    assert "Nuit 1" in str(triples)


def test_what_is_not_asked_for_is_not_converted_to_the_end(
    files: list[MappedFile], converter: ConverterAhead, tmp_path: Path
) -> None:
    with converter.convert_ahead(files, QUESTIONNAIRE, tmp_path):
        pass
    *_, triples, _ = convert(converter, files[0], tmp_path)
    assert "Nuit 0" in str(triples)
