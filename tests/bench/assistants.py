"""Score an assistant on forty questions about the demonstration, each in French and in English.

``python tests/bench/assistants.py`` scores the baseline, which has no model;
``--assistant COMMAND`` any other: the command is run once for each question, reads it from its
standard input, and writes its answer, a value a line, to its standard output. It finds the
address of the server in ``PARVIS_MCP``, and the language in ``PARVIS_LANGUAGE``. An answer is right
if its lines are the values of the gold answer, in any order: names by any of their forms, numbers
by value.

Gold answers are SPARQL queries, evaluated on the same demonstration, whose dates are those of a
fixed day: they hold for every run.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tomllib
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

from assistant_baseline import AssistantServer, Baseline, fold
from table import tell

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.serving import demonstration

QUESTIONS = Path(__file__).with_name("assistant_questions.toml")
LANGUAGES = ("fr", "en")
PATIENCE = 600
SEPARATOR = " | "
"""Between forms of one value in a cell."""

Forms = frozenset[str]
"""The forms of one value of an answer, folded."""


def normalize(text: str) -> str:
    """Fold a value; of a number, all ways to write it are one."""
    plain: str = text.strip().lstrip("-*• ").rstrip(".;, ")
    with suppress(ValueError):
        return f"{float(plain.replace(' ', '').replace(chr(160), '').replace(',', '.')):g}"
    return fold(plain)


def read_gold(base: str, query: str) -> list[Forms]:
    """Return the values of a gold answer; the cells of a row are forms of one value."""
    address = f"{base}sparql?{urllib.parse.urlencode({'query': query, 'format': 'json'})}"
    with urllib.request.urlopen(address, timeout=PATIENCE) as response:  # noqa: S310 - loopback
        answer = json.load(response)
    if "boolean" in answer:
        yes = answer["boolean"]
        return [frozenset({"oui", "yes", "true"} if yes else {"non", "no", "false"})]
    rows = answer["results"]["bindings"]
    cells = ([cell["value"].split(SEPARATOR) for cell in row.values()] for row in rows)
    return [frozenset(normalize(form) for forms in row for form in forms) for row in cells]


def is_right(lines: list[str], gold: list[Forms]) -> bool:
    """Return whether each line is a value of the gold answer, and each value is in a line."""
    values = {normalize(line) for line in lines if line.strip()}
    return bool(values) and all(values & forms for forms in gold) and values <= set().union(*gold)


def ask_command(command: str, question: str, address: str, lang: str) -> list[str]:
    """Run an assistant for one question, and return the lines of its answer."""
    env = os.environ | {"PARVIS_MCP": address, "PARVIS_LANGUAGE": lang}
    result = subprocess.run(  # noqa: S603 - the caller's own command
        shlex.split(command),
        input=question,
        text=True,
        capture_output=True,
        env=env,
        timeout=PATIENCE,
        check=False,
    )
    return result.stdout.splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", help="the command to score instead of the baseline")
    parser.add_argument("--verbose", action="store_true", help="print wrong answers")
    options = parser.parse_args()
    with QUESTIONS.open("rb") as file:
        questions = tomllib.load(file)["question"]
    with demonstration() as demo:
        right = score(questions, demo.address, options)
    total = len(questions)
    for lang, count in right.items():
        tell(f"{lang}: {count} of {total}")


def score(
    questions: list[dict[str, str]], address: str, options: argparse.Namespace
) -> dict[str, int]:
    """Return how many questions are answered rightly in each language."""
    server = AssistantServer(f"{address}mcp")
    baselines = {lang: Baseline(server, lang) for lang in LANGUAGES}
    right = dict.fromkeys(LANGUAGES, 0)
    for question in questions:
        gold = read_gold(address, question["gold"])
        assert gold, question["fr"]
        for lang in LANGUAGES:
            text = question[lang]
            try:
                lines = (
                    ask_command(options.assistant, text, server.address, lang)
                    if options.assistant
                    else baselines[lang].answer(text)
                )
            except (ValueError, subprocess.TimeoutExpired) as error:
                lines = [str(error)]
            correct = is_right(lines, gold)
            right[lang] += correct
            if options.verbose or not correct:
                mark = "right" if correct else "WRONG"
                tell(f"{mark} {lang} {text}")
                tell(f"   {lines[:6]}")
                tell(f"   {[min(forms) for forms in gold][:6]}")
    return right


if __name__ == "__main__":
    main()
