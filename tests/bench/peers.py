"""Other engines, each in a virtual environment of its own; ours cannot share one with them.

What they write differs from ours in form, and the benchmark compares values: morph-kgc, worph,
rdfizer and tinyrml copy lexical forms (``"36.00"^^xsd:decimal``), and so would copy a wrong one;
tarka-rdf writes canonical decimals; maplib gives instants in UTC. rdfizer alone says other things:
it encodes the slashes of a Web address, writes a quotation mark as an apostrophe after a backslash,
makes ``audience/nan`` of an empty cell, and fails on the booleans of JSON. fog-rml makes empty
literals of empty cells (``""^^xsd:decimal``). The pyrml of PyPI is another project's.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import languages
from measuring import FailedError

TARKA = """
import sys, tarka_rdf
query, source, out = sys.argv[1:]
tarka_rdf.Mapping.tarql_file(query).run_csv(source, out, format="ntriples")
"""
MAPLIB = """
import json, sys
import polars as pl
from maplib import Model, RDFType, SolutionMappings
XSD = "http://www.w3.org/2001/XMLSchema#"
LANG = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
asked = json.loads(sys.argv[1])

def typed(column, kind, more):
    here = pl.col(column)
    if kind == "template":
        start = more.partition("{")[0]
        return pl.when(here.is_not_null()).then(pl.concat_str(pl.lit(start), here)), RDFType.IRI
    if kind == "iri":
        return here, RDFType.IRI
    if kind == "language":
        value = pl.struct(here.alias(f"<{LANG}>"), pl.lit(more).alias("l"))
        return pl.when(here.is_not_null()).then(value), RDFType.Literal(LANG)
    made = {
        # any other scale comes out multiplied by a power of ten
        "decimal": here.cast(pl.Decimal(38, 12)),
        "integer": here.cast(pl.Int64),
        "boolean": here.cast(pl.String) == "true",
        "date": here.str.to_date("%Y-%m-%d"),
        "dateTime": here.str.to_datetime("%Y-%m-%dT%H:%M:%S%z"),
    }.get(more.removeprefix(XSD), here)
    return made, RDFType.Literal(more or XSD + "string")

if asked["source"].endswith(".json"):
    frame = pl.read_json(asked["source"], infer_schema_length=None)
else:
    frame = pl.read_csv(asked["source"], infer_schema=False)
made = {column: typed(column, kind, more) for _, column, kind, more in asked["pairs"]}
start = asked["subject"].partition("{")[0]
columns = {name: value for name, (value, _) in made.items()}
frame = frame.select(pl.concat_str(pl.lit(start), pl.col("id")).alias("s"), **columns)
types = {"s": RDFType.IRI} | {name: kind for name, (_, kind) in made.items()}
model = Model()
model.add_template(asked["template"])
model.map(asked["base"] + "Event", SolutionMappings(frame, types))
model.write(asked["out"], format="ntriples")
"""
TINYRML = """
import csv, json, sys
from tinyrml import Mapper
mapping, source, out = sys.argv[1:]
stream = open(source, encoding="utf-8", newline="")
rows = json.load(stream) if source.endswith(".json") else csv.DictReader(stream)
graph = Mapper(mapping, input_is_json=source.endswith(".json")).process(rows)
graph.serialize(out, format="nt", encoding="utf-8")
"""
MORPH = """
[CONFIGURATION]
output_file = {out}
output_format = N-TRIPLES
logging_level = WARNING

[DataSource1]
mappings = {mapping}
"""
RDFIZER = """
[default]
main_directory: {folder}

[datasets]
number_of_datasets: 1
output_folder: {folder}
all_in_one_file: no
remove_duplicate: yes
enrichment: yes
name: {name}
ordered: yes
large_file: false

[dataset1]
name: {name}
mapping: {mapping}
"""


@dataclass(frozen=True)
class Job:
    """What is to be converted: a source of a kind, into a file, in a working folder."""

    kind: str
    source: Path
    out: Path

    @property
    def folder(self) -> Path:
        """Give the folder of the sources, where mappings are written too."""
        return self.source if self.source.is_dir() else self.source.parent

    def write(self, name: str, text: str) -> Path:
        """Write a file beside the sources."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def legacy(self) -> Path:
        """Write the mapping in the vocabulary that all peers read."""
        return self.write("legacy.ttl", languages.rml(self.kind, legacy=True))


@dataclass(frozen=True)
class Peer:
    """An engine: what to install, what it reads, and the words that make its Python run a job.

    `wanted` is how many times our seconds it should take at least, `most` how many rows it is tried
    with; `stubs` are modules it imports for databases alone,
    which need a system's library: an empty module stands for each.
    """

    name: str
    packages: tuple[str, ...]
    kinds: frozenset[str]
    words: Callable[[Job], list[str]]
    wanted: str = ""
    most: int = 10_000_000
    stubs: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """Give the name of its package, without extras."""
        return re.split(r"[\[=]", self.packages[0])[0]

    def python(self, cache: Path) -> Path:
        """Give its Python, in an environment that is made if need be; `FailedError` if not."""
        folder = cache / "environments" / self.name
        python = folder / "bin" / "python"
        ready, wanted = folder / "ready", " ".join(self.packages)
        if not ready.exists() or ready.read_text() != wanted:
            _run(sys.executable, "-m", "venv", "--clear", folder)
            _run(python, "-m", "pip", "install", "-q", *self.packages)
            for stub in self.stubs:
                _run(python, "-m", "pip", "uninstall", "-q", "-y", stub)
                (next(folder.glob("lib/python*/site-packages")) / f"{stub}.py").touch()
            ready.write_text(wanted)
        return python

    def version(self, cache: Path) -> str:
        """Tell which version is installed."""
        code = f"from importlib.metadata import version; print(version({self.package!r}))"
        return _run(self.python(cache), "-c", code)


def _run(*words: str | Path) -> str:
    """Run a step of an installation."""
    done = subprocess.run(  # noqa: S603 - the benchmark's own commands
        list(map(str, words)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise FailedError((done.stderr.strip() or "failed").splitlines()[-1])
    return done.stdout.strip()


def _morph(module: str) -> Callable[[Job], list[str]]:
    """Give the words for morph-kgc, or for worph which comes from it."""

    def words(job: Job) -> list[str]:
        text = MORPH.format(out=job.out, mapping=job.legacy())
        return ["-m", module, str(job.write(f"{module}.ini", text))]

    return words


def _rdfizer(job: Job) -> list[str]:
    """Give the words for rdfizer, which names its output itself."""
    text = RDFIZER.format(folder=job.out.parent, name=job.out.stem, mapping=job.legacy())
    return ["-m", "rdfizer", "-c", str(job.write("rdfizer.ini", text))]


def _tarka(job: Job) -> list[str]:
    """Give the words for tarka-rdf."""
    query = job.write("events.rq", languages.tarql())
    return ["-c", TARKA, str(query), str(job.source), str(job.out)]


def _maplib(job: Job) -> list[str]:
    """Give the words for maplib."""
    asked = {
        "source": str(job.source),
        "out": str(job.out),
        "base": languages.BASE,
        "subject": languages.SUBJECT,
        "template": languages.ottr(),
        "pairs": [(pair.predicate, pair.column, pair.kind, pair.more) for pair in languages.PAIRS],
    }
    return ["-c", MAPLIB, json.dumps(asked)]


def _tinyrml(job: Job) -> list[str]:
    """Give the words for tinyrml."""
    return ["-c", TINYRML, str(job.legacy()), str(job.source), str(job.out)]


def _fog(job: Job) -> list[str]:
    """Give the words for fog-rml."""
    return ["-m", "fog_rml", "run", "-m", str(job.legacy()), "-o", str(job.out)]


SMALL = 10_000
TREES = frozenset({"csv", "json", "xml", "join"})
PEERS = (
    Peer("morph-kgc", ("morph-kgc[excel]==2.10.0",), TREES | {"xlsx"}, _morph("morph_kgc"), "5"),
    Peer("tarka-rdf", ("tarka-rdf==0.2.0",), frozenset({"csv"}), _tarka, "1.3"),
    Peer("maplib", ("maplib==0.20.26",), frozenset({"csv", "json"}), _maplib, "5"),
    Peer("rdfizer", ("rdfizer==4.7.5.15.4.1",), TREES, _rdfizer, "5", stubs=("pyodbc",)),
    Peer("worph", ("worph==0.1.11",), TREES, _morph("worph"), most=SMALL),
    Peer("tinyrml", ("tinyrml==0.4.0", "rdflib"), frozenset({"csv", "json"}), _tinyrml, most=SMALL),
    Peer("fog-rml", ("fog-rml==1.0.0", "requests"), frozenset({"csv", "json"}), _fog, most=SMALL),
)
