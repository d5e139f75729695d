"""Contents that were recalled are not taken again."""

from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.pooling.pool import Pool
from parvis.store.recalled import Recalled

RECALLED = N_("this content was recalled on {day} and is not taken again: {reason}")


def refuse_recalled(pool: Pool, graph: str, digest: str) -> None:
    """Refuse a content that was recalled; raises `UsageError` that says when and why."""
    why = Recalled.read(pool.settings.data).why(graph, digest)
    if why is not None:
        told = dict.fromkeys(LANGUAGES, next(iter(why["reason"].values()), "—"))
        raise UsageError(RECALLED, day=why["at"][:10], reason=told | why["reason"])
