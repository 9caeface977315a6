"""Reading the rows of a file as the options of a command say."""

from __future__ import annotations

from pathlib import Path

from service.commands.options import FileOptions
from service.imports.reader import ReadLayer, read_layer
from spatial.fields import Layer


def read_asked_layer(
    path: Path, layer: Layer, options: FileOptions, *, assume_status: str | None = None
) -> ReadLayer:
    """Read a file as a layer, with what the options say of its kind and of all files.

    Parameters
    ----------
    path
        A file of any known format.
    assume_status
        Status of facilities that have none; None to leave it unknown.

    Returns
    -------
    Rows in EPSG:4326, in the order of the file.

    Raises
    ------
    InputError, InputFaults
        When the file cannot be read, or with every fault of its rows.
    """
    return read_layer(
        path,
        layer,
        crs=options.crs_of(layer.name),
        columns=options.columns_of(layer.name),
        shared_columns=options.columns_of(None),
        assume_status=assume_status,
        saved=options.saved,
        kinds_from_names=options.kinds_from_names,
        how=options.how,
    )
