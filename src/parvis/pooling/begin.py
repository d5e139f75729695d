"""A new pool: a catalogue folder with a first partner, to be edited."""

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from parvis.errors import UsageError


def init(folder: Path) -> None:
    """Write a catalogue folder that works as it is; an existing folder is never touched."""
    if folder.exists():
        raise UsageError("{folder} exists already; nothing was written", folder=folder)
    with as_file(files("parvis") / "starter") as starter:
        shutil.copytree(starter, folder)
