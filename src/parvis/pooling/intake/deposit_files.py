"""The folders of files that partners gave, one for each file that waits for a decision."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from parvis.ledger import Deposit, Deposits
from parvis.pooling.report_model import ReportModel
from parvis.vocab.iris import DatasetKey

FOLDER = "deposits"
GIVEN, REPORT = "given", "report.json"


def file_of(data: Path, deposit: Deposit) -> Path:
    """Return the path of a waiting file, under the name that its sender knows it by."""
    return folder_of(data, deposit) / GIVEN / deposit.file


def folder_of(data: Path, deposit: Deposit) -> Path:
    """Return the folder of a waiting file, and of the report on it."""
    partner, dataset = deposit.dataset.rsplit("/", 2)[1:]
    return data / FOLDER / partner / dataset / deposit.id


def folders(data: Path) -> list[Path]:
    """Return all existing folders, whether or not the ledger knows their file."""
    return list((data / FOLDER).glob("*/*/*"))


def read_account(data: Path, deposit: Deposit) -> ReportModel | None:
    """Return the stored report on a waiting file."""
    try:
        return ReportModel.from_json(json.loads((folder_of(data, deposit) / REPORT).read_bytes()))
    except FileNotFoundError:
        return None


def clear(data: Path, deposit: Deposit) -> None:
    """Delete the folder of a file that is decided about."""
    # What a kill leaves, `settle` deletes.
    shutil.rmtree(folder_of(data, deposit), ignore_errors=True)


def forget_deposits(data: Path, datasets: Mapping[DatasetKey, str]) -> None:
    """Delete all files given for datasets (with their IRIs) that are destroyed."""
    for key in datasets:
        shutil.rmtree(data / FOLDER / str(key), ignore_errors=True)
    Deposits(data).forget(datasets.values())
