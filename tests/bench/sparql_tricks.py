"""Texts that are almost queries: misleading pieces inserted between the tokens of a text."""

import re
from random import Random

TRICKS = (
    *("SERVICE", "sErVice", "\\u0053ERVICE", "SERVICE<http://a>{}", "SERVICE SILENT ?x{}"),
    *("'SERVICE'", '"""SERVICE <http://a> {}"""', "# SERVICE", "#\rSERVICE ?x{}", "service:x"),
    *("<'x>", '<"x>', "<?b)SERVICE?x#>\n", "<1#>'''\n", "#'''", "}#'", "'''", '"""', "'", '"'),
    *("FROM", "FROM NAMED", "FROM<http://x/g>", "GRAPH", "GRAPH<http://x/g>{", "fRoM", "graph:x"),
    *("<", "<<", "<<(", ")>>", ">>", "<=", "<-1", "<?a", "<:x", "<x", "<a{", ">", "^^", "@", "@fr"),
    *("INSERT", "DELETE", "LOAD <http://a>", "DROP ALL", "WITH", "BASE <x>", "PREFIX", "PREFIX :<"),
    *("\\", "\\u003c", "\\u0027", "\\U00000022", "%53", "\n", "\r", "\t", "\0", "\ufeff", "\u2028"),
    *(
        "#",
        "#>",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ";",
        ",",
        ".",
        "a",
        "true",
        "1e9",
        "1.",
        "$x",
        "_:b",
    ),
)
"""Pieces that may disguise something, or whose reading depends on what precedes them."""
PIECES = re.compile(
    r"<[^<>\s]*>|'[^'\n]*'|\"[^\"\n]*\"|[?$]\w+|\w*:\w*|\w+|\s+|#[^\n]*|.", re.DOTALL
)


def mutate(text: str, random: Random, times: int = 3) -> str:
    """Insert tricks between the tokens of a text, and remove, repeat or exchange tokens."""
    pieces = PIECES.findall(text) or [""]
    for _ in range(random.randint(1, times)):
        index = random.randrange(len(pieces))
        match random.randint(0, 6):
            case 0:
                pieces[index] = random.choice(TRICKS)
            case 1:
                del pieces[index : index + random.randint(1, 3)]
            case 2:
                second = random.randrange(len(pieces))
                pieces[index], pieces[second] = pieces[second], pieces[index]
            case 3:
                pieces[index] = pieces[index] * 2
            case _:
                pieces.insert(index, random.choice(TRICKS))
        pieces = pieces or [""]
    return "".join(pieces)
