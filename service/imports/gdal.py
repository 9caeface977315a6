"""Reading through GDAL: its faults in one line, its words for a system, and formats for lines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import CRS
from pyproj.exceptions import CRSError

from service.imports.raw import RawTable
from spatial.errors import InputError, UnknownCRSError


@dataclass(frozen=True)
class VectorReader:
    """Reads a file of one format that holds one table.

    Parameters
    ----------
    name
        What the format is called.
    magic
        What the file begins with, case aside: looked at first, so that GDAL opens this format
        and no other.
    """

    name: str
    magic: bytes

    def __call__(self, path: Path, *, prefer: str, table: str | None) -> RawTable:  # noqa: ARG002  # one signature for all formats
        """Read the file.

        Raises
        ------
        InputError
            When it is of another format, damaged, or has no geometries.
        """
        source = str(path)
        with path.open("rb") as file:
            head = file.read(64).lstrip()
        if not head.lower().startswith(self.magic.lower()):
            raise InputError(f"{source}: is no {self.name}")
        # An absolute path is never one of GDAL's virtual file systems.
        place = str(path.resolve())
        with one_line(source) as said:
            # Some damaged files open as a source without layers, which the next calls trip over.
            if not len(pyogrio.list_layers(place)):
                raise InputError(f"{source}: cannot be read: it holds no layer")
            info = pyogrio.read_info(place)
            frame = pyogrio.read_dataframe(place)
        if len(frame) < info["features"]:
            raise InputError(
                f"{source}: cannot be read: only {len(frame)} of {info['features']} rows are there"
            )
        if not isinstance(frame, gpd.GeoDataFrame):
            raise InputError(f"{source}: has no geometries")
        return RawTable(
            pd.DataFrame(frame.reset_index(drop=True)),
            placed=True,
            declared_crs=declared_crs(info["crs"], source=source),
            warnings=tuple(dict.fromkeys(f"{source}: {message}" for message in said)),
        )


@contextmanager
def one_line(source: str) -> Iterator[list[str]]:
    """Turn what GDAL raises into one line naming the file, and collect what it warns of."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield said
        except (DataSourceError, DataLayerError, FeatureError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split()) or "GDAL says no more"
            raise InputError(f"{source}: cannot be read: {reason.removeprefix(source)}") from None
    said.extend(" ".join(str(warning.message).split()) for warning in caught)


def declared_crs(crs: object, *, source: str) -> CRS | None:
    """Return the system GDAL read from a file; None where it names none.

    Raises
    ------
    UnknownCRSError
        When PROJ knows no such system.
    """
    if not crs:
        return None
    try:
        declared = CRS.from_user_input(crs)
    except CRSError:
        raise UnknownCRSError(f"{source}: its coordinate reference system is unknown") from None
    # GeoPackage's srs_id 0 and -1, "undefined", which GDAL gives a name.
    return None if declared.name.lower().startswith("undefined") else declared
