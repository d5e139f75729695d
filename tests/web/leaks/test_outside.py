"""What leaves the house by other ways than the site: to a CKAN, to a partner by its report."""

import json

import pytest

from parvis.catalog.portals.fields import Fields
from parvis.cli import main
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship import portals as push
from parvis.store.generation.generation import current
from parvis.vocab.iris import Iris
from tests.web.leaks.conftest import Served
from tests.web.leaks.pool import ANONYMOUS, BASE, NAME, READS
from tests.web.leaks.test_leaks import figures, seen, words


def test_a_ckan_is_sent_what_everyone_may_know_and_no_more(served: Served) -> None:
    """Of what may be known and not read no file, count, digest or name of a file."""
    published = Snapshot.read(current(served.settings.data), Iris(BASE))
    fields = Fields.load("ckan")
    sent = [
        push._build_package(published, card, fields, BASE)  # noqa: SLF001 - what a plan is made of
        for card in push._pushable_cards(published)  # noqa: SLF001
    ]
    found = words(repr(sent))
    assert {(NAME, "open"), (NAME, "known"), (NAME, "barred")} <= found
    assert {one for one in found if one[0] not in seen(ANONYMOUS, one[1])} == set()
    assert figures(ANONYMOUS, served, repr(sent)) == set()


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_a_partners_report_speaks_of_its_own_dataset_alone(
    served: Served, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else the record holds: it was held against nothing of another."""
    file = served.folder / f"report.{form}"
    where = ["--data", str(served.settings.data), "--catalog", str(served.settings.catalog)]
    asked = ["check", "alpha/zqopen", *where, "--report", str(file), "--json"]
    with pytest.raises(SystemExit) as end:
        main(asked)
    assert end.value.code == 0
    told = capsys.readouterr()
    found = words(told.out + told.err + file.read_text("utf-8"))
    assert json.loads(told.out)
    assert found <= {(kind, "open") for kind in READS}
