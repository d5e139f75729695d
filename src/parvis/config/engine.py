"""What differs from one SPARQL engine to another: a profile each, in ``engines/``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from parvis.errors import UsageError
from parvis.i18n import N_

Authentication = Literal["basic", "digest", "bearer"]
AUTHENTICATIONS = get_args(Authentication)
OBSERVED = frozenset({"whole", "rows", "write", "closed", "service", "time"})
"""What parvis observes: that a query without graphs reads all, that no answer is cut, that changes
are taken, but not where queries are, that no other server is called, and that queries are ended."""
UNKNOWN = N_("“engine” of “remote” is one of {names}, or the path of a profile of your own")
DAMAGED = N_("the profile {file} cannot be read: {reason}")


@dataclass(frozen=True)
class EngineTimeout:
    """The parameter by which a query states its longest time, and its unit.

    `least` is the shortest time that the engine heeds, in seconds. Where it ends a query, the
    header `header` has the words `without` if it has no limit of its own.
    """

    parameter: str = ""
    milliseconds: bool = False
    unit: str = ""
    least: float = 0.1
    header: str = ""
    without: str = ""

    def of(self, seconds: float) -> dict[str, str]:
        """Return the parameter for a time; nothing if the engine has none."""
        seconds = max(seconds, self.least)
        number = round(seconds * 1000) if self.milliseconds else max(round(seconds), 1)
        return {self.parameter: f"{number}{self.unit}"} if self.parameter else {}


@dataclass(frozen=True)
class EngineProfile:
    """How an engine is spoken to.

    `query`, `update` and `graphs` follow a repository's address, for the three protocols; `quads`
    likewise, where N-Quads of many graphs can be added by one request; `piece` is how many bytes
    are sent at a time. `whole` are the parameters of a query that names no graph and reads all. An
    engine that has graphs of its own (`system_graphs`, beginnings of IRIs) would read them too:
    there readers see what they are granted, by the queries `close` (once) and `grant` (of the
    graphs ``?g``), at the address of updates, where all graphs are seen. `describe` are words in
    front of a DESCRIBE. `list_limit` is the number of graphs that a query can name in good time,
    `writers` the number of requests at a time; one that fails with the words `again` is sent again
    alone. `run_here` is the version that the tests ran on, empty if none. `settings` are those that
    the engine needs and parvis observes, by what it observes (`OBSERVED`); those that nothing can
    observe are `unobserved`. They, `durable` and `differences` are for people.
    """

    name: str
    query: str
    update: str
    graphs: str
    quads: str = ""
    piece: int = 4_000_000
    authentication: str = "basic"
    whole: Mapping[str, str] = field(default_factory=dict)
    close: str = ""
    grant: str = ""
    describe: str = ""
    system_graphs: tuple[str, ...] = ()
    writers: int = 1
    again: str = ""
    list_limit: int = 50
    timeout: EngineTimeout = EngineTimeout()
    run_here: str = ""
    durable: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    unobserved: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


def profile_names() -> list[str]:
    """Return the names of the profiles that parvis has."""
    folder = files("parvis.config") / "engines"
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir())


@cache
def read_profile(name: str) -> EngineProfile:
    """Read the profile of an engine, by its name or the path of a file. Raises `UsageError`."""
    known = name in profile_names()
    if not known and not name.endswith(".toml"):
        raise UsageError(UNKNOWN, names=", ".join(profile_names()))
    file = files("parvis.config") / "engines" / f"{name}.toml" if known else Path(name)
    try:
        return _parse_profile(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(DAMAGED, file=name, reason=error) from error


def _parse_profile(document: dict[str, Any]) -> EngineProfile:
    """Check the types of a profile's values. Raises `TypeError` and `ValueError`."""
    document["timeout"] = EngineTimeout(**document.get("timeout", {}))
    for option in fields(EngineProfile):
        value = document.get(option.name)
        if isinstance(value, list):
            value = document[option.name] = tuple(map(str, value))
        texts = dict.fromkeys(("name", "query", "update", "graphs"), str)
        expected = {**texts, "whole": dict, "settings": dict}.get(option.name, type(option.default))
        if value is not None and type(value) is not expected:
            raise TypeError(option.name)
    profile = EngineProfile(**document)
    if profile.authentication not in AUTHENTICATIONS:
        raise ValueError(profile.authentication)
    if strange := profile.settings.keys() - OBSERVED:
        raise ValueError(", ".join(sorted(strange)))
    return profile
