"""Parquet files as tests read them back."""

import io

from arro3.io import read_parquet


def read_columns(body: bytes) -> dict[str, list[object]]:
    """Return the columns of a file by name, their values as objects of Python."""
    table = read_parquet(io.BytesIO(body)).read_all()
    columns = [list(column.to_pylist()) for column in table.columns]
    return dict(zip(table.column_names, columns, strict=True))
