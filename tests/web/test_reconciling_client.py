"""A client library of the Reconciliation Service API works with the served pool."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.serving import make_server

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the library's own
]

EVENT = "http://schema.org/Event"
URL = "http://schema.org/url"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the pool on loopback, and return the address of the service."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/fr/reconcile"
    server.shutdown()
    thread.join()


def test_a_table_is_reconciled_by_the_library_reconciler(address: str) -> None:
    """Names alone give candidates; an added column of pages gives certain matches."""
    pandas = pytest.importorskip("pandas")
    reconciler = pytest.importorskip("reconciler")
    table = pandas.DataFrame(
        {
            "name": ["les soeurs du large", "L’hiver en trois temps"],
            "page": ["https://theatre-b.example/soeurs", "https://theatre-b.example/hiver"],
        }
    )
    by_name = reconciler.reconcile(table["name"], type_id=EVENT, reconciliation_endpoint=address)
    assert [iri.rpartition("/")[2] for iri in by_name["id"]] == ["soeurs", "hiver"]
    assert not by_name["match"].any()
    certain = reconciler.reconcile(
        table["name"],
        type_id=EVENT,
        property_mapping={URL: table["page"]},
        reconciliation_endpoint=address,
    )
    assert list(certain["match"]) == [False, True]
    assert certain["score"].iloc[1] > by_name["score"].iloc[1]
