"""The rights of a data folder: it holds what agreements close, whatever the machine's umask is."""

import os
from contextlib import suppress
from pathlib import Path

OTHERS = 0o007


def make_private(folder: Path) -> None:
    """Make a folder that its owner alone may enter, or take the right of others away.

    A folder that others may enter has the rights that systems give by default: it gets the mode
    0700. One that is closed to others (0750) was given its rights by somebody, and keeps them.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & OTHERS and folder.stat().st_uid == os.geteuid():
        with suppress(PermissionError):  # on a file system that knows no rights
            folder.chmod(0o700)
