"""Regular expressions that mean the same to every engine."""

import re
from itertools import pairwise

# ``sh:pattern`` is XPath's language (SHACL §4.4.3); the reference engine uses Python's ``re``, and
# the store Rust's ``regex``. What one of them reads differently is not compiled.

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
"""Python's white space, as a set of Rust."""


def portable_pattern(pattern: str, flags: str) -> str | None:
    r"""Return a pattern as the store reads it, None unless it means the same everywhere.

    >>> portable_pattern(r"^[A-Z]{2}\s$", "i")
    '^[A-Z]{2}[\\s\\x1c-\\x1f]$'
    >>> portable_pattern(r"(a)\1", "") or portable_pattern("a(?=b)", "")
    >>> portable_pattern(r"\w", "") or portable_pattern("a", "x")
    """
    pieces, position = [], 0
    while token := _TOKEN.match(pattern, position):
        piece = token[0]
        if token["set"]:
            piece = re.sub(
                r"\\(.)", lambda escape: _SPACE if escape[1] == "s" else escape[0], piece
            )
        pieces.append(f"[{_SPACE}]" if token["space"] else piece)
        position = token.end()
    if position < len(pattern) or not _FLAGS.issuperset(flags):
        return None
    try:
        re.compile(pattern)
    except re.error:
        return None
    return "".join(pieces)


def pattern_flaw(pattern: str) -> str:
    """Return what is wrong with a pattern, empty if it can be read as XPath means it."""
    # Subtraction of sets is XPath's alone: Python would read it as something else.
    if any("-[" in piece[0] for piece in _PIECE.finditer(pattern) if piece["set"]):
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
_SAMPLE = [chr(code) for code in (*range(9, 14), *range(32, 127), 0xA0, 0xE9, 0x416, 0x4E2D)]
"""Characters to test whether two pieces of a pattern can match the same one."""


def is_catastrophic(pattern: str) -> bool:
    """Return whether Python may try a number of ways that doubles with each character.

    That is so for a repetition inside a repetition, unless each turn begins or ends with a
    character that the inner one does not match, and for repeated alternatives that begin alike.
    The rule is strict: it suspects some patterns that are harmless.

    >>> is_catastrophic("^(a+)+$"), is_catastrophic("^([a-z]+-)*x")
    (True, False)
    >>> is_catastrophic("(a|ab)*c"), is_catastrophic("^[a-z]+$")
    (True, False)
    """
    groups: list[list[re.Match[str]]] = [[]]
    suspect = False
    for piece in _PIECE.finditer(pattern):
        if piece["open"]:
            groups.append([])
        elif piece["close"] and len(groups) > 1:
            body = groups.pop()
            following = _PIECE.match(pattern, piece.end())
            suspect |= bool(following and following["many"]) and _is_ambiguous(body)
            groups[-1] += [*body, piece]
        else:
            groups[-1].append(piece)
    return suspect


def as_xpath(pattern: str, flags: str) -> str:
    r"""Return a pattern for Python that means what XPath means by it (SHACL §4.4.3).

    >>> print(as_xpath("^[$a].$", "s"), as_xpath("a$", "m"))
    (?s)^[$a].\Z a$
    """
    pieces = (piece[0] for piece in _PIECE.finditer(pattern))
    text = (
        pattern if "m" in flags else "".join(r"\Z" if piece == "$" else piece for piece in pieces)
    )
    return f"(?s){text}" if "s" in flags else text


def _is_ambiguous(body: list[re.Match[str]]) -> bool:
    """Return whether one text may be several turns of a group in several ways."""
    if not any(piece["many"] or piece["or"] for piece in body):
        return False
    if any(piece["close"] for piece in body):
        return True
    repeated = [a for a, b in pairwise(body) if b["many"] or b["few"]]
    if any(piece["or"] for piece in body):
        if repeated:
            return True
        # Two alternatives may begin with the same character.
        starts = [body[0], *(after for before, after in pairwise(body) if before["or"])]
        characters: set[str] = set()
        for start in starts:
            matching = _matching(start[0]) if start["one"] or start["set"] else set(_SAMPLE)
            if characters & matching:
                return True
            characters |= matching
        return False
    inner = [_matching(piece[0]) for piece in repeated]
    edges = [edge for edge in (body[0], body[-1]) if edge["one"] and edge not in repeated]
    return not any(all(_matching(e[0]).isdisjoint(chars) for chars in inner) for e in edges)


def _matching(piece: str) -> set[str]:
    return {character for character in _SAMPLE if re.fullmatch(piece, character)}
