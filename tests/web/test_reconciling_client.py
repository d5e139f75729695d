"""A client library of the Reconciliation Service API, against the served pool."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the library, by its own
]

EVENT = "http://schema.org/Event"
URL = "http://schema.org/url"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the pool on loopback; gives the address of the service."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/fr/reconcile"
    server.shutdown()
    thread.join()


def test_a_table_is_reconciled_by_the_library_reconciler(address: str) -> None:
    """Names alone give candidates; with a column of pages, what is certain is matched."""
    pandas = pytest.importorskip("pandas")
    reconciler = pytest.importorskip("reconciler")
    table = pandas.DataFrame(
        {
            "name": ["les soeurs du large", "L’hiver en trois temps"],
            "page": ["https://theatre-b.example/soeurs", "https://theatre-b.example/hiver"],
        }
    )
    found = reconciler.reconcile(table["name"], type_id=EVENT, reconciliation_endpoint=address)
    assert [one.rpartition("/")[2] for one in found["id"]] == ["soeurs", "hiver"]
    assert not found["match"].any()
    certain = reconciler.reconcile(
        table["name"],
        type_id=EVENT,
        property_mapping={URL: table["page"]},
        reconciliation_endpoint=address,
    )
    assert list(certain["match"]) == [False, True]
    assert certain["score"].iloc[1] > found["score"].iloc[1]
