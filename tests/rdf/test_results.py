"""Every media type has the engine's format for it."""

from parvis.rdf.results import BOOLEANS, GRAPHS, RESULTS
from parvis.vocab import media


def test_each_ending_has_a_format_of_its_media_type() -> None:
    """The table of media types and the engine agree."""
    for table, formats in ((media.RDF, GRAPHS), (media.RESULTS, RESULTS)):
        found = {ending: known.media_type.partition(";")[0] for ending, known in formats.items()}
        assert found == table
    assert BOOLEANS.items() <= RESULTS.items()
