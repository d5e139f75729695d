"""A dataset as Croissant 1.1, for programs that learn from data.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from parvis.catalog.distributions import KINDS, DatasetFile
from parvis.i18n import choose_text
from parvis.pooling.cards import DatasetCard
from parvis.pooling.serving.samples import NUMBERS, SampleColumn, TableDescription
from parvis.rdf.formats import PARQUET_ENDING
from parvis.report.citations import write_bibtex

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES = {
    **dict.fromkeys(NUMBERS, "sc:Float"),
    **dict.fromkeys(("integer", "nonNegativeInteger", "positiveInteger", "gYear"), "sc:Integer"),
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "dateTime": "sc:DateTime",
    "anyURI": "sc:URL",
}
"""The types of values, by the datatype of a column; any other is a text."""
COPIED = (
    *("name", "description", "url", "license", "creator", "publisher", "keywords", "inLanguage"),
    *("datePublished", "dateModified", "version", "spatialCoverage", "temporalCoverage"),
)
"""What schema.org says of a dataset here too."""


def describe_croissant(
    card: DatasetCard,
    schema_org: Mapping[str, Any],
    tables: Iterable[TableDescription],
    base: str,
    lang: str,
) -> dict[str, Any]:
    """Describe a dataset, its files, and the columns of its Parquet tables.

    The files and the tables are for who may read the dataset.
    """
    content: dict[str, Any] = {
        "@context": {**CONTEXT, "@language": lang},
        "@type": "sc:Dataset",
        "@id": card.iri,
        "conformsTo": CONFORMS_TO,
        **{name: schema_org[name] for name in COPIED if name in schema_org},
        "isLiveDataset": True,
    }
    if card.versions:
        content["citeAs"] = write_bibtex(card.citation(base, card.versions[-1], lang))
    if card.readable:
        content["distribution"] = [_describe_file(file) for file in card.downloads]
        files = {file.table for file in card.downloads if file.table}
        content["recordSet"] = [
            _describe_table(table, lang) for table in tables if table.name in files
        ]
    return {name: value for name, value in content.items() if value not in ([], "", None)}


def _describe_file(file: DatasetFile) -> dict[str, Any]:
    kind = KINDS[file.ending]
    return {
        "@type": "cr:FileObject",
        "@id": file.form,
        "name": file.form,
        "contentUrl": file.url,
        "contentSize": f"{file.size} B",
        "encodingFormat": kind.package or kind.compression or kind.media_type,
        "sha256": file.sha256,
    }


def _describe_table(table: TableDescription, lang: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": choose_text(lang, table.label),
        "key": {"@id": f"{table.name}/id"},
        "field": [_describe_column(table.name, column, lang) for column in table.columns],
    }


def _describe_column(table: str, column: SampleColumn, lang: str) -> dict[str, Any]:
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": choose_text(lang, column.meaning) or choose_text(lang, column.label),
        "dataType": "sc:Text" if column.lang else TYPES.get(column.datatype, "sc:Text"),
        "source": {
            "fileObject": {"@id": f"{table}.{PARQUET_ENDING}"},
            "extract": {"column": column.name},
        },
        "equivalentProperty": column.property,
    }
    if column.separator:
        field |= {"isArray": True, "arrayShape": "-1"}
    return {name: value for name, value in field.items() if value}
