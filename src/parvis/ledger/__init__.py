"""What must be remembered exactly, in ``ledger.sqlite``.

The readers' tokens, contributions, deposits, deletions and the audit trail. A new table is a new
step of `parvis.ledger.database.STEPS`, which an older ledger takes when it is next written to.
"""

from parvis.ledger.audit import READING, RELEASING, Act, Audit, Event, verify
from parvis.ledger.chain import Head, Link
from parvis.ledger.contributions import Contribution, Contributions
from parvis.ledger.credential import Credential
from parvis.ledger.database import FILE, FILES, Database
from parvis.ledger.deletions import Backups, Deletions, Intent, check_chains, take_over
from parvis.ledger.deposits import OPEN, Deposit, Deposits
from parvis.ledger.deposits import State as DepositState
from parvis.ledger.judgements import Decision, Judgement, Judgements
from parvis.ledger.key import signing_key
from parvis.ledger.parameters import Parameters, parameters
from parvis.ledger.tokens import Grant, Scope, Token, Tokens

__all__ = [
    "FILE",
    "FILES",
    "OPEN",
    "READING",
    "RELEASING",
    "Act",
    "Audit",
    "Backups",
    "Contribution",
    "Contributions",
    "Credential",
    "Database",
    "Decision",
    "Deletions",
    "Deposit",
    "DepositState",
    "Deposits",
    "Event",
    "Grant",
    "Head",
    "Intent",
    "Judgement",
    "Judgements",
    "Link",
    "Parameters",
    "Scope",
    "Token",
    "Tokens",
    "check_chains",
    "parameters",
    "signing_key",
    "take_over",
    "verify",
]
