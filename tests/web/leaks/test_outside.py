"""What leaves the pool by other ways than the site: to a CKAN, and to a partner by its report."""

import json

import pytest

from parvis.catalog.portals.fields import Fields
from parvis.cli import main
from parvis.pooling.serving.snapshot import Snapshot
from parvis.pooling.stewardship.harvesting import portals as push
from parvis.store.generation.generation import current
from parvis.vocab.iris import Iris
from tests.web.api.ldes import Replica
from tests.web.api.test_dataspace import MESSAGE
from tests.web.api.test_dataspace import REQUEST as CATALOGUE
from tests.web.leaks.asking import read_response
from tests.web.leaks.conftest import Served
from tests.web.leaks.pool import ANONYMOUS, BASE, CONTENT, NAME, READS, SECRETS
from tests.web.leaks.test_leaks import each_reader, find_figures, find_secrets, visible_kinds


def test_a_ckan_gets_only_what_everyone_may_discover(served: Served) -> None:
    """Of a closed dataset no file, count, digest or file name."""
    published = Snapshot.read(current(served.settings.data), Iris(BASE))
    fields = Fields.load("ckan")
    sent = [
        push.build_package(published, card, fields, BASE)
        for card in push._pushable_cards(published)  # noqa: SLF001
    ]
    secrets = find_secrets(repr(sent))
    assert {(NAME, "open"), (NAME, "known"), (NAME, "barred")} <= secrets
    assert {
        secret for secret in secrets if secret[0] not in visible_kinds(ANONYMOUS, secret[1])
    } == set()
    assert find_figures(ANONYMOUS, served, repr(sent)) == set()


@pytest.mark.parametrize("report_format", ["json", "csv", "html"])
def test_a_partners_report_describes_only_its_own_dataset(
    served: Served, report_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check compared it with no data of others."""
    file = served.folder / f"report.{report_format}"
    options = ["--data", str(served.settings.data), "--catalog", str(served.settings.catalog)]
    arguments = ["check", "alpha/zqopen", *options, "--report", str(file), "--json"]
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 0
    output = capsys.readouterr()
    secrets = find_secrets(output.out + output.err + file.read_text("utf-8"))
    assert json.loads(output.out)
    assert secrets <= {(kind, "open") for kind in READS}


@each_reader
def test_a_data_space_gets_only_what_its_reader_may_discover(served: Served, reader: str) -> None:
    """Of a closed dataset no file, count or digest, and of offers no other party."""
    client = served.app.test_client(use_cookies=False)
    token = served.tokens.get(reader)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    text = client.post(CATALOGUE, json=MESSAGE, headers=headers).get_data(as_text=True)
    secrets = find_secrets(text)
    assert (NAME, "open") in secrets
    assert {
        secret for secret in secrets if secret[0] not in visible_kinds(reader, secret[1])
    } == set()
    assert find_figures(reader, served, text) == set()


@each_reader
def test_who_follows_the_feed_of_entities_gets_all_that_it_may_read_and_no_more(
    served: Served, reader: str
) -> None:
    """Page by page, from the root to the end of each dataset, headers included."""
    ask, pages = served.ask_as(reader), list[str]()

    def read(address: str) -> bytes:
        response = ask(address.removeprefix(BASE.rstrip("/")), Accept="application/trig")
        assert response.status_code == 200, address
        pages.append(read_response(response))
        return response.get_data()

    for _ in Replica(f"{BASE}feed/entities").follow(read):
        pass
    text = "".join(pages)
    secrets = find_secrets(text)
    assert secrets >= {
        (CONTENT, name) for name in SECRETS if CONTENT in visible_kinds(reader, name)
    }
    assert {
        secret for secret in secrets if secret[0] not in visible_kinds(reader, secret[1])
    } == set()
    assert find_figures(reader, served, text) == set()
