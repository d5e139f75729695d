"""Propose a first mapping for a file that has none, with its doubts in comments.

`sampling` reads the file's beginning, `proposals` proposes properties for each column, `drafting`
writes a mapping document that loads, and `dormant` lists what the file could answer. `propose` does
all of it in a process that can be killed: what reads files is loaded there only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from parvis.config import Limits
from parvis.config.json_data import from_json, to_json
from parvis.errors import LimitError, SourceError
from parvis.mapping.proposing.vocabulary import Vocabulary
from parvis.mapping.recipes import Recipe
from parvis.sandbox.client import ProcessClient

__all__ = [
    "CLASS_KINDS",
    "ColumnChoice",
    "FigureFacts",
    "FileHints",
    "MappingProposal",
    "ProposedColumn",
    "Vocabulary",
    "propose",
    "propose_columns",
]


CLASS_KINDS = {
    "schema:Event": "event",
    "schema:Place": "place",
    "schema:Organization": "organization",
    "parvis:Production": "production",
    "qb:Observation": "observation",
    "parvis:Reach": "reach",
}
"""The classes that rows may be of, each with the word for it in addresses."""


@dataclass(frozen=True)
class FigureFacts:
    """What a partner states about its figures on publics that no heading of its file says.

    The partner and dataset, and the codes that hold for all figures, empty where none is stated.
    `measure` is the local name of a measure (``attendance``), the others notations of concepts.
    """

    partner: str = "partenaire"
    dataset: str = "jeu"
    measure: str = ""
    method: str = ""
    discipline: str = ""
    area: str = ""
    period: str = ""

    @property
    def of_figures(self) -> bool:
        return bool(self.measure or self.method)

    def code(self, scheme: str) -> str:
        """Return the code stated for a scheme, empty if none is."""
        codes = {"discipline": self.discipline, "area": self.area, "period": self.period}
        return codes.get(scheme, "")


@dataclass(frozen=True)
class ColumnChoice:
    """What a person says of a column: its property, by a prefixed name; empty for none.

    `form` is the format of its dates, `lang` the language of its texts, each empty where the file
    is to tell; `concepts` are the codes of concepts of its list, by the values that mean them.
    """

    term: str = ""
    form: str = ""
    lang: str = ""
    concepts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileHints:
    """What a person says of a file, None where the file is to tell.

    The prefixed name of the class of its rows, the language of its texts, a workbook's sheet, and
    what single columns are, by their names.
    """

    cls: str | None = None
    lang: str | None = None
    sheet: str | None = None
    columns: Mapping[str, ColumnChoice] = field(default_factory=dict)


@dataclass(frozen=True)
class ProposedColumn:
    """A column of a file: samples of its values, and what it may be, the likeliest first.

    `kind` is what its values look like, `forms` the formats that read its dates, `scheme` the list
    of the concepts that its values name, `matched` those of them with their concepts, `unmatched`
    those that name none. `spread` says
    that its heading is a value, so that it becomes rows.
    """

    name: str
    samples: tuple[str, ...]
    kind: str
    lang: str
    terms: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    scheme: str | None = None
    unmatched: tuple[str, ...] = ()
    matched: Mapping[str, str] = field(default_factory=dict)
    spread: bool = False
    position: int | None = None


@dataclass(frozen=True)
class MappingProposal:
    """A mapping document, and what it was proposed from.

    `cls` is the class of a row, `layout` what was detected of the file. `terms` are the properties
    that columns may have, by the classes whose they are, the row's first, with their labels.
    """

    text: str
    cls: str
    formulation: str
    layout: Mapping[str, Any]
    columns: tuple[ProposedColumn, ...]
    terms: Mapping[str, Mapping[str, Mapping[str, str]]]


def propose(  # noqa: PLR0913 - what a proposal depends on
    file: Path,
    vocabulary: Vocabulary | None,
    lang: str,
    limits: Limits,
    facts: FigureFacts | None = None,
    *,
    hints: FileHints | None = None,
    recipes: Sequence[Recipe] = (),
    judged: bool = False,
) -> str | None:
    """Return a mapping document for a file that has none: a recipe, else a proposal.

    The comments of a proposal are in a language; without a vocabulary, nothing is proposed. Unless
    it was `judged` before, a file that identifies persons is refused first. Raises
    `SourceError` for that, and for a file that cannot be read or costs the process its life, and
    `LimitError` for one that takes longer than `Limits.conversion_seconds`.
    """
    answer = _ask(
        file,
        vocabulary,
        lang,
        limits,
        facts=facts,
        hints=hints,
        recipes=recipes,
        judged=judged,
    )
    return None if answer["text"] is None else str(answer["text"])


def propose_columns(  # noqa: PLR0913 - as above
    file: Path,
    vocabulary: Vocabulary,
    lang: str,
    limits: Limits,
    *,
    hints: FileHints,
    facts: FigureFacts | None = None,
) -> MappingProposal:
    """Return a mapping for a file that was judged before, and what each of its columns may be.

    What `hints` say of columns is written, whatever the file seems to say. Raises as `propose`, and
    `UsageError` for a property that there is not.
    """
    answer = _ask(
        file, vocabulary, lang, limits, facts=facts, hints=hints, judged=True, described=True
    )
    return from_json(MappingProposal, answer)


def _ask(  # noqa: PLR0913 - what a proposal depends on
    file: Path,
    vocabulary: Vocabulary | None,
    lang: str,
    limits: Limits,
    *,
    facts: FigureFacts | None,
    hints: FileHints | None,
    recipes: Sequence[Recipe] = (),
    judged: bool,
    described: bool = False,
) -> dict[str, Any]:
    request = {
        "file": str(file),
        "lang": lang,
        "facts": asdict(facts or FigureFacts()),
        "hints": to_json(hints or FileHints()),
        "vocabulary": to_json(vocabulary),
        "recipes": to_json(recipes),
        "judged": judged,
        "described": described,
    }
    with ProcessClient(
        "parvis.mapping.proposing.proposal_process",
        limits.conversion_seconds,
        memory=limits.conversion_memory,
    ) as client:
        return client.call(
            request,
            LimitError("{file} took more than {seconds} seconds to look at", file=file.name),
            SourceError(
                "the process that looked at {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=file.name,
            ),
        )
