"""Pieces of a mapping document as text."""

import json


def quoted(text: str) -> str:
    """Quote a text for YAML: a JSON string is one (YAML 1.2 §1.3).

    >>> quoted("Prix ($)")
    '"Prix ($)"'
    """
    return json.dumps(text, ensure_ascii=False)


def reference(column: str) -> str:
    r"""Refer to a column; a parenthesis in its name is escaped.

    >>> reference("Jeunes (0-13)")
    '$(Jeunes (0-13\\))'
    """
    return "$(" + column.replace("\\", r"\\").replace(")", r"\)") + ")"
