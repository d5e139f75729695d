"""A publication disturbs no reader."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from urllib.parse import quote, urlsplit

from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish

from .conftest import Serving

READERS = 2
LOOK_UPS = 300


def list_addresses() -> Iterator[str]:
    """Yield short queries that are new each time, between pages that read the small files."""
    pages = cycle(["/health", "/fr/catalog", "/search?q=hiver", "/void.ttl"])
    for number, page in enumerate(pages):
        query = f"SELECT ?s {{ ?s a schema:TheaterEvent FILTER({number} > -1) }} LIMIT 1"
        yield from (f"/sparql?format=csv&query={quote(query)}" for query in (query, f"{query} #"))
        yield page


def test_no_request_fails_while_generations_are_published(
    settings: Settings, serving: Serving, tmp_path: Path
) -> None:
    """Short queries and pages, while each of three publications deletes the former generation."""
    data = Path(shutil.copytree(settings.data, tmp_path / "data"))
    pool = Pool.open(replace(settings, data=data, keep_generations=1))
    published = False

    def read(address: str) -> list[tuple[str, int]]:
        responses: list[tuple[str, int]] = []
        with closing(HTTPConnection(urlsplit(address).netloc, timeout=20)) as connection:
            for path in list_addresses():
                if published and len(responses) * READERS >= LOOK_UPS:
                    return responses
                connection.request("GET", path)
                response = connection.getresponse()
                response.read()
                time.sleep(0.01)  # leaves the processor to the publications
                responses.append((path, response.status))
        return responses

    with serving(pool.settings) as address, ThreadPoolExecutor(READERS) as readers:
        futures = [readers.submit(read, address) for _ in range(READERS)]
        for _ in range(3):
            publish(pool)
        published = True
        answers = [answer for future in futures for answer in future.result()]
    assert len(answers) >= LOOK_UPS
    assert {status for _, status in answers} == {200}, [item for item in answers if item[1] != 200]
