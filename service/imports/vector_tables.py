"""Which table of a file of several is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyogrio
import pyogrio.raw

from service.imports.cells import near
from service.imports.gdal_messages import one_line
from spatial.errors import InputError


def place_of(path: Path) -> str:
    """Return a path GDAL takes for a file: an absolute one is no virtual file system.

    Raises
    ------
    InputError
        When the path lies under the name of such a system.
    """
    place = str(path.resolve())
    if place.startswith("/vsi"):
        raise InputError(f"{path}: addresses are not read; download the file first")
    return place


def layer_of(path: Path, *, prefer: str, table: str | None, source: str) -> str:
    """Return the table to read: the one named, else the only one, else the one preferred.

    Raises
    ------
    InputError
        When there is none, or the file does not say which is meant.
    """
    with one_line(source):
        tables = {str(name): kind for name, kind in pyogrio.list_layers(place_of(path))}
    if table is not None:
        return named_table(table, tables, source=source)
    spatial = [name for name, kind in tables.items() if kind is not None]
    if len(spatial) == 1:
        return spatial[0]
    if prefer in spatial:
        return prefer
    if not tables:
        # Some damaged files open as a source without layers, which the next calls trip over.
        raise InputError(f"{source}: cannot be read: it holds no layer")
    if not spatial:
        raise InputError(f"{source}: has no table with geometries")
    raise several_tables(spatial, source=source)


def named_table(table: str, tables: Mapping[str, object], *, source: str) -> str:
    """Return the table a user names.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if table in tables:
        return table
    guess = near(table, tables)
    hint = f" (did you mean {guess[0]}?)" if guess else ""
    raise InputError(
        f"{source}: there is no table '{table}'{hint}; its tables are {', '.join(tables)}"
    )


def several_tables(names: list[str], *, source: str) -> InputError:
    """Return the fault of a file that has several tables, of which none is named."""
    return InputError(
        f"{source}: has several tables ({', '.join(names)}); "
        f"name one, as in '{source}|layername={names[0]}'"
    )
