"""A ledger in a folder of its own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.ledger import Tokens


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """Give the tokens of an empty data folder."""
    return Tokens(tmp_path)


@pytest.fixture
def now() -> datetime:
    """Give an instant."""
    return datetime(2026, 11, 24, 12, tzinfo=UTC)
