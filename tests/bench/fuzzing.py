"""Foreign input with anything in it is read, or refused with a message; nothing else happens.

Run ``python tests/bench/fuzzing.py [--examples 2000] [lexer readers policies]``. Each target is
given texts that were cut, swapped and mixed; any error other than `ParvisError` is printed
with the smallest text that causes it, and the exit code is 1. Memory is limited.
"""

import argparse
import io
import random
import re
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from parvis.catalog.projects import read_agreements
from parvis.config import knowledge
from parvis.errors import ParvisError
from parvis.governance import read_policies
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.store.query.request import QueryText
from parvis.vocab.namespaces import PREFIXES

CASES = Path(__file__).parents[1] / "cases"
BASE = "http://pool.test/"
MEMORY = 4_000_000_000
READ, REFUSED = "read", "refused"
WORD = re.compile(r"\w+|\s+|[^\w\s]")
TRICKS = (
    *("SERVICE", "sErVice", "\\u0053ERVICE", "SERVICE<http://a>", "SERVICE SILENT ?x", "FROM"),
    *("<", ">", "<a{", '"', "'''", '"""', "\\", "#", "\n", "\r", "\0", "\ufeff", "\u2028", "%53"),
    *("{", "}", "(", ")", "[", "]", "<<", ">>", "?x", "$x", "a", "1e9", "@fr", "^^", "_:b", "…"),
)
"""Pieces that may disguise something, or open something that is never closed."""


def texts(corpus: Sequence[str]) -> st.SearchStrategy[str]:
    """Draw texts from the words of a corpus, some of them replaced."""
    originals = st.sampled_from(corpus).map(WORD.findall)
    vocabulary = sorted({word for text in corpus for word in WORD.findall(text)})
    insertions = st.sampled_from(TRICKS) | st.text(max_size=6) | st.sampled_from(vocabulary)

    def mutate(words: list[str], spots: list[tuple[int, str, int]]) -> str:
        for at, new, gone in spots:
            place = at % (len(words) + 1)
            words = [*words[:place], new, *words[place + gone :]]
        return "".join(words)

    spots = st.lists(st.tuples(st.integers(0, 10_000), insertions, st.integers(0, 9)), max_size=6)
    return st.builds(mutate, originals, spots) | st.lists(insertions, max_size=30).map("".join)


def bodies(body: bytes) -> st.SearchStrategy[bytes]:
    """Draw the bytes of a file, some of them changed, removed or duplicated."""

    def mutate(spots: list[tuple[int, bytes, int]], end: int) -> bytes:
        data = body
        for position, inserted, removed in spots:
            place = position % (len(data) + 1)
            data = data[:place] + inserted + data[place + removed :]
        return data[: len(data) - end % 3 * end]

    spot = st.tuples(st.integers(0, 100_000), st.binary(max_size=8), st.integers(0, 40))
    return st.builds(mutate, st.lists(spot, min_size=1, max_size=5), st.integers(0, 60))


def lexer(text: str, _: Path) -> str:
    """Read a query; rewritten, it must be read as the same."""
    rewritten = QueryText.read(text, BASE, PREFIXES).parsed_query.write()
    assert QueryText.read(rewritten, BASE, PREFIXES).parsed_query.write() == rewritten
    return READ


def reader(case: Path) -> Callable[[bytes, Path], str]:
    """Return a function that reads a partner's file with the mapping of a case."""
    (mapping,) = case.glob("mapping.*")
    (source,) = (
        candidate
        for candidate in case.glob("source.*")
        if not candidate.name.endswith("metadata.json")
    )
    document = load(mapping)

    def read(body: bytes, folder: Path) -> str:
        file = folder / source.name
        file.write_bytes(body)
        convert(document, file, Sinks(io.BytesIO()), base=BASE, concepts=Concepts({}))
        return READ

    return read


def policy(text: str, folder: Path) -> str:
    """Read an agreement like the catalogue, and its permissions."""
    (folder / "agreement.ttl").write_text(text, encoding="utf-8", errors="replace")
    for _, graph in read_agreements(folder, BASE):
        read_policies(graph)
    return READ


class Target:
    """A fuzzing target and its results."""

    def __init__(
        self, name: str, strategy: st.SearchStrategy[object], use: Callable[..., str]
    ) -> None:
        self.name, self.strategy, self.use = name, strategy, use
        self.counts: Counter[str] = Counter()
        self.failure = ""

    def run(self, examples: int, seed_value: int) -> None:
        """Try some texts; the smallest that fails is kept with its traceback."""

        @seed(seed_value)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.strategy)
        def try_text(text: object) -> None:
            with TemporaryDirectory() as folder:
                try:
                    self.counts[self.use(text, Path(folder))] += 1
                except ParvisError:
                    self.counts[REFUSED] += 1

        try:
            try_text()
        except HypothesisException:
            raise
        except Exception:  # noqa: BLE001 - any error is a failure of the target
            self.failure = traceback.format_exc(limit=-4)


def targets(names: Sequence[str]) -> list[Target]:
    """List the fuzzing targets."""
    listed = []
    if "lexer" in names:
        queries = [file.read_text("utf-8") for file in knowledge("catalog").rglob("*.rq")]
        listed.append(Target("lexer", texts(queries), lexer))
    if "policies" in names:
        laws = [file.read_text("utf-8") for file in knowledge("catalog").rglob("agreement*.ttl")]
        laws += [file.read_text("utf-8") for file in CASES.rglob("agreement*.ttl")]
        listed.append(Target("policies", texts(laws), policy))
    if "readers" in names:
        for case in sorted((CASES / "mapping").iterdir()):
            sources = [file for file in case.glob("source.*") if "metadata" not in file.name]
            if len(sources) == 1:
                strategy = bodies(sources[0].read_bytes())
                listed.append(Target(f"reader {case.name}", strategy, reader(case)))
    return listed


def main() -> int:
    """Run the targets and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("targets", nargs="*", default=["lexer", "readers", "policies"])
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.write(f"seed {options.seed}\n{'target':26}{'read':>8}{'refused':>9}{'seconds':>9}\n")
    failed = 0
    for target in targets(options.targets):
        start = time.perf_counter()
        target.run(options.examples, options.seed)
        seconds = time.perf_counter() - start
        sys.stdout.write(
            f"{target.name:26}{target.counts[READ]:8}{target.counts[REFUSED]:9}{seconds:9.1f}\n{target.failure}"
        )
        failed += bool(target.failure)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
