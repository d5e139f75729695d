"""What is read from strangers, with anything in it: a refusal in words, or a reading; never else.

Run ``python tests/bench/fuzzing.py [--examples 2000] [lexer readers policies]``. Each target is
given texts that were cut, swapped and mixed; whatever it raises beyond `ParvisError` is printed
with the smallest text that does so, and the exit code is 1. Memory is bounded.
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
from parvis.mapping.load import load
from parvis.store.query.text import QueryText
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
"""What may disguise something, or open what never closes."""


def texts(corpus: Sequence[str]) -> st.SearchStrategy[str]:
    """Give texts made of the words of a corpus, some of them swapped for tricks."""
    chosen = st.sampled_from(corpus).map(WORD.findall)
    own = sorted({word for text in corpus for word in WORD.findall(text)})
    odd = st.sampled_from(TRICKS) | st.text(max_size=6) | st.sampled_from(own)

    def harmed(words: list[str], spots: list[tuple[int, str, int]]) -> str:
        for at, new, gone in spots:
            place = at % (len(words) + 1)
            words = [*words[:place], new, *words[place + gone :]]
        return "".join(words)

    spots = st.lists(st.tuples(st.integers(0, 10_000), odd, st.integers(0, 9)), max_size=6)
    return st.builds(harmed, chosen, spots) | st.lists(odd, max_size=30).map("".join)


def bodies(body: bytes) -> st.SearchStrategy[bytes]:
    """Give the bytes of a file, some of them changed, cut out or put twice."""

    def harmed(spots: list[tuple[int, bytes, int]], end: int) -> bytes:
        made = body
        for at, new, gone in spots:
            place = at % (len(made) + 1)
            made = made[:place] + new + made[place + gone :]
        return made[: len(made) - end % 3 * end]

    spot = st.tuples(st.integers(0, 100_000), st.binary(max_size=8), st.integers(0, 40))
    return st.builds(harmed, st.lists(spot, min_size=1, max_size=5), st.integers(0, 60))


def lexer(text: str, _: Path) -> str:
    """Read a query; as written anew, it is read the same."""
    written = QueryText.read(text, BASE, PREFIXES).parsed.write()
    assert QueryText.read(written, BASE, PREFIXES).parsed.write() == written
    return READ


def reader(case: Path) -> Callable[[bytes, Path], str]:
    """Give what reads a file as a partner's, by the mapping of a case."""
    (mapping,) = case.glob("mapping.*")
    (source,) = (one for one in case.glob("source.*") if not one.name.endswith("metadata.json"))
    document = load(mapping)

    def read(body: bytes, folder: Path) -> str:
        file = folder / source.name
        file.write_bytes(body)
        convert(document, file, Sinks(io.StringIO()), base=BASE, concepts=Concepts({}))
        return READ

    return read


def policy(text: str, folder: Path) -> str:
    """Read an agreement as the catalogue does, and what it permits."""
    (folder / "agreement.ttl").write_text(text, encoding="utf-8", errors="replace")
    for _, graph in read_agreements(folder, BASE):
        read_policies(graph)
    return READ


class Target:
    """One thing to be fuzzed, and what came of it."""

    def __init__(self, name: str, made: st.SearchStrategy[object], use: Callable[..., str]) -> None:
        """Name what is made, and what is done with it."""
        self.name, self.made, self.use = name, made, use
        self.told: Counter[str] = Counter()
        self.failure = ""

    def run(self, examples: int, chance: int) -> None:
        """Try so many texts; the smallest that fails is kept with its traceback."""

        @seed(chance)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.made)
        def tried(text: object) -> None:
            with TemporaryDirectory() as folder:
                try:
                    self.told[self.use(text, Path(folder))] += 1
                except ParvisError:
                    self.told[REFUSED] += 1

        try:
            tried()
        except HypothesisException:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            self.failure = traceback.format_exc(limit=-4)


def targets(wanted: Sequence[str]) -> list[Target]:
    """Give what is to be fuzzed."""
    found = []
    if "lexer" in wanted:
        queries = [one.read_text("utf-8") for one in knowledge("catalog").rglob("*.rq")]
        found.append(Target("lexer", texts(queries), lexer))
    if "policies" in wanted:
        laws = [one.read_text("utf-8") for one in knowledge("catalog").rglob("agreement*.ttl")]
        laws += [one.read_text("utf-8") for one in CASES.rglob("agreement*.ttl")]
        found.append(Target("policies", texts(laws), policy))
    if "readers" in wanted:
        for case in sorted((CASES / "mapping").iterdir()):
            sources = [one for one in case.glob("source.*") if "metadata" not in one.name]
            if len(sources) == 1:
                made = bodies(sources[0].read_bytes())
                found.append(Target(f"reader {case.name}", made, reader(case)))
    return found


def main() -> int:
    """Fuzz, and tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--examples", type=int, default=2000)
    asked.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    asked.add_argument("targets", nargs="*", default=["lexer", "readers", "policies"])
    told = asked.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.write(f"seed {told.seed}\n{'target':26}{'read':>8}{'refused':>9}{'seconds':>9}\n")
    failed = 0
    for one in targets(told.targets):
        start = time.perf_counter()
        one.run(told.examples, told.seed)
        seconds = time.perf_counter() - start
        sys.stdout.write(
            f"{one.name:26}{one.told[READ]:8}{one.told[REFUSED]:9}{seconds:9.1f}\n{one.failure}"
        )
        failed += bool(one.failure)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
