"""A round of counting distinct people: what the third party asks, and the secret kits for it."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from itertools import combinations
from typing import Any

from parvis.config.documents import Document
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_

ROUND_FORMAT, KIT_FORMAT = "parvis round 1", "parvis kit 1"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DECIMAL = re.compile(r"[0-9]{1,2}(\.[0-9]{1,12})?")
SECRET = re.compile(r"[0-9a-f]{64}")
DRAW = re.compile(r"[0-9a-f]{32}")
MOST_PARTNERS, MOST_CODES, MOST_BYTES = 100, 64, 200_000
LEAST_BITS, MOST_BITS, BITS = 8, 20, 18
"""Bins of the total, as a power of two; every other cell has a quarter as many."""
DISCIPLINES_OF_A_PERSON = 3
"""At most so many disciplines count for a person of a partner: it bounds what one may change."""
LEAST_EPSILON, MOST_EPSILON, MOST_DELTA = Fraction(1, 100), 10, Fraction(1, 1000)
"""Below the least ε, phantoms would take hours and outnumber any list."""
PARTS = DISCIPLINES_OF_A_PERSON + 2
"""A person of a partner changes so many cells at most: the total, a region, three disciplines."""


class Kind(StrEnum):
    DISTINCT = "distinct"
    OVERLAP = "overlap"


LEAST_PARTNERS = {Kind.DISTINCT: 3, Kind.OVERLAP: 2}
MOST_MEMBERS = {Kind.DISTINCT: MOST_PARTNERS, Kind.OVERLAP: 12}
"""Of an overlap each partner computes a vector for each other one."""


class Family(StrEnum):
    """What the people of a cell have in common.

    `TOTAL`, `RESIDENCE` and `DISCIPLINE` are cells of a distinct count; the unions of an overlap
    are `ALL`, and `WITHOUT` for each partner, of all the others.
    """

    TOTAL = "total"
    RESIDENCE = "residence"
    DISCIPLINE = "discipline"
    ALL = "all"
    WITHOUT = "without"


SHARES = {
    Family.TOTAL: Fraction(4, 10),
    Family.RESIDENCE: Fraction(3, 10),
    Family.DISCIPLINE: Fraction(1, 10),
}
"""The part of a round's ε for a cell; the `PARTS` cells that a person touches add up to 1."""


@dataclass(frozen=True, order=True)
class Cell:
    family: Family
    code: str = ""

    def __str__(self) -> str:
        return f"{self.family}/{self.code}" if self.code else str(self.family)


TOTAL, ALL = Cell(Family.TOTAL), Cell(Family.ALL)
TOO_FEW = N_("a round of this kind needs {least} partners at least and {most} at most")
NOT_SORTED = N_("{name} are listed once each, in alphabetical order")
NO_BUDGET = N_("ε of a round is from 0.01 to 10, and δ above 0 and at most 0.001")
KEY_HOLDER_NAMED = N_("name the key holder: who draws the kits, and never the third party")
WRONG_PERIOD = N_("the period of a round starts before it ends")
NO_CELLS = N_("a round of shared audiences has no disciplines or regions")


@dataclass(frozen=True)
class Round:
    """A round, which is public: whose people are counted, when, in which cells, and how privately.

    `start` and `end` are the first and last day of the purchases or entries; messages are received
    `until` a day. `epsilon` and `delta`, written in decimals, bound what all cells of the round
    reveal of the presence of a contact in the list of a partner. `bits` is the power of two of the
    bins of the total. Raises `UsageError` for what cannot be a round.
    """

    project: str
    number: int
    kind: Kind
    partners: tuple[str, ...]
    start: date
    end: date
    until: date
    key_holder: str
    epsilon: str = "1"
    delta: str = "0.000001"
    regions: tuple[str, ...] = ()
    disciplines: tuple[str, ...] = ()
    bits: int = BITS

    def __post_init__(self) -> None:
        least, most = LEAST_PARTNERS[self.kind], MOST_MEMBERS[self.kind]
        if not least <= len(self.partners) <= most:
            raise UsageError(TOO_FEW, least=least, most=most)
        for name in ("partners", "regions", "disciplines"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)):
                raise UsageError(NOT_SORTED, name=name)
        if self.kind is Kind.OVERLAP and (self.regions or self.disciplines):
            raise UsageError(NO_CELLS)
        epsilon, delta = Fraction(self.epsilon), Fraction(self.delta)
        if not (LEAST_EPSILON <= epsilon <= MOST_EPSILON and 0 < delta <= MOST_DELTA):
            raise UsageError(NO_BUDGET)
        if not self.key_holder.strip():
            raise UsageError(KEY_HOLDER_NAMED)
        if self.start > self.end:
            raise UsageError(WRONG_PERIOD)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Return the cells of the round, in the order of the vectors of a message."""
        if self.kind is Kind.OVERLAP:
            return (ALL, *(Cell(Family.WITHOUT, slug) for slug in self.partners))
        return (
            TOTAL,
            *(Cell(Family.RESIDENCE, code) for code in self.regions),
            *(Cell(Family.DISCIPLINE, code) for code in self.disciplines),
        )

    def members(self, cell: Cell) -> tuple[str, ...]:
        """Return the partners whose people a cell counts."""
        if cell.family is not Family.WITHOUT:
            return self.partners
        return tuple(slug for slug in self.partners if slug != cell.code)

    def cells_of(self, partner: str) -> tuple[Cell, ...]:
        """Return the cells that a partner sends a vector for: those with other members too."""
        return tuple(
            cell
            for cell in self.cells
            if len(members := self.members(cell)) > 1 and partner in members
        )

    def bins(self, cell: Cell) -> int:
        small = cell.family in {Family.RESIDENCE, Family.DISCIPLINE}
        return 1 << (self.bits - 2 if small else self.bits)

    def epsilon_of(self, cell: Cell) -> Fraction:
        """Return the ε of one cell, exactly; those that a person touches add up to the round's."""
        share = SHARES.get(cell.family, Fraction(1, len(self.partners)))
        return Fraction(self.epsilon) * share

    @property
    def delta_of_cell(self) -> Fraction:
        parts = PARTS if self.kind is Kind.DISTINCT else len(self.partners)
        return Fraction(self.delta) / parts

    @cached_property
    def digest(self) -> str:
        """Return SHA-256 of the round: what is sent for another round does not fit this one."""
        return sha256(self.to_text().encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {
            "format": ROUND_FORMAT,
            "project": self.project,
            "number": self.number,
            "kind": str(self.kind),
            "partners": list(self.partners),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "until": self.until.isoformat(),
            "key_holder": self.key_holder,
            "epsilon": self.epsilon,
            "delta": self.delta,
            "regions": list(self.regions),
            "disciplines": list(self.disciplines),
            "bits": self.bits,
        }

    def to_text(self) -> str:
        """Return the round's only spelling, from which its digest is computed."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, body: bytes | str, file: object = "round.json") -> "Round":
        """Read a round; raises `SourceError` or `UsageError` for anything that is not one."""
        document = Document.parse(body, file, most=MOST_BYTES, error=SourceError)
        document.member("format").text(re.compile(re.escape(ROUND_FORMAT)))
        bounded = {"regions": MOST_CODES, "disciplines": MOST_CODES, "partners": MOST_PARTNERS}
        forms = {"regions": CODE, "disciplines": CODE, "partners": SLUG}
        lists = {
            name: tuple(item.text(forms[name]) for item in document.member(name).items())
            for name in bounded
        }
        for name, most in bounded.items():
            if len(lists[name]) > most:
                raise document.member(name).refusal(AT_MOST, most=most)
        return cls(
            project=document.member("project").text(SLUG),
            number=document.member("number").whole(1, 1_000_000),
            kind=Kind(document.member("kind").text(re.compile("|".join(Kind)))),
            start=_read_day(document.member("start")),
            end=_read_day(document.member("end")),
            until=_read_day(document.member("until")),
            key_holder=document.member("key_holder").text(most=200),
            epsilon=document.member("epsilon").text(DECIMAL),
            delta=document.member("delta").text(DECIMAL),
            bits=document.member("bits").whole(LEAST_BITS, MOST_BITS),
            **lists,
        )


AT_MOST = N_("a list of at most {most}")
A_DAY = N_("a day (YYYY-MM-DD)")


def _read_day(member: Document) -> date:
    try:
        return date.fromisoformat(member.text(DAY))
    except ValueError as error:
        raise member.refusal(A_DAY) from error


@dataclass(frozen=True)
class Kit:
    """The secrets of one partner for one round; whoever holds them all can unmask the messages.

    `key` hashes people, the same for all partners of the round; `seeds` has, for each other
    partner, what both alone share. `draw` tells kits that were drawn together, and is no secret.
    """

    round: str
    draw: str
    partner: str
    key: bytes = field(repr=False)
    seeds: dict[str, bytes] = field(repr=False)

    def to_text(self) -> str:
        document = {
            "format": KIT_FORMAT,
            "round": self.round,
            "draw": self.draw,
            "partner": self.partner,
            "key": self.key.hex(),
            "seeds": {slug: seed.hex() for slug, seed in self.seeds.items()},
        }
        return json.dumps(document, indent=1)

    @classmethod
    def from_json(cls, body: bytes | str, round_: Round, file: object = "kit.json") -> "Kit":
        """Read a kit of a round; raises `SourceError` for anything that is not one of it."""
        document = Document.parse(body, file, most=MOST_BYTES, error=SourceError)
        document.member("format").text(re.compile(re.escape(KIT_FORMAT)))
        seeds = document.member("seeds")
        kit = cls(
            round=document.member("round").text(SECRET),
            draw=document.member("draw").text(DRAW),
            partner=document.member("partner").text(SLUG),
            key=bytes.fromhex(document.member("key").text(SECRET)),
            seeds={name: bytes.fromhex(seed.text(SECRET)) for name, seed in seeds.members()},
        )
        if kit.round != round_.digest:
            raise SourceError(OTHER_ROUND, file=file)
        if {kit.partner, *kit.seeds} != {*round_.partners} or kit.partner in kit.seeds:
            raise SourceError(NOT_A_MEMBER, file=file)
        return kit


OTHER_ROUND = N_(
    "{file} was made for another round: ask the key holder for the kit of this one, and take the"
    " round’s file from the third party again"
)
NOT_A_MEMBER = N_("{file} is not the kit of a partner of this round: ask the key holder for yours")


def draw_kits(round_: Round) -> dict[str, Kit]:
    """Draw the kit of each partner, from the machine's randomness; each draw is another."""
    key, draw = secrets.token_bytes(32), secrets.token_hex(16)
    seeds: dict[str, dict[str, bytes]] = {slug: {} for slug in round_.partners}
    for one_side, other_side in combinations(round_.partners, 2):
        seed = secrets.token_bytes(32)
        seeds[one_side][other_side] = seeds[other_side][one_side] = seed
    return {slug: Kit(round_.digest, draw, slug, key, seeds[slug]) for slug in round_.partners}
