"""Where files that partners gave wait to be decided about, each in a folder of its own."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from parvis.ledger import Deposit, Deposits
from parvis.pooling.report_model import Account
from parvis.vocab.iris import DatasetKey

# Where files that partners gave wait to be decided about, each in a folder of its own.

FOLDER = "deposits"
GIVEN, REPORT = "given", "report.json"


def file_of(data: Path, one: Deposit) -> Path:
    """Tell where a file waits, under the name that its giver knows it by."""
    return folder_of(data, one) / GIVEN / one.file


def folder_of(data: Path, one: Deposit) -> Path:
    """Tell the folder of a file that waits, and of the report on it."""
    partner, dataset = one.dataset.rsplit("/", 2)[1:]
    return data / FOLDER / partner / dataset / one.id


def folders(data: Path) -> list[Path]:
    """List the folders that there are, whoever made them."""
    return list((data / FOLDER).glob("*/*/*"))


def account_kept(data: Path, one: Deposit) -> Account | None:
    """Give the report on a file that waits, as it was when it was given."""
    try:
        return Account.from_json(json.loads((folder_of(data, one) / REPORT).read_bytes()))
    except FileNotFoundError:
        return None


def clear(data: Path, one: Deposit) -> None:
    """Remove the folder of a file that is decided about; what a kill leaves, `settle` removes."""
    shutil.rmtree(folder_of(data, one), ignore_errors=True)


def forget_deposits(data: Path, datasets: Mapping[DatasetKey, str]) -> None:
    """Delete all that was given for datasets (with their IRIs) that are destroyed."""
    for key in datasets:
        shutil.rmtree(data / FOLDER / str(key), ignore_errors=True)
    Deposits(data).forget(datasets.values())
