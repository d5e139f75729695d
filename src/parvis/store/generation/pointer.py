"""The file ``current``, which says what is served."""

from pathlib import Path
from typing import NamedTuple

from parvis.config import clock
from parvis.errors import StoreError
from parvis.store.files import replace
from parvis.store.generation.manifest import NUMBER


class Pointer(NamedTuple):
    """The generation that is or was last served, and the edition that its readers have.

    Whenever another generation is served, be it an earlier one, the edition grows: it is the
    instant of that change, in seconds since 1970. 0 before the first.
    """

    number: int = 0
    edition: int = 0


def pointer(data: Path) -> int:
    """Return the number of the generation that is or was last served; 0 at first.

    After a restoration that generation is absent until the next is built, whose number is greater.
    """
    return read_pointer(data).number


def read_pointer(data: Path) -> Pointer:
    """Read the file ``current``; a restored one has no edition. Raises `StoreError`."""
    try:
        text = (data / "current").read_bytes()[:40].decode(errors="replace").strip()
    except FileNotFoundError:
        return Pointer()
    number, _, edition = text.partition(" ")
    if not all(part == "0" or NUMBER.fullmatch(part) for part in (number, edition or "0")):
        raise StoreError("{file} is damaged: {reason}", file="current", reason=ascii(text))
    return Pointer(int(number), int(edition or 0))


def move_pointer(data: Path, number: int, edition: int | None = None) -> None:
    """Serve another generation from now on, by default as a new edition."""
    if edition is None:
        edition = max(read_pointer(data).edition + 1, int(clock.machine_time().timestamp()))
    replace(data / "current", (f"{number} {edition}\n" if edition else f"{number}\n").encode())
