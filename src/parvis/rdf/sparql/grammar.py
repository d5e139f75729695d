"""The grammar of SPARQL queries as an LL(1) table, built from ``grammar.ebnf``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

START, END = "Query", "the end"
"""The first production, and the terminal after the last token, which no text contains."""

Production = tuple[str, ...]

_SYMBOL = re.compile(r"'[^']+'|[A-Za-z_]+|[()|?*+]")


@dataclass
class Grammar:
    """Productions by nonterminal, and the table of which one a terminal predicts.

    A terminal is written in capitals, or as the keyword or sign itself.
    """

    productions: dict[str, list[Production]] = field(default_factory=dict)
    table: dict[str, dict[str, Production]] = field(default_factory=dict)
    first: dict[str, frozenset[str]] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()

    def admits(self, stack: Sequence[str], terminal: str) -> bool:
        """Return whether a terminal may come next, given the symbols still to be read."""
        for symbol in reversed(stack):
            if symbol not in self.first:
                return symbol == terminal
            if terminal in self.first[symbol]:
                return True
            if symbol not in self.nullable:
                return False
        return False

    def expected_terminals(self, stack: Sequence[str]) -> frozenset[str]:
        """Return the terminals that may come next."""
        terminals: frozenset[str] = frozenset()
        for symbol in reversed(stack):
            terminals |= self.first.get(symbol, {symbol})
            if symbol not in self.nullable:
                break
        return terminals


@cache
def query_grammar() -> Grammar:
    """Read the grammar and build its table. Raises `ValueError` if it is not LL(1)."""
    text = files(__package__).joinpath("grammar.ebnf").read_text(encoding="utf-8")
    grammar = Grammar()
    for line in text.splitlines():
        name, is_production, body = line.partition(" ::= ")
        if is_production:
            _ProductionReader(grammar, name, body).read()
    _fill_table(grammar)
    return grammar


class _ProductionReader:
    """The right side of a production; each group in brackets becomes a production of its own."""

    def __init__(self, grammar: Grammar, name: str, body: str) -> None:
        self._grammar = grammar
        self._name = name
        self._symbols = _SYMBOL.findall(body)
        self._at = 0
        self._parts = 0

    def read(self) -> None:
        self._grammar.productions[self._name] = self._read_alternatives()

    def _read_alternatives(self) -> list[Production]:
        alternatives: list[list[str]] = [[]]
        while self._at < len(self._symbols) and self._symbols[self._at] != ")":
            symbol = self._symbols[self._at]
            self._at += 1
            if symbol == "|":
                alternatives.append([])
            elif symbol == "(":
                inner = self._read_alternatives()
                self._at += 1
                alternatives[-1].append(self._read_repetition(self._add(inner)))
            else:
                alternatives[-1].append(self._read_repetition(symbol.strip("'")))
        return [tuple(alternative) for alternative in alternatives]

    def _read_repetition(self, symbol: str) -> str:
        sign = self._symbols[self._at] if self._at < len(self._symbols) else ""
        if sign not in {"?", "*", "+"}:
            return symbol
        self._at += 1
        if sign == "?":
            return self._add([(symbol,), ()])
        # ``a*`` is a production that is empty or ``a a*``; ``a+`` is ``a a*``.
        many = self._add([()])
        self._grammar.productions[many].insert(0, (symbol, many))
        return many if sign == "*" else self._add([(symbol, many)])

    def _add(self, alternatives: list[Production]) -> str:
        self._parts += 1
        name = f"{self._name}.{self._parts}"
        self._grammar.productions[name] = alternatives
        return name


def _fill_table(grammar: Grammar) -> None:
    """Fill the table from the FIRST and FOLLOW sets."""
    productions = grammar.productions
    pairs = [(name, body) for name, bodies in productions.items() for body in bodies]
    first: dict[str, set[str]] = {name: set() for name in productions}
    follow: dict[str, set[str]] = {name: set() for name in productions}
    nullable: set[str] = set()
    follow[START].add(END)
    size = -1
    # The sets grow until nothing changes (fixed point).
    while size != (
        size := sum(len(terminals) for sets in (first, follow) for terminals in sets.values())
        + len(nullable)
    ):
        for name, production in pairs:
            leads, is_empty = _first_of(production, first, nullable)
            first[name] |= leads
            if is_empty:
                nullable.add(name)
            # After a symbol comes what its right neighbours begin with, or what follows the whole.
            for at, symbol in enumerate(production):
                if symbol in productions:
                    leads, is_empty = _first_of(production[at + 1 :], first, nullable)
                    follow[symbol] |= leads | (follow[name] if is_empty else set())
    for name, production in pairs:
        leads, is_empty = _first_of(production, first, nullable)
        # One terminal must predict one production, so that parsing needs no backtracking.
        row = grammar.table.setdefault(name, {})
        for terminal in leads | (follow[name] if is_empty else set()):
            if terminal in row:
                message = f"{terminal} predicts two productions of {name}"
                raise ValueError(message)
            row[terminal] = production
    grammar.first = {name: frozenset(terminals) for name, terminals in first.items()}
    grammar.nullable = frozenset(nullable)


def _first_of(
    symbols: Production, first: Mapping[str, set[str]], nullable: set[str]
) -> tuple[set[str], bool]:
    """Return the terminals that may begin some symbols, and whether they may be empty."""
    leads: set[str] = set()
    for symbol in symbols:
        leads |= first.get(symbol, {symbol})
        if symbol not in nullable:
            return leads, False
    return leads, True
