"""Other engines, each in its own virtual environment; ours cannot share one with them.

Their output differs from ours in form, and the benchmark compares values: morph-kgc, worph,
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
from dataclasses import dataclass, field
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
    """A conversion: a source of a format, an output file, a working folder."""

    kind: str
    source: Path
    out: Path

    @property
    def folder(self) -> Path:
        """Return the folder of the sources, which also contains the mappings."""
        return self.source if self.source.is_dir() else self.source.parent

    def write(self, name: str, text: str) -> Path:
        """Write a file next to the sources."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def legacy(self) -> Path:
        """Write the mapping in the vocabulary that all peers read."""
        return self.write("legacy.ttl", languages.rml(self.kind, legacy=True))


@dataclass(frozen=True)
class Environment:
    """A virtual environment with some packages.

    `stubs` are modules that they import only for databases, and that need a system library: they
    are replaced by empty modules.
    """

    name: str
    packages: tuple[str, ...]
    stubs: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def package(self) -> str:
        """Return the name of its package without extras."""
        return re.split(r"[\[=]", self.packages[0])[0]

    def python(self, cache: Path) -> Path:
        """Return its Python, in an environment created if needed, or raise `FailedError`."""
        folder = cache / "environments" / self.name
        python = folder / "bin" / "python"
        ready, required = folder / "ready", " ".join(self.packages)
        if not ready.exists() or ready.read_text() != required:
            _run(sys.executable, "-m", "venv", "--clear", folder)
            _run(python, "-m", "pip", "install", "-q", *self.packages)
            for stub in self.stubs:
                _run(python, "-m", "pip", "uninstall", "-q", "-y", stub)
                (next(folder.glob("lib/python*/site-packages")) / f"{stub}.py").touch()
            ready.write_text(required)
        return python

    def version(self, cache: Path) -> str:
        """Return the installed version."""
        code = f"from importlib.metadata import version; print(version({self.package!r}))"
        return _run(self.python(cache), "-c", code)

    def run(self, cache: Path, program: str, *words: str) -> str:
        """Return what a program in Python prints there."""
        return _run(self.python(cache), "-c", program, *words)


@dataclass(frozen=True)
class Peer(Environment):
    """An engine: its packages, the formats it reads, and the arguments of its Python for a job.

    `target` is the least ratio of its seconds to ours, `most` the maximum number of rows to try
    it with.
    """

    kinds: frozenset[str]
    words: Callable[[Job], list[str]]
    target: str = ""
    most: int = 10_000_000


SKETCHES = Environment("datasketches", ("datasketches==5.2.0",))
INTERSECTION = Environment("openmined-psi", ("openmined-psi==2.0.6",))
NOISE = Environment("opendp", ("opendp==0.16.0",))
"""Peers of counting distinct people: Theta and HyperLogLog, sets intersected, central noise."""
SMALL_AREAS = Environment("samplics", ("samplics==0.6.1",))
"""A peer of estimates of small areas."""


def _run(*command: str | Path) -> str:
    """Run a step of an installation."""
    result = subprocess.run(  # noqa: S603 - the benchmark's own commands
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise FailedError((result.stderr.strip() or "failed").splitlines()[-1])
    return result.stdout.strip()


def _morph(module: str) -> Callable[[Job], list[str]]:
    """Return the arguments for morph-kgc, or for worph, its fork."""

    def words(job: Job) -> list[str]:
        text = MORPH.format(out=job.out, mapping=job.legacy())
        return ["-m", module, str(job.write(f"{module}.ini", text))]

    return words


def _rdfizer(job: Job) -> list[str]:
    """Return the arguments for rdfizer, which names its output itself."""
    text = RDFIZER.format(folder=job.out.parent, name=job.out.stem, mapping=job.legacy())
    return ["-m", "rdfizer", "-c", str(job.write("rdfizer.ini", text))]


def _tarka(job: Job) -> list[str]:
    query = job.write("events.rq", languages.tarql())
    return ["-c", TARKA, str(query), str(job.source), str(job.out)]


def _maplib(job: Job) -> list[str]:
    parameters = {
        "source": str(job.source),
        "out": str(job.out),
        "base": languages.BASE,
        "subject": languages.SUBJECT,
        "template": languages.ottr(),
        "pairs": [(pair.predicate, pair.column, pair.kind, pair.more) for pair in languages.PAIRS],
    }
    return ["-c", MAPLIB, json.dumps(parameters)]


def _tinyrml(job: Job) -> list[str]:
    return ["-c", TINYRML, str(job.legacy()), str(job.source), str(job.out)]


def _fog(job: Job) -> list[str]:
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
