"""Every media type has a format of the engine."""

from parvis.rdf.results import BOOLEANS, GRAPHS, RESULTS
from parvis.vocab import media


def test_each_extension_has_the_format_of_its_media_type() -> None:
    for table, formats in ((media.RDF, GRAPHS), (media.RESULTS, RESULTS)):
        media_types = {
            ending: format_.media_type.partition(";")[0] for ending, format_ in formats.items()
        }
        assert media_types == table
    assert BOOLEANS.items() <= RESULTS.items()
