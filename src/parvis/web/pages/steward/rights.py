"""Who may open the steward's pages, and who may act on them."""

from functools import partial

from parvis.governance import Permission
from parvis.i18n import N_
from parvis.web.http.errors import require_identity

NOT_WATCHER = N_(
    "This is for the steward and the protectors of the pool: sign in with such an account."
)
NOT_STEWARD = N_("This is for the steward: sign in with an account of the trusted third party.")

require_watcher = partial(require_identity, Permission.WATCH, NOT_WATCHER)
"""Refuse who may not see what the steward sees."""
require_steward = partial(require_identity, Permission.DECIDE, NOT_STEWARD)
"""Refuse who may not decide in the steward's name."""
