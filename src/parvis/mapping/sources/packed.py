"""Files inside other files: gzip, and members of a zip archive, unpacked within limits."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from parvis.errors import LimitError, SourceError
from parvis.mapping.language.plan import LogicalSource

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
def unpack_source(source: LogicalSource, file: Path) -> Iterator[Path]:
    """Return the file itself, or its content, unpacked into a folder that is deleted after.

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


def unpack_all(file: Path) -> Iterator[Path]:
    """Yield every file inside a packed one, each until the next; raises as `unpack_source`."""
    limit = unpacked_size_limit(file.stat().st_size)
    try:
        if not zipfile.is_zipfile(file):
            with unpack_source(LogicalSource("packed", "", "csv"), file) as inner:
                yield inner
            return
        with zipfile.ZipFile(file) as archive, TemporaryDirectory(prefix="parvis-") as folder:
            for member in archive.infolist():
                inner = Path(folder) / Path(member.filename).name
                if not member.is_dir():
                    with archive.open(member) as packed:
                        limit -= _copy(packed, inner, limit, file)
                    yield inner
                    inner.unlink()
    except _BROKEN as error:
        raise SourceError(
            "{file} cannot be unpacked: {reason}", file=file.name, reason=error
        ) from error


def _unpack(source: LogicalSource, file: Path, inner: Path) -> None:
    limit = unpacked_size_limit(file.stat().st_size)
    if source.member is None:  # a file compressed by gzip
        with gzip.open(file) as packed:
            _copy(packed, inner, limit, file)
        return
    with zipfile.ZipFile(file) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/")]
        member = members[0] if source.member == ONLY and len(members) == 1 else source.member
        if member not in members:
            raise SourceError(
                "{file} has no member “{member}”; its members: {names}",
                file=file.name,
                member=member,
                names=", ".join(members[:20]),
            )
        with archive.open(member) as packed:
            _copy(packed, inner, limit, file)


def _copy(packed: IO[bytes] | gzip.GzipFile, inner: Path, limit: int, file: Path) -> int:
    """Copy a packed file; return its size."""
    size = 0
    with inner.open("wb") as out:
        # The archive's own directory may lie about sizes: bytes are counted as they come.
        while piece := packed.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise _bomb_error(file, limit)
            out.write(piece)
    return size


def unpacked_size_limit(size: int) -> int:
    """Return how many bytes a packed file of a size may unfold to."""
    return min(max(FREE, size * RATIO), LARGEST)


def refuse_bomb(file: Path) -> None:
    """Refuse a spreadsheet whose own directory says that it unfolds beyond reason.

    A file that is no zip archive passes. Raises `LimitError`, or `SourceError` for an archive of a
    form that cannot be counted.
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
    limit = unpacked_size_limit(file.stat().st_size)
    if size > limit:
        raise _bomb_error(file, limit)


def _bomb_error(file: Path, limit: int) -> LimitError:
    return LimitError("{file} unfolds to more than {limit} bytes", file=file.name, limit=limit)
