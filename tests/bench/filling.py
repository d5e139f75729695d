"""Effects of a full or read-only disk: nothing is lost, and what is served stays available.

Run as a script within a mount namespace (``unshare -rm``), on a pool: ``filling.py DATA CATALOG
PLACE``. A small disk is mounted at PLACE, the pool's data are copied there, and each command is
tried with increasing free space until it succeeds, then on a read-only disk. The results
are printed as JSON.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from parvis.cli import main
from parvis.config import Settings
from parvis.pooling.stewardship.generations import verify
from parvis.store.generation.generation import current
from parvis.store.record.graph_record import GraphRecord
from parvis.web import create_app

ROOM = (0, 24, 200, 6000, 30_000)
"""Free kilobytes, from none to more than a command needs."""
BLOCK = 1024
SIZE = 64_000_000
PAGES = ("/", "/catalog", "/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D", "/health")


def run(*arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code and its error output."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            main([*arguments, "--json"])
        except SystemExit as ended:
            return int(ended.code or 0), errors.getvalue()
    return 0, ""


@contextmanager
def leave_space(place: Path, kilobytes: int) -> Iterator[None]:
    """Leave some free space on a disk."""
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(place)
        os.posix_fallocate(
            file.fileno(), 0, max(free.f_bavail * free.f_frsize - kilobytes * BLOCK, 1)
        )
    try:
        yield
    finally:
        ballast.unlink()


def try_command(
    settings: Settings, place: Path, arguments: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Run a command with increasing free space; check the pool each time."""
    attempts = []
    for kilobytes in ROOM:
        before = (current(settings.data).number, GraphRecord(settings.data).versions())
        with leave_space(place, kilobytes):
            code, errors = run(*arguments)
        verify(settings)
        after = (current(settings.data).number, GraphRecord(settings.data).versions())
        attempts.append({"room": kilobytes, "code": code, "wrong": errors, "same": before == after})
        if code == 0:
            break
    return attempts


def read_only(
    settings: Settings, place: Path, commands: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    """Run each command, and request pages, on a read-only disk."""
    command = ["mount", "-o", "remount,ro", str(place)]
    subprocess.run(command, check=True)  # noqa: S603 - the system's
    codes = {name: run(*arguments) for name, arguments in commands.items()}
    app = create_app(settings)
    client = app.test_client()
    pages = {page: client.get(page).status_code for page in PAGES}
    app.extensions["parvis"].close()
    return {"commands": codes, "pages": pages}


def campaign(data: Path, catalog: Path, place: Path) -> dict[str, Any]:
    """Mount the small disk and run everything."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    subprocess.run(command, check=True)  # noqa: S603 - the system's
    shutil.copytree(data, place / "data")
    os.environ |= {"PARVIS_DATA": str(place / "data"), "PARVIS_CATALOG": str(catalog)}
    settings = Settings.load()
    quads = catalog.parent / "more.nq"
    quads.write_text("".join(f'<x:{n}> <x:p> "{n}" <x:g> .\n' for n in range(2000)), "utf-8")
    commands = {
        "load": ("load", str(quads)),
        "token": ("token", "create", "theatre-b"),
        "submit": ("submit", "theatre-b/spectacles", str(catalog.parent / "new.csv")),
        "publish": ("publish", "--anew"),
        "backup": ("backup", str(place / "saved")),
    }
    sample = (catalog / "theatre-b/spectacles/spectacles.csv").read_text("utf-8")
    (catalog.parent / "new.csv").write_text(sample.replace("trois temps", "deux temps"), "utf-8")
    results: dict[str, Any] = {
        name: try_command(settings, place, arguments) for name, arguments in commands.items()
    }
    commands["backup"] = ("backup", str(place / "again"))
    commands["submit"] = ("submit", "theatre-b/spectacles")
    return results | {"read-only": read_only(settings, place, commands)}


if __name__ == "__main__":
    print(json.dumps(campaign(*map(Path, sys.argv[1:4])), ensure_ascii=False))  # noqa: T201
