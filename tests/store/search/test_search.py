"""Entities are found by their words in any spelling, and in readable graphs only."""

import gzip
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.errors import QueryError, StoreError
from parvis.linking.names import nearest_word
from parvis.store.files import sha256
from parvis.store.generation.generation import Generation, GenerationContent, build, verify
from parvis.store.generation.graph_file import GraphFile
from parvis.store.generation.indexer import Indexer
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import QueryDataset, QueryText, WorkerRequest
from parvis.store.query.search_pattern import expand_searches
from parvis.store.search import index as divided
from parvis.store.search.entities import Entity, read_entities
from parvis.store.search.index import ONTOLOGY
from parvis.store.search.index_process import build as write_segments
from parvis.store.search.results import GraphWords
from parvis.store.search.search import TextIndex
from parvis.vocab.namespaces import PREFIXES
from tests.store.conftest import WriteLines

NAME, ABOUT = "http://schema.org/name", "http://schema.org/description"
GRAPH = "http://pool.example/graph/"
A, B, SECRET = (f"{GRAPH}{name}" for name in ("a", "b", "secret"))


def write_text(entity: str, text: str, predicate: str = NAME, tag: str | None = "fr") -> str:
    """Write a text of an entity."""
    subject = ox.NamedNode(f"http://pool.example/id/{entity}")
    return f"{ox.Triple(subject, ox.NamedNode(predicate), ox.Literal(text, language=tag))} ."


DESCRIBED = [
    '<urn:a> <http://schema.org/name> "L’\\u00E9t\\u00E9 \\"dit\\" \\\\ l’hiver\\n"@fr .',
    '<urn:a> <http://schema.org/name> "Text"@en-ca--ltr .',
    "<urn:a> <http://schema.org/name> <urn:no-text> .",
    "<urn:a> <http://schema.org/name> _:b .",
    '<urn:a> <http://schema.org/name> <<( <urn:a> <urn:p> "x" )>> .',
    '<urn:a> <http://schema.org/description> "vingt"^^<urn:kind> .',
    "<urn:a> <http://schema.org/location> <urn:caf\\u00E9> .",
    '<urn:a> <http://schema.org/location> "ici" .',
    '<urn:a> <http://schema.org/startDate> "2026-11-25"^^<http://www.w3.org/2001/XMLSchema#date> .',
    "<urn:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Event> .",
    '<urn:b\\u00E9> <http://schema.org/addressLocality> "Lévis" .',
    "<urn:c> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Event> .",
    '_:b <http://schema.org/name> "Sans nom" .',
]


def test_sorted_lines_are_read_as_a_parser_reads_them(tmp_path: Path) -> None:
    """Lines of the usual form are read without it."""
    usual, others = tmp_path / "usual.nt.gz", tmp_path / "others.nt.gz"
    usual.write_bytes(gzip.compress("".join(f"{line}\n" for line in DESCRIBED).encode()))
    others.write_bytes(gzip.compress("".join(f" {line}\n" for line in DESCRIBED).encode()))
    entities = [*read_entities(usual)]
    assert entities == [*read_entities(others)]
    assert [iri for iri, _ in entities] == ["urn:a", "urn:bé"]
    assert entities[0][1].names == [('L’été "dit" \\ l’hiver\n', "fr"), ("Text", "en-ca")]


def write_index(folder: Path, sources: Mapping[str, Path], part: str = "open") -> Path:
    """Index graphs in a folder, with what an index in its folder ``former`` has; return it."""
    graphs = [(graph, str(path), sha256(path), part) for graph, path in sources.items()]
    write_segments(folder / "search", [folder / "former" / "search"], graphs)
    return folder


FACTS = {
    A: [
        write_text("lanterne", "Théâtre de la Lanterne"),
        write_text("lanterne", "Lantern Theatre", tag="en"),
        write_text("atelier", "L’atelier d’été", tag=None),
        write_text("atelier", "Du théâtre pour les petits", ABOUT),
        write_text("danse", "Danses au Val-des-Pins"),
        '<http://pool.example/id/danse> <http://schema.org/startDate> "2026" .',
        '_:b <http://schema.org/name> "Théâtre sans nom" .',
    ],
    B: [
        write_text("lanterne", "Théâtre-Lanterne", tag=None),
        write_text("chevaux", "Le cheval et l’œuvre"),
    ],
    SECRET: [write_text("lanterne", "Théâtre secret"), write_text("secret", "Théâtre")],
}


def test_another_name_is_no_title(tmp_path: Path) -> None:
    """What is found by it has its own name first, whatever the order of the lines."""
    skos, subject = PREFIXES["skos"], "<http://pool.example/id/c>"
    lines = [
        f'{subject} <{skos}altLabel> "Futurs parents"@fr .\n',
        f'{subject} <{skos}altLabel> "Parents-to-be"@en .\n',
        f'{subject} <{skos}prefLabel> "Jeunes parents"@fr .\n',
        f'{subject} <{skos}prefLabel> "Young parents"@en .\n',
    ]
    (tmp_path / "a.nt").write_text("".join(lines), encoding="utf-8")
    build(tmp_path / "data", GenerationContent(open={A: tmp_path / "a.nt"}))
    folder = tmp_path / "data" / "generations" / "1"
    with closing(TextIndex.of(folder / "open")) as texts:
        (hit,) = texts.find("futur", [A], 10)
        names = texts.describe(hit).names
    assert [text for text, tag in names if tag == "fr"] == ["Jeunes parents", "Futurs parents"]
    assert [text for text, tag in names if tag == "en"] == ["Young parents", "Parents-to-be"]


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Build a generation of two open graphs and a members' graph."""
    folder = tmp_path_factory.mktemp("generation")
    files = {}
    for graph, lines in FACTS.items():
        files[graph] = folder / f"{graph.rpartition('/')[2]}.nt"
        files[graph].write_text("\n".join([*lines, ""]), encoding="utf-8")
    hidden = {SECRET: files.pop(SECRET)}
    return build(folder / "data", GenerationContent(open=files, members=hidden))


@pytest.fixture(scope="module")
def texts(generation: Generation) -> Iterator[TextIndex]:
    """Open the members' index."""
    with closing(TextIndex.of(generation.members_store)) as texts:
        yield texts


def find_names(texts: TextIndex, query: str, graphs: list[str] | None = None) -> list[str]:
    """Return the last segments of the IRIs that a query finds, the best first."""
    graphs = [A, B] if graphs is None else graphs
    return [hit.iri.rpartition("/")[2] for hit in texts.find(query, graphs, 100)]


@pytest.mark.parametrize(
    ("query", "entities"),
    [
        ("théâtre", ["lanterne", "atelier"]),
        ("THEATRES", ["lanterne", "atelier"]),
        ("The\u0301a\u0302tre", ["lanterne", "atelier"]),
        ("lantern theatre", ["lanterne"]),
        ("theatres lanterne", ["lanterne"]),
        ("l'atelier d'été", ["atelier"]),
        ("ete", ["atelier"]),
        ("danse val-des-pins", ["danse"]),
        ("danser val pins", ["danse"]),
        ("chevaux oeuvres", ["chevaux"]),
        ("cheval théâtre", []),
        ("2026", []),
        ("sans nom", []),
        ("", []),
        ("  « » !? ", []),
    ],
)
def test_words_are_found_in_any_spelling(texts: TextIndex, query: str, entities: list[str]) -> None:
    """Accents, capitals, plurals, elisions, hyphens and ligatures make no difference."""
    assert find_names(texts, query) == entities


HOSTILE = [
    '"',
    "théâtre OR",
    "NEAR(théâtre danse)",
    "names : théâtre",
    "théâtre*",
    "^théâtre",
    "-a",
]


@pytest.mark.parametrize("query", [*HOSTILE, "'; DROP TABLE thing; --", "théâtre " * 2_000, "\0"])
def test_a_query_contains_words_only(texts: TextIndex, query: str) -> None:
    """Operators, quotation marks and long texts have no other meaning."""
    assert set(find_names(texts, query)) <= {"lanterne", "atelier"}
    assert find_names(texts, "théâtre") == ["lanterne", "atelier"]


@given(st.text(max_size=40))
def test_a_query_is_case_insensitive(texts: TextIndex, query: str) -> None:
    assert find_names(texts, query.upper().lower()) == find_names(texts, query.lower())


def test_a_very_long_word_is_indexed_by_its_beginning(tmp_path: Path) -> None:
    source, word = tmp_path / "long.nt", "zà" * 50_000
    source.write_text(write_text("long", word) + "\n", encoding="utf-8")
    with closing(TextIndex(write_index(tmp_path, {A: source}), "open")) as texts:
        assert find_names(texts, word, [A]) == ["long"]
        assert find_names(texts, word[:1_000], [A]) == ["long"]
        assert find_names(texts, word[:60], [A]) == []


def test_a_graph_that_cannot_be_indexed_is_named(tmp_path: Path) -> None:
    """By the process that indexes, and again by the one that waits for it."""
    (tmp_path / "absent.nt").mkdir()
    parts = {"open": {A: GraphFile(tmp_path / "absent.nt", "name")}, "members": {}}
    with (
        pytest.raises(StoreError, match=r"of the graph .*graph/a cannot be indexed: .*absent"),
        Indexer().indexing(tmp_path, parts, None, "UTC"),
    ):
        pass


def test_names_rank_above_descriptions(texts: TextIndex) -> None:
    """Both have their languages; a hit is of the graph with the best score."""
    first, second = texts.find("théâtre", [A, B], 10)
    assert first.score > second.score > 0
    assert texts.describe(second).descriptions == (("Du théâtre pour les petits", "fr"),)
    assert (first.graph, texts.describe(first).names) == (B, (("Théâtre-Lanterne", None),))
    assert len(texts.find("théâtre", [A, B], 10, apart=True)) == 3


def test_the_open_index_holds_open_graphs_only(generation: Generation) -> None:
    """No file contains members' texts; all files are in the manifest."""
    with closing(TextIndex.of(generation.open_store)) as texts:
        assert {hit.graph for hit in texts.find("théâtre", None, 10, apart=True)} == {A, B}
    files = [*(generation.folder / "search" / "open").iterdir()]
    assert not any(b"secret" in file.read_bytes() for file in files)
    assert {str(file.relative_to(generation.folder)) for file in files} < {
        *generation.manifest.files
    }
    verify(generation)


QUERIES = ("théâtre", "lanterne", "t", "", "secrat", "theatre lanterme", "chevau", "se")


@given(st.sets(st.sampled_from([A, B, SECRET])), st.sampled_from(QUERIES))
def test_a_result_is_the_same_as_without_the_unreadable_graphs(
    texts: TextIndex, tmp_path_factory: pytest.TempPathFactory, graphs: set[str], query: str
) -> None:
    """Hits, order, scores and counts reveal nothing of a hidden graph."""
    folder = tmp_path_factory.mktemp("alone")
    alone = {graph: folder / f"{graph.rpartition('/')[2]}.nt" for graph in sorted(graphs)}
    for graph, file in alone.items():
        file.write_text("\n".join([*FACTS[graph], ""]), encoding="utf-8")
    write_index(folder, alone)
    answers: list[object] = []
    with closing(TextIndex(folder, "open")) as alone_texts:
        for apart in (True, False):
            hits = texts.find(query, graphs, 10, apart=apart)
            assert hits == alone_texts.find(query, None, 10, apart=apart)
            assert {hit.graph for hit in hits} <= graphs
        assert texts.count(query, graphs) == alone_texts.count(query, None)
        assert texts.complete(query, graphs, 10) == alone_texts.complete(query, None, 10)
        for reader_texts, readable in ((texts, graphs), (alone_texts, None)):
            near = reader_texts.find_near(query, readable, 10, lambda *_: True)
            spelt = reader_texts.correct_unused_words(query, readable, nearest_word)
            answers.append((near, spelt))
        assert answers[0] == answers[1]


def test_the_last_word_may_be_a_prefix(texts: TextIndex) -> None:
    """It is completed by words of readable graphs."""
    names = [texts.describe(hit).names[0][0] for hit in texts.complete("theatre lan", [A], 10)]
    assert names == ["Théâtre de la Lanterne"]
    assert texts.complete("sec", [A, B], 10) == []
    assert [hit.graph for hit in texts.complete("sec", None, 10)] == [SECRET]


WORDS = ("théâtre", "lanterne", "danse", "neige", "Neiges", "d’été", "la mer", "x")
graph_texts = st.dictionaries(
    st.integers(0, 11), st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), max_size=8
)


@settings(max_examples=25)
@given(graph_texts, graph_texts, st.sampled_from([1, 400, 10**6]))
def test_an_index_depends_on_what_is_published_alone(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[int, list[str]],
    after: dict[int, list[str]],
    most: int,
) -> None:
    """Bytes are those of an index made of nothing, whatever was published before and is no more.

    Whether segments have one graph, a few or all of them.
    """
    folder = tmp_path_factory.mktemp("changes")
    sources = []
    for number, texts in enumerate((before, after)):
        files = {graph: folder / f"{number}-{graph}.nt" for graph in texts}
        for graph, file in files.items():
            lines = [write_text(f"{graph}-{len(word)}", word) for word in texts[graph]]
            file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        sources.append({f"{GRAPH}{graph}": file for graph, file in files.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(divided, "MOST", most)
        write_index(folder / "former", sources[0])
        write_index(folder, sources[1], part="members")
        write_index(folder / "anew", sources[1], part="members")
    assert read_files(folder / "search") == read_files(folder / "anew" / "search")


def test_parvis_own_graphs_share_no_segment_with_the_record(tmp_path: Path) -> None:
    """Most of these change with each publication."""
    sources = {}
    for graph, ending in {A: ".nt.gz", B: ".nt", SECRET: ".fghijklm.nt.gz"}.items():
        path = tmp_path / graph.rpartition("/")[2]
        path.write_bytes(b"")
        sources[graph] = path, f"{'0' * 64}{ending}"
    assert divided.divide(sources) == [[A, SECRET], [B]]


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files by their names."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_an_unchanged_segment_is_linked_and_a_changed_one_written_anew(
    tmp_path: Path, write_lines: WriteLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graphs that have not changed are copied: their files are not read again."""
    first = {A: write_lines("a", *FACTS[A]), B: write_lines("b", *FACTS[B])}
    former = build(tmp_path / "data", GenerationContent(first))
    second = {**first, SECRET: write_lines("c", *FACTS[SECRET])}
    latter = build(tmp_path / "data", GenerationContent(second))
    again = build(tmp_path / "data", GenerationContent({**second}))
    segments = [{*(g.folder / "search" / "open").glob("*.sqlite")} for g in (former, latter, again)]
    assert [len(paths) for paths in segments] == [1, 1, 1]
    inodes = [path.stat().st_ino for paths in segments for path in paths]
    assert inodes[0] != inodes[1] == inodes[2]
    with closing(TextIndex.of(again.open_store)) as texts:
        assert find_names(texts, "secret", [SECRET]) == ["lanterne"]
    write_index(tmp_path / "former", first)
    read = read_only(second[SECRET])
    monkeypatch.setattr("parvis.store.search.entities.read_entities", read)
    with closing(TextIndex(write_index(tmp_path, second), "open")) as texts:
        assert find_names(texts, "cheval", [B]) == ["chevaux"]


def read_only(file: Path) -> Callable[[Path], Iterator[tuple[str, Entity]]]:
    """Return a reader of one file that refuses the others."""

    def read(source: Path) -> Iterator[tuple[str, Entity]]:
        assert source == file
        return read_entities(source)

    return read


def test_the_best_of_many_hits_is_found(tmp_path: Path) -> None:
    lines = [write_text(f"{number}", f"Une pièce {number}") for number in range(300)]
    lines += [
        write_text(f"{number}", "Du théâtre " + "et encore " * (number % 5), ABOUT)
        for number in range(300)
    ]
    source = tmp_path / "many.nt"
    source.write_text("\n".join([*lines, write_text("best", "Un long nom de grand théâtre"), ""]))
    with closing(TextIndex(write_index(tmp_path, {A: source}), "open")) as texts:
        assert find_names(texts, "théâtre", [A])[0] == "best"
        assert [hit.iri[-4:] for hit in texts.find("théâtre", None, 1)] == ["best"]
        assert texts.count("théâtre", None) == 301


@given(
    st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=6),
    st.integers(1, 12),
)
def test_the_best_hits_in_many_graphs_are_found(
    tmp_path_factory: pytest.TempPathFactory, graphs: list[list[int]], limit: int
) -> None:
    """Scoring few rows of each graph first loses no hit of the result."""
    folder, total = tmp_path_factory.mktemp("many"), 0
    sources = {f"{GRAPH}{graph}": folder / f"{graph}.nt" for graph in range(len(graphs))}
    for graph, lengths in enumerate(graphs):
        lines = [
            write_text(f"{graph}-{number}", "théâtre " + "mot " * size)
            for number, size in enumerate(lengths)
        ]
        body = "".join(f"{line}\n" for line in lines)
        sources[f"{GRAPH}{graph}"].write_text(body, encoding="utf-8")
        total += len(lines)
    with closing(TextIndex(write_index(folder, sources), "open")) as texts:
        hits = texts.find("théâtre", None, total + 1)
        assert len(hits) == total
        assert texts.find("théâtre", None, limit) == hits[:limit]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE word SET entities = x'ffff'",
        "UPDATE word SET entities = 'a'",
        "UPDATE word SET weights = x''",
        "UPDATE beginning SET entities = x'00'",
        "DROP TABLE word; DROP TABLE beginning",
    ],
)
def test_a_damaged_segment_is_refused(tmp_path: Path, change: str) -> None:
    """The origin of a copy may have written it."""
    (tmp_path / "a.nt").write_text(write_text("a", "Théâtre") + "\n", encoding="utf-8")
    (file,) = (write_index(tmp_path, {A: tmp_path / "a.nt"}) / "search" / "open").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as database:
        database.executescript(change)
    with closing(TextIndex(tmp_path, "open")) as texts:
        search = texts.complete if "beginning" in change else texts.find
        with pytest.raises(StoreError, match="index"):
            search("théâtre" if search == texts.find else "t", None, 1)


def test_threads_search_at_the_same_time(texts: TextIndex) -> None:
    graphs = [None, (A,), (B,), (A, B), (SECRET,)] * 8
    expected = [texts.find("théâtre", readable, 9) for readable in graphs]
    with ThreadPoolExecutor(8) as threads:
        assert [*threads.map(lambda g: texts.find("théâtre", g, 9), graphs)] == expected


def test_a_generation_without_an_index_is_reported(tmp_path: Path) -> None:
    """An older version of parvis built it."""
    with pytest.raises(StoreError, match="publish once more"):
        TextIndex.of(tmp_path / "open")


def run_query(pool: QueryPool, generation: Generation, query: str) -> list[list[str]]:
    """Return the values of every solution, as a reader of the open graphs."""
    request = WorkerRequest(query, allowed=QueryDataset.of([A, B]), base=GRAPH)
    answer = json.loads(b"".join(pool.ask(generation.members_store, request).chunks))
    names = answer["head"]["vars"]
    return [
        [row[name]["value"].rpartition("/")[2] for name in names if name in row]
        for row in answer["results"]["bindings"]
    ]


BOTH = 'parvis:search "lanterne" ; parvis:search "théâtre" FILTER(?x > .5)'
PATTERNS = [
    ('SELECT ?t { ?t parvis:search "theatres" }', ["atelier", "lanterne"]),
    ("SELECT ?t { ?t parvis:search '''Théâtre'''@fr . }", ["atelier", "lanterne"]),
    ('SELECT ?t { ?t parvis:search "th\\u00e9\\u00e2tre"^^xsd:string }', ["atelier", "lanterne"]),
    ('SELECT DISTINCT ?t { ?t parvis:search ("théâtre" 1) ; schema:name ?n }', ["lanterne"]),
    ('SELECT DISTINCT ?t { ?t schema:name ?n ; parvis:search "ete" . }', ["atelier"]),
    ('SELECT ?t { ?t parvis:search "ete" ; . FILTER(true) }', ["atelier"]),
    ("SELECT DISTINCT ?t { BIND(1.5 AS ?x) ?t schema:name ?n ; " + BOTH + " }", ["lanterne"]),
    ('SELECT ?t { ?t parvis:search "théâtre" ; parvis:search "petits" }', ["atelier"]),
    ('SELECT ?t { GRAPH <b> { ?t parvis:search "théâtre" } }', ["lanterne"]),
    ('SELECT ?t { GRAPH <secret> { ?t parvis:search "théâtre" } }', []),
    ('SELECT ?t FROM <b> { ?t parvis:search "théâtre" }', ["lanterne"]),
    ('SELECT ?t FROM <secret> { ?t parvis:search "théâtre" }', []),
    ('SELECT ?t FROM NAMED <a> { ?t parvis:search "théâtre" }', []),
    ('SELECT ?t { { SELECT ?t { ?t parvis:search "danse" } } }', ["danse"]),
    (
        'SELECT ?t { ?t schema:name "L’atelier d’été" OPTIONAL { ?t parvis:search "danse" } }',
        ["atelier"],
    ),
    ('SELECT ?t { ?t schema:name ?n FILTER EXISTS { ?t parvis:search "œuvre" } }', ["chevaux"]),
    ('PREFIX p: <https://w3id.org/parvis/ns#> SELECT ?t { ?t p:search "danse" }', ["danse"]),
    ('SELECT $t { $t <https://w3id.org/parvis/ns#search> "danse" }', ["danse"]),
    (
        'SELECT ?n { <../id/danse> parvis:search "danse" ; schema:name ?n }',
        ["Danses au Val-des-Pins"],
    ),
    ('SELECT ?n { <../id/danse> parvis:search "théâtre" ; schema:name ?n }', []),
    ('SELECT ?t { ?t parvis:search "" }', []),
    ('SELECT ?t { ?t schema:name ?n FILTER(STR(?n) = "parvis:search \\"x\\"") }', []),
    ("SELECT ?t { ?t parvis:search ?words }", []),
]


@pytest.mark.parametrize(("query", "entities"), PATTERNS)
def test_a_search_pattern_matches_what_the_index_finds(
    pool: QueryPool, generation: Generation, query: str, entities: list[str]
) -> None:
    """Wherever a triple is allowed, within the readable and requested graphs."""
    assert sorted(row[0] for row in run_query(pool, generation, query)) == sorted(entities)


def test_a_search_pattern_binds_entities_scores_and_graphs_of_the_index(
    pool: QueryPool, generation: Generation, texts: TextIndex
) -> None:
    rows = run_query(
        pool,
        generation,
        'SELECT ?t ?s { ?t parvis:search ("théâtre" ?s) } ORDER BY DESC(?s)',
    )
    hits = texts.find("théâtre", [A, B], 100)
    assert [(entity, float(score)) for entity, score in rows] == [
        (hit.iri.rpartition("/")[2], hit.score) for hit in hits
    ]
    rows = run_query(
        pool,
        generation,
        'SELECT ?t ?g { GRAPH ?g { ?t parvis:search "théâtre" ; schema:name ?n } }',
    )
    apart = texts.find("théâtre", [A, B], 100, apart=True)
    expected = {(hit.iri.rpartition("/")[2], hit.graph.rpartition("/")[2]) for hit in apart}
    assert {tuple(row) for row in rows} == expected


def test_templates_of_construct_are_no_searches(pool: QueryPool, generation: Generation) -> None:
    """Only a pattern that is matched is a search."""
    query = 'CONSTRUCT { ?t parvis:search "danse" } WHERE { ?t parvis:search "danse" }'
    request = WorkerRequest(query, allowed=QueryDataset.of([A]), graph="nt")
    answer = b"".join(pool.ask(generation.members_store, request).chunks).decode()
    assert answer.split() == [
        "<http://pool.example/id/danse>",
        "<https://w3id.org/parvis/ns#search>",
        '"danse"',
        ".",
    ]


REFUSED = [
    '[] parvis:search "x"',
    '[ parvis:search "x" ]',
    '_:b a schema:Event ; parvis:search "x"',
    '?t parvis:search "x" , "y"',
    '?t parvis:search ("x" "y")',
    '?t parvis:search ("x" 5 ?s)',
    '?t parvis:search ("x" 0)',
    '?t parvis:search ("x" 10001)',
    f'?t parvis:search "{" ".join(map(str, range(17)))}"',
    " ".join(f'?t{n} parvis:search "x" .' for n in range(9)),
]


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_search_that_cannot_be_evaluated_is_refused(
    pool: QueryPool, generation: Generation, pattern: str
) -> None:
    """Rather than answered without rows."""
    with pytest.raises(QueryError, match="search"):
        run_query(pool, generation, f"SELECT * {{ {pattern} }}")


def test_a_malformed_query_is_located_in_its_original_text(
    pool: QueryPool, generation: Generation
) -> None:
    """The hits that are inserted shift no position."""
    with pytest.raises(QueryError, match="line 2") as caught:
        run_query(pool, generation, 'SELECT * { ?t parvis:search "théâtre" .\n ?t ! }')
    assert caught.value.fields["line"] == 2


@given(st.text(max_size=30), st.sampled_from(["", " ; schema:name ?n", " FILTER(true)"]))
def test_searched_words_never_become_part_of_the_query(
    texts: TextIndex, words: str, suffix: str
) -> None:
    """None of them is left in the text for the engine."""
    literal = str(ox.Literal(f"{words} lanterne"))
    query = QueryText.read(f"SELECT * {{ ?t parvis:search {literal}{suffix} }}", prefixes=PREFIXES)
    text = expand_searches(query, QueryDataset.of([A]), lambda: texts).parsed_query.write()
    table = text.removeprefix("SELECT * { VALUES (?t) { ").partition("}")
    assert {*table[0].split()} <= {"(<http://pool.example/id/lanterne>)"}
    assert "lanterne" not in table[2]


EVENT, VENUE, ADDRESS, DANCE = (
    f"<http://pool.example/id/{name}>" for name in ("pas", "salle", "adresse", "concept/danse")
)
SCHEMA_ORG, SKOS_LABEL = "http://schema.org/", "<http://www.w3.org/2004/02/skos/core#prefLabel>"
DISCIPLINE = "<https://w3id.org/parvis/ns#discipline>"
SURROUNDED = [
    f'{ADDRESS} <{SCHEMA_ORG}addressLocality> "Montréal" .',
    f'{EVENT} <{SCHEMA_ORG}name> "Pas de loup"@fr .',
    f"{EVENT} <{SCHEMA_ORG}location> {VENUE} .",
    f'{EVENT} <{SCHEMA_ORG}startDate> "2026-11-25" .',
    f"{EVENT} {DISCIPLINE} {DANCE} .",
    f"{VENUE} <{SCHEMA_ORG}address> {ADDRESS} .",
    f'{VENUE} <{SCHEMA_ORG}name> "Salle des Érables" .',
]


@pytest.fixture(params=["nt", "nt.gz"])
def surrounded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TextIndex]:
    """Index an event, its venue and its address, from lines in any order and from sorted ones."""
    source, labels = tmp_path / f"a.{request.param}", tmp_path / "labels.nt"
    sources = {A: source, f"http://pool.example/{ONTOLOGY}": labels}
    lines = "\n".join([*sorted(SURROUNDED, reverse=request.param == "nt"), ""]).encode()
    source.write_bytes(gzip.compress(lines) if request.param == "nt.gz" else lines)
    labels.write_text(f'{DANCE} {SKOS_LABEL} "Danse"@fr .\n', encoding="utf-8")
    with closing(TextIndex(write_index(tmp_path, sources), "open")) as texts:
        yield texts


@pytest.mark.usefixtures("surrounded")
def test_a_large_graph_is_indexed_as_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entities of a large one are put in order in a file, not in memory."""
    (source,) = (path for path in tmp_path.glob("a.nt*"))
    sources = {A: source, f"http://pool.example/{ONTOLOGY}": tmp_path / "labels.nt"}
    monkeypatch.setattr("parvis.store.search.entities.SMALL", -1)
    write_index(tmp_path / "large", sources)
    assert read_files(tmp_path / "large" / "search") == read_files(tmp_path / "search")


def test_words_that_are_added_up_in_pieces_are_those_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "many.nt"
    lines = [
        write_text(f"{n % 7}", f"La {n % 3} danse {n}", (NAME, ABOUT)[n % 2]) for n in range(40)
    ]
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    write_index(tmp_path / "once", {A: source})
    monkeypatch.setattr("parvis.store.search.postings.MANY", 3)
    monkeypatch.setattr("parvis.store.search.postings.REMEMBERED", 3)
    write_index(tmp_path / "pieces", {A: source})
    assert read_files(tmp_path / "pieces") == read_files(tmp_path / "once")


@pytest.mark.parametrize(
    ("query", "entities"),
    [
        ("danse montreal", ["pas"]),
        ("danses erables", ["pas"]),
        ("pas montréal", ["pas"]),
        ("montréal", ["pas", "salle"]),
        ("danse québec", []),
    ],
)
def test_an_entity_is_found_by_its_surroundings(
    surrounded: TextIndex, query: str, entities: list[str]
) -> None:
    """Its discipline, its venue and the city of the venue; without them by its own texts only."""
    hits = surrounded.find(query, [A], 10, covered=GraphWords({}))
    assert sorted(hit.iri.rpartition("/")[2] for hit in hits) == entities
    assert find_names(surrounded, query, [A]) == []
    assert surrounded.count(query, [A]) == 0


def test_a_hit_has_its_dates_places_and_context(surrounded: TextIndex) -> None:
    (hit,) = surrounded.find("loup", [A], 10)
    entity = surrounded.describe(hit)
    assert entity.starts == ("2026-11-25",)
    assert entity.places == (("Salle des Érables", None),)
    assert entity.context == (("Danse", "fr"), ("Montréal", None))


def test_words_of_a_graph_count_for_its_entities(surrounded: TextIndex) -> None:
    """At least one word is of the entity itself."""
    covered = GraphWords({A: frozenset({"petit", "nord"}), B: frozenset({"loup"})})
    assert [
        hit.iri[-3:] for hit in surrounded.find("loup petit nord", [A], 9, covered=covered)
    ] == ["pas"]
    assert surrounded.find("petit nord", [A], 9, covered=covered) == []


def test_words_that_no_entity_has_come_with_similar_ones(surrounded: TextIndex) -> None:
    corrections = surrounded.correct_unused_words("danse montral", [A], nearest_word)
    assert corrections == {"montral": "montreal"}
    corrections = surrounded.correct_unused_words("danse montral", [], nearest_word)
    assert corrections == {"danse": None, "montral": None}
