"""What must be remembered exactly, in ``ledger.sqlite``: so far the readers' tokens.

Contributions, deletions and the audit trail will be tables beside that of tokens: a new step of
`parvis.ledger.database.STEPS` each, which an older ledger takes when it is next opened.
"""

from parvis.ledger.credential import Credential
from parvis.ledger.database import FILE, FILES, Database
from parvis.ledger.key import signing_key
from parvis.ledger.tokens import Grant, Scope, Token, Tokens

__all__ = [
    "FILE",
    "FILES",
    "Credential",
    "Database",
    "Grant",
    "Scope",
    "Token",
    "Tokens",
    "signing_key",
]
