"""The round that the key holder and the partners receive, as the ledger has it."""

from parvis.ledger import RoundRecord
from parvis.statistics.distinct.rounds import Round


def read_round(record: RoundRecord) -> Round:
    return Round.from_json(record.text)
