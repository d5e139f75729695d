"""The verbs: what one can do with a pool."""

from parvis.pooling.begin import init
from parvis.pooling.decide import may
from parvis.pooling.demo import build_demo
from parvis.pooling.files import convert_file, validate_files
from parvis.pooling.pool import Pool
from parvis.pooling.publish import generations, publish, rollback, verify
from parvis.pooling.submit import Outcome, check, submit

__all__ = [
    "Outcome",
    "Pool",
    "build_demo",
    "check",
    "convert_file",
    "generations",
    "init",
    "may",
    "publish",
    "rollback",
    "submit",
    "validate_files",
    "verify",
]
