"""What a release says of itself: its number, its instant, and the thresholds that may be known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.resources import files

from parvis.governance import Reader
from parvis.pooling.serving.figures.figures import parse_number
from parvis.pooling.serving.service import PoolService

RELEASES = files(__package__).joinpath("releases.rq").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ReleaseParameters:
    """The parameters that a release states of itself; None for the others."""

    release: int | None = None
    min_contributors: int | None = None
    min_persons: int | None = None
    min_inhabitants: int | None = None
    rounding_base: int | None = None


def read_parameters(host: PoolService, reader: Reader, graph: str | None) -> ReleaseParameters:
    """Return the parameters of the release in a graph; raises as `PoolService.ask` does."""
    for row in _read_rows(host, reader, graph):
        names = {field.name for field in fields(ReleaseParameters)} & row.keys()
        return ReleaseParameters(**{name: int(parse_number(row[name]) or 0) for name in names})
    return ReleaseParameters()


def read_instant(host: PoolService, reader: Reader, graph: str) -> datetime | None:
    """Return when the release in a graph was made, in UTC; None where it does not say so."""
    for row in _read_rows(host, reader, graph):
        if "released" in row:
            return datetime.fromisoformat(row["released"]).astimezone(UTC)
    return None


def _read_rows(host: PoolService, reader: Reader, graph: str | None) -> Iterator[Mapping[str, str]]:
    for row in host.rows(reader, RELEASES) if graph else ():
        if row["graph"] == graph:
            yield row
