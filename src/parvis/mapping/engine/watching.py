"""How far a conversion is, for whoever waits for it."""

from collections.abc import Callable
from pathlib import Path

Watch = Callable[[Path, int], None]
"""Told, now and then, which file is read and which row has been reached."""
OFTEN = 10_000
"""Rows after which it is told."""
