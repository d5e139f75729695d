"""Settings: from the command line, else the environment, else ``parvis.toml``, else defaults."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import parvis
from parvis.config.engine import AUTHENTICATIONS, EngineProfile, read_profile
from parvis.config.federation import FederationSettings
from parvis.config.limits import KINDS, Limits, Share
from parvis.config.mail import EMAIL, MailSettings
from parvis.config.openid import OpenIdSettings, read_first_line
from parvis.errors import UsageError
from parvis.i18n import N_


def knowledge(name: str) -> Path:
    """Return the folder of `ontology`, `shapes` or `catalog`, in a wheel or in a checkout."""
    inside = Path(str(files("parvis") / "data" / name))
    return inside if inside.is_dir() else Path(parvis.__file__).parents[2] / name


NO_EMAIL = N_("“{text}” in “admin_email” is no email address")


@dataclass(frozen=True)
class FetchSettings:
    """What a request to another server may use; durations in seconds, sizes in bytes.

    `bytes` and `seconds` are of one file, its redirects included; `connect_seconds` and
    `read_seconds` of one connection and of one silence. `allow` has hosts, and networks in CIDR
    notation, that may be requested though they are not public; `proxy` is the address of a proxy.
    """

    bytes: int = 1_000_000_000
    seconds: float = 600.0
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    redirects: int = 5
    allow: tuple[str, ...] = ()
    proxy: str = ""

    def __post_init__(self) -> None:
        # A misspelt network would silently allow nothing.
        for entry in self.allow:
            if "/" in entry:
                try:
                    ip_network(entry, strict=False)
                except ValueError as error:
                    raise UsageError(
                        "“{text}” in “allow” is neither a host nor a network (10.1.0.0/16)",
                        text=entry,
                    ) from error


@dataclass(frozen=True)
class RemoteStore:
    """SPARQL 1.1 engines that answer instead of the embedded store; durations in seconds.

    `engine` names a profile. `open` are the addresses of the repositories for what is open to all,
    `members` those for what members may read: a publication is written to each in turn, so that two
    let readers go on meanwhile. Where there is none, the embedded store answers. `user` and the
    first line of `password_file` are the credentials, or that line alone as a token if
    `authentication` is ``bearer`` (by default the engine's own way). `update_seconds` is the limit
    of one change, `connections` the number of queries at a time, `tries` how often a request is
    sent in all without an answer, `piece_bytes` how much is sent at a time (0: what suits the
    engine); the content is compared with what was published every `check_minutes`.
    """

    engine: str = "oxigraph"
    open: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    user: str = ""
    password_file: str = ""
    authentication: str = ""
    ca_file: str = ""
    connect_seconds: float = 10.0
    read_seconds: float = 60.0
    update_seconds: float = 3_600.0
    tries: int = 4
    connections: int = 8
    piece_bytes: int = 0
    check_minutes: float = 60.0

    def __post_init__(self) -> None:
        addresses = (*self.open, *self.members)
        for address in addresses:
            if not address.startswith(("http://", "https://")):
                raise UsageError("“{text}” of “remote” is no http(s) address", text=address)
        # One repository for both would show to all what members may read.
        if len({address.rstrip("/") for address in addresses}) < len(addresses):
            raise UsageError("“open” and “members” of “remote” name a repository twice")
        if self.authentication not in ("", *AUTHENTICATIONS):
            raise UsageError(
                "“authentication” of “remote” is one of {names}", names=", ".join(AUTHENTICATIONS)
            )
        # Less than 1 would never send a request.
        if min(self.tries, self.connections, self.piece_bytes + 1) < 1 or self.check_minutes <= 0:
            raise UsageError(
                "tries and connections of “remote” are 1 at least, piece_bytes is not below 0,"
                " check_minutes is above 0"
            )
        read_profile(self.engine)

    def __bool__(self) -> bool:
        return bool(self.open or self.members)

    @property
    def profile(self) -> EngineProfile:
        return read_profile(self.engine)

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """Return the repositories of each part that an engine holds."""
        parts = {"open": self.open, "members": self.members}
        return {name: addresses for name, addresses in parts.items() if addresses}

    def secret(self) -> str:
        """Return the password or token; empty where no file is set. Raises `UsageError`."""
        return read_first_line(self.password_file) if self.password_file else ""


LEAST = {"contributors": 3, "persons": 10, "base": 5, "inhabitants": 40}
"""The rules of all pools on released figures: a pool may raise them, never lower them."""
TOO_FEW = N_("“{name}” of “reciprocity” is {least} at least")
DIMENSIONS = ("discipline", "area", "age", "public", "language", "channel")
"""The dimensions of publics that a stratum may be a combination of."""


@dataclass(frozen=True)
class Reciprocity:
    """What a contribution must have to count in the exchange, for `days` from its submission.

    `strata` are the dimensions whose combinations are the strata of the exchange. A contribution
    counts from a least number of `persons` in its greatest figure, of `figures` of its discipline
    and of its area in its file, and a `score` of its report, if its period ended `recent_days`
    before at most, and none was withdrawn for `pause_days`. `confirmed` are the datasets, as
    PARTNER/DATASET, whose figures the steward has reviewed and found plausible.
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
        # Other values would let nothing count, or everything.
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
"""What is logged: nothing, failed or slow requests, or each request."""


@dataclass(frozen=True)
class Monitoring:
    """What the operator of the machine sees; `slow_seconds` are those of a query.

    `log` is one of `LOGGED`; `kept_queries` slow and refused queries are held in memory for the
    steward, with their text; `metrics_from` has addresses, and networks in CIDR notation, from
    which the metrics may be read without a token.
    """

    log: str = "problems"
    slow_seconds: float = 1.0
    kept_queries: int = 200
    metrics_from: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.log not in LOGGED:
            raise UsageError("“log” of “observing” is one of {names}", names=", ".join(LOGGED))
        if self.slow_seconds < 0 or self.kept_queries < 0:
            raise UsageError("the numbers of “observing” are not below 0")
        for entry in self.metrics_from:
            try:
                ip_network(entry, strict=False)
            except ValueError as error:
                raise UsageError(
                    "“{text}” in “metrics_from” is neither an address nor a network (10.1.0.0/16)",
                    text=entry,
                ) from error


LOOSER = N_("“{name}” of “disclosure” is {least} at least: a pool may tighten the rules only")
NO_AGES = N_("“ages” of “disclosure” names age brackets, each once")


@dataclass(frozen=True)
class Disclosure:
    """The minimums of a published figure: contributors, persons, inhabitants of its area.

    Published figures are multiples of `base`. `ages` are the brackets of the pool, codes of the
    list of ages that do not overlap; they are those of all releases.
    """

    contributors: int = LEAST["contributors"]
    persons: int = LEAST["persons"]
    base: int = LEAST["base"]
    inhabitants: int = LEAST["inhabitants"]
    ages: tuple[str, ...] = ("0-13", "14-64", "65-plus")

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise UsageError(LOOSER, name=name, least=least)
        if not self.ages or len(set(self.ages)) < len(self.ages):
            raise UsageError(NO_AGES)


PYODIDE = (
    *("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json"),
    "python_stdlib.zip",
)
"""The files of Pyodide that a browser loads."""
NO_AUTHORITY = N_(
    "“timestamp_certificate” must name the file of the certificates (PEM) of the authority at"
    " {address}: its timestamps are verified before they are stored"
)
NO_PYODIDE = N_(
    "the folder {folder} of the setting “pyodide” lacks {names}: unpack there the package “pyodide”"
    " of npm"
)


@dataclass(frozen=True)
class Settings:
    """The settings of a pool.

    `base` is the pool's public address, ending with a slash: every IRI is minted under it, never
    under a request's host. `proxies` is how many of our reverse proxies are in front of the server:
    as many addresses in X-Forwarded-For are theirs. The steward deletes a backup that has deleted
    data within `backup_days`; the audit trail drops entries after `audit_days`. A partner's file
    waits `queue_days` at most for a decision. Deletions by date trust the clock up to `clock_days`
    after the last instant in the ledger. `escape_formulas` puts an apostrophe before cells of
    datasets' CSV files that a spreadsheet would calculate. `admin_email` is where harvesters write
    to; without it, the catalogue's contact point must have one. `pyodide` is the folder of the
    published distribution of Pyodide, seen from the catalogue folder: with it, partners clean files
    in their browsers. `backups` is the folder, seen likewise, of the backups that the steward makes
    on a page; empty for one beside the data folder. `ckan` is the address of the CKAN that
    the steward pushes records to on a page, `ckan_key_file` the file of its key and `ckan_fields`
    which field gets what. `timezone` is the pool's own (IANA's name): its
    pages say days and hours by it, while files keep instants in UTC. `timestamp_server` is the
    address of an authority that stamps signed releases (RFC 3161), empty for none, and
    `timestamp_certificate` the file of its certificates (PEM), seen from the catalogue folder.
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
    pyodide: str = ""
    backups: str = ""
    ckan: str = ""
    ckan_key_file: str = ""
    ckan_fields: str = "ckan"
    timezone: str = "America/Toronto"
    timestamp_server: str = ""
    timestamp_certificate: str = ""
    limits: Limits = field(default_factory=Limits)
    fetch: FetchSettings = field(default_factory=FetchSettings)
    reciprocity: Reciprocity = field(default_factory=Reciprocity)
    observing: Monitoring = field(default_factory=Monitoring)
    disclosure: Disclosure = field(default_factory=Disclosure)
    remote: RemoteStore = field(default_factory=RemoteStore)
    oidc: OpenIdSettings = field(default_factory=OpenIdSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    federation: FederationSettings = field(default_factory=FederationSettings)

    def __post_init__(self) -> None:
        if not self.base.startswith(("http://", "https://")) or not self.base.endswith("/"):
            raise UsageError(
                "the base address {base} must begin with http(s):// and end with /", base=self.base
            )
        if self.backup_days < 0 or min(self.audit_days, self.queue_days, self.clock_days) < 1:
            raise UsageError(
                "backup_days is not below 0, audit_days, queue_days and clock_days are 1 at least"
            )
        if self.admin_email and not EMAIL.fullmatch(self.admin_email):
            raise UsageError(NO_EMAIL, text=self.admin_email)
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise UsageError(NO_ZONE, name=self.timezone) from error
        # Without it, whoever answers in the authority's place is believed for ever.
        if self.timestamp_server and not self.timestamp_certificate:
            raise UsageError(NO_AUTHORITY, address=self.timestamp_server)
        if missing := self.pyodide and sorted(
            name for name in PYODIDE if not (self.catalog / self.pyodide / name).is_file()
        ):
            raise UsageError(NO_PYODIDE, folder=self.pyodide, names=", ".join(missing))

    @classmethod
    def load(cls, data: Path | None = None, catalog: Path | None = None) -> Self:
        """Read the settings; arguments override environment and file.

        Raises `UsageError` for a file that is not TOML or names an unknown setting.
        """
        env = os.environ
        folder = catalog or Path(env.get("PARVIS_CATALOG") or knowledge("catalog"))
        if not folder.is_dir():
            raise UsageError("the catalogue folder {folder} does not exist", folder=folder)
        file, document = folder / "parvis.toml", dict[str, Any]()
        if file.is_file():
            try:
                document = tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise UsageError(NOT_TOML, file=file, reason=error) from error
        _check_table(file, document, Settings)
        for name, kind in _TABLES.items():
            _check_table(file, document.get(name, {}), kind)
        # A share of readers only names the values that differ from the default.
        for name in KINDS & document.get("limits", {}).keys():
            limits = document["limits"][name]
            _check_table(file, limits, Share)
            document["limits"][name] = replace(getattr(Limits(), name), **limits)
        # The environment overrides the file.
        if base := env.get("PARVIS_BASE"):
            document["base"] = base
        where = data or Path(env.get("PARVIS_DATA") or document.pop("data", "parvis-data"))
        document.pop("data", None)
        tables: dict[str, Any] = {
            name: kind(**document.pop(name, {})) for name, kind in _TABLES.items()
        }
        return cls(data=where.resolve(), catalog=folder.resolve(), **tables, **document)


NO_ZONE = N_(
    "there is no time zone “{name}”: write one as IANA names it, for instance America/Toronto"
)
NOT_TOML = N_("{file} is not valid TOML: {reason}")
WRONG_TYPE = N_("{file}: the setting {name} cannot be {value}")
UNKNOWN_SETTING = N_("{file} names an unknown setting: {names}")


def _check_table(
    file: Path, document: dict[str, Any], kind: "type[Settings | Share | Table]"
) -> None:
    # Lists become tuples, since settings are immutable.
    unknown = set(document) - {f.name for f in fields(kind)} | {"catalog"} & set(document)
    if unknown:
        raise UsageError(UNKNOWN_SETTING, file=file, names=", ".join(sorted(unknown)))
    for setting in (option for option in fields(kind) if option.name in document):
        value = document[setting.name]
        if isinstance(value, list) and all(isinstance(text, str) for text in value):
            value = tuple(value)
        # Tables have no plain default; by name alone, “host” of “mail” would be that of “limits”.
        expected = type(setting.default)
        if setting.default is MISSING or expected is Share:
            expected = str if setting.name == "data" else dict
        is_whole = isinstance(value, int) and not isinstance(value, bool) and expected is float
        if type(value) is not expected and not is_whole:
            raise UsageError(WRONG_TYPE, file=file, name=setting.name, value=value)
        document[setting.name] = value


Table = (
    Limits
    | FetchSettings
    | Reciprocity
    | Monitoring
    | Disclosure
    | RemoteStore
    | OpenIdSettings
    | MailSettings
    | FederationSettings
)
_TABLES: dict[str, type[Table]] = {
    "limits": Limits,
    "fetch": FetchSettings,
    "reciprocity": Reciprocity,
    "observing": Monitoring,
    "disclosure": Disclosure,
    "remote": RemoteStore,
    "oidc": OpenIdSettings,
    "mail": MailSettings,
    "federation": FederationSettings,
}
"""Settings that are tables."""
