"""What people of parties are told: by e-mail, by webhook and in a private feed.

`notify` puts messages into the outbox of the ledger; `parvis.pooling.notifications.sending` takes
them out.
"""

from parvis.pooling.notifications.kinds import KINDS, NoticeKind, Timing
from parvis.pooling.notifications.outbox import notify

__all__ = ["KINDS", "NoticeKind", "Timing", "notify"]
