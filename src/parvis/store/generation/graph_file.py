"""The files that the graphs of a generation are made from."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from parvis.store.files import RECORDED, sha256

AHEAD = 4_000_000
"""Bytes of files from which it is worth it to begin with them before all others are written."""
_VERSION = re.compile(rf"[0-9a-f]{{64}}(\.[a-z]+)?{re.escape(RECORDED)}")


@dataclass(frozen=True)
class GraphFile:
    """The file that a graph is loaded from; `name` is equal for equal content."""

    path: Path
    name: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Describe a file; one of the record's, or made of one, is named by its content already."""
        return cls(path, path.name if _VERSION.fullmatch(path.name) else f"{sha256(path)}.nt")

    @property
    def is_of_record(self) -> bool:
        return _VERSION.fullmatch(self.name) is not None


GraphFiles = Mapping[str, GraphFile]
Parts = Mapping[str, GraphFiles]
"""The graphs of each store of a generation: ``open``, then ``members``."""


def take_long(files: Iterable[GraphFile]) -> bool:
    """Return whether files are so large that it is worth it to begin with them ahead."""
    return sum(file.path.stat().st_size for file in files) >= AHEAD
