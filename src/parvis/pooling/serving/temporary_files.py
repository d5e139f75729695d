"""Place the server's temporary files: large responses, and workbooks."""

import atexit
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from parvis.store.files import workplace


def hold_temporary_files(data: Path) -> None:
    """Put this process's temporary files under the data folder's ``staging/`` until it ends.

    If that folder is not writable, they stay in the system's.
    """
    # The next command clears them away if this process is killed.
    stack = ExitStack()
    with suppress(OSError):
        tempfile.tempdir = str(stack.enter_context(workplace(data)))
        atexit.register(stack.close)
