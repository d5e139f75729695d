"""What follows from the decisions on a reader holds as long as they do, and for nobody else."""

from datetime import UTC, datetime, timedelta

from rdflib import Graph

from parvis.governance import ANONYMOUS, Reader, read_policies
from parvis.pooling.serving.access import DecisionCache

NOW = datetime(2026, 11, 30, tzinfo=UTC)
ENDS = NOW + timedelta(hours=1)


def test_what_is_derived_ends_with_the_decisions_and_is_of_one_reader() -> None:
    cache = DecisionCache(read_policies(Graph(), {}), lambda *_: {})
    reader, calls = Reader("https://pool.example/a", contributes={("b",): ENDS}), list[datetime]()

    def derive(reader: Reader, now: datetime) -> datetime:
        def compute() -> datetime:
            calls.append(now)
            return now

        return cache.derive(reader, now, "graphs", compute)

    assert derive(reader, NOW) == derive(reader, ENDS - timedelta(seconds=1)) == NOW
    assert derive(reader, ENDS) == ENDS
    assert derive(ANONYMOUS, ENDS) == ENDS
    assert derive(reader, NOW) == NOW  # a clock that was set back
    assert calls == [NOW, ENDS, ENDS, NOW]
