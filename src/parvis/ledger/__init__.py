"""The durable ledger of a pool, ``ledger.sqlite``.

It has tokens, contributions, box-office figures, deposits, deletions, judgements, changes of the
catalogue's texts, the audit trail and the queries that have a short address. A new table is a new
step of `parvis.ledger.database.STEPS`, which an older ledger takes when it is next written to.
It has tokens, contributions, box-office figures, deposits, deletions, judgements, the audit trail,
the queries that have a short address and the steward's jobs. A new table is a new step of
It has people, tokens, contributions, box-office figures, deposits, deletions, judgements, the audit
trail and the queries that have a short address. A new table is a new step of
`parvis.ledger.database.STEPS`, which an older ledger takes when it is next written to.
"""

from parvis.ledger.audit import (
    PEOPLE,
    READING,
    RELEASING,
    SHELL,
    Act,
    Audit,
    Author,
    Event,
    ReadingCount,
    verify_chains,
)
from parvis.ledger.box_office import BoxOffice, PerformanceReport, SalesCurve
from parvis.ledger.chain import ChainLink, Head
from parvis.ledger.changes import ChangedText, TextChange, TextChanges
from parvis.ledger.contributions import Contribution, Contributions
from parvis.ledger.database import FILE, FILES, Database
from parvis.ledger.deletions import Backups, Deletions, Intent, check_chains, merge_chains
from parvis.ledger.deposits import OPEN, Deposit, Deposits, DepositState
from parvis.ledger.jobs import Job, JobOutcome, Jobs, JobState
from parvis.ledger.judgements import Judgement, JudgementDecision, Judgements
from parvis.ledger.notices import Delivery, Notice, Outbox, Preferences
from parvis.ledger.people.codes import Code
from parvis.ledger.people.invitations import Invitation
from parvis.ledger.people.people import People
from parvis.ledger.people.persons import Details, Membership, Person, new_pseudonym
from parvis.ledger.people.proofs import Passkey, Subject
from parvis.ledger.people.sessions import Session, Sessions
from parvis.ledger.queries import ShortLinks
from parvis.ledger.queries.saved_queries import SavedQueries, SavedQuery, SavedVersion
from parvis.ledger.requests import (
    Law25File,
    Law25Files,
    Offer,
    Request,
    RequestChange,
    Requests,
    StandingOffer,
    StandingOffers,
)
from parvis.ledger.rounds import MERGEABLE, WAITING, RoundMessage, RoundRecord, Rounds, RoundState
from parvis.ledger.secret_files import (
    Parameters,
    parameters,
    read_secret,
    replace_secret,
    signing_key,
    write_secret,
)
from parvis.ledger.tokens import Credential, Grant, Token, Tokens, TokenScope
from parvis.ledger.uses import DatasetUse, DatasetUses

__all__ = [
    "FILE",
    "FILES",
    "MERGEABLE",
    "OPEN",
    "PEOPLE",
    "READING",
    "RELEASING",
    "SHELL",
    "WAITING",
    "Act",
    "Audit",
    "Author",
    "Backups",
    "BoxOffice",
    "ChainLink",
    "ChangedText",
    "Code",
    "Contribution",
    "Contributions",
    "Credential",
    "Database",
    "DatasetUse",
    "DatasetUses",
    "Deletions",
    "Delivery",
    "Deposit",
    "DepositState",
    "Deposits",
    "Details",
    "Event",
    "Grant",
    "Head",
    "Intent",
    "Invitation",
    "Job",
    "JobOutcome",
    "JobState",
    "Jobs",
    "Judgement",
    "JudgementDecision",
    "Judgements",
    "Law25File",
    "Law25Files",
    "Membership",
    "Notice",
    "Offer",
    "Outbox",
    "Parameters",
    "Passkey",
    "People",
    "PerformanceReport",
    "Person",
    "Preferences",
    "ReadingCount",
    "Request",
    "RequestChange",
    "Requests",
    "RoundMessage",
    "RoundRecord",
    "RoundState",
    "Rounds",
    "SalesCurve",
    "SavedQueries",
    "SavedQuery",
    "SavedVersion",
    "Session",
    "Sessions",
    "ShortLinks",
    "StandingOffer",
    "StandingOffers",
    "Subject",
    "TextChange",
    "TextChanges",
    "Token",
    "TokenScope",
    "Tokens",
    "check_chains",
    "merge_chains",
    "new_pseudonym",
    "parameters",
    "read_secret",
    "replace_secret",
    "signing_key",
    "verify_chains",
    "write_secret",
]
