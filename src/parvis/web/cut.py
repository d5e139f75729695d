"""A body that could not be finished must not look whole.

Our server (granian 2.8) ends the chunks of a body as if it were whole when its application fails,
and gives no way to break the connection off. Documents in JSON and XML are then broken in
themselves; in the formats of lines, a quote that is never closed follows, with what went wrong.
"""

from collections.abc import Iterator

from parvis.errors import ParvisError
from parvis.i18n import both
from parvis.pooling.ask import Chunks
from parvis.vocab import media

LINES = frozenset(
    {media.RESULTS["csv"], media.RESULTS["tsv"], media.RDF["ttl"], media.RDF["nt"]},
)
"""Media types of which a part may look like the whole."""


class Body(Iterator[bytes]):
    """The pieces of an answer as they leave; a failure ends them so that it shows."""

    def __init__(self, chunks: Chunks, media_type: str) -> None:
        """Send pieces on."""
        self._chunks = chunks
        self._speaks = media_type in LINES
        self._failed = False

    def __next__(self) -> bytes:
        """Give the next piece; after a failure its sentences, then the end."""
        if self._failed:
            raise StopIteration
        try:
            return next(self._chunks)
        except ParvisError as error:
            self._failed = True
            if not self._speaks:
                raise StopIteration from error
            sentences = both(error.template, **error.fields).values()
            return "".join(['\n"', *(f"<<< {sentence}\n" for sentence in sentences)]).encode()

    def close(self) -> None:
        """Leave the rest."""
        self._chunks.close()
