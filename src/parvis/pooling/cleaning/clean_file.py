"""Clean a partner's file before it is given: show what will leave, then write it with a note.

The command calls it at the partner's site, on the partner's machine; a page may call it too.
"""

import io
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import Limits, clock
from parvis.errors import LimitError, SourceError, UsageError
from parvis.mapping.screening.cleaning_note import NOTHING, CleanFile, clean_name
from parvis.sandbox.client import ProcessClient


@contextmanager
def clean_file(
    file: Path,
    limits: Limits,
    sheet: str | None = None,
    without: Collection[str] = (),
    folder: Path | None = None,
) -> Iterator[CleanFile]:
    """Yield the clean form of a file, which is judged as a partner's file is.

    Of a workbook, of one sheet. Columns headed as in `without` are left out too. The file is read
    in a separate process, within the limits of a conversion, which has a temporary folder in
    `folder`, else in the machine's; nothing is left of it afterwards.
    Raises `SourceError` for a file that cannot be read or that would still identify persons,
    `UsageError` for a column that it has not, `LimitError` for one too slow.
    """
    today = clock.machine_time().astimezone().date()
    with (
        TemporaryDirectory(prefix="parvis-", dir=folder) as place,
        ProcessClient(
            "parvis.mapping.screening.cleaning_process",
            limits.conversion_seconds,
            memory=limits.conversion_memory,
        ) as client,
    ):
        out = Path(place) / clean_name(file.name)
        answer = client.call(
            {
                "file": str(file),
                "sheet": sheet,
                "without": list(without),
                "today": today.isoformat(),
                "out": str(out),
            },
            LimitError("{file} took more than {seconds} seconds to look at", file=file.name),
            SourceError(
                "the process that looked at {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=file.name,
            ),
        )
        yield CleanFile.from_answer(file.name, out, today, answer)


def save(clean: CleanFile, folder: Path, lang: str, *, replace: bool = False) -> tuple[Path, Path]:
    """Write a clean file and its note into a folder, and return their paths.

    Raises `UsageError` if either exists already, unless they `replace` it, `SourceError` if the
    folder takes none.
    """
    out, note = folder / clean.path.name, folder / clean.note_name
    for file in (out, note):
        if file.exists() and not replace:
            raise UsageError(
                "{file} exists already; nothing was written: --replace writes over it", file=file
            )
    try:
        # The note goes first: a clean file is never without it.
        note.write_text(clean.note_text(lang), encoding="utf-8")
        out.write_bytes(clean.path.read_bytes())
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=out, reason=error.strerror or error
        ) from error
    return out, note


def pack(clean: CleanFile, lang: str) -> bytes:
    """Return an archive (ZIP) of a clean file and its note; raises `UsageError` where it has none.

    That is where nothing was changed: the file may be given as it is.
    """
    if not clean.changed:
        raise UsageError(NOTHING, file=clean.name)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(clean.path, clean.path.name)
        archive.writestr(clean.note_name, clean.note_text(lang))
    return content.getvalue()
