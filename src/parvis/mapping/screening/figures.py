"""Add up rows that are equal in all but their figures."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from parvis.mapping.screening.identifiers import plain_signs, words_of
from parvis.mapping.screening.people import HeadingMeaning, word_groups
from parvis.mapping.totals import EXACT, Totals

CURRENCY = re.compile(r"(?:CA|US|C)?\$|CAD|USD|€|[\s'’]")
FIGURE = re.compile(r"[+-]?\d[\d.,]*")
THOUSANDS = re.compile(r"[+-]?(?!0)\d{1,3}(?:,\d{3})+")
MOST_DIGITS = 15
"""Digits of a figure that is added up; a longer one is a number of something."""


def is_quantity(heading: str) -> bool:
    """Return whether figures under a heading count tickets, seats or rows.

    >>> [is_quantity(h) for h in ("Billets", "num_seats", "Quantity (- Refund)", "Ticket type")]
    [True, True, True, False]
    """
    words, groups = {*words_of(heading)}, word_groups()
    if "%" in heading or words & (groups["ratios"] | groups["sorts"]):
        return False
    if HeadingMeaning.of(heading).counts or "quantity" in words:
        return True
    # “num_seats” is how many there are, « Code des billets » is not, “Ticket fees” are money.
    others = (groups["numbers"] - {"num", "number"}) | (groups["amounts"] - {"total"})
    return bool(words & groups["quantities"]) and not words & others


def is_amount(heading: str) -> bool:
    """Return whether figures under a heading are sums of money; a price of one seat is none.

    >>> [is_amount(h) for h in ("Montant total", "Total price", "Prix", "Payment method")]
    [True, True, False, False]
    """
    words, groups = {*words_of(heading)}, word_groups()
    if "%" in heading or HeadingMeaning.of(heading).numbered or words & groups["ratios"]:
        return False
    # A price that was paid, or a total, is of the row; another is of one seat.
    sorts = groups["sorts"] | {"date"}
    if words & {"total", "paye", "paid"}:
        sorts -= {"prix", "price"}
    return bool(words & groups["amounts"]) and not words & sorts


def read_figures(texts: Sequence[str]) -> list[Decimal | None] | None:
    """Read a column of figures, None for a blank; None altogether if any is no figure.

    A comma separates decimals, unless every figure that has one has it between thousands.

    >>> read_figures(["1 234,50 $", "", "(2,5)"])
    [Decimal('1234.50'), None, Decimal('-2.5')]
    >>> read_figures(["$1,234", "5"]), read_figures(["12", "n/a"])
    ([Decimal('1234'), Decimal('5')], None)
    """
    plain = [CURRENCY.sub("", plain_signs(text)) for text in texts]
    plain = [f"-{text[1:-1]}" if re.fullmatch(r"\(.+\)", text) else text for text in plain]
    figures = [text for text in plain if text]
    if not figures or not all(map(FIGURE.fullmatch, figures)):
        return None
    with_comma = [text for text in figures if "," in text]
    if all(THOUSANDS.fullmatch(text.partition(".")[0]) for text in with_comma):
        plain = [text.replace(",", "") for text in plain]
    else:
        # With both signs in a figure, the last one separates the decimals.
        plain = [
            text.replace(".", "").replace(",", ".") if text.rfind(",") > text.rfind(".") else text
            for text in plain
        ]
    if not all(re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text) for text in plain if text):
        return None
    if any(sum(map(str.isdigit, text)) > MOST_DIGITS for text in plain):
        return None
    return [Decimal(text) if text else None for text in plain]


def add_up(
    rows: Sequence[Sequence[str]], figures: Mapping[int, Sequence[Decimal | None]], *, counted: bool
) -> list[list[str]]:
    """Group rows that are equal in all cells but those of figures, by position, and add these up.

    Decimals are written with a point, as many in a column as any figure of it has. A group of
    blanks stays blank. Where rows are `counted`, their number is a last cell. The groups are
    sorted, so that their order tells nothing of who bought when.
    """
    places = {
        index: max(-int(f.as_tuple().exponent) for f in column if f is not None)
        for index, column in figures.items()
    }
    totals = Totals[tuple[str, ...], int]()
    for number, row in enumerate(rows):
        key = tuple("" if index in figures else cell for index, cell in enumerate(row))
        line = ((index, column[number]) for index, column in figures.items())
        totals.add(key, ((index, figure) for index, figure in line if figure is not None))
    lines = []
    for key, sums in sorted(totals):
        cells = list(key)
        for index, total in sums.items():
            # Adding 0 leaves no negative zero.
            cells[index] = format(EXACT.add(total, Decimal(0)), f".{places[index]}f")
        lines.append([*cells, str(totals.rows[key])] if counted else cells)
    return lines
