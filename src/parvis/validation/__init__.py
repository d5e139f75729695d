"""Validation: data against SHACL shapes, with findings that a partner can act on."""

from parvis.validation.data import Data, DataView, PartedData, load_data
from parvis.validation.incremental import PreviousValidation
from parvis.validation.results import Locate, PlaceOf
from parvis.validation.shapes import load_own_shapes, load_shapes
from parvis.validation.validate import (
    ENGINES,
    SubmissionContext,
    Validation,
    prepare_shapes,
    validate,
)

__all__ = [
    "ENGINES",
    "Data",
    "DataView",
    "Locate",
    "PartedData",
    "PlaceOf",
    "PreviousValidation",
    "SubmissionContext",
    "Validation",
    "load_data",
    "load_own_shapes",
    "load_shapes",
    "prepare_shapes",
    "validate",
]
