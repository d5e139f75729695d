"""A pool over the catalogue of parvis, in its own data folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parvis.config import Settings, knowledge
from parvis.pooling.pool import Pool


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    """Open the pool of the real sources, still empty."""
    settings = Settings(data=tmp_path / "data", catalog=knowledge("catalog"))
    with Pool.open(settings) as opened_pool:
        yield opened_pool
