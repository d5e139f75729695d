"""Regular expressions that mean the same to every engine.

``sh:pattern`` is XPath's language (SHACL §4.4.3), Python's ``re`` judges in the reference engine
and Rust's ``regex`` in the store. What one of them reads otherwise is not compiled.
"""

import re

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
