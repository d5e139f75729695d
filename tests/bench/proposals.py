"""Score the proposals of mappings against what is expected of real files.

``python tests/bench/proposals.py [--truths FOLDER] [--files FOLDER]``. Each truth is a TOML file:
the ``file``, the ``class`` of its rows, and for the columns that matter the properties that are
right, none for a column that must not be used. A column is right as written if the document that
``init-mapping`` writes gives its values to a right property, else among the proposals, else missed.
A line is wrong if it gives a column's values to a property that is not right; the name of a place
or organisation counts as the property that leads to it. Files are those of the truths' folder
(invented) or of the other one (real).
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import Settings
from parvis.errors import ParvisError
from parvis.mapping.language import load
from parvis.mapping.language.plan import LogicalSource, MappingDocument, references
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.vocab.namespaces import curie

CASES = Path(__file__).parents[1] / "cases" / "proposals"
FILES = Path(__file__).parents[3] / "shared" / "data"
PATH = re.compile(r"@(?:[A-Za-z-]*)$|/.*|\[\d+\]|\[\?.*?\]")
"""The ends of references that do not change which column is read."""


@dataclass(frozen=True)
class FileScore:
    """The outcome for one file: its class, its columns, and the lines about them."""

    name: str
    cls: bool
    written: int
    proposed: int
    missed: int
    lines: int
    wrong: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--truths", type=Path, default=CASES)
    parser.add_argument("--files", type=Path, default=FILES)
    arguments = parser.parse_args()
    scores = list(score_all(arguments.truths, arguments.files))
    sys.stdout.write("\n".join(render_table(scores)) + "\n")


def render_table(scores: Sequence[FileScore]) -> Iterator[str]:
    """Write the scores: a line a file, then the shares of all columns and lines."""
    yield f"{'file':32} class  written  among  missed  wrong lines"
    for score in scores:
        columns = f"{score.written:7} {score.proposed:6} {score.missed:7}"
        yield f"{score.name:32} {score.cls!s:5} {columns}   {score.wrong} of {score.lines}"
    total = sum(s.written + s.proposed + s.missed for s in scores)
    for name in ("written", "proposed", "missed"):
        share = sum(getattr(score, name) for score in scores) / total
        yield f"{name:10} {share:.0%} of {total} columns"
    lines, wrong = sum(s.lines for s in scores), sum(s.wrong for s in scores)
    yield f"class      {sum(s.cls for s in scores)} of {len(scores)}"
    yield f"wrong      {wrong / lines:.1%} of {lines} lines"


def score_all(truths: Path, files: Path, under: str = "") -> Iterator[FileScore]:
    """Score each truth whose file is there, and in a folder."""
    for truth in sorted(truths.glob("*.toml")):
        expected = tomllib.loads(truth.read_text(encoding="utf-8"))
        places = (truths / expected["file"], files / expected["file"])
        file = next((place for place in places if place.is_file()), None)
        if file is not None and expected["file"].startswith(under):
            yield score_file(truth.stem, file, expected["class"], expected["columns"])


def score_file(name: str, file: Path, cls: str, columns: dict[str, list[str]]) -> FileScore:
    try:
        text = init_mapping(file, "en", Settings.load(), judged=True)
    except ParvisError:
        missed = sum(map(bool, columns.values()))
        return FileScore(name, cls=False, written=0, proposed=0, missed=missed, lines=0, wrong=0)
    with TemporaryDirectory() as folder:
        (Path(folder) / "mapping.yml").write_text(text, encoding="utf-8")
        document = load(Path(folder) / "mapping.yml")
    properties, classes = read_document(document)
    counts = dict.fromkeys(("written", "proposed", "missed"), 0)
    lines = wrong = 0
    for column, right in columns.items():
        written = properties.get(column, set())
        lines += len(written)
        wrong += len(written - set(right))
        if right:
            # In the items of a list, members are named from there.
            names = {f"“{column}”", f"“^.{column}”", f"“{column.partition('[*].')[2]}”"}
            commented = any(
                any(name in line for name in names) and any(term in line for term in right)
                for line in text.splitlines()
            )
            state = "written" if written & set(right) else "proposed" if commented else "missed"
            counts[state] += 1
    return FileScore(name, cls in classes, lines=lines, wrong=wrong, **counts)


def read_document(document: MappingDocument) -> tuple[dict[str, set[str]], set[str]]:
    """Return the properties that the values of each column are given to, and all classes."""
    properties: dict[str, set[str]] = {}
    classes: set[str] = set()
    subjects = {entity.subject for entity in document.entities}
    leading = {
        pair.object.value: curie(str(pair.predicate))
        for entity in document.entities
        for pair in entity.predicate_objects
        if pair.object.value in subjects
    }
    for entity in document.entities:
        source = document.sources[entity.sources[0]]
        positions = {name: name for name in source.columns.values()}
        for pair in entity.predicate_objects:
            name = curie(str(pair.predicate))
            if name == "rdf:type":
                classes.update(re.findall(r"\w+:\w+", curie(text_of(pair.object.value))))
                if "kinds" in document.tables:
                    classes.add("schema:Event")
                continue
            if pair.object.value in leading:
                continue  # the column names another entity, whose name is what it leads to
            if name == "schema:name":
                name = leading.get(entity.subject, name)
            condition = pair.object.condition
            # Of columns that are rows by turns, a condition names those of one measure.
            words = {text_of(word) for _, word in condition.parameters} if condition else set()
            for reference in references(pair.object.value):
                columns = columns_behind(source, reference)
                for column in columns & words or columns:
                    properties.setdefault(positions.get(column, column), set()).add(name)
    return properties, classes


def text_of(value: object) -> str:
    return "".join(part for part in getattr(value, "parts", ()) if isinstance(part, str))


def columns_behind(source: LogicalSource, name: str) -> set[str]:
    """Return the columns that a reference reads, through the fields of its source."""
    for field, value in source.fields:
        if field == name:
            inner = (columns_behind(source, part) for part in references(value) if part != name)
            return {column for columns in inner for column in columns}
    if source.unpivot and name == source.unpivot.value_as:
        return set(source.unpivot.columns)
    if name == "END":  # of a calendar: by whichever property says it
        return {"DTEND", "DURATION"}
    parent = name.startswith("^.")
    path = name.removeprefix("^.")
    column = path if parent or not source.each or ":" in path else f"{source.each}.{path}"
    return {PATH.sub("", column) if source.formulation == "rdf" else column}


if __name__ == "__main__":
    main()
