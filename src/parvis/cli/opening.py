"""Open the pool for a command, and name the partners whose texts are wrong."""

from typing import TYPE_CHECKING

from parvis.cli.bilingual import spoken
from parvis.cli.terminal import print_line
from parvis.config import Settings
from parvis.i18n import N_, explain

if TYPE_CHECKING:
    from parvis.mapping.engine.rows import Watch
    from parvis.pooling.pool import Pool


ASIDE = N_(
    "{partner} is set aside: {reason}. Its last valid descriptions stay; only itself and the"
    " steward may read its data until this is corrected"
)


def open_pool(settings: Settings, watch: "Watch | None" = None, *, lenient: bool = False) -> "Pool":
    """Open the pool as `Pool.open` does."""
    from parvis.pooling.pool import Pool

    pool = Pool.open(settings, watch, lenient=lenient)
    for partner, error in pool.catalog.set_aside.items():
        reason = explain(error, spoken()).rstrip(".")
        print_line(ASIDE, err=True, partner=partner, reason=reason)
    return pool
