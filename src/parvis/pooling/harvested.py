"""What servers said of the pages that were harvested, kept in ``harvests.json``."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from parvis.catalog import Partner
from parvis.documents import Document
from parvis.fetch.download import Validators
from parvis.portals.harvest import Known, Page
from parvis.store.durable import read_object, replace_object
from parvis.store.lock import writing


class Memory:
    """The pages that were harvested for one partner."""

    def __init__(self, data: Path, partner: Partner) -> None:
        """Use a data folder."""
        self._data, self._partner = data, partner
        self._file = data / "harvests.json"

    def known(self, address: str) -> Known | None:
        """Give what is known of a page; nothing if a text that came of it is no longer here."""
        found = self._page(address)
        texts = [self._partner.folder / one / "dataset.ttl" for one in found.get("datasets", [])]
        if not texts or not all(one.is_file() for one in texts):
            return None
        return Known(Validators(found.get("etag"), found.get("modified")), found.get("next"))

    def datasets(self, address: str) -> list[str]:
        """Give the slugs of the datasets that came of a page."""
        return list(self._page(address).get("datasets", []))

    def keep(self, page: Page, datasets: list[str]) -> None:
        """Keep what a server said of a page, in one step."""
        said = page.known.validators
        if said == Validators():
            return
        one = {**asdict(said), "next": page.known.next, "datasets": datasets}
        with writing(self._data):
            whole = self._all()
            whole.setdefault(self._partner.slug, {})[page.address] = one
            replace_object(self._file, whole)

    def _page(self, address: str) -> dict[str, Any]:
        """Give what is kept of a page."""
        whole = Document(self._all(), self._file.name)
        if self._partner.slug not in whole.table():
            return {}
        page = whole.member(self._partner.slug).member(address)
        if page.value is None:
            return {}
        for slug in page.member("datasets").items():  # each is looked for as a folder
            slug.path()
        following = page.member("next")
        following.optional(following.text)
        return page.table()

    def _all(self) -> dict[str, Any]:
        """Read the whole file."""
        return read_object(self._file)
