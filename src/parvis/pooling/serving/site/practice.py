"""The practice pool: invented partners whose figures add up to the released ones.

Researchers write queries on it that run unchanged on the pool's own figures. It is computed from
what the portrait publishes, and from nothing else: it discloses nothing new. Suppressed figures are
not in it, not even as figures that are missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import chain, pairwise

from rdflib.namespace import DCTERMS, QB, RDF

from parvis.catalog.ontology import last_segment
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, N_, both
from parvis.pooling.publics.tables import (
    EVERYWHERE,
    PLACE,
    PRACTICE,
    PROPERTIES,
    TableRequest,
    TableRow,
    code_of,
    total_of,
)
from parvis.pooling.serving.figures.figures import PORTRAIT, QUERY, TOTALS, parse_figures
from parvis.pooling.serving.service import PoolService
from parvis.rdf.ntriples import iri, literal
from parvis.statistics.cube import CubeFigure
from parvis.statistics.strata import LAYERS, FigureKey
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA, curie

FREE = f"{CONCEPT}confidentiality/free"
PARTNERS = 3
"""The invented partners: as many as a released figure has at least."""
TITLE = N_("Practice pool: invented figures")
DESCRIPTION = N_(
    "Invented. The partners do not exist; their figures were drawn so that they add up to the"
    " figures of the portrait, as released. Write your queries on them; never cite them."
)
PARTNER = N_("Invented partner {number}")
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


@dataclass(frozen=True)
class PracticeFigure:
    """A released figure, by its stratum, as released."""

    key: FigureKey
    value: int


@dataclass(frozen=True)
class PracticePool:
    """The practice pool of a release: `figures` are all that it is made of, in their order.

    `source` is the dataset of the release.
    """

    base: str
    source: str
    figures: Sequence[PracticeFigure]

    @cached_property
    def seed(self) -> str:
        """The digest of the figures, from which the invented parts are drawn."""
        content = repr([(tuple(figure.key), figure.value) for figure in self.figures])
        return sha256(content.encode()).hexdigest()

    def select(self, request: TableRequest) -> list[TableRow]:
        """Return the table of a query: what it selects on these figures, as the query does."""
        figures = [figure for figure in self.figures if request.holds(figure.key)]
        rows = [TableRow(request.row_of(figure.key), figure.value) for figure in figures]
        return sorted(rows, key=lambda row: row.codes)

    def write_example(self) -> str:
        """Return a query for a table, which names every dimension; empty without figures."""
        keys = [figure.key for figure in self.figures if figure.key.layer == "age"]
        if not keys:
            return ""
        latest = max(keys, key=lambda key: (key.period, key.discipline == total_of("discipline")))
        # Terms are those of the ontology, and the pool's own address.
        lines = [
            "SELECT ?age (SUM(?number) AS ?people)",
            f"FROM {iri(f'{self.base}{PRACTICE}')}",
            "WHERE {",
            "  ?figure a qb:Observation ;",
            f"    {curie(latest.measure)} ?number ;",
        ]
        for name, step in PROPERTIES.items():
            code = "?age" if name == "age" else iri(code_of(latest, name))
            lines.append(f"    {curie(step)} {code} ;")
        return "\n".join([*lines, "}", "GROUP BY ?age"])

    def split(self, figure: PracticeFigure) -> list[int]:
        """Draw the parts of the invented partners, which add up to a figure."""
        # Where it is cut depends on what is published alone: the same for whoever draws again.
        digest = sha256("\n".join((self.seed, *figure.key)).encode()).digest()
        cuts = sorted(
            int.from_bytes(digest[4 * place : 4 * place + 4], "big") % (figure.value + 1)
            for place in range(PARTNERS - 1)
        )
        ends = [0, *cuts, figure.value]
        return [end - start for start, end in pairwise(ends)]

    def list_triples(self) -> Iterator[bytes]:
        """Yield the pool in N-Triples, which is Turtle as well, a figure at a time."""
        for lines in self._list_lines():
            yield "".join(f"{line} .\n" for line in lines).encode()

    def list_quads(self) -> Iterator[bytes]:
        """Yield the pool in N-Quads, in a graph of its own, a figure at a time."""
        graph = iri(f"{self.base}{PRACTICE}")
        for lines in self._list_lines():
            yield "".join(f"{line} {graph} .\n" for line in lines).encode()

    def _list_lines(self) -> Iterator[list[str]]:
        here = f"{self.base}{PRACTICE}#"
        cube, partners = f"{here}figures", [f"{here}partner-{n + 1}" for n in range(PARTNERS)]
        yield [*self._describe_cube(cube), *chain(*map(_describe_partner, enumerate(partners, 1)))]
        for figure in self.figures:
            digest, lines = sha256("\n".join(figure.key).encode()).hexdigest()[:16], []
            common = [
                (str(RDF.type), str(QB.Observation)),
                (str(QB.dataSet), cube),
                (str(QB.measureType), figure.key.measure),
                (PLACE, EVERYWHERE),
                (str(PARVIS.method), f"{CONCEPT}method/derived"),
                *((step, code_of(figure.key, name)) for name, step in PROPERTIES.items()),
            ]
            for number, (partner, part) in enumerate(
                zip(partners, self.split(figure), strict=True), 1
            ):
                name = f"{here}{digest}-{number}"
                for step, value in (*common, (str(PARVIS.contributor), partner)):
                    lines.append(_write(name, step, iri(value)))
                lines.append(_write(name, figure.key.measure, literal(str(part), _INTEGER)))
            yield lines

    def _describe_cube(self, cube: str) -> Iterator[str]:
        yield _write(cube, RDF.type, iri(str(QB.DataSet)))
        yield _write(cube, QB.structure, iri(str(PARVIS.pooledPublics)))
        yield _write(cube, DCTERMS.source, iri(self.source))
        for predicate, text in ((DCTERMS.title, TITLE), (DCTERMS.description, DESCRIPTION)):
            for lang in LANGUAGES:
                yield _write(cube, predicate, literal(both(text)[lang], language=lang))


def _describe_partner(numbered: tuple[int, str]) -> Iterator[str]:
    number, partner = numbered
    yield _write(partner, RDF.type, iri(str(SCHEMA.Organization)))
    kind = f"{CONCEPT}organization-type/presenter"
    yield _write(partner, PARVIS.organizationType, iri(kind))
    names = both(PARTNER, number=number)
    for lang in LANGUAGES:
        yield _write(partner, SCHEMA.name, literal(names[lang], language=lang))


def _write(subject: str, predicate: str, term: str) -> str:
    return f"{iri(subject)} {iri(predicate)} {term}"


def read_practice_pool(host: PoolService, reader: Reader) -> PracticePool:
    """Return the practice pool of the portrait, as far as a reader may read that.

    It is empty where there is none. Raises as `PoolService.ask` does.
    """
    third_party = host.snapshot().policies.parties.host or ""
    key, base = DatasetKey(last_segment(third_party), PORTRAIT), host.settings.base

    def build_practice_pool(rows: Iterable[Mapping[str, str]]) -> PracticePool:
        figures = _read_keys(parse_figures(rows), host.iris.graph(key))
        return PracticePool(base, host.iris.dataset(key), figures)

    # It is cached with the answers, as all that is computed of the same rows.
    return host.compute_of_rows(reader, QUERY, build_practice_pool)


def _read_keys(figures: Iterable[CubeFigure], graph: str) -> list[PracticeFigure]:
    """Return the figures of one graph that are published, after control, by stratum."""
    practice = []
    for figure in figures:
        if figure.graph != graph or figure.status != FREE or figure.place not in TOTALS:
            continue
        layers = [name for name in LAYERS if getattr(figure, name) != total_of(name)]
        if isinstance(figure.value, int) and len(layers) <= 1:
            layer = layers[0] if layers else ""
            key = FigureKey(
                figure.measure,
                figure.period,
                figure.discipline,
                figure.area,
                layer,
                getattr(figure, layer) if layer else "",
            )
            practice.append(PracticeFigure(key, figure.value))
    return sorted(practice, key=lambda figure: figure.key)
