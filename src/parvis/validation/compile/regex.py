"""Regular expressions that mean the same to every engine."""

import re
from itertools import pairwise

# Regular expressions that mean the same to every engine.
#
# ``sh:pattern`` is XPath's language (SHACL §4.4.3), Python's ``re`` judges in the reference engine
# and Rust's ``regex`` in the store. What one of them reads otherwise is not compiled.

_IN_SET = r"[^\[\]\\&~\-]|-(?!-)|&(?!&)|~(?!~)|\\[dnrt.\-/()\[\]{}+*?^$|\\]|\\s"
_TOKEN = re.compile(
    rf"""
      (?P<set>\[\^?\]?(?:{_IN_SET})*\])
    | (?P<space>\\s)
    | \\[dDntr.\-/()\[\]{{}}+*?^$|\\]     # escapes
    | \((?:\?:|(?!\?))                    # groups that are only that
    | (?:[*+?]|\{{[0-9]{{1,3}}(?:,[0-9]{{0,3}})?\}})\??(?![*+?{{])
    | \$(?=\)|\||\Z)                      # the end, at an end
    | [^\[\]\\(){{}}*+?$]
    | \)
    """,
    re.VERBOSE,
)
_FLAGS = frozenset("im")
_SPACE = r"\s\x1c-\x1f"
"""What Python calls white space, in the words of Rust."""


def shared(pattern: str, flags: str) -> str | None:
    r"""Write a pattern for the store, if it has the same meaning everywhere.

    >>> shared(r"^[A-Z]{2}\s$", "i")
    '^[A-Z]{2}[\\s\\x1c-\\x1f]$'
    >>> shared(r"(a)\1", "") or shared("a(?=b)", "") or shared(r"\w", "") or shared("a", "x")
    """
    written, at = [], 0
    while found := _TOKEN.match(pattern, at):
        written.append(_written(found))
        at = found.end()
    same = at == len(pattern) and _FLAGS.issuperset(flags) and _compiles(pattern)
    return "".join(written) if same else None


def _written(token: re.Match[str]) -> str:
    if token["set"]:
        return re.sub(r"\\(.)", lambda escape: _SPACE if escape[1] == "s" else escape[0], token[0])
    return f"[{_SPACE}]" if token["space"] else token[0]


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def flaw(pattern: str) -> str:
    """Say what is wrong with a pattern; nothing if it can be read as XPath means it.

    Subtraction of sets is XPath's alone: Python would read it as something else.
    """
    if any("-[" in found[0] for found in _PIECE.finditer(pattern) if found["set"]):
        return "-["
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


_PIECE = re.compile(
    r"""(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<open>\((?:\?[:=!]|\?<[=!])?)
      | (?P<close>\))
      | (?P<or>\|)
      | (?P<many>[*+]|\{\d+,\}|\{\d*,?\d{2,}\})[?+]?
      | (?P<few>\?|\{[\d,]+\})[?+]?
      | (?P<edge>[\^$]|\\[bBAZ])
      | (?P<one>\\.|.)""",
    re.VERBOSE | re.DOTALL,
)
_SOME = [chr(code) for code in (*range(9, 14), *range(32, 127), 0xA0, 0xE9, 0x416, 0x4E2D)]
"""Characters by which to see whether two pieces of a pattern can take the same one."""


def endless(pattern: str) -> bool:
    """Say whether Python's engine may try a number of ways that doubles with each character.

    So it is where something is repeated that holds a repetition, unless each turn begins or ends
    with a character that the repetition does not take; or alternatives that begin alike. The rule
    is strict: it suspects some that are harmless.

    >>> endless("^(a+)+$"), endless("^([a-z]+-)*x"), endless("(a|ab)*c"), endless("^[a-z]+$")
    (True, False, True, False)
    """
    groups: list[list[re.Match[str]]] = [[]]
    suspect = False
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            groups.append([])
        elif piece["close"] and len(groups) > 1:
            body = groups.pop()
            following = _PIECE.match(pattern, piece.end())
            suspect |= bool(following and following["many"]) and _ambiguous(body)
            groups[-1] += [*body, piece]
        else:
            groups[-1].append(piece)
    return suspect


def as_xpath(pattern: str, flags: str) -> str:
    r"""Write a pattern for Python so that it means what XPath means by it (SHACL §4.4.3).

    >>> print(as_xpath("^[$a].$", "s"), as_xpath("a$", "m"))
    (?s)^[$a].\Z a$
    """
    pieces = (piece[0] for piece in _PIECE.finditer(pattern))
    text = pattern if "m" in flags else "".join(r"\Z" if one == "$" else one for one in pieces)
    return f"(?s){text}" if "s" in flags else text


def _ambiguous(body: list[re.Match[str]]) -> bool:
    """Say whether one text may be several turns of a group in several ways."""
    if not any(piece["many"] or piece["or"] for piece in body):
        return False
    if any(piece["close"] for piece in body):
        return True
    repeated = [a for a, b in pairwise(body) if b["many"] or b["few"]]
    if any(piece["or"] for piece in body):
        return bool(repeated) or _overlap(body)
    taken = [_taken(piece[0]) for piece in repeated]
    edges = [edge for edge in (body[0], body[-1]) if edge["one"] and edge not in repeated]
    return not any(all(_taken(e[0]).isdisjoint(some) for some in taken) for e in edges)


def _overlap(body: list[re.Match[str]]) -> bool:
    """Say whether two alternatives may begin with the same character."""
    starts = [body[0], *(after for before, after in pairwise(body) if before["or"])]
    seen: set[str] = set()
    for start in starts:
        found = _taken(start[0]) if start["one"] or start["set"] else set(_SOME)
        if seen & found:
            return True
        seen |= found
    return False


def _taken(piece: str) -> set[str]:
    """Give those of some characters that a piece takes."""
    return {one for one in _SOME if re.fullmatch(piece, one)}
