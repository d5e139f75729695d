"""Rewrite a query for the embedded engine, whose optimiser knows no statistics.

The engine joins by one look-up for each row so far, in an order that it guesses from which places
of a triple are constants; and it evaluates an OPTIONAL that has another within as a whole, before
it looks which rows need it. Here the order is chosen by counting what patterns match, and is forced
by LATERAL. Each rule states why the multiset of solutions stays the same; what no rule proves stays
as it was written. Sequences stay the same only as far as ORDER BY decides.

Counts are queries over the same graphs as the query itself (`Estimates`): neither an order nor how
long it took to choose it tells a reader of graphs that it may not read.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from parvis.errors import QueryError
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.groups import (
    Group,
    Pattern,
    Step,
    Tokens,
    assigned,
    calls_volatile,
    certain,
    chain,
    flatten,
    hoist,
    inline_constants,
    is_connected,
    is_well_designed,
    join,
    read_group,
    sign,
    skip_brackets,
    skip_values,
)
from parvis.rdf.sparql.parser import IRIS
from parvis.store.query.estimates import Estimates, Names
from parvis.store.query.first_rows import begin_with_first, is_first_values
from parvis.store.query.request import QueryText

AS_WRITTEN = re.compile(r"#\s*parvis:\s*as written")
"""A comment that switches the rewriting off."""
SHORT = 200
"""Characters of a query that is not worth parsing."""
MOST_PATTERNS = 24
"""Patterns of a group that are put into order; trying all beginnings takes their number cubed."""
LOOK_UP = 4
"""The cost of a look-up, in rows that are read one after the other."""
SUBJECT = 100
"""The matches of a known subject that the engine expects at most."""
CHEAP, GAIN = 10_000, 2
"""Rows that a plan takes before it is rewritten, and how much fewer the rewritten one must take."""


def rewrite_query(query: QueryText, estimates: Estimates) -> QueryText:
    """Return a query with the same answer that the engine evaluates sooner, or the query itself."""
    if len(query.text) < SHORT or query.expansion or AS_WRITTEN.search(query.text):
        return query
    # To parse a query takes longer than many take to be answered.
    text = sha256(f"{query.base}\n{query.text}".encode("utf-8", "surrogatepass")).digest()
    if text in estimates.unchanged:
        return query
    rewritten = _rewrite(query, estimates)
    if rewritten is None:
        estimates.remember_unchanged(text)
        return query
    return query.expand(rewritten)


def _rewrite(query: QueryText, estimates: Estimates) -> Tokens | None:
    """Return the tokens of a query as it is rewritten; None if it stays as it was written."""
    try:
        tokens = query.parsed_query.tokens
    except QueryError:  # the engine's own error is about the text as it was written
        return None
    words = Counter(token.terminal for token in tokens)
    is_template = tokens[0].terminal == "CONSTRUCT" and tokens[1].terminal != "{"
    # Without ORDER BY, the first rows depend on the order of evaluation, and come at once.
    is_cut = words["ASK"] or words["LIMIT"] + words["OFFSET"] > words["ORDER"]
    if is_template or is_cut or words["LATERAL"] or words["DESCRIBE"]:
        return None

    def choose_order(tokens: Tokens) -> Tokens | None:
        return _Rewriter(query, estimates, tokens).rewrite()

    shortened = begin_with_first(query, (*tokens,), estimates, choose_order)
    return choose_order(shortened) or (shortened if len(shortened) > len(tokens) else None)


@dataclass(frozen=True)
class _Plan:
    """Patterns in an order; the rows that it goes through, and those at its end."""

    order: tuple[Pattern, ...]
    cost: float
    rows: float


class _Rewriter:
    def __init__(
        self, query: QueryText, estimates: Estimates, tokens: Sequence[QueryToken]
    ) -> None:
        self._query = query
        self._tokens = tokens
        self._estimates = estimates

    def rewrite(self) -> Tokens | None:
        """Return the tokens with each group rewritten that can be; None if none was."""
        written: list[QueryToken] = []
        at, changed = 0, False
        while at < len(self._tokens):
            end = self._skipped(at)
            if end == at + 1 and self._tokens[at].terminal == "{":
                group = read_group(self._tokens, at)
                group = group if group and is_well_designed(group) else None
                rewritten = group and self._write(group, frozenset(), frozenset(), 1.0)
                if group and rewritten:
                    written += rewritten
                    at, changed = group.end, True
                    continue
            written += self._tokens[at:end]
            at = end
        return tuple(written) if changed else None

    def _skipped(self, at: int) -> int:
        """Return the offset after what stays as written: templates, data, and inner groups.

        A group within EXISTS or OPTIONAL is evaluated for values from outside it, of which nothing
        is known here; where its own group can be read, OPTIONAL is part of that.
        """
        word = self._tokens[at].terminal
        if word == "VALUES":
            return skip_values(self._tokens, at)
        if word in {"CONSTRUCT", "EXISTS", "OPTIONAL", "GRAPH", "MINUS"}:
            return skip_brackets(self._tokens, at)
        return at + 1

    def _write(self, group: Group, bound: Names, seen: Names, times: float) -> Tokens | None:
        """Write a group that is evaluated `times` times; None if nothing is gained.

        For each it gets values of the variables `bound`, and perhaps of `seen`.
        """
        patterns = hoist(group)
        if not patterns or len(patterns) > MOST_PATTERNS or not is_connected(patterns, bound):
            return None
        if self.is_look_up(patterns, bound):
            return None
        plan, guess = self.best(patterns, bound), self.guess(patterns, bound)
        if plan is None:
            return None
        is_better = plan.cost * GAIN < guess.cost and guess.cost * times > CHEAP
        # That the first values have far fewer rows is known by their number, which `MOST` is not.
        is_better = is_better or any(map(is_first_values, patterns))
        bound = bound.union(*map(certain, patterns))
        seen = seen.union(*(pattern.variables for pattern in patterns))
        steps, changed = list[Tokens](), is_better
        for step in group.steps:
            loop = self._write_loop(step, bound, seen, plan.rows * times)
            changed |= loop is not None
            steps.append(loop or step.tokens)
            seen |= step.variables
        if not changed:
            return None
        order = [*map(self._rewrite_within, plan.order if is_better else patterns)]
        first = chain(order) if is_better else join(order)
        filters = (inline_constants(condition, patterns) for condition in group.filters)
        return flatten([sign("{"), first, *steps, *filters, sign("}")])

    def _rewrite_within(self, pattern: Pattern) -> Pattern:
        """Return a query within as it is rewritten, and any other pattern as it is."""
        if pattern.columns is None:
            return pattern
        written = _Rewriter(self._query, self._estimates, pattern.tokens[1:-1]).rewrite()
        return replace(pattern, tokens=(*sign("{"), *(written or pattern.tokens[1:-1]), *sign("}")))

    def _write_loop(self, step: Step, bound: Names, seen: Names, rows: float) -> Tokens | None:
        """Write an OPTIONAL as one that is evaluated for each row, if that is allowed and pays."""
        group = step.group
        if group is None or (len(group.elements) == 1 and not group.filters):
            return None  # the engine chooses between the two for a single pattern
        # LeftJoin(A, B, F) = A LATERAL { OPTIONAL B } if what B shares with A is bound in each
        # solution of A, and by the patterns with which B begins: then a solution of B is compatible
        # with one of A exactly if these variables have its values, and all that B evaluates after
        # them (FILTER, BIND, OPTIONAL) reads the same values. Its other variables are unbound
        # outside, so that they are unbound for B in both. F reads A and B in both.
        shared, patterns = step.variables & seen, hoist(group)
        is_safe = shared and shared <= bound & group.leading and not calls_volatile(step.tokens)
        # LATERAL refuses BIND and VALUES of a variable that is in scope outside.
        is_safe = is_safe and not assigned(step.tokens) & seen
        if not is_safe or not patterns or not is_connected(patterns, shared):
            return None
        if any(pattern.columns is not None for pattern in patterns):
            return None  # within a loop, a query would be evaluated for the values of each row
        alone, plan = self.guess(patterns, frozenset()), self.best(patterns, shared)
        if plan is None:
            return None
        if rows * plan.cost * GAIN > alone.cost or alone.cost < CHEAP:
            return None
        steps = [inner.tokens for inner in group.steps]
        inside = [sign("{"), chain(plan.order), *steps, *group.filters, sign("}")]
        return flatten([sign("LATERAL", "{", "OPTIONAL"), *inside, sign("}")])

    def best(self, patterns: Sequence[Pattern], bound: Names) -> _Plan | None:
        """Return the cheapest order: from each beginning, always the pattern with fewest rows."""
        # The first values come before any other query within.
        begins = [pattern for pattern in patterns if is_first_values(pattern)] or patterns
        orders = (self._follow(patterns, bound, begin, self._matches) for begin in begins)
        plans = [self._cost(order, bound) for order in orders if is_writable(order)]
        return min(plans, key=lambda plan: plan.cost, default=None)

    def guess(self, patterns: Sequence[Pattern], bound: Names) -> _Plan:
        """Return the order that the engine chooses, with what it really costs.

        A query within is evaluated by itself, and so are the patterns that it is joined with.
        """
        patterns = [pattern for pattern in patterns if pattern.columns is None] or patterns
        return self._cost(self._guess_order(patterns, bound), bound)

    def _guess_order(self, patterns: Sequence[Pattern], bound: Names) -> list[Pattern]:
        begin = min(patterns, key=lambda pattern: guessed_matches(pattern, bound))
        return self._follow(patterns, bound, begin, guessed_matches)

    def is_look_up(self, patterns: Sequence[Pattern], bound: Names) -> bool:
        """Return whether the engine only looks up what it knows the subject of: nothing is counted.

        Each look-up is of other things, whose counts would be of no use to the next.
        """
        names = bound
        if any(pattern.columns is not None for pattern in patterns):
            return False
        for pattern in self._guess_order(patterns, bound):
            if guessed_matches(pattern, names) > SUBJECT:
                return False
            names |= pattern.variables
        return True

    def _follow(
        self,
        patterns: Sequence[Pattern],
        bound: Names,
        begin: Pattern,
        matches: Callable[[Pattern, Names], float],
    ) -> list[Pattern]:
        """Order patterns from a beginning: next comes what has the fewest matches.

        Queries within come last, but for the beginning.
        """
        order, waiting, names = [begin], [*patterns], bound | begin.variables
        waiting.remove(begin)
        while waiting:
            outer = [p for p in waiting if p.columns is None] or waiting
            connected = [p for p in outer if p.variables & names] or outer
            following = min(connected, key=lambda pattern: matches(pattern, names))
            waiting.remove(following)
            order.append(following)
            names |= following.variables
        return order

    def _matches(self, pattern: Pattern, bound: Names) -> float:
        return self._estimates.matches(self._query, pattern, bound)

    def _cost(self, order: Sequence[Pattern], bound: Names) -> _Plan:
        """Add up the rows after each pattern, and the look-ups before it."""
        rows, cost, names = 1.0, 0.0, bound
        for pattern in order:
            after = rows * self._matches(pattern, names)
            cost += LOOK_UP * rows + after
            rows, names = after, names | pattern.variables
        return _Plan(tuple(order), cost, rows)


def guessed_matches(pattern: Pattern, bound: Names) -> float:
    """Return the matches that the engine expects, by the places of a triple that have a value."""
    if pattern.rows is not None:
        return pattern.rows
    inside = pattern.tokens[0].terminal == "GRAPH"
    tokens = pattern.tokens[3:-1] if inside else pattern.tokens

    def has_value(token: QueryToken) -> bool:
        return token.terminal != "VAR" or token.text in bound

    subject, end = has_value(tokens[0]), has_value(tokens[-1])
    if pattern.is_closure:
        return 1e9
    if tokens[1].terminal == "VAR" and tokens[1].text not in bound:
        return {(1, 1): 2, (1, 0): 100, (0, 1): 1e5, (0, 0): 1e9}[subject, end]
    length = 1 + sum(token.terminal == "/" for token in tokens)
    expected = {(1, 1): 1, (1, 0): 10, (0, 1): 1e4, (0, 0): 1e6}[subject, end]
    return float(expected * (1 if length == 1 else 10))


def is_writable(order: Sequence[Pattern]) -> bool:
    """Return whether `chain` can write an order.

    If there is a query within, it begins with one. VALUES for variables that have values is a list
    of IRIs.
    """
    if order[0].columns is None and any(pattern.columns is not None for pattern in order):
        return False
    names, sure = frozenset[str](), frozenset[str]()
    for pattern in order:
        if pattern.rows is not None and pattern.columns is None:
            shared = pattern.variables & names
            # A column of a query within may have no value, which is no member of a list.
            if shared and not (is_list(pattern) and shared <= sure):
                return False
        names |= pattern.variables
        sure |= certain(pattern)
    return True


def is_list(pattern: Pattern) -> bool:
    """Return whether a pattern is VALUES of a variable with different IRIs."""
    values = [token.text for token in pattern.tokens[3:-1]]
    terminals = {token.terminal for token in pattern.tokens[3:-1]}
    return (
        pattern.tokens[1].terminal == "VAR" and terminals <= IRIS and len({*values}) == len(values)
    )
