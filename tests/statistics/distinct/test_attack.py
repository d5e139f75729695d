"""An attacker with all messages cannot tell whether somebody is on a list; without noise it can.

The benchmark `distinct_audit.py` does the same with thousands of runs.
"""

from random import Random

import pytest
from distinct_audit import audit, make_round, score_without_key

from parvis.statistics.distinct import sketching
from parvis.statistics.distinct.rounds import Kind
from parvis.statistics.distinct.sampling import fewest_phantoms

RUNS = 40


@pytest.fixture(autouse=True)
def _fixed_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same numbers in each run, in place of the machine's randomness."""
    random = Random(32)  # noqa: S311 - the same in each run
    monkeypatch.setattr("secrets.token_bytes", random.randbytes)
    monkeypatch.setattr("secrets.randbelow", random.randrange)
    monkeypatch.setattr("secrets.randbits", random.getrandbits)


@pytest.mark.parametrize("kind", [Kind.OVERLAP, Kind.DISTINCT])
def test_what_is_proved_of_a_person_stays_within_the_budget(kind: Kind) -> None:
    round_ = make_round(kind, 3, bits=11)
    assert audit(RUNS, round_, lambda r, messages, _: score_without_key(r, messages)) < 1


def test_the_attacker_would_see_a_person_whom_no_phantom_hides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sketching, "draw_phantoms", fewest_phantoms)
    round_ = make_round(Kind.OVERLAP, 2, bits=11)
    assert audit(RUNS, round_, lambda r, messages, _: score_without_key(r, messages)) > 1
