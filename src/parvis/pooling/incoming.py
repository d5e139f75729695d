"""Files as they came, kept under their digest with the report on them."""

import json
import shutil
from pathlib import Path

from parvis.pooling.digest import digest
from parvis.pooling.examine import Given
from parvis.report import Report


class Incoming:
    """What is kept of one file, or folder of files, given for a dataset."""

    def __init__(self, data: Path, given: Given) -> None:
        """Use a data folder; nothing need be kept yet."""
        self._given = given
        self._folder = data / "incoming" / str(given.dataset.key) / given.digest
        self._report = self._folder.with_name(f"{self._folder.name}.report.json")

    def keep(self, report: Report) -> str:
        """Keep the files and the report on them; gives the report's digest."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for file in _files(self._given):
            shutil.copy2(file, self._folder / file.name)
        text = json.dumps(report.to_json(), ensure_ascii=False)
        self._report.write_text(text, encoding="utf-8")
        return digest(self._report)

    def report(self) -> Report | None:
        """Give the report on it, if it is kept."""
        if not self._report.is_file():
            return None
        return Report.from_json(json.loads(self._report.read_bytes()))


def _files(given: Given) -> list[Path]:
    """List the files that were given; of the record's own folder, those that are data."""
    source, dataset = given.source, given.dataset
    if not source.is_dir():
        return [source]
    if source == dataset.folder:
        return list(dataset.sources)
    return [file for file in sorted(source.iterdir()) if file.is_file()]
