"""Uploads: limited in size, received on the record's own disk, deleted after the request."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

from flask import current_app, g, request

from parvis.i18n import N_
from parvis.pooling.intake.checks import Checks
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal

FIELD = "file"
NO_FILE = N_("Choose a file first: the field “file” of the form is empty.")
TOO_LARGE = N_("This file is too large: {most} bytes at most are taken here.")

LONGEST = 120
"""The longest name of a file, in characters; the rest is cut."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:<>|\"?*\u202a-\u202e\u2066-\u2069]+")


def checks() -> Checks:
    return cast("Checks", current_app.extensions["parvis.checks"])


@contextmanager
def receive_upload() -> Iterator[Path]:
    """Yield the uploaded file, alone in a folder that is deleted afterwards.

    Raise `Refusal` where none was chosen.
    """
    upload = request.files.get(FIELD)
    if upload is None or not upload.filename:
        raise Refusal(400, NO_FILE)
    with checks().temporary_folder() as folder:
        file = folder / safe_file_name(upload.filename)
        upload.save(file)
        upload.close()  # frees the form's copy at once, so that the disk does not hold two
        yield file


def safe_file_name(path: str) -> str:
    r"""Return the name of a file without its path and unsafe characters.

    >>> safe_file_name("C:\\temp\\Été 2026.csv"), safe_file_name("../../etc/passwd")
    ('Été 2026.csv', 'passwd')
    >>> safe_file_name("...")
    'file'
    """
    last = re.split(r"[/\\]", path)[-1]
    stem, dot, ending = _UNFIT.sub("", last).strip(". ").rpartition(".")
    # The ending is left whole where possible: it tells the format of the file.
    name = f"{stem[: LONGEST - len(ending)]}{dot}{ending[:LONGEST]}"
    return name.strip(". ") or "file"


def admit_upload(endpoints: frozenset[str]) -> None:
    """Let some endpoints receive files, which exceed the limit of other forms."""
    if request.endpoint in endpoints and request.method == "POST":
        # Nothing may have read the body before: its files go to the record's own disk.
        most = host().settings.limits.upload_bytes
        size = most if request.content_length is None else request.content_length
        if size > most:
            raise Refusal(413, TOO_LARGE, most=most)
        g.receiving = ExitStack()
        g.receiving.enter_context(checks().reserve_room(reader_of(request), size))
        request.max_content_length = most


def release_upload(_: BaseException | None) -> None:
    if "receiving" in g:
        g.receiving.close()
