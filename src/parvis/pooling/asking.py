"""A question as it is put to one store of one generation: what it is kept and tagged by."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from parvis import __version__
from parvis.governance import Reader
from parvis.store.generation import Generation
from parvis.store.request import Request

MAKER = f"parvis {__version__}, pyoxigraph {version('pyoxigraph')}"
"""Who writes answers: another version may write the same otherwise."""

CHANGING = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\b", re.IGNORECASE)
"""Functions that answer otherwise each time (SPARQL 1.1 Query §17.4); or words that look so."""


@dataclass(frozen=True)
class Asking:
    """A request that is confined to what one reader may read of one generation.

    `served` is the generation that was served when that was decided: most often the same.
    `between` says that the store elsewhere was just changing to the next one.
    """

    served: Generation
    generation: Generation
    members: bool
    request: Request
    reader: Reader
    between: bool = False

    @property
    def store(self) -> Path:
        """Tell where the store is."""
        return self.generation.members_store if self.members else self.generation.open_store

    @property
    def changing(self) -> bool:
        """Say whether the same question may be answered otherwise a moment later."""
        query = self.request.query
        return self.between or ("(" in query and CHANGING.search(query) is not None)

    @cached_property
    def tag(self) -> str:
        """Give what tells this answer from all others: the same store, asked the same, has it too.

        It depends on what the reader's store holds and on nothing else of the generation.
        """
        manifest = self.generation.manifest
        digest = manifest.members.digest if self.members else manifest.open.digest
        told = f"{MAKER}\n{self.members}\n{digest}\n".encode() + self.request.told
        return hashlib.sha256(told).hexdigest()[:32]
