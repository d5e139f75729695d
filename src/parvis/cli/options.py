"""Options that several commands share, and the settings of their pool."""

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from parvis.config import Settings
from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.fetch.address import Address, Source, begins_as_address
from parvis.i18n import N_
from parvis.vocab.iris import DatasetKey

FILE = click.Path(path_type=Path)
ONE_SOURCE = "FILE|ADDRESS"
MAYBE_SOURCE = f"[{ONE_SOURCE}]"

QUEBEC = ZoneInfo("America/Toronto")
"""Agreements speak of days in Québec."""

Result = TypeVar("Result")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

DATA = N_("The data folder (else PARVIS_DATA, else parvis.toml, else ./parvis-data).")
CATALOG = N_("The catalogue folder (else PARVIS_CATALOG, else the one parvis brings).")
JSON = N_("Print the result as JSON.")


def folder_options(command: Decorated) -> Decorated:
    """Add the options that name the pool's folders."""
    command = click.option("--catalog", type=FILE, help=CATALOG)(command)
    return click.option("--data", type=FILE, help=DATA)(command)


def folders(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add the options that name the pool's folders; the command gets the pool's settings."""

    @wraps(command)
    def run(data: Path | None, catalog: Path | None, **options: Any) -> Result:  # noqa: ANN401 - click's own
        return command(settings=Settings.load(data, catalog), **options)

    return folder_options(run)


def as_json(command: Decorated) -> Decorated:
    return click.option("--json", "in_json", is_flag=True, help=JSON)(command)


def source(text: str) -> Source:
    """Parse a path of this machine, or an address; raises `AddressError`."""
    # A bad address is refused while the command line is parsed, before anything is done.
    return Address.parse(text) if begins_as_address(text) else Path(text)


def dataset_key(text: str) -> DatasetKey:
    """Parse ``PARTNER/DATASET``; raises `UsageError`."""
    partner, slash, dataset = text.partition("/")
    if not (partner and slash and dataset) or "/" in dataset:
        raise UsageError("“{text}” does not name a dataset as PARTNER/DATASET", text=text)
    return DatasetKey(partner, dataset)


def print_json(value: object) -> None:
    click.echo(json.dumps(to_json(value), ensure_ascii=False, indent=2))
