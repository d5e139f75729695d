"""The language in which a ready question asks for names: French, or its page's where it says so.

A line that keeps the names of one language is marked:

    FILTER (LANG(?area) = "fr") # language

It is for what has a name in each language, as the concepts of the ontology: what has none in the
page's language would be left out.
"""

import re

from parvis.i18n import DEFAULT

MARKED = re.compile(r"^.*[ \t]# language[ \t]*$", re.MULTILINE)
KEPT = re.compile(rf'(LANG\(\s*[?$]\w+\s*\) = )"{DEFAULT}"(?!@)', re.IGNORECASE)


def spoken(text: str, lang: str) -> str:
    """Write a query for names in a language; `lang` is one of `LANGUAGES`.

    >>> spoken('FILTER (LANG(?a) = "fr") # language', "en")
    'FILTER (LANG(?a) = "en") # language'
    """
    return MARKED.sub(lambda line: KEPT.sub(rf'\g<1>"{lang}"', line[0]), text)


def unspoken(text: str) -> str:
    """Give the first marked line that keeps no language so that it can be changed, or nothing."""
    lines = (found[0].strip() for found in MARKED.finditer(text))
    return next((line for line in lines if not KEPT.search(line)), "")
