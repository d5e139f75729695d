"""Reports on the steward's terminal: in colour where there is one, else as plain lines."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from parvis.cli.bilingual import spoken
from parvis.cli.visible import visible
from parvis.pooling.account import Account

STYLES = {
    "plain": "",
    "violation": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "quiet": "dim",
    "strong": "bold",
    "good": "bold green",
    "bad": "bold red",
}


def show(account: Account) -> None:
    """Print a report; a line is folded only where a person sees it (NO_COLOR is respected)."""
    console = Console(highlight=False)
    for line in account.lines(spoken()):
        text = Text(visible(line.text), style=STYLES[line.style])
        if console.is_terminal:
            console.print(Padding(text, (0, 0, 0, line.indent), expand=False))
        else:
            console.print(" " * line.indent, text, sep="", soft_wrap=True)
