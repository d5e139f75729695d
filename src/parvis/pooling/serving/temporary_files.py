"""Where the server's temporary files stand: large answers, and workbooks."""

import atexit
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from parvis.store.files import workplace


def hold_temporary_files(data: Path) -> None:
    """Have this process's temporary files under the data folder's ``staging/``, until it ends.

    Should it be killed, the next command clears them away. Where nothing may be written there,
    they stand in the system's folder for such files.
    """
    held = ExitStack()
    with suppress(OSError):
        tempfile.tempdir = str(held.enter_context(workplace(data)))
        atexit.register(held.close)
