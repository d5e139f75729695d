"""The progress of a conversion."""

from collections.abc import Callable
from pathlib import Path

Watch = Callable[[Path, int], None]
"""Receives the file that is read and the row reached, every `PROGRESS_INTERVAL` rows."""
PROGRESS_INTERVAL = 10_000
"""Rows between two progress reports."""
