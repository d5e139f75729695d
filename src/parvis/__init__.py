"""parvis: a neutral third party's software to pool cultural offerings and publics."""

__version__ = "0.2.0"
