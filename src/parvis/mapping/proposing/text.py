"""Pieces of a mapping document as text."""

import json
import re

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML takes no character for (1.2 §5.1)."""


def quoted(text: str) -> str:
    r"""Quote a text for YAML: a JSON string is one (1.2 §1.3), where nothing is unprintable.

    >>> quoted("Prix ($)"), quoted("a\x7fb")
    ('"Prix ($)"', '"a\\u007fb"')
    """
    escaped = json.dumps(text, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", escaped)


def one_line(text: str) -> str:
    r"""Write a text as a comment can hold it.

    >>> one_line("a\x01b\n c")
    'a?b c'
    """
    return _UNPRINTABLE.sub("?", " ".join(text.split()))


def reference(column: str) -> str:
    r"""Refer to a column; a parenthesis in its name is escaped.

    >>> reference("Jeunes (0-13)")
    '$(Jeunes (0-13\\))'
    """
    return "$(" + column.replace("\\", r"\\").replace(")", r"\)") + ")"
