"""Writing a table through GDAL as a stream of batches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyogrio

from service.exports.arrow import GEOMETRY, batches, schema_of
from service.exports.package import Chunk, Package, Table


@contextmanager
def undeclared_systems_accepted() -> Iterator[None]:
    """Let files be written that declare no system: the notices say what the coordinates are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        yield


def write_layer(
    path: Path,
    package: Package,
    table: Table,
    *,
    driver: str,
    seen: Callable[[Chunk], None] | None = None,
    metadata: Mapping[str, str] | None = None,
    dataset_options: Mapping[str, str] | None = None,
    layer_options: Mapping[str, str] | None = None,
) -> None:
    """Write one layer; a file there already gets one more.

    Parameters
    ----------
    driver
        As GDAL calls it.
    seen
        Told of each chunk.
    metadata, dataset_options
        Of a new file.

    Raises
    ------
    InputError
        When the rows cannot be written; GDAL itself would not say why.
    pyogrio.errors.DataSourceError
        And its kin, when GDAL cannot write.
    """
    faults: list[Exception] = []

    def stream() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches(package, table, seen=seen)
        except Exception as fault:
            faults.append(fault)
            raise

    reader = pa.RecordBatchReader.from_batches(schema_of(table), stream())
    try:
        with undeclared_systems_accepted():
            pyogrio.write_arrow(
                reader,
                path,
                layer=table.name,
                driver=driver,
                geometry_name=GEOMETRY if table.placed else None,
                geometry_type="Unknown" if table.placed else None,
                crs=package.system.wkt if table.placed else None,
                dataset_metadata=metadata,
                dataset_options=dataset_options,
                layer_options=layer_options,
            )
    except Exception:
        # What stops the stream reaches GDAL as a stream that broke, and us as that.
        if faults:
            raise faults[0] from None
        raise
