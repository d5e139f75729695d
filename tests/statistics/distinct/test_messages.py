"""Messages: masks cancel, people count once, and what does not fit is refused."""

import math
from collections import Counter
from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.errors import InputError
from parvis.statistics.distinct import sampling, sketching
from parvis.statistics.distinct.estimating import merge, shared_audience
from parvis.statistics.distinct.rounds import TOTAL, Cell, Family, Kind, Kit, Round, draw_kits
from parvis.statistics.distinct.sampling import draw_laplace, fewest_phantoms, variance_of_phantoms
from parvis.statistics.distinct.sketching import (
    Message,
    PeopleSketch,
    message_size,
    normalize_person,
    read_message,
)
from tests.people_sketch import Person, sketch
from tests.statistics.distinct.test_rounds import make_round

Lists = dict[str, list[Person]]


def send(round_: Round, lists: Lists, kits: dict[str, Kit] | None = None) -> list[Message]:
    kits = kits or draw_kits(round_)
    return [
        read_message(sketch(round_, kits[slug], lists.get(slug, [])), round_)
        for slug in round_.partners
    ]


def people(*numbers: int) -> list[Person]:
    return [Person(b"%d@exemple.ca" % number, "02", {"dance": 1}) for number in numbers]


@pytest.fixture
def no_phantoms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the noise out, so that sums are of people alone."""
    monkeypatch.setattr(sketching, "draw_phantoms", lambda *_: 0)


def occupied(messages: list[Message], size: int) -> int:
    vectors = [np.frombuffer(message.payload, "<u2", size) for message in messages]
    return int(np.count_nonzero(np.add.reduce(np.stack(vectors), dtype=np.uint16)))


@given(order=st.permutations(("alma", "borduas", "carignan")), numbers=st.sets(st.integers(0, 99)))
@settings(max_examples=10, deadline=None)
def test_masks_cancel_whatever_the_order_of_messages(order: list[str], numbers: set[int]) -> None:
    round_ = make_round()
    messages = send(round_, {slug: people(*numbers) for slug in order})
    expected = merge(round_, messages)
    by_partner = {message.partner: message for message in messages}
    assert merge(round_, [by_partner[slug] for slug in order]) == expected
    total = expected[TOTAL]
    assert total.low <= len(numbers) <= total.high or abs(total.value - len(numbers)) < 60


@pytest.mark.usefixtures("no_phantoms")
def test_a_person_on_several_lists_and_rows_counts_once() -> None:
    round_ = make_round()
    lists = {slug: people(1, 2, 3, 1, 2, 3) for slug in round_.partners}
    bins = round_.bins(TOTAL)
    # A random number of 16 bits is 0 once in 65,536 times: one person more or less is no failure.
    assert 2 <= occupied(send(round_, lists), bins) <= 3
    assert 4 <= occupied(send(round_, lists | {"alma": people(1, 4, 5)}), bins) <= 5


@pytest.mark.usefixtures("no_phantoms")
def test_a_person_changes_one_region_and_three_disciplines_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled: list[int] = []

    def fill(bins: bytearray, _: int) -> bytes:
        filled.append(sum(bins))
        return bytes(2 * len(bins))

    monkeypatch.setattr(sketching, "_fill", fill)
    codes = tuple("abcdef")
    round_ = make_round(disciplines=codes)
    rows = [
        Person(b"ana@exemple.ca", region, {code: 1}) for region in ("02", "06") for code in codes
    ]
    sketch(round_, draw_kits(round_)["alma"], [*rows, Person(b"ana@exemple.ca", "06", {"f": 5})])
    by_cell = dict(zip(round_.cells, filled, strict=True))
    assert Counter(cell.family for cell, n in by_cell.items() if n) == {
        Family.TOTAL: 1,
        Family.RESIDENCE: 1,
        Family.DISCIPLINE: 3,
    }
    assert by_cell[Cell(Family.RESIDENCE, "06")] == by_cell[Cell(Family.DISCIPLINE, "f")] == 1


def chi_square(data: bytes) -> float:
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    expected = len(data) / 256
    return float(((counts - expected) ** 2 / expected).sum())


@pytest.mark.usefixtures("fixed_seeds")
def test_a_message_and_every_incomplete_sum_look_like_random_bytes() -> None:
    """The complete sum does not."""
    # Chi-square of 255 degrees of freedom is beyond 330 once in 1,000 times; seeds are fixed.
    round_ = make_round(bits=14, regions=(), disciplines=())
    vectors = [
        np.frombuffer(message.payload, np.uint16)
        for message in send(round_, {slug: people(*range(50)) for slug in round_.partners})
    ]
    first, second, third = vectors
    incomplete = [*vectors, first + second, first + third, second + third]
    assert all(chi_square(vector.tobytes()) < 330 for vector in incomplete)
    assert chi_square((first + second + third).tobytes()) > 10_000


@pytest.fixture
def fixed_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same numbers in each run, in place of the machine's randomness."""
    random = Random(2026)  # noqa: S311 - the same in each run
    monkeypatch.setattr("secrets.token_bytes", random.randbytes)
    monkeypatch.setattr("secrets.randbelow", random.randrange)
    monkeypatch.setattr("secrets.randbits", random.getrandbits)


@pytest.mark.usefixtures("fixed_seeds")
def test_phantoms_have_the_mean_and_variance_that_are_subtracted() -> None:
    epsilon = Fraction(3, 10)
    drawn = [draw_laplace(epsilon) for _ in range(4_000)]
    expected = variance_of_phantoms(epsilon)
    assert abs(sum(drawn)) / 4_000 < 3 * math.sqrt(expected / 4_000)
    assert abs(sum(n * n for n in drawn) / 4_000 / expected - 1) < 0.2
    # One more or less is at most e^ε times as probable: the promise of one person.
    counts = Counter(drawn)
    assert all(counts[n] < counts[n + 1] * math.exp(0.3) * 1.5 + 20 for n in range(-9, 9))


def test_phantoms_are_never_fewer_than_none() -> None:
    epsilon, delta = Fraction(1, 10), Fraction(1, 1_000_000)
    mean = fewest_phantoms(epsilon, delta)
    assert math.exp(-0.1 * mean) <= delta
    assert sampling.draw_phantoms(epsilon, delta) >= 0


def test_what_belongs_to_another_round_or_kit_is_refused() -> None:
    round_, other = make_round(), make_round(number=2)
    kits = draw_kits(round_)
    body = sketch(round_, kits["alma"], people(1))
    with pytest.raises(InputError, match="another round"):
        read_message(body, other)
    for spoiled in (body[:-1], body + b"\0", body[:-1] + bytes([body[-1] ^ 1]), b"{}\n", b""):
        with pytest.raises(InputError):
            read_message(spoiled, round_)
    assert len(body) <= message_size(round_, "alma")
    messages = send(round_, {}, kits)
    for chosen in (messages[:2], [*messages, messages[0]], [*messages[:2], *send(round_, {})[2:]]):
        with pytest.raises(InputError):
            merge(round_, chosen)


def test_a_kit_serves_one_message() -> None:
    round_ = make_round()
    counted = PeopleSketch(round_, draw_kits(round_)["alma"])
    counted.message()
    with pytest.raises(InputError, match="one message"):
        counted.message()


@pytest.mark.parametrize("field", ["key", "seeds"])
def test_a_message_with_other_seeds_makes_a_sum_that_is_refused(field: str) -> None:
    """With another key the sum is of strangers; with other seeds it is noise, which is seen."""
    round_ = make_round()
    kits, others = draw_kits(round_), draw_kits(round_)
    mixed = {**kits, "alma": Kit(**{**vars(kits["alma"]), field: getattr(others["alma"], field)})}
    messages = send(round_, {slug: people(1, 2, 3) for slug in round_.partners}, mixed)
    if field == "seeds":
        with pytest.raises(InputError, match="fits no list"):
            merge(round_, messages)
    else:
        assert merge(round_, messages)


@pytest.mark.parametrize("partners", [("alma", "borduas"), ("alma", "borduas", "carignan")])
def test_the_overlap_of_lists_lies_within_its_interval(partners: tuple[str, ...]) -> None:
    round_ = make_round(kind=Kind.OVERLAP, partners=partners, regions=(), disciplines=(), bits=13)
    lists = {slug: people(*range(400 * n, 400 * n + 1000)) for n, slug in enumerate(partners)}
    overlap = shared_audience(round_, send(round_, lists))
    counts = Counter(person.identifier for listed in lists.values() for person in listed)
    shared = sum(number > 1 for number in counts.values())
    # Four times the half-width: no chance failure in thousands of runs.
    for estimate, truth in ((overlap.union, len(counts)), (overlap.shared, shared)):
        assert abs(estimate.value - truth) < 4 * (estimate.high - estimate.value)
    assert set(overlap.share_by_partner) == (set(partners) if len(partners) == 2 else set())


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" Ana.Roy@Exemple.QC.CA", b"ana.roy@exemple.qc.ca"),
        ("mailto:ana@exemple.ca", b"ana@exemple.ca"),
        ("ana@exe\N{ZERO WIDTH SPACE}mple.ca", b"ana@exemple.ca"),
        ("(418) 555-0199", b"+14185550199"),
        ("1 418.555.0199 poste 12", b"+14185550199"),
        ("+33 1 23 45 67 89", b"+33123456789"),
        ("0033 1 23 45 67 89", b"+33123456789"),
        ("000-000-0000", None),
        ("555-0199", None),
        ("ana@exemple", None),
        ("ana roy", None),
        ("", None),
    ],
)
def test_a_contact_has_one_spelling(written: str, read: bytes | None) -> None:
    assert normalize_person(written) == read


@given(st.text(max_size=60))
def test_no_contact_is_read_twice_otherwise(text: str) -> None:
    """What is read of any text is its own only spelling."""
    if contact := normalize_person(text):
        assert normalize_person(contact.decode()) == contact
