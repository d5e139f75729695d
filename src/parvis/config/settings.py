"""Settings: from the command line, else the environment, else ``parvis.toml``, else defaults."""

import os
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self, get_args

import parvis
from parvis.config.limits import KINDS, Limits, Share
from parvis.errors import UsageError
from parvis.i18n import N_


def knowledge(name: str) -> Path:
    """Find `ontology`, `shapes` or `catalog`, in a wheel or in a checkout."""
    inside = Path(str(files("parvis") / "data" / name))
    return inside if inside.is_dir() else Path(parvis.__file__).parents[2] / name


NO_EMAIL = N_("“{text}” in “admin_email” is no email address")
_EMAIL = re.compile(r"[^\s@]+@([^\s@.]+\.)+[^\s@.]+")
"""What OAI-PMH 2.0 takes for one (its schema, ``emailType``)."""


@dataclass(frozen=True)
class Fetching:
    """What calling another server may take; durations in seconds, sizes in bytes.

    `bytes` and `seconds` are of one file, its redirects included; `connect_seconds` and
    `read_seconds` of one connection and of one silence. `allow` names hosts, and networks in CIDR
    notation, that may be called though they are not public; `proxy` is the address of one.
    """

    bytes: int = 1_000_000_000
    seconds: float = 600.0
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    redirects: int = 5
    allow: tuple[str, ...] = ()
    proxy: str = ""

    def __post_init__(self) -> None:
        """Refuse what looks like a network and is none: it would silently allow nothing."""
        for one in self.allow:
            if "/" in one:
                try:
                    ip_network(one, strict=False)
                except ValueError as error:
                    raise UsageError(
                        "“{text}” in “allow” is neither a host nor a network (10.1.0.0/16)",
                        text=one,
                    ) from error


Authentication = Literal["basic", "digest", "bearer"]
AUTHENTICATIONS = get_args(Authentication)


@dataclass(frozen=True)
class Remote:
    """A SPARQL 1.1 store that serves in the place of the embedded one; durations in seconds.

    `query`, `update` and `graphs` are its addresses for the three protocols; the last two are for
    who publishes. `user` and the first line of `password_file` are told to it, or that line alone
    as a token if `authentication` is ``bearer``. `update_seconds` is what one change may take,
    `connections` how many queries it is asked at a time, `tries` how often a request is sent in
    all while it does not answer, `piece_bytes` how much of a graph is sent at a time. With
    `open_only` it is sent graphs that everyone may read, and no others.
    """

    query: str = ""
    update: str = ""
    graphs: str = ""
    user: str = ""
    password_file: str = ""
    authentication: str = "basic"
    ca_file: str = ""
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    update_seconds: float = 3_600.0
    tries: int = 4
    connections: int = 8
    piece_bytes: int = 4_000_000
    open_only: bool = False

    def __post_init__(self) -> None:
        """Refuse addresses that are none, and what would ask nothing."""
        for address in filter(None, (self.query, self.update, self.graphs)):
            if not address.startswith(("http://", "https://")):
                raise UsageError("“{text}” of “remote” is no http(s) address", text=address)
        if not self.query and (self.update or self.graphs):
            raise UsageError("“query” of “remote” is missing: the address that answers queries")
        if self.authentication not in AUTHENTICATIONS:
            raise UsageError(
                "“authentication” of “remote” is one of {names}", names=", ".join(AUTHENTICATIONS)
            )
        if min(self.tries, self.connections, self.piece_bytes) < 1:
            raise UsageError("tries, connections and piece_bytes of “remote” are 1 at least")

    def __bool__(self) -> bool:
        """Say whether there is one."""
        return bool(self.query)

    def secret(self) -> str:
        """Read the password or token; empty where none is named. Raises `UsageError`."""
        if not self.password_file:
            return ""
        try:
            text = Path(self.password_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "{file} cannot be read: {reason}", file=self.password_file, reason=error
            ) from error
        return text.partition("\n")[0].strip()


LEAST = {"contributors": 3, "persons": 10, "base": 5, "inhabitants": 40}
"""The rules of all pools on released figures: a pool may raise them, never lower them."""
TOO_FEW = N_("“{name}” of “reciprocity” is {least} at least")
DIMENSIONS = ("discipline", "area", "age", "public", "language", "channel")
"""The dimensions of publics that a stratum may be a combination of."""


@dataclass(frozen=True)
class Reciprocity:
    """What giving counts for: `days` are how long a contribution counts from when it was given.

    `strata` names the dimensions whose combinations are the strata of the exchange. A contribution
    counts from a least number of `persons` in its greatest figure, of `figures` of its discipline
    and of its area in its file, and a `score` of its report, if its period ended `recent_days`
    before at most, and none was withdrawn for `pause_days`. `confirmed` are the datasets, as
    PARTNER/DATASET, whose figures the steward has looked at and found plausible.
    """

    days: int = 400
    strata: tuple[str, ...] = DIMENSIONS[:3]
    persons: int = 30
    figures: int = 4
    score: float = 80.0
    recent_days: int = 1100
    pause_days: int = 90
    confirmed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would let nothing count, or everything."""
        least = {"persons": LEAST["persons"], "figures": 2, "recent_days": 1, "pause_days": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise UsageError(TOO_FEW, name=name, least=value)
        if not 0 <= self.score <= 100:  # noqa: PLR2004 - scores are of a hundred
            raise UsageError("“score” of “reciprocity” is from 0 to 100")
        if self.days < 1:
            raise UsageError("“days” of “reciprocity” is 1 at least")
        unknown = sorted(set(self.strata) - set(DIMENSIONS))
        if unknown or not self.strata or len(set(self.strata)) < len(self.strata):
            raise UsageError(
                "“strata” of “reciprocity” names some of {names}, each once",
                names=", ".join(DIMENSIONS),
            )


LOGGED = ("none", "problems", "requests")
"""What may be written to the log: nothing, what went wrong or slowly, or each request."""


@dataclass(frozen=True)
class Observing:
    """What is told to whoever keeps the machine; `slow_seconds` are those of a query.

    `log` is one of `LOGGED`; `kept_queries` slow and refused queries are held in memory for the
    steward, with their text; `metrics_from` names addresses, and networks in CIDR notation, from
    which the figures may be read without a token.
    """

    log: str = "problems"
    slow_seconds: float = 1.0
    kept_queries: int = 200
    metrics_from: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would observe nothing, or let nobody in who was meant to be."""
        if self.log not in LOGGED:
            raise UsageError("“log” of “observing” is one of {names}", names=", ".join(LOGGED))
        if self.slow_seconds < 0 or self.kept_queries < 0:
            raise UsageError("the numbers of “observing” are not below 0")
        for one in self.metrics_from:
            try:
                ip_network(one, strict=False)
            except ValueError as error:
                raise UsageError(
                    "“{text}” in “metrics_from” is neither an address nor a network (10.1.0.0/16)",
                    text=one,
                ) from error


LOOSER = N_("“{name}” of “disclosure” is {least} at least: a pool may tighten the rules only")
NO_AGES = N_("“ages” of “disclosure” names age brackets, each once")


@dataclass(frozen=True)
class Disclosure:
    """What a figure must have to be told: contributors, persons, inhabitants of its area.

    Told figures are multiples of `base`. `ages` are the brackets of the pool, codes of the list of
    ages that do not overlap; they are those of all releases.
    """

    contributors: int = LEAST["contributors"]
    persons: int = LEAST["persons"]
    base: int = LEAST["base"]
    inhabitants: int = LEAST["inhabitants"]
    ages: tuple[str, ...] = ("0-13", "14-64", "65-plus")

    def __post_init__(self) -> None:
        """Refuse what is looser than the rules."""
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise UsageError(LOOSER, name=name, least=least)
        if not self.ages or len(set(self.ages)) < len(self.ages):
            raise UsageError(NO_AGES)


@dataclass(frozen=True)
class Settings:
    """Where a pool lives and under which address it is known.

    `base` is the pool's public address, ending with a slash: every IRI is minted under it,
    never under a request's host. `proxies` is how many reverse proxies of ours stand before the
    server: as many addresses in X-Forwarded-For are theirs to say. Within `backup_days` a backup
    that holds what was deleted is to be removed; after `audit_days` the audit trail forgets.
    A file that a partner sends waits `queue_days` at most to be decided about. What deletes by the
    date trusts the clock up to `clock_days` after the last instant that the ledger knows of.
    `escape_formulas` puts an apostrophe before cells of datasets' CSV files that a spreadsheet
    would calculate. `admin_email` is where harvesters write to; without it, the catalogue's contact
    point is asked for one.
    """

    data: Path
    catalog: Path
    base: str = "http://localhost:8000/"
    proxies: int = 0
    keep_generations: int = 3
    backup_days: int = 30
    audit_days: int = 1095
    queue_days: int = 30
    clock_days: int = 3
    admin_email: str = ""
    escape_formulas: bool = False
    limits: Limits = field(default_factory=Limits)
    fetch: Fetching = field(default_factory=Fetching)
    reciprocity: Reciprocity = field(default_factory=Reciprocity)
    observing: Observing = field(default_factory=Observing)
    disclosure: Disclosure = field(default_factory=Disclosure)
    remote: Remote = field(default_factory=Remote)

    def __post_init__(self) -> None:
        """Refuse a base that could not mint IRIs."""
        if not self.base.startswith(("http://", "https://")) or not self.base.endswith("/"):
            raise UsageError(
                "the base address {base} must begin with http(s):// and end with /", base=self.base
            )
        if self.backup_days < 0 or min(self.audit_days, self.queue_days, self.clock_days) < 1:
            raise UsageError(
                "backup_days is not below 0, audit_days, queue_days and clock_days are 1 at least"
            )
        if self.admin_email and not _EMAIL.fullmatch(self.admin_email):
            raise UsageError(NO_EMAIL, text=self.admin_email)

    @classmethod
    def load(cls, data: Path | None = None, catalog: Path | None = None) -> Self:
        """Read the settings; what the caller gives wins over environment and file.

        Raises `UsageError` for a file that is not TOML or names an unknown setting.
        """
        env = os.environ
        folder = catalog or Path(env.get("PARVIS_CATALOG") or knowledge("catalog"))
        if not folder.is_dir():
            raise UsageError("the catalogue folder {folder} does not exist", folder=folder)
        found = _read(folder / "parvis.toml")
        if base := env.get("PARVIS_BASE"):
            found["base"] = base
        where = data or Path(env.get("PARVIS_DATA") or found.pop("data", "parvis-data"))
        found.pop("data", None)
        tables: dict[str, Any] = {
            name: kind(**found.pop(name, {})) for name, kind in _TABLES.items()
        }
        return cls(data=where.resolve(), catalog=folder.resolve(), **tables, **found)


NOT_TOML = N_("{file} is not valid TOML: {reason}")
WRONG_TYPE = N_("{file}: the setting {name} cannot be {value}")
UNKNOWN_SETTING = N_("{file} names an unknown setting: {names}")


def _read(file: Path) -> dict[str, Any]:
    """Read a settings file, if there is one, and refuse unknown names."""
    if not file.is_file():
        return {}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(NOT_TOML, file=file, reason=error) from error
    _check(file, found, Settings)
    for name, kind in _TABLES.items():
        _check(file, found.get(name, {}), kind)
    for name in KINDS & found.get("limits", {}).keys():
        told = found["limits"][name]
        _check(file, told, Share)
        found["limits"][name] = replace(getattr(Limits(), name), **told)
    return found


def _check(
    file: Path,
    found: dict[str, Any],
    kind: type[
        Settings | Limits | Fetching | Reciprocity | Observing | Disclosure | Remote | Share
    ],
) -> None:
    """Refuse unknown names, and values of another type than their setting's; lists become fixed."""
    unknown = set(found) - {f.name for f in fields(kind)} | {"catalog"} & set(found)
    if unknown:
        raise UsageError(UNKNOWN_SETTING, file=file, names=", ".join(sorted(unknown)))
    for setting in (one for one in fields(kind) if one.name in found):
        value = _fixed(found[setting.name])
        wanted = _TYPES.get(setting.name) or type(setting.default)
        whole = isinstance(value, int) and not isinstance(value, bool) and wanted is float
        if type(value) is not wanted and not whole:
            raise UsageError(WRONG_TYPE, file=file, name=setting.name, value=value)
        found[setting.name] = value


def _fixed(value: object) -> object:
    """Make a list of texts a tuple; one of anything else stays, and is of no setting's type."""
    texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return tuple(value) if isinstance(value, list) and texts else value


_TABLES: dict[str, type[Limits | Fetching | Reciprocity | Observing | Disclosure | Remote]] = {
    "limits": Limits,
    "fetch": Fetching,
    "reciprocity": Reciprocity,
    "observing": Observing,
    "disclosure": Disclosure,
    "remote": Remote,
}
"""Settings that stand in a table of their own."""
_TYPES: dict[str, type] = {"data": str, **dict.fromkeys((*_TABLES, *KINDS), dict)}
"""The types of settings that have no plain default."""
