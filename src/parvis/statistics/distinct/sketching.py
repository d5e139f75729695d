"""Compute a partner's message from its own buyers: who they are never leaves it.

A message has a vector for each cell of the round. A bin that nobody of the partner falls into holds
0, an occupied one a random number (0 included, so that the sum over partners says nothing of how
many of them occupy it); a mask that only the sum over all partners takes off covers both.
Python's own library is enough, so that a browser runs it too: vectors are summed as long integers.
"""

import json
import re
import secrets
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256, shake_256

from parvis.config.documents import Document
from parvis.errors import SourceError, UsageError
from parvis.i18n import N_
from parvis.mapping.screening.identifiers import plain_signs
from parvis.statistics.distinct.rounds import (
    DISCIPLINES_OF_A_PERSON,
    DRAW,
    SECRET,
    SLUG,
    Cell,
    Family,
    Kind,
    Kit,
    Round,
)
from parvis.statistics.distinct.sampling import draw_phantoms, fewest_phantoms

MESSAGE_FORMAT = "parvis message 1"
HEAD = frozenset({"format", "round", "draw", "partner", "counts", "checksum"})
"""The members of the line of JSON that a message begins with."""
WIDTH = 2
"""Bytes of a number of a vector, which are added modulo 2^16."""
MOST_HEAD, MOST_PEOPLE = 4_000, 10_000_000
EMAIL = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@.<>,;:\"\d]{2,}")
NATIONAL, SHORTEST, LONGEST = 10, 8, 15
"""Digits of a telephone number: of North America, and of any country (E.164)."""
AFTER_NUMBER = re.compile(r"[a-z#].*", re.DOTALL)
"""An extension, such as « poste 12 »."""
TOKEN = 7
"""Bytes of the digest that stands for a person in memory: two of a million share one in 10^5
tries."""


@lru_cache(maxsize=1024)
def _is_filler(digits: str) -> bool:
    """Return whether a number is what people write to skip a question, such as 000-000-0000."""
    return len({*digits[-7:]}) == 1


def normalize_person(text: str) -> bytes | None:
    """Return an e-mail address or a telephone number in its only spelling, None for neither.

    >>> normalize_person(" Ana@Exemple.QC.ca "), normalize_person("(418) 555-0199 poste 2")
    (b'ana@exemple.qc.ca', b'+14185550199')
    """
    plain = (text if text.isascii() else plain_signs(text)).strip().lower()
    if "@" in plain:
        plain = plain.removeprefix("mailto:").strip("<>")
        return plain.encode() if EMAIL.fullmatch(plain) else None
    number = AFTER_NUMBER.sub("", plain).strip()
    digits = "".join(filter(str.isdecimal, number))
    if number.startswith("00"):
        number, digits = "+", digits[2:]
    if not number.startswith("+"):
        national = digits[1:] if len(digits) == NATIONAL + 1 and digits[0] == "1" else digits
        if len(national) != NATIONAL:
            return None
        digits = f"1{national}"
    if not SHORTEST <= len(digits) <= LONGEST or _is_filler(digits):
        return None
    return f"+{digits}".encode()


Profile = tuple[tuple[int, int], ...]
"""The purchases of a person in each cell, by its position in the round."""


@lru_cache(maxsize=1 << 16)
def _add_purchases(profile: Profile, purchases: Profile) -> Profile:
    """Add purchases to those of a person; most people have few forms, which are stored once."""
    sums = dict(profile)
    for position, number in purchases:
        sums[position] = sums.get(position, 0) + number
    return tuple(sorted(sums.items()))


class PeopleSketch:
    """What a partner counts for a round: people are added, then the message is computed once.

    A person is counted once per cell, whatever the number of rows: in one region and at most
    `DISCIPLINES_OF_A_PERSON` disciplines, those of most purchases.
    """

    def __init__(self, round_: Round, kit: Kit) -> None:
        self.round, self.kit = round_, kit
        self._positions = {
            (cell.family, cell.code): position for position, cell in enumerate(round_.cells)
        }
        self._inner, self._outer = (
            sha256(bytes(byte ^ pad for byte in kit.key.ljust(64, b"\0"))) for pad in (0x36, 0x5C)
        )
        self._people: dict[int, Profile] = {}
        self._is_used = False

    @property
    def people(self) -> int:
        return len(self._people)

    def add(self, identifier: bytes, purchases: Profile = ()) -> None:
        """Count a person, or purchases of a person who was counted before (`places`)."""
        # HMAC-SHA-256, its key prepared once: `hmac` takes three times as long.
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(identifier)
        outer.update(inner.digest())
        token = int.from_bytes(outer.digest()[:TOKEN], "big")
        profile = self._people.get(token, ())
        self._people[token] = _add_purchases(profile, purchases) if purchases else profile
        if len(self._people) > MOST_PEOPLE:
            raise SourceError(TOO_MANY_PEOPLE, most=MOST_PEOPLE)

    def places(self, region: str | None, disciplines: Mapping[str, int]) -> Profile:
        """Return where purchases count; codes that the round does not count are left out."""
        parts = {(Family.RESIDENCE, region or ""): max([1, *disciplines.values()])}
        parts |= {(Family.DISCIPLINE, code): number for code, number in disciplines.items()}
        positions = self._positions
        return tuple(sorted((positions[key], n) for key, n in parts.items() if key in positions))

    def count(self, family: Family) -> int:
        """Return how many people count in a cell of a family."""
        cells = self.round.cells
        profiles = Counter(self._people.values())
        return sum(
            number
            for profile, number in profiles.items()
            if any(cells[position].family is family for position, _ in profile)
        )

    def message(self) -> bytes:
        """Return the message, masked.

        Once: a kit's masks hide one message, and the difference of two would show this partner's
        own bins. Raises `UsageError` for another.
        """
        if self._is_used:
            raise UsageError(USED)
        self._is_used = True
        round_, kit = self.round, self.kit
        occupied = self._occupy()
        vectors, counts = [], {}
        sent = round_.cells_of(kit.partner)
        for cell in round_.cells:
            epsilon = round_.epsilon_of(cell)
            phantoms = draw_phantoms(epsilon, round_.delta_of_cell)
            if cell in sent:
                vectors.append(_mask(round_, kit, cell, _fill(occupied[cell], phantoms)))
            elif kit.partner in round_.members(cell):
                # A union of this partner alone: nobody's mask would hide a vector.
                fewest = fewest_phantoms(epsilon, round_.delta_of_cell)
                counts[cell.code] = self.people + phantoms - fewest
        payload = b"".join(vectors)
        head = {
            "format": MESSAGE_FORMAT,
            "round": round_.digest,
            "draw": kit.draw,
            "partner": kit.partner,
            "counts": counts,
            "checksum": zlib.crc32(payload),
        }
        return json.dumps(head).encode() + b"\n" + payload

    def _occupy(self) -> dict[Cell, bytearray]:
        """Return a byte per bin of each cell: 1 where somebody falls."""
        cells = self.round.cells
        occupied = [bytearray(self.round.bins(cell)) for cell in cells]
        limits = [len(bins) - 1 for bins in occupied]
        families = [cell.family for cell in cells]
        everyone = range(len(cells) if self.round.kind is Kind.OVERLAP else 1)
        # A person's bins in different cells are different parts of one keyed stream, so that
        # nobody without the key can tell that they belong together.
        keyed = shake_256(b"parvis bins 1" + bytes.fromhex(self.round.digest) + self.kit.key)
        for token, profile in self._people.items():
            stream = keyed.copy()
            stream.update(token.to_bytes(TOKEN, "big"))
            words = stream.digest(3 * len(cells))
            for position in (*everyone, *_counted_cells(profile, families)):
                word = int.from_bytes(words[3 * position : 3 * position + 3], "little")
                occupied[position][word & limits[position]] = 1
        return dict(zip(cells, occupied, strict=True))


USED = N_("a kit is for one message; ask the key holder for new ones, for another round")
TOO_MANY_PEOPLE = N_("the file has more than {most} people: count them by period or by place")


def _counted_cells(profile: Profile, families: list[Family]) -> list[int]:
    """Return the cells of a person besides the total: what bounds a person's part is done here."""
    if not profile:
        return []
    by_purchases = sorted(profile, key=lambda part: (-part[1], part[0]))
    regions = [place for place, _ in by_purchases if families[place] is Family.RESIDENCE]
    disciplines = [place for place, _ in by_purchases if families[place] is Family.DISCIPLINE]
    return [*regions[:1], *disciplines[:DISCIPLINES_OF_A_PERSON]]


def _fill(occupied: bytearray, phantoms: int) -> bytes:
    """Return a random number for each occupied bin, and 0 for others, once phantoms are added."""
    last = len(occupied) - 1
    for _ in range(phantoms):
        occupied[secrets.randbits(32) & last] = 1
    flags = occupied.replace(b"\1", b"\xff")
    wide = bytearray(WIDTH * len(flags))
    wide[0::2] = wide[1::2] = flags
    drawn = int.from_bytes(secrets.token_bytes(len(wide)), "little")
    return (drawn & int.from_bytes(wide, "little")).to_bytes(len(wide), "little")


def _mask(round_: Round, kit: Kit, cell: Cell, vector: bytes) -> bytes:
    """Add the masks that a partner shares with each other one, who subtracts the same."""
    size = len(vector)
    label = f"parvis mask 1 {round_.digest} {cell}".encode()
    # Every other number of 16 bits, in places of 32: sums of up to 2^16 numbers do not run over.
    low = int.from_bytes(b"\xff\xff\0\0" * (size // 4), "little")
    total = int.from_bytes(vector, "little")
    even, odd = total & low, total >> 16 & low
    carry = int.from_bytes(b"\0\0\1\0" * (size // 4), "little")
    for slug in round_.members(cell):
        if slug == kit.partner:
            continue
        mask = int.from_bytes(shake_256(kit.seeds[slug] + label).digest(size), "little")
        parts = (mask & low, mask >> 16 & low)
        if kit.partner < slug:
            even, odd = even + parts[0] & low, odd + parts[1] & low
        else:
            even, odd = even + carry - parts[0] & low, odd + carry - parts[1] & low
    return (even | odd << 16).to_bytes(size, "little")


@dataclass(frozen=True)
class Message:
    """A partner's message: `payload` has a vector per cell that it is sent for, in their order.

    `counts` are, in an overlap of two, the partner's own people, with noise.
    """

    partner: str
    draw: str
    counts: Mapping[str, int]
    payload: bytes = field(repr=False)


def message_size(round_: Round, partner: str) -> int:
    """Return how many bytes the message of a partner has at most."""
    return MOST_HEAD + WIDTH * sum(map(round_.bins, round_.cells_of(partner)))


def read_message(data: bytes, round_: Round, file: object = "message") -> Message:
    """Read a message for a round; raises `SourceError` for anything that is not one of it."""
    line, _, payload = data.partition(b"\n")
    try:
        digest, checksum, message = _read_head(line, payload, file)
    except SourceError as error:  # such as the file of buyers itself
        raise SourceError(NO_MESSAGE, file=file) from error
    if digest != round_.digest:
        raise SourceError(OTHER_ROUND, file=file)
    partner = message.partner
    if partner not in round_.partners:
        raise SourceError(NO_MEMBER, file=file, partner=partner)
    sent = round_.cells_of(partner)
    is_complete = len(payload) == WIDTH * sum(map(round_.bins, sent))
    if not is_complete or zlib.crc32(payload) != checksum:
        raise SourceError(DAMAGED, file=file)
    alone = {
        cell.code
        for cell in round_.cells
        if partner in (members := round_.members(cell)) and len(members) == 1
    }
    if message.counts.keys() != alone:
        raise SourceError(DAMAGED, file=file)
    return message


def _read_head(line: bytes, payload: bytes, file: object) -> tuple[str, int, Message]:
    """Return the digest of a message's round, its checksum, and the message."""
    head = Document.parse(line, file, most=MOST_HEAD, error=SourceError)
    if head.table().keys() != HEAD:  # nothing else leaves a partner with it
        raise SourceError(NO_MESSAGE, file=file)
    head.member("format").text(re.compile(re.escape(MESSAGE_FORMAT)))
    counts = {
        code: number.whole(-MOST_PEOPLE, 2 * MOST_PEOPLE)
        for code, number in head.member("counts").members()
    }
    partner, draw = head.member("partner").text(SLUG), head.member("draw").text(DRAW)
    message = Message(partner, draw, counts, payload)
    return head.member("round").text(SECRET), head.member("checksum").whole(), message


NO_MESSAGE = N_(
    "{file} is not the message of a round, and nothing of it is stored: send the file that came"
    " out when you counted your people, and never your file of buyers"
)
OTHER_ROUND = N_(
    "{file} is the message of another round: count your people again with the file and the kit of"
    " this round"
)
NO_MEMBER = N_("{file} is the message of {partner}, which is not a partner of this round")
DAMAGED = N_(
    "{file} is damaged: send the message again as it came out when you counted your people"
)
