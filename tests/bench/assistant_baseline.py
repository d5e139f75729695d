"""Answer questions without a model: fill in the parameters of the nearest example query.

It knows nothing of the questions of the benchmark, nor of the demonstration: words of a question
choose an example, names of codes, partners and months in it are filled in, and a few words (“how
many”, “most”) say which cells are the answer. ``python assistant_baseline.py`` reads a question
from its standard input; ``PARVIS_MCP`` is the address of the server.
"""

import json
import os
import re
import sys
import unicodedata
import urllib.request
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import log
from typing import Any

PATIENCE = 60

MONTHS = {
    "fr": (
        *("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre"),
        *("octobre", "novembre", "decembre"),
    ),
    "en": (
        *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
        *("october", "november", "december"),
    ),
}
HOW_MANY = re.compile(r"\b(combien|how many|how much|quel nombre|cost)\b")
MOST = re.compile(
    r"\b(le plus|la plus|les plus|plus grand|plus grande|most|largest|highest|biggest|longest)\b"
)
LEAST = re.compile(r"\b(le moins|la moins|least|fewest|lowest|smallest|cheapest|plus petite?)\b")
LISTS = {"residence": "area", "organization-type": "organization-type"}
FILLED = 1.0
"""What each parameter counts that the question fills."""
COMMON = 0.5
"""The share of examples beyond which a word says nothing."""


class AssistantServer:
    """The server at an address, called by one POST for each message; `token` is a reader's."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is anything
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = urllib.request.Request(  # noqa: S310 - an address of the caller
            self.address, json.dumps(message).encode(), self._headers
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 - the same
            answer = json.load(response)
        if "error" in answer:
            raise ValueError(answer["error"]["message"])
        return answer["result"]

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """Return the data of a tool's answer; raise `ValueError` with its message."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        if result["isError"]:
            raise ValueError(result["content"][0]["text"])
        data: dict[str, Any] = result["structuredContent"]
        return data

    def pages(self, tool: str, member: str, **arguments: object) -> Iterator[Any]:
        """Yield the items of an answer, page after page."""
        offset: int | None = 0
        while offset is not None:
            data = self.call(tool, **arguments, offset=offset)
            yield from data[member]
            offset = data["next_offset"]

    def datasets(self) -> list[dict[str, Any]]:
        """Return the datasets of the catalogue."""
        datasets: list[dict[str, Any]] = []
        offset: int | None = 0
        while offset is not None:
            uri = {"uri": f"parvis:catalogue?offset={offset}"}
            data = json.loads(self.ask("resources/read", uri)["contents"][0]["text"])
            datasets += data["datasets"]
            offset = data["next_offset"]
        return datasets


def fold(text: str) -> str:
    """Fold case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", plain))


def stems(text: str) -> list[str]:
    """Return the words of a text without their usual endings."""
    return [re.sub(r"(es|s|x|e)$", "", word) for word in fold(text).split() if len(word) > 2]


@dataclass(frozen=True)
class Baseline:
    """Answers in one language."""

    server: AssistantServer
    lang: str
    _lists: dict[str, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def examples(self) -> dict[str, dict[str, Any]]:
        """Return the example queries by slug, with the words of each."""
        rows = self.server.pages("example_queries", "examples", lang=self.lang)
        return {row["slug"]: row for row in rows}

    @cached_property
    def weights(self) -> dict[str, float]:
        """Return the weight of each word: the rarer in the examples, the larger."""
        texts = [set(stems(self._text(row))) for row in self.examples.values()]
        counts = Counter(word for words in texts for word in words)
        return {
            word: log(len(texts) / count)
            for word, count in counts.items()
            if count < COMMON * len(texts)
        }

    @cached_property
    def partners(self) -> dict[str, str]:
        """Return the slugs of partners by their folded names."""
        return {
            fold(re.sub(r"\(.*?\)", "", row["partner"])): row["dataset"].partition("/")[0]
            for row in self.server.datasets()
        }

    def _text(self, row: dict[str, Any]) -> str:
        return f"{row['question']} {' '.join(row['columns'].values())}"

    def answer(self, question: str) -> list[str]:
        """Return the answer, a value a line."""
        words = set(stems(question))
        fills = {
            slug: self._fill(question, row["parameters"]) for slug, row in self.examples.items()
        }

        def score(slug: str) -> float:
            own = set(stems(self._text(self.examples[slug])))
            shared = sum(self.weights.get(word, 0.0) for word in words & own)
            length = sum(self.weights.get(word, 0.0) for word in own)
            return shared / (length**0.5 or 1.0) + len(fills[slug]) * FILLED

        best = max(self.examples, key=score)
        chosen = {name: value for name, (value, _) in fills[best].items()}
        labels = {label for _, label in fills[best].values()}
        example = self.server.call("example_queries", slug=best, parameters=chosen, lang=self.lang)[
            "examples"
        ][0]
        data = self.server.call("query", query=example["sparql"], limit=500)
        if "boolean" in data:
            yes = {"fr": ("non", "oui"), "en": ("no", "yes")}[self.lang]
            return [yes[data["boolean"]]]
        rows = data["rows"]
        while data["next_offset"] is not None:
            offset = data["next_offset"]
            data = self.server.call("query", query=example["sparql"], limit=500, offset=offset)
            rows += data["rows"]
        return self._choose_cells(
            question, Table(data["columns"], example["columns"], rows), labels
        )

    def _fill(self, question: str, names: list[str]) -> dict[str, tuple[str, str]]:
        """Return what the question says of each parameter, and by which words."""
        text = f" {fold(question)} "
        chosen: dict[str, tuple[str, str]] = {}
        if "from" in names and (month := self._find_month(text)):
            chosen |= {"from": (month[0], ""), "until": (month[1], "")}
        for name in names:
            if name not in {"from", "until"}:
                labels = self.partners if name == "partner" else self._codes(LISTS.get(name, name))
                matches = [label for label in labels if label and f" {label} " in text]
                if matches:
                    label = max(matches, key=len)
                    chosen[name] = (labels[label], label)
        return chosen

    def _codes(self, name: str) -> dict[str, str]:
        """Return the codes of a list by their folded labels, also without what is in brackets."""
        if name not in self._lists:
            rows = [*self.server.pages("schema", "codes", list=name, lang=self.lang)]
            plain = {fold(re.sub(r"\(.*?\)", "", row["label"])): row["code"] for row in rows}
            self._lists[name] = plain | {fold(row["label"]): row["code"] for row in rows}
        return self._lists[name]

    def _find_month(self, text: str) -> tuple[str, str] | None:
        for number, month in enumerate(MONTHS[self.lang], 1):
            if match := re.search(rf" {month} (20\d\d) ", text):
                year = int(match[1])
                last = monthrange(year, number)[1]
                return f"{year}-{number:02}-01", f"{year}-{number:02}-{last}"
        return None

    def _choose_cells(self, question: str, table: "Table", labels: set[str]) -> list[str]:
        """Return the cells that answer: figures, the first or the last row, or a column."""
        if not table.rows:
            return []
        text, words = fold(question), set(stems(question))

        def likeness(at: int) -> float:
            title = set(stems(f"{table.titles.get(table.columns[at], '')} {table.columns[at]}"))
            return sum(self.weights.get(word, 0.1) for word in words & title)

        numbers = [at for at in range(len(table.columns)) if table.is_figure(at)]
        figure = max(reversed(numbers), key=likeness, default=None)
        if figure is not None and HOW_MANY.search(text):
            values = [row[figure] for row in table.rows if row[figure] is not None]
            if LEAST.search(text) or MOST.search(text):
                return [str((min if LEAST.search(text) else max)(values))]
            return [str(sum(values))]
        if HOW_MANY.search(text):
            return [str(len(table.rows))]
        others = [at for at in range(len(table.columns)) if at not in numbers]
        # What was filled in, and when it is, are not what is asked for.
        names = [at for at in others if not (table.is_date(at) or table.is_filled(at, labels))]
        # The thing that is asked for is named at the beginning of a question.
        head = set(stems(" ".join(fold(question).split()[:4])))

        def headed(at: int) -> int:
            title = f"{table.titles.get(table.columns[at], '')} {table.columns[at]}"
            return len(head & set(stems(title)))

        column = max(names or others or numbers, key=headed)
        rows = table.rows
        if figure is not None and (MOST.search(text) or LEAST.search(text)):
            pick = min if LEAST.search(text) else max
            rows = [pick(rows, key=lambda row: row[figure] or 0)]
        return list(dict.fromkeys(str(row[column]) for row in rows if row[column] is not None))


@dataclass(frozen=True)
class Table:
    """The rows of an answer, with the titles of its columns."""

    columns: list[str]
    titles: dict[str, str]
    rows: list[list[Any]]

    def is_figure(self, at: int) -> bool:
        return any(type(row[at]) in {int, float} for row in self.rows)

    def is_date(self, at: int) -> bool:
        return all(re.match(r"\d{4}(-\d\d|$)", str(row[at])) for row in self.rows)

    def is_filled(self, at: int, labels: set[str]) -> bool:
        return all(fold(str(row[at])) in labels for row in self.rows)


if __name__ == "__main__":
    server = AssistantServer(os.environ["PARVIS_MCP"])
    reply = Baseline(server, os.environ.get("PARVIS_LANGUAGE", "fr")).answer(sys.stdin.read())
    sys.stdout.write("\n".join([*reply, ""]))
