"""From one generation to the next in a store that holds one: which may be answered from meanwhile.

``remote.json`` in the data folder says how many graphs were staged, and between which two
generations the store is, from just before it is changed until the pointer has moved.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from parvis.config.documents import Document
from parvis.errors import StoreError
from parvis.store.files import replace, settle
from parvis.store.generation.manifest import MOST

NAME = "remote.json"


@dataclass(frozen=True)
class ChangeOver:
    """`staged` graphs may lie in the store; it holds generation `former`, `new`, or is between."""

    staged: int = 0
    former: int = 0
    new: int = 0

    @property
    def between(self) -> bool:
        """Say whether what the store holds may be of either generation."""
        return self.new > 0

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read what is under way; nothing most of the time. Raises `StoreError`."""
        try:
            body = (data / NAME).read_bytes()
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise StoreError("{file} is damaged: {reason}", file=NAME, reason=error) from error
        found = Document.parse(body, NAME)  # it names a folder, and comes back with a backup
        return cls(*(found.member(one).whole(0, MOST) for one in ("staged", "former", "new")))

    def write(self, data: Path) -> None:
        """Tell it to whoever serves."""
        replace(data / NAME, json.dumps(asdict(self)).encode())


def is_changing(data: Path) -> bool:
    """Say at the cost of one look whether anything is under way."""
    return os.path.exists(data / NAME)  # noqa: PTH110 - at each request


def settled(data: Path) -> None:
    """Say that nothing is under way any more."""
    (data / NAME).unlink(missing_ok=True)
    settle(data)
