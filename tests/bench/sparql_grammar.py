"""Random SPARQL queries over the whole grammar.

`Grammar(random, vocabulary).query()` draws a query of SPARQL 1.1, with RDF 1.2's triple terms and
LATERAL if the engine supports them, in unusual spellings: gaps and comments, cases, prefixes,
relative IRIs, escapes, ``<`` without spaces. Its vocabulary is small, so that queries match data,
and graph names are used as terms. `sparql_tricks.mutate` derives texts that are almost
queries. Everything depends on the random source: the same seed draws the same texts.
"""

from collections.abc import Sequence
from random import Random

from sparql_words import (
    BINARY,
    CASTS,
    LITERALS,
    OPERATORS,
    SCHEMA,
    TERNARY,
    UNARY,
    VARIABLES,
    XSD,
    Comparison,
    Dialect,
    Query,
    Spelling,
    T,
    Vocabulary,
    chance,
    pick,
)

WHOLE = Dialect()


class Grammar:
    def __init__(self, random: Random, vocabulary: Vocabulary, dialect: Dialect = WHOLE) -> None:
        """Draw from a random source; the dialect excludes what an engine does not support."""
        self._random, self._words, self._dialect = random, vocabulary, dialect
        self._spelling = Spelling(random, "upper", 0, vocabulary.base)
        self._fresh = self._budget = 0
        self._comparison = Comparison.EXACT

    def query(self) -> Query:
        """Draw a query of any form."""
        self._fresh, self._budget, self._comparison = (
            0,
            self._random.randint(1, 4),
            Comparison.EXACT,
        )
        prologue = self._prologue()
        form = self._pick(["SELECT"] * 13 + ["ASK"] * 3 + ["CONSTRUCT"] * 3 + ["DESCRIBE"] * 2)
        head, body, cut = getattr(self, f"_{form.lower()}")()
        clauses, default, named = self._clauses()
        values = self._values() if self._chance(0.06) else []
        if cut:
            self._comparison = max(self._comparison, Comparison.CUT, key=[*Comparison].index)
        write = self._spelling.write
        return Query(
            head=write([*prologue, *head]),
            clauses=write(clauses),
            body=write(body),
            cut=write(cut),
            values=write(values),
            form=form,
            comparison=self._comparison,
            default=default,
            named=named,
        )

    # Before the pattern

    def _prologue(self) -> list[str]:
        """Choose a spelling and declare its prefixes."""
        base = self._words.base
        keywords = self._pick(["upper", "upper", "lower", "mixed"])
        gaps = self._pick([0.0, 0.0, 0.1, 0.5])
        self._spelling = Spelling(self._random, keywords, gaps, base)
        tokens: list[str] = []
        if self._chance(0.15):
            self._spelling.base = self._pick([f"{base}graph/", "http://x/", base])
            tokens += ["BASE", f"<{self._spelling.base}>"]
        for prefix, namespace in (("g:", f"{base}graph/p/"), (":", "http://x/"), ("x.y-z:", base)):
            if not self._chance(0.3):
                continue
            if self._chance(0.1):
                tokens += [
                    "PREFIX",
                    prefix,
                    "<http://elsewhere.example/>",
                ]  # the later declaration applies
            tokens += ["PREFIX", prefix, self._iri(namespace, named=False)]
            self._spelling.prefixes[prefix] = namespace
        if self._chance(0.3):
            self._spelling.prefixes["schema:"] = SCHEMA  # declared by the pool
        return tokens

    def _clauses(self) -> tuple[list[str], tuple[str, ...], tuple[str, ...]]:
        """Draw FROM and FROM NAMED."""
        if not self._chance(0.3):
            return [], (), ()
        tokens: list[str] = []
        lists: tuple[list[str], list[str]] = ([], [])
        for _ in range(self._random.randint(1, 4)):
            graph, named = self._pick(self._words.graphs), self._chance(0.5)
            lists[named].append(graph)
            tokens += ["FROM", *(["NAMED"] if named else []), self._iri(graph)]
        return tokens, tuple(lists[False]), tuple(lists[True])

    def _select(self) -> tuple[list[str], list[str], list[str]]:
        head, body = self._selection(0)
        cut: list[str] = []
        if self._chance(0.12):
            cut = ["LIMIT", str(self._random.randint(0, 6))]
        if self._chance(0.06):
            cut = [*cut, "OFFSET", str(self._random.randint(0, 3))]
        return ["SELECT", *head], body, cut

    def _ask(self) -> tuple[list[str], list[str], list[str]]:
        return ["ASK"], [*self._where(), *self._group(0)], []

    def _construct(self) -> tuple[list[str], list[str], list[str]]:
        if self._chance(0.2):
            triples = [*self._simple_triple(), ".", *self._simple_triple()]
            return ["CONSTRUCT"], ["WHERE", "{", *triples, "}"], []
        template: list[str] = []
        for _ in range(self._random.randint(1, 3)):
            ends = (self._variable(), self._iri(self._pick(self._words.nodes)), "_:t", "[]")
            value = self._pick([*ends, self._literal()])
            verb = self._pick([self._variable(), self._predicate()])
            template += [self._pick(ends), verb, value, "."]
        body = ["WHERE", *self._group(0), *(self._order() if self._chance(0.2) else [])]
        return ["CONSTRUCT", "{", *template, "}"], body, []

    def _describe(self) -> tuple[list[str], list[str], list[str]]:
        if self._chance(0.4):
            return ["DESCRIBE", self._constant(), self._constant()], [], []
        described = self._pick([["*"], [self._variable()], [self._variable(), self._constant()]])
        return ["DESCRIBE", *described], ["WHERE", *self._group(0)], []

    def _selection(self, depth: int) -> tuple[list[str], list[str]]:
        """Draw the selection and its pattern, without LIMIT."""
        modifier = self._pick(["", "", "", "DISTINCT", "REDUCED"])
        if modifier == "REDUCED":
            inner = Comparison.DISTINCT if depth == 0 else Comparison.LOOSE
            self._comparison = max(self._comparison, inner, key=[*Comparison].index)
        head = [modifier] if modifier else []
        pattern = [*self._where(), *self._group(depth)]
        kind = self._pick(["*", "*", "variables", "variables", "expressions", "groups"])
        order = self._order() if self._chance(0.15) else []
        match kind:
            case "*":
                return [*head, "*"], [*pattern, *order]
            case "groups":
                return self._grouped(head, pattern, depth)
        head += [f"?{name}" for name in self._sample()]
        if kind == "expressions":
            for _ in range(self._random.randint(1, 2)):
                head += ["(", *self._expression(depth + 1), "AS", self._new(), ")"]
        return head, [*pattern, *order]

    def _grouped(
        self, head: list[str], pattern: list[str], depth: int
    ) -> tuple[list[str], list[str]]:
        """Draw aggregates, with or without GROUP BY."""
        body, keys = [*pattern], self._sample() if self._chance(0.7) else []
        head = [*head, *(f"?{name}" for name in keys)]
        if keys:
            body += ["GROUP", "BY", *(f"?{name}" for name in keys)]
            if self._chance(0.25):
                key = self._new()
                body += ["(", *self._expression(depth + 2), "AS", key, ")"]
                head.append(key)
        for _ in range(self._random.randint(1, 2)):
            head += ["(", *self._aggregate(depth), "AS", self._new(), ")"]
        if self._chance(0.25):
            sign = self._pick([">", "<", ">=", "!="])
            body += [
                "HAVING",
                "(",
                "COUNT",
                "(",
                "*",
                ")",
                sign,
                str(self._random.randint(0, 3)),
                ")",
            ]
        return head, body

    def _aggregate(self, depth: int) -> list[str]:
        name = self._pick(
            ["COUNT", "COUNT", "COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE", "GROUP_CONCAT"]
        )
        distinct = ["DISTINCT"] if self._chance(0.3) else []
        if name == "COUNT" and self._chance(0.5):
            return ["COUNT", "(", *distinct, "*", ")"]
        inner = [*distinct, *self._expression(depth + 2)]
        if name == "GROUP_CONCAT":  # the order is undefined
            last = [";", "SEPARATOR", "=", "'|'"] if self._chance(0.5) else []
            return ["STRLEN", "(", name, "(", *inner, *last, ")", ")"]
        if name in {"SAMPLE", "MIN", "MAX"}:  # undefined for incomparable values
            self._comparison = Comparison.LOOSE
        return [name, "(", *inner, ")"]

    def _order(self) -> list[str]:
        tokens = ["ORDER", "BY"]
        for name in self._sample():
            tokens += self._pick(
                [[f"?{name}"], ["DESC", "(", f"?{name}", ")"], ["STR", "(", f"?{name}", ")"]]
            )
        return tokens

    # Patterns

    def _where(self) -> list[str]:
        return ["WHERE"] if self._chance(0.5) else []

    def _group(self, depth: int) -> list[str]:
        """Draw a group in braces."""
        tokens: list[str] = []
        for _ in range(self._pick([1, 1, 2, 2, 3] if depth < 3 else [0, 1, 1])):
            tokens += self._element(depth)
        return ["{", *tokens, "}"]

    def _element(self, depth: int) -> list[str]:  # noqa: PLR0911 - one for each production
        """Draw an element of a group; after the budget is spent, only short conditions."""
        simple = [self._triples] * 12 + [self._values, self._bind, self._filter]
        if self._budget <= 0:
            if self._chance(0.6):
                return []
            simple = [self._values, self._bind, self._filter]
        if depth >= 4 or self._chance(0.5):
            return self._pick(simple)(depth)
        group = [*self._group(depth + 1)]
        kind = self._pick(
            ["GRAPH"] * 8
            + [
                "OPTIONAL",
                "OPTIONAL",
                "UNION",
                "UNION",
                "MINUS",
                "{",
                "SELECT",
                "EXISTS",
                "LATERAL",
            ]
        )
        match kind:
            case "GRAPH":
                name = self._pick(
                    [f"?{self._pick('ggga')}", self._iri(self._pick(self._words.graphs))]
                )
                return ["GRAPH", name, *group]
            case "UNION":
                return [*group, "UNION", *self._group(depth + 1)]
            case "SELECT":
                return ["{", "SELECT", *self._inner(depth + 1), "}"]
            case "EXISTS":
                return ["FILTER", *(["NOT"] if self._chance(0.5) else []), "EXISTS", *group]
            case "LATERAL":
                return ["LATERAL" if self._dialect.lateral else "OPTIONAL", *group]
            case "{":
                return group
        return [kind, *group]

    def _inner(self, depth: int) -> list[str]:
        head, body = self._selection(depth)
        limit: list[str] = []
        if self._chance(0.2):
            number = self._pick(["0", "1000000", "1000000", "2"])
            limit = ["LIMIT", number]
            if number == "2":
                self._comparison = Comparison.LOOSE
        return [*head, *body, *limit, *(self._values(depth) if self._chance(0.1) else [])]

    def _triples(self, depth: int = 0) -> list[str]:
        """Draw triples of one subject."""
        del depth
        self._budget -= 1
        tokens = [*self._subject(), *self._verb(), *self._object()]
        if self._chance(0.12):
            tokens += [",", *self._object()]
        if self._chance(0.15):
            tokens += [";", *self._verb(), *self._object()]
        return [*tokens, "."]

    def _simple_triple(self) -> list[str]:
        ends = [self._variable(), self._variable(), self._iri(self._pick(self._words.nodes))]
        return [
            self._pick(ends),
            self._pick([self._variable(), self._predicate()]),
            self._pick(ends),
        ]

    def _subject(self) -> list[str]:
        roll = self._random.random()
        if roll < 0.78:
            return [self._variable()]
        if roll < 0.91:
            return [self._constant()]
        if roll < 0.94:
            return ["[", *self._verb(), *self._object(nested=True), "]"]
        if roll < 0.96 and self._dialect.triple_terms:
            return ["<<", self._variable(), self._variable(), self._variable(), ">>"]
        return [self._new_blank()]

    def _object(self, *, nested: bool = False) -> list[str]:
        roll = self._random.random()
        if roll < 0.78 or nested:
            return [self._variable()]
        if roll < 0.85:
            return [self._constant()]
        if roll < 0.92:
            return [self._literal()]
        if roll < 0.94:
            return ["(", self._variable(), self._literal(), ")"]
        if roll < 0.97 and self._dialect.triple_terms:
            return ["<<(", self._variable(), self._variable(), self._variable(), ")>>"]
        return self._pick(
            [[self._new_blank()], ["[]"], ["[", *self._verb(), self._variable(), "]"]]
        )

    def _verb(self) -> list[str]:
        roll = self._random.random()
        if roll < 0.35:
            return [self._variable()]
        if roll < 0.65:
            return [self._predicate()]
        return self._path(0)

    def _path(self, depth: int) -> list[str]:
        if depth > 2 or self._chance(0.25):
            return [self._predicate()]
        inner = self._path(depth + 1)
        match self._random.randint(0, 7):
            case 0:
                return ["(", *inner, "/", *self._path(depth + 1), ")"]
            case 1:
                return ["(", *inner, "|", *self._path(depth + 1), ")"]
            case 2:
                return ["^", "(", *inner, ")"]
            case 3:
                inside = (
                    [self._predicate(), "|", "^", self._predicate()] if self._chance(0.5) else []
                )
                return ["!", "(", *(inside or [self._predicate()]), ")"]
        closed = self._dialect.closures or self._chance(0.2)
        return ["(", *inner, ")" + (self._pick(["*", "*", "+", "?"]) if closed else "")]

    def _values(self, depth: int = 0) -> list[str]:
        del depth
        names = self._sample()[:2]
        if len(names) == 1 and self._chance(0.6):
            return [
                "VALUES",
                f"?{names[0]}",
                "{",
                *(self._datum() for _ in range(self._pick([0, 1, 2, 3]))),
                "}",
            ]
        rows: list[str] = []
        for _ in range(self._random.randint(0, 3)):
            rows += ["(", *(self._datum() for _ in names), ")"]
        return ["VALUES", "(", *(f"?{name}" for name in names), ")", "{", *rows, "}"]

    def _datum(self) -> str:
        return self._pick([self._constant(), self._literal(), "UNDEF", "UNDEF"])

    def _bind(self, depth: int = 0) -> list[str]:
        return ["BIND", "(", *self._expression(depth + 1), "AS", self._new(), ")"]

    def _filter(self, depth: int = 0) -> list[str]:
        """Draw a condition, usually one that many rows meet."""
        if self._chance(0.4):
            return ["FILTER", "(", *self._expression(depth + 1), ")"]
        left, right = self._variable(), self._variable()
        condition = self._pick(
            [
                [left, self._pick(["!=", "<", ">=", "="]), right],
                [left, "!=", self._constant()],
                [self._pick(["isIRI", "isLITERAL", "BOUND"]), "(", left, ")"],
                ["STR", "(", left, ")", "<", "STR", "(", right, ")"],
                ["!", "isBLANK", "(", left, ")"],
            ]
        )
        return ["FILTER", "(", *condition, ")"]

    # Expressions

    def _expression(self, depth: int) -> list[str]:  # noqa: PLR0911 - one for each production
        """Draw an expression."""
        if depth > 3 or self._chance(0.3):
            return self._pick(
                [[self._variable()], [self._variable()], [self._literal()], [self._constant()]]
            )
        first = self._expression(depth + 1)
        match self._random.randint(0, 11):
            case 0 | 1 | 2 | 3:
                return ["(", *first, self._pick(OPERATORS), *self._expression(depth + 1), ")"]
            case 4:
                return [self._pick(["!", "-", "+"]), "(", *first, ")"]
            case 5 | 6:
                return [self._pick(UNARY), "(", *first, ")"]
            case 7:
                return [self._pick(BINARY), "(", *first, ",", *self._expression(depth + 1), ")"]
            case 8:
                return self._rare(depth, first)
            case 9:
                group = ["BOUND", "(", self._variable(), ")"]
                if depth < 3 and self._budget > 0:
                    group = [*(["NOT"] if self._chance(0.5) else []), "EXISTS", *self._group(3)]
                return group
            case 10:
                choices = ["(", *self._expression(4), ",", *self._expression(4), ")"]
                return ["(", *first, *(["NOT"] if self._chance(0.5) else []), "IN", *choices, ")"]
        return [f"<{XSD}{self._pick(CASTS)}>", "(", *first, ")"]

    def _rare(self, depth: int, first: list[str]) -> list[str]:
        """Draw a rare expression."""
        second, third = self._expression(depth + 1), self._expression(depth + 1)
        if self._dialect.triple_terms and self._chance(0.4):
            part = self._pick(["SUBJECT", "PREDICATE", "OBJECT", "isTRIPLE"])
            return [part, "(", "TRIPLE", "(", *first, ",", *second, ",", *third, ")", ")"]
        if self._chance(0.2):
            return ["BNODE", "(", ")"]
        return [self._pick(TERNARY), "(", *first, ",", *second, ",", *third, ")"]

    # Terms

    def _variable(self) -> str:
        return self._pick("???$") + self._pick(VARIABLES)

    def _sample(self) -> list[str]:
        return self._random.sample(VARIABLES, self._random.randint(1, 3))

    def _new(self) -> str:
        self._fresh += 1
        return f"?f{self._fresh}"

    def _new_blank(self) -> str:
        self._fresh += 1
        return f"_:b{self._fresh}"

    def _constant(self) -> str:
        words = self._words
        return self._iri(self._pick([*words.nodes, *words.nodes, *words.graphs]))

    def _predicate(self) -> str:
        if self._chance(0.05):
            return "a"
        return self._iri(self._pick(self._words.predicates))

    def _literal(self) -> str:
        return self._pick(LITERALS)

    def _iri(self, iri: str, *, named: bool = True) -> str:
        return self._spelling.iri(iri, named=named)

    def _chance(self, share: float) -> bool:
        return chance(self._random, share)

    def _pick(self, choices: Sequence[T]) -> T:
        return pick(self._random, choices)
