"""Files that people and programs send: bounded, received on the record's own disk, soon gone."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

from flask import Flask, current_app, g, request

from parvis.config import Settings
from parvis.i18n import N_
from parvis.pooling.intake.check_process import Checks
from parvis.web.http.access import reader_of
from parvis.web.http.errors import Refusal

FIELD = "file"
NO_FILE = N_("Choose a file first: the field “file” of the form is empty.")
TOO_LARGE = N_("This file is too large: {most} bytes at most are taken here.")

LONGEST = 120
"""Characters of a file's name that are kept."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:<>|\"?*\u202a-\u202e\u2066-\u2069]+")


def checks() -> Checks:
    """Give the checks of the pool that this application serves."""
    return cast("Checks", current_app.extensions["parvis.checks"])


@contextmanager
def received() -> Iterator[Path]:
    """Give the file that was sent, alone in a folder; it is gone afterwards.

    Raises `Refusal` where none was chosen.
    """
    sent = request.files.get(FIELD)
    if sent is None or not sent.filename:
        raise Refusal(400, NO_FILE)
    with checks().room() as folder:
        file = folder / name_of(sent.filename)
        sent.save(file)
        sent.close()  # the copy that came with the form need not stand beside it until the end
        yield file


def name_of(told: str) -> str:
    r"""Give the name of a file as its giver knows it, without what would lead elsewhere.

    >>> name_of("C:\\temp\\Été 2026.csv"), name_of("../../etc/passwd"), name_of("...")
    ('Été 2026.csv', 'passwd', 'file')
    """
    last = re.split(r"[/\\]", told)[-1]
    stem, dot, ending = _UNFIT.sub("", last).strip(". ").rpartition(".")
    name = f"{stem[: LONGEST - len(ending)]}{dot}{ending[:LONGEST]}"
    return name.strip(". ") or "file"


def install(app: Flask, settings: Settings, endpoints: frozenset[str]) -> None:
    """Let some endpoints take files, which other forms may not be large enough to hold."""
    app.extensions["parvis.checks"] = Checks(settings, app.extensions["parvis"].shares)
    most = settings.limits.upload_bytes

    @app.before_request
    def widen() -> None:
        if request.endpoint in endpoints and request.method == "POST":
            # Nothing may have read the body before: what it holds goes to the record's own disk.
            size = most if request.content_length is None else request.content_length
            if size > most:
                raise Refusal(413, TOO_LARGE, most=most)
            g.receiving = ExitStack()
            g.receiving.enter_context(checks().receiving(reader_of(request), size))
            request.max_content_length = most

    @app.teardown_request
    def release(_: BaseException | None) -> None:
        if "receiving" in g:
            g.receiving.close()
