"""Rounds and kits: what is read is bounded, and belongs together."""

import json
from datetime import date
from fractions import Fraction

import pytest

from parvis.errors import InputError
from parvis.statistics.distinct.rounds import Kind, Kit, Round, draw_kits


def make_round(**fields: object) -> Round:
    members = {
        "project": "villes",
        "number": 1,
        "kind": Kind.DISTINCT,
        "partners": ("alma", "borduas", "carignan"),
        "start": date(2025, 9, 1),
        "end": date(2026, 8, 31),
        "until": date(2026, 10, 1),
        "key_holder": "Me Tremblay, notaire",
        "regions": ("02", "06"),
        "disciplines": ("dance", "music", "theatre"),
        "bits": 10,
    }
    return Round(**(members | fields))  # type: ignore[arg-type]


def test_a_round_and_its_kits_are_read_as_they_were_written() -> None:
    round_ = make_round()
    assert Round.from_json(round_.to_text()) == round_
    for slug, kit in draw_kits(round_).items():
        assert Kit.from_json(kit.to_text(), round_) == kit
        assert kit.partner == slug
        assert kit.key.hex() not in repr(kit)


@pytest.mark.parametrize(
    "change",
    [
        {"partners": ["alma", "borduas"]},
        {"partners": ["borduas", "alma", "carignan"]},
        {"partners": ["../etc", "alma", "borduas"]},
        {"regions": [f"{n:03}" for n in range(65)]},
        {"bits": 30},
        {"epsilon": "0"},
        {"epsilon": 1},
        {"delta": "0.5"},
        {"number": 0},
        {"kind": "other"},
        {"kind": "overlap"},
        {"key_holder": " "},
        {"start": "2027-01-01"},
        {"until": "2026-13-40"},
        {"format": "parvis round 2"},
    ],
)
def test_a_round_beyond_its_bounds_is_refused(change: dict[str, object]) -> None:
    document = json.dumps(make_round().to_json() | change)
    with pytest.raises(InputError):
        Round.from_json(document)


def test_the_kit_of_another_round_is_refused() -> None:
    kit = draw_kits(make_round())["alma"]
    with pytest.raises(InputError, match="another round"):
        Kit.from_json(kit.to_text(), make_round(number=2))


def test_what_a_person_of_a_partner_touches_adds_up_to_the_epsilon_of_the_round() -> None:
    round_ = make_round(epsilon="0.7")
    total, region, _, *disciplines = map(round_.epsilon_of, round_.cells)
    assert total + region + sum(disciplines) == Fraction("0.7")
    overlap = make_round(kind=Kind.OVERLAP, regions=(), disciplines=())
    touched = [cell for cell in overlap.cells if "alma" in overlap.members(cell)]
    assert sum(map(overlap.epsilon_of, touched)) == 1
