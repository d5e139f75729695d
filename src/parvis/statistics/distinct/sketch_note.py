"""What a partner's message was made of, and what it holds: the summary that people read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from parvis.config.json_data import from_json
from parvis.i18n import N_, day, number, say, say_counts
from parvis.statistics.distinct.buyers import BuyerCount
from parvis.statistics.distinct.rounds import Kind, Round
from parvis.statistics.distinct.sketching import WIDTH

TITLE = N_("Message of {partner} for round {number} of {project}, {start} to {end}")
COUNTED = N_("Counted in {file}: rows {rows}, people {people}.")
WITHOUT = N_("Rows without e-mail address or telephone number, which are not counted: {count}.")
COLUMNS = {
    "email": N_("e-mail addresses: column “{heading}”"),
    "phone": N_("telephone numbers: column “{heading}”"),
    "area": N_("where people live: column “{heading}”"),
    "discipline": N_("disciplines: column “{heading}”"),
}
READ = N_("Read here, on this machine:")
NO_AREA = N_("No column says where people live: they count in the total, and in no region.")
NO_DISCIPLINE = N_("No column names a discipline: people count in the total, and in no discipline.")
PLACED = N_("People with a region of the round: {regions}; with a discipline: {disciplines}.")
PERIOD = N_(
    "The round is about {start} to {end}: the file should have the purchases of these days, and no"
    " others."
)
NOBODY_LEAVES = N_(
    "No personal information leaves your machine: no name, e-mail address, telephone number,"
    " postal code or row is in the message."
)
CONTENT = N_(
    "The message has {count} numbers ({size} kB), as many for any number of people. Masks"
    " cover them: until the messages of all partners are added up, they are like numbers drawn"
    " at random. Some invented people, whose number is drawn at random, are added here, so"
    " that the sum says only about how many people there are."
)
COUNT_IN_CLEAR = N_(
    "For an audience shared by two, the message also says about how many people this file has."
)
TWICE = N_(
    "Someone with two addresses counts twice; someone who buys from several partners counts once,"
    " if the address is the same."
)


@dataclass(frozen=True)
class SketchSummary:
    """What was counted of a file named `file`, and how many `bytes` the message has."""

    file: str
    partner: str
    counted: BuyerCount
    bytes: int

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Self:
        return from_json(cls, answer)

    def lines(self, round_: Round, lang: str) -> list[str]:
        """Return what people read before the message is sent."""
        counted = self.counted
        period = {"start": day(lang, round_.start), "end": day(lang, round_.end)}
        title = {"partner": self.partner, "number": round_.number, "project": round_.project}
        numbers = sum(map(round_.bins, round_.cells_of(self.partner)))
        lines = [
            say(lang, TITLE, **title, **period),
            "",
            say_counts(lang, COUNTED, file=self.file, rows=counted.rows, people=counted.people),
        ]
        if counted.without:
            lines.append(say_counts(lang, WITHOUT, count=counted.without))
        lines += ["", say(lang, READ)]
        for name, template in COLUMNS.items():
            if heading := getattr(counted.columns, name):
                lines.append(f"* {say(lang, template, heading=heading)}")
        if round_.kind is Kind.DISTINCT:
            placed = {"regions": counted.with_region, "disciplines": counted.with_discipline}
            lines.append(say_counts(lang, PLACED, **placed))
            if not counted.with_region and round_.regions:
                lines.append(say(lang, NO_AREA))
            if not counted.with_discipline and round_.disciplines:
                lines.append(say(lang, NO_DISCIPLINE))
        size = number(lang, WIDTH * numbers // 1000)
        lines += ["", say(lang, PERIOD, **period), say(lang, TWICE), "", say(lang, NOBODY_LEAVES)]
        lines.append(say(lang, CONTENT, count=number(lang, numbers), size=size))
        if round_.kind is Kind.OVERLAP and len(round_.partners) == len((1, 2)):
            lines.append(say(lang, COUNT_IN_CLEAR))
        return lines
