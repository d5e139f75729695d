"""A ledger in an empty folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from parvis.ledger import Tokens


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    """Return the tokens of an empty data folder."""
    return Tokens(tmp_path)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 24, 12, tzinfo=UTC)
