"""The engines that answer instead of the embedded store: written to, proved, compared, repaired."""

import logging
from concurrent.futures import ThreadPoolExecutor

from parvis.config import Settings
from parvis.errors import NothingPublished, StoreError
from parvis.i18n import N_
from parvis.store.files import writing
from parvis.store.generation.generation import Generation, current
from parvis.store.remote.check import PartCheck, check_parts, restore_part
from parvis.store.remote.part import repository_of, sent_file
from parvis.store.remote.probes import check_settings, require_writable
from parvis.store.remote.proof import evaluates_hidden, prove_confinement, prove_rows, prove_whole
from parvis.store.remote.publisher import RemoteStores, empty_idle
from parvis.store.remote.remote_process import open_engine

_LOG = logging.getLogger(__name__)
COMPUTES = N_(
    "{address} computes with what a reader may not read, and its errors tell of it: nothing but"
    " what is open to all may be there. Take “members” out of “remote”: the embedded store then"
    " answers members"
)
OTHER_PLACE = N_(
    "generation {number} was published to another place than the settings name (“remote”): run"
    " “parvis publish”"
)
BEHIND = N_(
    "{address} holds another generation than this copy, which was published elsewhere: run “parvis"
    " pull”"
)
REPAIRED = "part %s at %s: %d graphs differed, %d were not parvis's; all was sent again"


def remote_stores(settings: Settings, *, anew: bool) -> RemoteStores:
    """Return the writer of the repositories; `anew` sends everything.

    Raises `StoreError` if one of them refuses changes.
    """
    for repositories in settings.remote.parts.values():
        for repository in repositories:
            require_writable(settings.remote, repository)
    return RemoteStores(settings.remote, settings.base, anew=anew)


def served_remotely(settings: Settings) -> Generation | None:
    """Return the served generation if engines hold some of it.

    Raises `StoreError` if it is not where the settings say.
    """
    try:
        served = current(settings.data)
    except NothingPublished:
        return None  # where nothing is published, nothing can leak
    if served.remote_parts().keys() != settings.remote.parts.keys():
        raise StoreError(OTHER_PLACE, number=served.number)
    return served if settings.remote else None


def prove_engines(settings: Settings) -> None:
    """Prove, before serving begins, that engines answer from the queried graphs alone, and all.

    Raises `StoreError` if one does not, `FetchError` if it does not answer.
    """
    served = served_remotely(settings)
    for name, built in (served.remote_parts() if served else {}).items():
        engine = open_engine(settings.remote, built.folder)
        needed = settings.remote.profile.settings
        every = "; ".join(needed.values())
        prove_whole(engine, needed.get("whole", every))
        prove_rows(engine, needed.get("rows", every))
        prove_confinement(engine)
        if name == "members" and evaluates_hidden(engine):
            raise StoreError(COMPUTES, address=engine.address)


def check_engine_settings(settings: Settings) -> list[StoreError]:
    """Return what engines do for want of a setting that their profile names; in about two seconds.

    Raises `FetchError` if one does not answer.
    """
    addresses = [address for part in settings.remote.parts.values() for address in part]

    def check(address: str) -> list[StoreError]:
        is_ours = sent_file(settings.data, address).is_file()  # a copy writes nothing
        return [*check_settings(settings.remote, address, writes=is_ours)]

    with ThreadPoolExecutor(max(len(addresses), 1)) as executor:
        return [error for errors in executor.map(check, addresses) for error in errors]


def check_engines(settings: Settings, *, digests: bool, gently: bool = False) -> list[PartCheck]:
    """Compare what engines hold with what was published, by counts or wholly.

    `gently` leaves them to readers for half of the time.
    """
    if not (served := served_remotely(settings)):
        return []
    ways = {"digests": digests, "gently": gently}
    return [*check_parts(settings.data, served, settings.remote, **ways)]


def repair_engines(settings: Settings, *, digests: bool, gently: bool = False) -> list[PartCheck]:
    """Send again what engines have lost; return the checks of what differed.

    Raises `StoreError` and `FetchError`; what is not repaired is not served. Only where it was
    published: a copy that is behind would overwrite the next generation.
    """
    checks = check_engines(settings, digests=digests, gently=gently)
    unsound = [check for check in checks if not check.is_sound]
    for check in unsound:
        if not sent_file(settings.data, check.repository).is_file():
            raise StoreError(BEHIND, address=check.repository)
    if not unsound:
        return []
    with writing(settings.data):  # a publication may have ended meanwhile
        served, repaired = served_remotely(settings), []
        for check in check_engines(settings, digests=digests):
            if served and not check.is_sound:
                restore_part(settings.data, served.parts[check.part], settings, check)
                _LOG.warning(
                    REPAIRED, check.part, check.repository, len(check.graphs), len(check.added)
                )
                repaired.append(check)
    return repaired


def empty_idle_engines(settings: Settings) -> None:
    """Delete what repositories hold that no reader uses, so that nothing erased is left there."""
    if served := served_remotely(settings):
        in_use = {repository_of(part.folder) for part in served.remote_parts().values()}
        empty_idle(settings.data, settings.remote, settings.base, in_use)
