"""Makes files to download in a killable process, which runs `parvis.rdf.dumps.forms`."""

from pathlib import Path

from parvis.errors import LimitError, ParvisError
from parvis.sandbox.client import ProcessClient

Refused = ParvisError
"""Why a form is not made: the limits of a sheet (`SheetError`) or of the process (`LimitError`)."""


class DumpMaker(ProcessClient):
    """Makes files one after the other; one that takes too much costs its process only."""

    def __init__(self, seconds: float, memory: int, *, escape: bool = False) -> None:
        """Limit each file to some seconds and bytes of memory; `escape` escapes formulas in CSV."""
        super().__init__("parvis.rdf.dumps.forms", seconds, memory=memory, escape=escape)

    def make(self, path: Path, dataset: str, graph: str, ending: str, to: Path) -> None:
        """Make one form of a file of N-Triples.

        Raises `SheetError` or `LimitError`, and `OSError` for what the machine cannot do.
        """
        too_much = LimitError("making it takes more memory or time than it may")
        request = {"dataset": dataset, "graph": graph, "ending": ending}
        self.call(request | {"path": str(path), "to": str(to)}, too_much, too_much)
