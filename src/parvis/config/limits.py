"""What readers may use of the machine, and what queries and conversions may use."""

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

from parvis.errors import UsageError


@dataclass(frozen=True)
class Share:
    """What one reader may use; durations in seconds, sizes in bytes.

    `seconds`, `rows` and `bytes` are limits of one answer, `parallel` is how many queries of one
    reader run at once, `query_seconds` what they may use together in each `window`, and
    `site_seconds` what all requests of one reader may use of the serving process, which every
    reader needs. 0 seconds or bytes mean the general limits; 0 rows, query_seconds or site_seconds
    mean no limit.
    """

    seconds: float = 0.0
    rows: int = 1_000_000
    bytes: int = 0
    parallel: int = 2
    query_seconds: int = 600
    site_seconds: int = 60
    window: int = 600

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 0 or self.parallel < 1 or self.window < 1:
            raise UsageError(
                "the limits of a reader are not below 0; parallel and window are 1 at least"
            )


Kind = Literal["anonymous", "party", "host"]
KINDS = frozenset(get_args(Kind))
"""Anonymous readers, parties with an agreement, and the third party."""

PARTY = Share(
    seconds=60.0,
    rows=10_000_000,
    bytes=1_000_000_000,
    parallel=4,
    query_seconds=2400,
    site_seconds=240,
)
HOST = Share(
    seconds=600.0, rows=0, bytes=10_000_000_000, parallel=4, query_seconds=0, site_seconds=0
)


@dataclass(frozen=True)
class Limits:
    """What queries and conversions may use; durations in seconds, sizes in bytes.

    `workers` queries run at a time, and `long` more that have turned out to be long. An uploaded
    file has `upload_bytes` at most, and arrives at 32 kB a second at least, after `body_seconds`.
    Of readers with a token, and again of those without, `checks` files are checked at a time, and
    `pending_bytes` of files are received and wait. `short_links` queries have a short address
    (0: none is made), for `short_link_days` (0: for good).
    """

    seconds: float = 10.0
    query_bytes: int = 64_000
    answer_bytes: int = 256_000_000
    kept_bytes: int = 64_000_000
    workers: int = 4
    long: int = 12
    queue: int = 32
    worker_memory: int = 4_000_000_000
    conversion_seconds: float = 600.0
    conversion_memory: int = 4_000_000_000
    upload_bytes: int = 50_000_000
    check_seconds: float = 120.0
    body_seconds: float = 20.0
    checks: int = 1
    pending_bytes: int = 400_000_000
    short_links: int = 10_000
    short_link_days: int = 0
    anonymous: Share = field(default_factory=Share)
    party: Share = PARTY
    host: Share = HOST

    @cached_property
    def shares(self) -> dict[str, Share]:
        """Return what a reader of each kind may use."""
        # All shares are computed once: every query needs one.
        own = {kind: getattr(self, kind) for kind in KINDS}
        return {
            kind: replace(
                share,
                seconds=share.seconds or self.seconds,
                bytes=share.bytes or self.answer_bytes,
            )
            for kind, share in own.items()
        }
