"""What several tests need: where the shared real files are, when they are there."""

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture
def shared() -> Path:
    """Give the folder of real files and public suites, or skip."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared files are not here")
    return folder
