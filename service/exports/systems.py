"""The coordinate reference system a file is written in.

A system the registers know is declared in the file. Another kind of system, which no register
knows, is one entry in `UNREGISTERED`: a name and what brings longitude and latitude to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from spatial.crs import project_lonlat
from spatial.errors import InputError, UnknownCRSError
from spatial.webmap_crs import WebMap

Convert = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# Codes only: a PROJ string or WKT could name files of the machine that reads it.
_CODE: Final = re.compile(
    r"(?:urn:ogc:def:crs:)?(?P<authority>[A-Za-z]{2,10}):(?:[0-9.]*:)?(?P<code>[A-Za-z0-9]{1,20})"
)

UNREGISTERED: Final[Mapping[str, Convert]] = MappingProxyType(
    {system.value: system.from_wgs84 for system in WebMap}
)


@dataclass(frozen=True, eq=False)
class OutputSystem:
    """A system to write coordinates in, easting or longitude first.

    Parameters
    ----------
    name
        Short, as ``EPSG:4547``.
    crs
        What the file declares; None for a system no register knows.
    convert
        From longitude and latitude, EPSG:4326, shape (n, 2); None where they stay as they are.
    """

    name: str
    crs: CRS | None
    convert: Convert | None

    @property
    def wkt(self) -> str | None:
        """The declaration as WKT; None for a system no register knows."""
        return None if self.crs is None else self.crs.to_wkt()

    def notice(self, lang: str) -> str | None:
        """Say, in ``zh`` or ``en``, that no program reads the system off the file.

        None where it can.
        """
        if self.crs is not None:
            return None
        if lang == "zh":
            return f"坐标为{self.name}（网络地图坐标，无登记代码）：只供叠加到该类地图，不作量算。"
        return (
            f"Coordinates are {self.name}, a system of web maps without a registered code: for "
            "drawing on such maps, not for measuring."
        )

    def bring(self, geometries: NDArray[Any], *, first_row: int) -> NDArray[Any]:
        """Return geometries in this system; None stays None.

        Parameters
        ----------
        geometries
            In EPSG:4326.
        first_row
            Number of the first of them in its table, from 1.

        Raises
        ------
        InputError
            When a place has no coordinates in this system.
        """
        if self.convert is None:
            return geometries
        brought = np.asarray(shapely.transform(geometries, self.convert), dtype=object)
        bounds = shapely.bounds(brought)
        lost = ~np.isfinite(bounds).all(axis=1) & ~(
            shapely.is_missing(geometries) | shapely.is_empty(geometries)
        )
        if lost.any():
            row = int(np.flatnonzero(lost)[0])
            at = shapely.get_coordinates(geometries[row])[0]
            raise InputError(
                f"row {first_row + row}: its place ({at[0]:.6f}, {at[1]:.6f}) has no coordinates "
                f"in {self.name}; choose the system of the region"
            )
        return brought


LONLAT: Final = OutputSystem("EPSG:4326", CRS.from_epsg(4326), None)


def output_system(text: str | None, *, option: str) -> OutputSystem:
    """Return the system called `text`; None means EPSG:4326.

    Parameters
    ----------
    option
        What the user calls it: the name of an option or parameter.

    Raises
    ------
    UnknownCRSError
        When there is none, or it is neither geographic nor projected.
    """
    if text is None:
        return LONLAT
    name = text.strip()
    for known, convert in UNREGISTERED.items():
        if known.casefold() == name.casefold():
            return OutputSystem(known, None, convert)
    code = _CODE.fullmatch(name)
    crs = None if code is None else _registered(code["authority"], code["code"])
    if crs is None:
        raise UnknownCRSError(
            f"{option}: there is no coordinate reference system '{name[:60]}'; "
            "give a code such as EPSG:4326 or EPSG:4547"
        )
    if not (crs.is_geographic or crs.is_projected):
        raise UnknownCRSError(
            f"{option}: {crs.name} is a {crs.type_name}, not a geographic or projected one"
        )
    authority = crs.to_authority()
    called = ":".join(authority) if authority else crs.name
    if called in {"EPSG:4326", "OGC:CRS84"}:
        return LONLAT

    def convert_to(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return project_lonlat(lonlat, target=crs)

    return OutputSystem(called, crs, convert_to)


def _registered(authority: str, code: str) -> CRS | None:
    try:
        return CRS.from_authority(authority, code)
    except CRSError:
        return None
