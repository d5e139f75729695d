"""The verbs: what one can do with a pool."""

from parvis.pooling.begin import init, init_mapping, write_new
from parvis.pooling.decide import may
from parvis.pooling.demo import build_demo
from parvis.pooling.export import export_mapping
from parvis.pooling.files import convert_file, validate_files
from parvis.pooling.pool import Pool
from parvis.pooling.preview import preview
from parvis.pooling.publish import generations, publish, rollback, verify
from parvis.pooling.refresh import Refreshed, refresh, refreshable
from parvis.pooling.sources import Source
from parvis.pooling.submit import Outcome, check, submit
from parvis.pooling.template import template

__all__ = [
    "Outcome",
    "Pool",
    "Refreshed",
    "Source",
    "build_demo",
    "check",
    "convert_file",
    "export_mapping",
    "generations",
    "init",
    "init_mapping",
    "may",
    "preview",
    "publish",
    "refresh",
    "refreshable",
    "rollback",
    "submit",
    "template",
    "validate_files",
    "verify",
    "write_new",
]
