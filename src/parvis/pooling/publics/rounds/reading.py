"""What the third party and each partner see of rounds: never another partner's message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment
from parvis.config import Settings, clock
from parvis.errors import UnknownThing
from parvis.i18n import LANGUAGES, N_, both, choose_text, number, say
from parvis.ledger import WAITING, RoundRecord, Rounds, RoundState
from parvis.ledger.rounds import NO_ROUND
from parvis.pooling.publics.rounds.document import read_round

STATES = {
    RoundState.OPEN: N_("receives messages"),
    RoundState.MERGING: N_("messages are being added up"),
    RoundState.ESTIMATED: N_("waits for the steward’s approval"),
    RoundState.RELEASED: N_("released"),
    RoundState.DELIVERED: N_("given to its partners alone"),
    RoundState.REFUSED: N_("refused"),
    RoundState.UNFIT: N_("incompatible messages"),
    RoundState.REPLACED: N_("replaced by a later round"),
}
KINDS = {
    "distinct": N_("Distinct people"),
    "overlap": N_("Shared audience"),
}
SHARED = N_(
    "{share}% of the people of your {count} audiences attend at least two of you, by estimate"
    " (between {low}% and {high}%)."
)
OF_OURS = N_(
    "Of the audience of {party}, about {share}% also attends the other (between {low}% and"
    " {high}%)."
)

Names = Mapping[str, Mapping[str, str]]
"""The names of partners by language, by their slugs."""


@dataclass(frozen=True)
class RoundView:
    """A round as one reader sees it; `sent` is whether the reader's own message is there.

    `missing` are the slugs of partners without message. `result` is for a member of a round whose
    result is for its members, None for everybody else.
    """

    project: str
    number: int
    kind: str
    kind_name: Mapping[str, str]
    state: str
    state_name: Mapping[str, str]
    period: Mapping[str, str]
    partners: tuple[str, ...]
    missing: tuple[str, ...]
    until: date
    key_holder: str
    epsilon: Decimal
    public: bool
    opened: datetime
    reason: Mapping[str, str]
    is_destroyed: bool
    sent: bool = False
    receives: bool = False
    result: Mapping[str, Any] | None = None

    def sentences(self, lang: str, names: Names | None = None) -> list[str]:
        """Return the result of an overlap in words; partners without name appear by their slug."""
        if self.result is None:
            return []
        if self.result.get("why"):
            return [self.result["why"][lang]]

        def fields(share: list[int]) -> dict[str, str]:
            names = ("share", "low", "high")
            return {name: number(lang, part) for name, part in zip(names, share, strict=True)}

        named = names or {}
        shared = say(lang, SHARED, count=len(self.partners), **fields(self.result["share"]))
        return [
            shared,
            *(
                say(
                    lang,
                    OF_OURS,
                    party=choose_text(lang, named.get(slug, {})) or slug,
                    **fields(share),
                )
                for slug, share in self.result["by_partner"].items()
            ),
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "project": self.project,
            "number": self.number,
            "kind": self.kind,
            "state": self.state,
            "state_name": dict(self.state_name),
            "period": self.period["code"],
            "partners": list(self.partners),
            "missing": list(self.missing),
            "until": self.until.isoformat(),
            "key_holder": self.key_holder,
            "epsilon": str(self.epsilon),
            "public": self.public,
            "opened": self.opened.isoformat(),
            "reason": dict(self.reason),
            "destroyed": self.is_destroyed,
            "sent": self.sent,
            "result": self.result
            and {
                **self.result,
                "text": {lang: self.sentences(lang) for lang in LANGUAGES},
            },
        }


def view_round(record: RoundRecord, party: str | None = None) -> RoundView:
    """Return a round as a party sees it, or as the third party does (None).

    The result of an overlap is in it for its members, and for the third party that computed it.
    """
    opened, periods = read_round(record), scheme("period")
    is_member = party is None or party in record.parties
    there = {message.party for message in record.messages}
    is_private = record.state is RoundState.DELIVERED
    is_open = record.state is RoundState.OPEN and clock.day_in_quebec() <= opened.until
    return RoundView(
        project=record.project,
        number=record.number,
        kind=record.kind,
        kind_name=both(KINDS[record.kind]),
        state=str(record.state),
        state_name=both(STATES[record.state]),
        period={"code": periods.code(record.period), **periods.label(record.period)},
        partners=opened.partners,
        missing=tuple(map(last_segment, record.missing)) if record.state in WAITING else (),
        until=opened.until,
        key_holder=opened.key_holder,
        epsilon=record.epsilon,
        public=record.public,
        opened=record.opened,
        reason=record.reason,
        is_destroyed=bool(record.messages) and all(m.destroyed for m in record.messages),
        sent=party in there,
        receives=is_open and party not in there,
        result=record.published if is_private and is_member else None,
    )


def list_rounds(settings: Settings, party: str | None = None) -> list[RoundView]:
    """Return the rounds of a party, or all for the third party, the newest first."""
    records = Rounds(settings.data).all()
    return [
        view_round(record, party) for record in records if party is None or party in record.parties
    ]


def require_round(settings: Settings, project: str, number: int, party: str) -> RoundRecord:
    """Return a round of a party; raises `UnknownThing` for those of others too."""
    record = Rounds(settings.data).require(project, number)
    if party not in record.parties:
        raise UnknownThing(NO_ROUND, project=project, number=number)
    return record
