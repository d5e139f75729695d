"""What must be remembered exactly, in ``ledger.sqlite``: the readers' tokens, and contributions.

Deletions and the audit trail will be tables beside them: a new step of
`parvis.ledger.database.STEPS` each, which an older ledger takes when it is next opened.
"""

from parvis.ledger.contributions import Contribution, Contributions
from parvis.ledger.credential import Credential
from parvis.ledger.database import FILE, FILES, Database
from parvis.ledger.key import signing_key
from parvis.ledger.tokens import Grant, Scope, Token, Tokens

__all__ = [
    "FILE",
    "FILES",
    "Contribution",
    "Contributions",
    "Credential",
    "Database",
    "Grant",
    "Scope",
    "Token",
    "Tokens",
    "signing_key",
]
