"""Text for a terminal, which partners may have written."""

from unicodedata import category

COMMANDING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Controls, marks of direction, halves of characters, ends of lines (Unicode categories)."""


def visible(text: str) -> str:
    r"""Write out what would command a terminal instead of being read.

    >>> visible("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(ascii(one)[1:-1] if category(one) in COMMANDING else one for one in text)
