"""Texts that are nearly queries: tricks put among the tokens of a text, for whoever cuts tokens."""

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
"""What may disguise something, or is read otherwise where another thing stands before it."""
PIECES = re.compile(
    r"<[^<>\s]*>|'[^'\n]*'|\"[^\"\n]*\"|[?$]\w+|\w*:\w*|\w+|\s+|#[^\n]*|.", re.DOTALL
)


def mutate(text: str, random: Random, times: int = 3) -> str:
    """Put tricks among the tokens of a text, cut some out, repeat or exchange others."""
    pieces = PIECES.findall(text) or [""]
    for _ in range(random.randint(1, times)):
        at = random.randrange(len(pieces))
        match random.randint(0, 6):
            case 0:
                pieces[at] = random.choice(TRICKS)
            case 1:
                del pieces[at : at + random.randint(1, 3)]
            case 2:
                other = random.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 3:
                pieces[at] = pieces[at] * 2
            case _:
                pieces.insert(at, random.choice(TRICKS))
        pieces = pieces or [""]
    return "".join(pieces)
