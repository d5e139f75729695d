"""The grammar of SPARQL queries as an LL(1) table, built from ``grammar.ebnf``."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

START, END = "Query", "the end"
"""The first production, and the terminal after the last token, which no text can write."""

Production = tuple[str, ...]

_SYMBOL = re.compile(r"'[^']+'|[A-Za-z_]+|[()|?*+]")


@dataclass
class Grammar:
    """Productions by nonterminal, and which of them a terminal predicts.

    A terminal is written in capitals, or as the keyword or sign itself.
    """

    productions: dict[str, list[Production]] = field(default_factory=dict)
    table: dict[str, dict[str, Production]] = field(default_factory=dict)
    first: dict[str, frozenset[str]] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()

    def admits(self, stack: Sequence[str], terminal: str) -> bool:
        """Say whether a terminal may come next, from the symbols that are still to be read."""
        for symbol in reversed(stack):
            if symbol not in self.first:
                return symbol == terminal
            if terminal in self.first[symbol]:
                return True
            if symbol not in self.nullable:
                return False
        return False

    def expected(self, stack: Sequence[str]) -> frozenset[str]:
        """Return the terminals that may come next."""
        terminals: frozenset[str] = frozenset()
        for symbol in reversed(stack):
            terminals |= self.first.get(symbol, {symbol})
            if symbol not in self.nullable:
                break
        return terminals


@cache
def query_grammar() -> Grammar:
    """Read the grammar and predict; raises `ValueError` where one terminal predicts two."""
    text = files(__package__).joinpath("grammar.ebnf").read_text(encoding="utf-8")
    grammar = Grammar()
    for line in text.splitlines():
        name, is_production, body = line.partition(" ::= ")
        if is_production:
            _Body(grammar, name, body).read()
    _predict(grammar)
    return grammar


class _Body:
    """The right side of a production; what stands in brackets becomes a production of its own."""

    def __init__(self, grammar: Grammar, name: str, body: str) -> None:
        self._grammar = grammar
        self._name = name
        self._symbols = _SYMBOL.findall(body)
        self._at = 0
        self._parts = 0

    def read(self) -> None:
        self._grammar.productions[self._name] = self._alternatives()

    def _alternatives(self) -> list[Production]:
        """Read up to a closing bracket or the end."""
        alternatives: list[list[str]] = [[]]
        while self._at < len(self._symbols) and self._symbols[self._at] != ")":
            symbol = self._symbols[self._at]
            self._at += 1
            if symbol == "|":
                alternatives.append([])
            elif symbol == "(":
                inner = self._alternatives()
                self._at += 1
                alternatives[-1].append(self._repeated(self._add(inner)))
            else:
                alternatives[-1].append(self._repeated(symbol.strip("'")))
        return [tuple(alternative) for alternative in alternatives]

    def _repeated(self, symbol: str) -> str:
        """Read the ``?``, ``*`` or ``+`` after a symbol."""
        sign = self._symbols[self._at] if self._at < len(self._symbols) else ""
        if sign not in {"?", "*", "+"}:
            return symbol
        self._at += 1
        if sign == "?":
            return self._add([(symbol,), ()])
        many = self._add([()])
        self._grammar.productions[many].insert(0, (symbol, many))
        return many if sign == "*" else self._add([(symbol, many)])

    def _add(self, alternatives: list[Production]) -> str:
        self._parts += 1
        name = f"{self._name}.{self._parts}"
        self._grammar.productions[name] = alternatives
        return name


def _predict(grammar: Grammar) -> None:
    """Fill the table from the FIRST and FOLLOW sets."""
    productions = grammar.productions
    first: dict[str, set[str]] = {name: set() for name in productions}
    follow: dict[str, set[str]] = {name: set() for name in productions}
    nullable: set[str] = set()
    follow[START].add(END)
    size = -1
    while size != (size := _size(first) + _size(follow) + len(nullable)):
        for name, production in _each(productions):
            leads, is_empty = _leads(production, first, nullable)
            first[name] |= leads
            if is_empty:
                nullable.add(name)
            for at, symbol in enumerate(production):
                if symbol in productions:
                    leads, is_empty = _leads(production[at + 1 :], first, nullable)
                    follow[symbol] |= leads | (follow[name] if is_empty else set())
    for name, production in _each(productions):
        leads, is_empty = _leads(production, first, nullable)
        row = grammar.table.setdefault(name, {})
        for terminal in leads | (follow[name] if is_empty else set()):
            if terminal in row:
                message = f"{terminal} predicts two productions of {name}"
                raise ValueError(message)
            row[terminal] = production
    grammar.first = {name: frozenset(terminals) for name, terminals in first.items()}
    grammar.nullable = frozenset(nullable)


def _size(sets: Mapping[str, set[str]]) -> int:
    return sum(map(len, sets.values()))


def _each(productions: Mapping[str, list[Production]]) -> Iterator[tuple[str, Production]]:
    for name, alternatives in productions.items():
        for production in alternatives:
            yield name, production


def _leads(
    symbols: Production, first: Mapping[str, set[str]], nullable: set[str]
) -> tuple[set[str], bool]:
    """Return the terminals that may begin some symbols, and whether they may be nothing."""
    leads: set[str] = set()
    for symbol in symbols:
        leads |= first.get(symbol, {symbol})
        if symbol not in nullable:
            return leads, False
    return leads, True
