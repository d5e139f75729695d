"""Count the people of a partner's file for a round, at its site; draw kits at the key holder's.

Nothing is sent: the partner reads the summary, then gives the message to the third party.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import Limits
from parvis.errors import LimitError, SourceError, UsageError
from parvis.i18n import N_
from parvis.pooling.cleaning.round_codes import round_codes
from parvis.sandbox.client import ProcessClient
from parvis.statistics.distinct.buyers import BuyersFile
from parvis.statistics.distinct.rounds import MOST_BYTES, Kit, Round, draw_kits
from parvis.statistics.distinct.sketch_note import SketchSummary

EXISTS = N_("{file} exists already; nothing was written: choose another name, or remove it")
NOT_WRITTEN = N_("{file} cannot be written: {reason}")
NOT_READ = N_("{file} cannot be read: {reason}")


@dataclass(frozen=True)
class SketchFile:
    """A message, in a folder that is deleted later, and what was counted for it."""

    path: Path
    round: Round
    summary: SketchSummary


def read_small_file(file: Path) -> str:
    """Return the text of a round or of a kit; raises `SourceError`."""
    try:
        with file.open(encoding="utf-8") as stream:
            return stream.read(MOST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(NOT_READ, file=file, reason=reason) from error


@contextmanager
def sketch_file(
    buyers: BuyersFile, round_file: Path, kit_file: Path, limits: Limits
) -> Iterator[SketchFile]:
    """Yield the message of a file of buyers for a round, which the partner's kit masks.

    The file is read in a separate process, within the limits of a conversion, which has a temporary
    folder; nothing is left of it afterwards. Raises `SourceError` for a file that cannot be read or
    has no contacts, or for a round or a kit that do not belong together, `LimitError` for a file
    that takes too long.
    """
    round_text, kit_text = read_small_file(round_file), read_small_file(kit_file)
    round_ = Round.from_json(round_text, round_file.name)
    Kit.from_json(kit_text, round_, kit_file.name)
    with (
        TemporaryDirectory(prefix="parvis-") as place,
        ProcessClient(
            "parvis.statistics.distinct.sketch_process",
            limits.conversion_seconds,
            memory=limits.conversion_memory,
        ) as client,
    ):
        out = Path(place) / "message"
        answer = client.call(
            {
                "file": str(buyers.path),
                "sheet": buyers.sheet,
                "columns": asdict(buyers.columns),
                "discipline": buyers.discipline,
                "round": round_text,
                "round_name": round_file.name,
                "kit": kit_text,
                "kit_name": kit_file.name,
                "codes": round_codes(),
                "out": str(out),
            },
            LimitError("{file} took more than {seconds} seconds to look at", file=buyers.path.name),
            SourceError(
                "the process that looked at {file} ended ({how}): most often it lacks memory, of"
                " which it may have {memory} bytes",
                file=buyers.path.name,
            ),
        )
        yield SketchFile(out, round_, SketchSummary.from_answer(answer))


def save_message(sketch: SketchFile, out: Path, kit_file: Path | None) -> None:
    """Write a message, then erase the kit it was made with, unless there is None to erase.

    A kit hides one message: a second one of it would show this partner's bins by their difference.
    Raises `UsageError` if there is a file of this name, `SourceError` if it cannot be written.
    """
    _write_secret(out, sketch.path.read_bytes())
    if kit_file is not None:
        kit_file.unlink(missing_ok=True)


def write_kits(round_file: Path, folder: Path) -> Mapping[str, Path]:
    """Draw the kits of a round into a folder, a file for each partner, and return their paths.

    Raises `UsageError` if there are some, before anything is written.
    """
    round_ = Round.from_json(read_small_file(round_file), round_file.name)
    stem = f"kit-{round_.project}-{round_.number}"
    files = {slug: folder / f"{stem}-{slug}.json" for slug in round_.partners}
    for file in files.values():
        if file.exists():
            raise UsageError(EXISTS, file=file)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(NOT_WRITTEN, file=folder, reason=reason) from error
    for slug, kit in draw_kits(round_).items():
        _write_secret(files[slug], kit.to_text().encode())
    return files


def _write_secret(file: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
    except FileExistsError as error:
        raise UsageError(EXISTS, file=file) from error
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(NOT_WRITTEN, file=file, reason=reason) from error
