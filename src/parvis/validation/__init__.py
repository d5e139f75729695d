"""Validation: data against SHACL shapes, with findings that a partner can act on."""

from parvis.validation.data import Data, View, load_data
from parvis.validation.incremental import Before
from parvis.validation.results import Locate, PlaceOf
from parvis.validation.shapes import load_shapes
from parvis.validation.validate import ENGINES, Submitted, Validation, validate

__all__ = [
    "ENGINES",
    "Before",
    "Data",
    "Locate",
    "PlaceOf",
    "Submitted",
    "Validation",
    "View",
    "load_data",
    "load_shapes",
    "validate",
]
