"""Many small texts in a few files: one file a form, and one that tells where each text stands.

Ten thousand records in eight forms would be as many files, each to be digested, waited for and
opened; what is read together stands together here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Self

INDEX = "index.json"


class Bundle:
    """The texts of a folder, by their name and form. A folder that is not there holds none."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; nothing is read yet."""
        self._folder = folder

    def get(self, name: str, form: str) -> bytes | None:
        """Give one text, None where there is none."""
        return next(self.all([name], form)) if self.has(name, form) else None

    def has(self, name: str, form: str) -> bool:
        """Say whether there is a text of that name and form."""
        return name in self._places.get(form, {})

    def all(self, names: Iterable[str], form: str) -> Iterator[bytes]:
        """Read texts of one form, in the order of their names; raises `KeyError`."""
        places = self._places.get(form, {})
        with (self._folder / form).open("rb") as file:
            for name in names:
                start, length = places[name]
                file.seek(start)
                yield file.read(length)

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        """Read where each text begins, and how long it is."""
        try:
            found: Mapping[str, Mapping[str, tuple[int, int]]]
            found = json.loads((self._folder / INDEX).read_bytes())
        except FileNotFoundError:
            return {}
        return found


class BundleWriter:
    """Writes texts into a new folder, one after the other; `Bundle` reads them once it is closed.

    Nothing stays in memory but where each stands.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        folder.mkdir(parents=True)
        self._folder = folder
        self._open = ExitStack()
        self._files: dict[str, BinaryIO] = {}
        self._places: dict[str, dict[str, tuple[int, int]]] = {}

    def put(self, name: str, texts: Mapping[str, bytes]) -> None:
        """Write what a name stands for, in its forms."""
        for form, text in texts.items():
            if form not in self._files:
                self._files[form] = self._open.enter_context((self._folder / form).open("wb"))
            place = (self._files[form].tell(), len(text))
            self._files[form].write(text)
            self._places.setdefault(form, {})[name] = place

    def close(self) -> None:
        """Write the rest."""
        self._open.close()
        (self._folder / INDEX).write_text(json.dumps(self._places), encoding="utf-8")

    def paths(self) -> dict[str, Path]:
        """Give the files by their names."""
        return {name: self._folder / name for name in (*self._files, INDEX)}

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the rest."""
        self.close()
