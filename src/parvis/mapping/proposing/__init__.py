"""Propose a first mapping for a file that has none, with its doubts in comments.

`sampling` reads the file's beginning, `proposals` proposes properties for each column, `drafting`
writes a mapping document that loads, and `dormant` lists what the file could answer. `propose` does
all of it in a process that can be killed: what reads files is loaded there only.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from parvis.config import Limits
from parvis.config.json_data import to_json
from parvis.errors import LimitError, SourceError
from parvis.mapping.proposing.vocabulary import Vocabulary
from parvis.mapping.recipes import Recipe
from parvis.sandbox.client import ProcessClient

__all__ = ["CLASS_KINDS", "FigureFacts", "FileHints", "Vocabulary", "propose"]


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
class FileHints:
    """What a person says of a file, None where the file is to tell.

    The prefixed name of the class of its rows, the language of its texts, and a workbook's sheet.
    """

    cls: str | None = None
    lang: str | None = None
    sheet: str | None = None


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
    request = {
        "file": str(file),
        "lang": lang,
        "facts": asdict(facts or FigureFacts()),
        "hints": asdict(hints or FileHints()),
        "vocabulary": to_json(vocabulary),
        "recipes": to_json(recipes),
        "judged": judged,
    }
    with ProcessClient(
        "parvis.mapping.proposing.proposal_process",
        limits.conversion_seconds,
        memory=limits.conversion_memory,
    ) as client:
        answer = client.call(
            request,
            LimitError("{file} took more than {seconds} seconds to look at", file=file.name),
            SourceError(
                "the process that looked at {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=file.name,
            ),
        )
    return None if answer["text"] is None else str(answer["text"])
