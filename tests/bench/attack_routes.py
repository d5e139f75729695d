"""Attacks on the serving process: requests to every route, each different from all others.

They are derived from the routes of the application, so that new routes are attacked too.
"""

import itertools
import json
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlencode

from parvis.web.http.inputs import NO_INPUTS, Inputs

PART = re.compile(r"<(?:any\((?P<any>[^)]*)\)|[a-z]+)?:?(?P<name>[a-z]+)>")
PATH_VALUES = {
    "partner": "theatre-lanterne",
    "dataset": "programmation",
    "key": "event/theatre-lanterne/1",
    "name": "querying",
    "filename": "parvis.css",
    "number": "1",
}
"""Values in paths of the demo pool; where they do not fit, the response is a 404, which is an
attack too."""
Route = tuple[str, Inputs]
Wire = tuple[str, str, dict[str, str], bytes]
"""A request: method, address, headers, body."""
WIDE = 8_500
READER, CONNECTIONS = "203.0.113.1", 8


def routes() -> list[Route]:
    """List a path for each route that answers GET, in each format, with its inputs."""
    # The application is made for its routes only: it serves nothing here.
    from pathlib import Path  # noqa: PLC0415
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    from parvis.config import Settings, knowledge  # noqa: PLC0415
    from parvis.web import create_app  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        app = create_app(Settings.load(data=Path(folder), catalog=knowledge("catalog") / "demo"))
        listed = []
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()):
                inputs = getattr(app.view_functions[rule.endpoint], "inputs", NO_INPUTS)
                listed += [(path, inputs) for path in paths(rule.rule)]
        app.extensions["parvis"].close()
    return sorted(listed, key=lambda route: route[0])


def paths(rule: str) -> Iterator[str]:
    """Write the paths of a rule: every alternative, and one value for the others.

    >>> list(paths("/void.<any(ttl,nt):ending>"))
    ['/void.ttl', '/void.nt']
    """
    parts = list(PART.finditer(rule))
    choices = [
        [text.strip("'") for text in part["any"].split(",")]
        if part["any"]
        else [PATH_VALUES.get(part["name"], "programmation")]
        for part in parts
    ]
    for choice in itertools.product(*choices):
        values = iter(choice)
        yield PART.sub(lambda _: next(values), rule)  # noqa: B023 - used at once


def requests(listed: list[Route]) -> dict[str, Callable[[int], Wire]]:
    """Return the attacks by name, as functions of a request number."""

    def path(number: int) -> str:
        return listed[number % len(listed)][0]

    def valued(number: int) -> Wire:
        reading = [(route_path, inputs) for route_path, inputs in listed if inputs.parameters]
        at, inputs = reading[number % len(reading)]
        query = dict.fromkeys(sorted(inputs.parameters), f"théâtre {number} x{number % 7}")
        return get(f"{at}?{urlencode(query)}")

    wide = " ".join(f"?c{n}" for n in range(WIDE))
    reconciled = "".join(f'"q{n}":{{"query":"theatre {{0}} {n}"}},' for n in range(50))
    return {
        "headers Accept of 60 kB": lambda n: get(path(n), Accept=f"a/b{n}," * 6_000),
        "headers Accept of 2 kB": lambda n: get(
            path(n), Accept=f"text/x{n};q=0.{n % 9},text/turtle;v={n}," * 15
        ),
        "headers of 8 kB, 60 of them": lambda n: get(
            path(n), **{f"X-{k}": f"{n}" + "x" * 500 for k in range(60)}
        ),
        "every kind of Accept and language": lambda n: get(
            path(n),
            Accept=f"text/turtle;q=0.{n % 97},text/html;q=0.{n % 89},*/*;q=0.0{n % 7}",
            **{"Accept-Language": f"x-{n},fr;q=0.{n % 9}", "Accept-Encoding": f"br;q=0.{n}"},
        ),
        "unknown parameters": lambda n: get(f"{path(n)}?zz={n}&z{n}=1"),
        "unknown cookies and ranges": lambda n: get(
            path(n), Cookie=f"a{n}=b; lang=x{n}", Range=f"bytes={n}-", **{"If-Match": f'"{n}"'}
        ),
        "tags that nobody gave": lambda n: get(
            path(n), **{"If-None-Match": ",".join(f'"{n}-{k}"' for k in range(400))}
        ),
        "values of known parameters": valued,
        "long values of known parameters": lambda n: get(
            f"{valued(n)[1].partition('?')[0]}?"
            + "&".join(f"{name}={n}{'x%20' * 200}" for name in ("q", "public", "area", "prefix"))
        ),
        "pages of wide results": lambda n: post(
            f"SELECT {wide} {{ ?s ?p ?c1 }} LIMIT {900 + n % 100}", n
        ),
        "pages of large results": lambda n: post(
            f"SELECT * {{ ?a ?b ?c . ?d ?e ?f }} LIMIT {1_000 + n}", n
        ),
        "pages of long values": lambda n: post(
            'SELECT ?a (CONCAT(?x, ?x, ?x, ?x) AS ?y) { BIND("'
            + "x" * 10_000
            + f'{n}" AS ?x) ?a ?b ?c }} LIMIT 1000',
            n,
        ),
        "pages of graphs": lambda n: post(f"CONSTRUCT WHERE {{ ?a ?b ?c }} LIMIT {1_000 + n}", n),
        "documents, by HEAD": lambda n: ("HEAD", path(n), {}, b""),
        "documents, all at a time": lambda n: get(
            ("/void.ttl", "/void.jsonld", "/shapes.ttl", "/ontology.rdf", "/queries.ttl")[n % 5]
        ),
        "paths without end": lambda n: get("/id" + f"/a{n}" * 400),
        "paths with nothing": lambda n: get(f"/{'fr' if n % 2 else 'en'}/nothing-{n}"),
        "many parameters": lambda n: get(f"{path(n)}?" + "&".join(f"a{n}{k}=" for k in range(190))),
        "names to reconcile": lambda n: get(
            "/reconcile?queries=" + quote("{" + reconciled.replace("{0}", str(n))[:-1] + "}")
        ),
        "wrong tokens": lambda n: get(path(n), Authorization=f"Bearer {token(n)}"),
        "wrong sessions": lambda n: get(path(n), Cookie=f"parvis=x.{n}.y"),
        "wrong tokens in the form": lambda n: (
            "POST",
            "/login",
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode({"token": token(n)}).encode(),
        ),
    }


def token(number: int) -> str:
    """Write a well-formed, invalid token."""
    from parvis.ledger import Credential  # noqa: PLC0415

    return Credential(f"{number:08d}", "x" * 43).reveal()


def get(address: str, **headers: str) -> Wire:
    """Write a request of a browser."""
    return "GET", address, {"Accept": "text/html", **headers}, b""


def post(query: str, _number: int) -> Wire:
    """Write a request for a page of results."""
    form = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    return "POST", "/sparql", form, urlencode({"query": query}).encode()


def sending(name: str, place: tuple[str, int], counts: dict[str, int]) -> "Attack":
    """Let one reader send requests as fast as they are answered, over some connections.

    A separate process sends them: a thread would slow down the measurements.
    """

    def attack(stack: ExitStack) -> None:
        words = [sys.executable, __file__, name, place[0], str(place[1])]
        process = stack.enter_context(
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        )

        assert process.stdout is not None
        process.stdout.readline()  # it has read the routes, and begins

        def end() -> None:
            output, _ = process.communicate("")
            counts.update(json.loads(output or "{}"))

        stack.callback(end)

    return attack


Attack = Callable[[ExitStack], None]


def send(write: Callable[[int], Wire], place: tuple[str, int]) -> dict[int, int]:
    """Send requests until standard input ends; return the number of responses by status."""
    counts: Counter[int] = Counter()
    over = threading.Event()

    def go(worker: int) -> None:
        connection = HTTPConnection(*place, timeout=60)
        for number in itertools.count(worker, CONNECTIONS):
            if over.is_set():
                return
            method, address, headers, body = write(number)
            try:
                connection.request(
                    method, address, body or None, headers | {"X-Forwarded-For": READER}
                )
                response = connection.getresponse()
                response.read()
                counts[response.status] += 1
            except (OSError, HTTPException):
                connection.close()

    threads = [threading.Thread(target=go, args=(worker_,)) for worker_ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    return dict(sorted(counts.items()))


if __name__ == "__main__":
    request_writer = requests(routes())[sys.argv[1]]
    print("begins", flush=True)  # noqa: T201 - read by the measuring process
    sys.stdout.write(json.dumps(send(request_writer, (sys.argv[2], int(sys.argv[3])))))
