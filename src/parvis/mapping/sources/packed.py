"""Files inside others: gzip, and members of a zip archive, unpacked aside within limits."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from parvis.errors import LimitError, SourceError
from parvis.mapping.language.plan import Source

FREE = 64_000_000
"""Bytes that may come out of any packed file, however small."""
RATIO = 200
"""Bytes out for each byte in, beyond that: real tables seldom pass 50, bombs reach 1000."""
LARGEST = 16_000_000_000
"""Bytes that may come out in all."""
ONLY = "*"
"""For a member: the only one that its archive has."""
_PIECE = 1 << 20
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


@contextmanager
def unpacked(source: Source, file: Path) -> Iterator[Path]:
    """Give the file itself, or what it holds, unpacked into a folder that is emptied after.

    Raises `SourceError` for a damaged archive or an absent member, `LimitError` for one that
    unfolds beyond reason.
    """
    if source.member is None and file.suffix.lower() != ".gz":
        yield file
        return
    name = file.stem if source.member in (None, ONLY) else Path(source.member).name
    with TemporaryDirectory(prefix="parvis-") as folder:
        inner = Path(folder) / name
        try:
            _unpack(source, file, inner)
        except _BROKEN as error:
            raise SourceError(
                "{file} cannot be unpacked: {reason}", file=file.name, reason=error
            ) from error
        yield inner


def _unpack(source: Source, file: Path, inner: Path) -> None:
    """Write what a packed file holds."""
    limit = allowed(file.stat().st_size)
    if source.member is None:
        with gzip.open(file) as packed:
            _copy(packed, inner, limit, file)
        return
    with zipfile.ZipFile(file) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/")]
        member = members[0] if source.member == ONLY and len(members) == 1 else source.member
        if member not in members:
            raise SourceError(
                "{file} has no member “{member}”; its members: {found}",
                file=file.name,
                member=member,
                found=", ".join(members[:20]),
            )
        with archive.open(member) as packed:
            _copy(packed, inner, limit, file)


def _copy(packed: IO[bytes] | gzip.GzipFile, inner: Path, limit: int, file: Path) -> None:
    """Copy until the end or the limit."""
    written = 0
    with inner.open("wb") as out:
        while piece := packed.read(_PIECE):
            written += len(piece)
            if written > limit:
                raise _too_much(file, limit)
            out.write(piece)


def allowed(size: int) -> int:
    """Tell how many bytes a packed file of a size may unfold to."""
    return min(max(FREE, size * RATIO), LARGEST)


def refuse_bomb(file: Path) -> None:
    """Refuse a spreadsheet whose own directory says that it unfolds beyond reason.

    Nothing is said of a file that is no zip archive. Raises `LimitError`, or `SourceError` for an
    archive of a form that cannot be counted.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return
    except NotImplementedError as error:  # another reader might unfold what is not counted here
        raise SourceError(
            "{file} cannot be unpacked: {reason}", file=file.name, reason=error
        ) from error
    limit = allowed(file.stat().st_size)
    if size > limit:
        raise _too_much(file, limit)


def _too_much(file: Path, limit: int) -> LimitError:
    """Say that a file unfolds to more than its size allows."""
    return LimitError("{file} unfolds to more than {limit} bytes", file=file.name, limit=limit)
