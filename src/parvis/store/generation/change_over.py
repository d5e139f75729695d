"""The transition between generations in a remote store, which holds only one at a time.

``remote.json`` in the data folder states how many graphs were staged, and between which two
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
    """Up to `staged` graphs may be staged; the store holds generation `former` or `new`.

    Both are 0 when no change is in progress.
    """

    staged: int = 0
    former: int = 0
    new: int = 0

    @property
    def is_between(self) -> bool:
        """Return whether the store may hold either generation."""
        return self.new > 0

    @classmethod
    def read(cls, data: Path) -> Self:
        """Read the transition in progress, most often none. Raises `StoreError`."""
        try:
            body = (data / NAME).read_bytes()
        except FileNotFoundError:
            return cls()
        except OSError as error:
            raise StoreError("{file} is damaged: {reason}", file=NAME, reason=error) from error
        # Checked, since it names a folder and may come from a backup.
        state = Document.parse(body, NAME)
        return cls(*(state.member(name).whole(0, MOST) for name in ("staged", "former", "new")))

    def write(self, data: Path) -> None:
        """Publish the transition to serving processes."""
        replace(data / NAME, json.dumps(asdict(self)).encode())


def is_changing(data: Path) -> bool:
    """Return whether a transition is in progress, at the cost of one system call."""
    return os.path.exists(data / NAME)  # noqa: PTH110 - at each request


def clear_change_over(data: Path) -> None:
    """Record that no transition is in progress."""
    (data / NAME).unlink(missing_ok=True)
    settle(data)
