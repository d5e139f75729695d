"""Order lines added up to figures by the recipe of a ticketing system, and by csv and a dict.

Run ``python tests/bench/order_lines.py --rows 500000``. Both are whole processes. The plain one
adds the amounts and the tickets of each performance and price, with none of the checks: what must
be equal is the sum of all amounts, to the cent.
"""

import argparse
import random
import re
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import measure_command
from table import Words, tell

RECIPE = Path(__file__).parents[2] / "catalog" / "recipes" / "ludus.yml"
HEADINGS = "Event Name,Time,Ticket Price,Ticket Name,Seat,Actually Paid,Purchased Date"
TICKETS = (("Adult", 4000), ("Student", 2000), ("Comp", 0))
REVENUE = re.compile(r'ns#revenue> "([^"]+)"')
PLAIN = """
import csv, sys
from collections import defaultdict
from decimal import Decimal
totals = defaultdict(Decimal)
tickets = defaultdict(int)
with open(sys.argv[1], encoding="utf-8", newline="") as stream:
    for row in csv.DictReader(stream):
        key = row["Event Name"], row["Time"], row["Ticket Name"]
        totals[key] += Decimal(row["Actually Paid"])
        tickets[key] += 1
print(sum(totals.values()))
"""


def write_orders(file: Path, rows: int, performances: int) -> None:
    """Write order lines, in no order; some are paid for less than the price."""
    chance, start = random.Random(27), datetime(2026, 1, 1, 19, 30)  # noqa: DTZ001, S311 - invented
    nights = [start + timedelta(days=number // 2) for number in range(performances)]
    with file.open("w", encoding="utf-8") as stream:
        stream.write(HEADINGS + "\n")
        for number in range(rows):
            night = chance.randrange(performances)
            name, cents = chance.choice(TICKETS)
            paid = cents - chance.choice((0, 0, 1, 399)) if cents else 0
            bought = nights[night] - timedelta(days=chance.randrange(1, 90))
            stream.write(
                f"Rives {night % 2},{nights[night]:%m/%d/%Y %H:%M:%S},{cents / 100:.2f},{name},"
                f"A-{number},{paid / 100:.2f},{bought:%m/%d/%Y}\n"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--performances", type=int, default=300)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        orders, triples, plain = folder / "orders.csv", folder / "out.nt", folder / "plain.py"
        write_orders(orders, options.rows, options.performances)
        plain.write_text(PLAIN, encoding="utf-8")
        parvis = Path(sys.executable).with_name("parvis")
        command: Words = [parvis, "convert", RECIPE, "--source", orders, "-o", triples]
        ours = measure_command([*command, "--base", "http://pool.test/"], folder, 3600)
        theirs = measure_command([sys.executable, plain, orders], folder, 3600)
        revenue = sum(map(Decimal, REVENUE.findall(triples.read_text(encoding="utf-8"))))
        tell(f"{options.rows} lines of {options.performances} performances")
        for label, usage in (("parvis convert", ours), ("csv and a dict", theirs)):
            tell(f"{label}: {usage.cpu:.1f} s of processor, {usage.peak / 1e6:.0f} MB")
        tell(f"revenue: {revenue} and {theirs.output.strip()}")
        if revenue != Decimal(theirs.output.strip()):
            sys.exit(1)


if __name__ == "__main__":
    main()
