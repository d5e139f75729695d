"""Files that commands write where the steward says."""

from pathlib import Path

from parvis.errors import SourceError, UsageError


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet; an existing one is never touched."""
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError("{folder} exists already; nothing was written", folder=file) from error
    except OSError as error:
        raise SourceError(
            "{file} cannot be written: {reason}", file=file, reason=error.strerror or error
        ) from error
