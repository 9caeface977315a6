"""Figures of an upload: read under limits, and as one Arrow stream and back, decimals exact."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from service.imports.indicators import read_indicators
from service.imports.raw import Reading
from service.uploads.reading import Tell, told_columns
from service.uploads.request import ImportRequest


def read_figures(
    path: Path, request: ImportRequest, *, how: Reading, tell: Tell
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table of figures; return it, and the part of the report about the file alone.

    Raises
    ------
    InputError
        As `service.imports.indicators.read_indicators`: a row at fault refuses the file.
    """
    tell("reading", None)
    read = read_indicators(path, columns=request.reading.columns, how=how)
    count = len(read.frame)
    tell("checking", count)
    return read.frame, {
        "rows": {"read": count, "accepted": count, "repaired": 0, "quarantined": 0},
        "repairs": [],
        "quarantined": [],
        "columns": told_columns(read.columns, key=("area", "indicator", "year")),
        "notes": list(read.notes),
        "warnings": list(read.warnings),
    }


def figures_to_stream(frame: pd.DataFrame) -> bytes:
    """Return figures as an Arrow stream."""
    texts = frame.astype(object).where(frame.notna(), None)
    columns: dict[str, Any] = {
        name: pa.array(texts[name].tolist(), pa.string())
        for name in ("area", "indicator", "source")
    }
    columns["year"] = pa.array(frame["year"].tolist(), pa.int64())
    values = [None if value is None else str(value) for value in texts["value"]]
    columns["value"] = pa.array(values, pa.string())
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def figures_from_stream(content: bytes) -> pd.DataFrame:
    """Return the figures of an Arrow stream, as they were."""
    with pa.ipc.open_stream(pa.BufferReader(content)) as reader:
        table = reader.read_all()
    columns = {name: table[name].to_pylist() for name in table.column_names}
    values = [None if value is None else Decimal(value) for value in columns["value"]]
    return pd.DataFrame(
        {
            "area": pd.Series(columns["area"], dtype=object),
            "indicator": pd.Series(columns["indicator"], dtype=object),
            "year": np.array(columns["year"], dtype=np.int64),
            "value": pd.Series(values, dtype=object),
            "source": pd.Series(columns["source"], dtype=object),
        }
    )
