"""Which system a file is in: what the file says, what its format says, what the user says."""

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType
from typing import Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from service.imports.raw import RawTable
from spatial.coordinate_systems import NORTHING_FIRST, CoordinateSystem, crs_code
from spatial.errors import InputError, UnknownCRSError
from spatial.webmap_crs import WebMap

LONLAT: Final = CRS("EPSG:4326")
CGCS2000: Final = CRS("EPSG:4490")

# How people and programs write the names no register knows; without case, blanks and dashes.
_WEB_MAPS: Final = MappingProxyType(
    {
        "gcj02": WebMap.GCJ02,
        "gcj02ll": WebMap.GCJ02,
        "火星坐标": WebMap.GCJ02,
        "火星坐标系": WebMap.GCJ02,
        "bd09": WebMap.BD09,
        "bd09ll": WebMap.BD09,
        "百度坐标": WebMap.BD09,
        "百度坐标系": WebMap.BD09,
    }
)
_NAMES: Final = MappingProxyType(
    {
        "wgs84": LONLAT,
        "cgcs2000": CGCS2000,
        "国家2000": CGCS2000,
        "2000国家大地坐标系": CGCS2000,
    }
)
_METRES: Final = ("bd09mc", "gcj02mc")
_SEPARATORS: Final = re.compile(r"[\s_-]+")


def parse_system(text: str, *, source: str) -> CoordinateSystem:
    """Return the system called `text`, as --crs takes it.

    Parameters
    ----------
    text
        What `parse_base` takes; ``,yx`` behind it says that northing or latitude comes first.

    Raises
    ------
    UnknownCRSError
        As `parse_base`.
    """
    name = text.strip()
    northing_first = name.replace("，", ",").lower().endswith(NORTHING_FIRST)
    if northing_first:
        name = name[: -len(NORTHING_FIRST)]
    return CoordinateSystem(parse_base(name, source=source), northing_first)


def parse_base(text: str, *, source: str) -> CRS | WebMap:
    """Return the system called `text`.

    Parameters
    ----------
    text
        An authority code such as EPSG:4490, an URN, WKT, or in any spelling GCJ-02 (火星坐标),
        BD-09 (百度坐标), WGS84 or CGCS2000.

    Raises
    ------
    UnknownCRSError
        When there is none, or when it is neither geographic nor projected.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).casefold()
    if plain in _WEB_MAPS:
        return _WEB_MAPS[plain]
    if plain in _NAMES:
        return _NAMES[plain]
    if plain in _METRES:
        raise UnknownCRSError(
            f"{source}: {text} are metres of a web map; export longitude and latitude, "
            f"and name them {'BD-09' if plain.startswith('bd') else 'GCJ-02'}"
        )
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise UnknownCRSError(
            f"{source}: there is no coordinate reference system '{text}'; "
            "give a code such as EPSG:4326 or EPSG:4547"
        ) from None
    return _usable(crs, source=source)


def _usable(crs: CRS, *, source: str) -> CRS:
    if not (crs.is_geographic or crs.is_projected):
        raise UnknownCRSError(
            f"{source}: {crs.name} is a {crs.type_name}, not a geographic or projected one"
        )
    return crs


def choose_system(raw: RawTable, *, option: str | None, source: str) -> CoordinateSystem | None:
    """Decide which system the coordinates of a file are in; None when nobody says anything.

    Parameters
    ----------
    raw
        The file: what it says, and what its format says of one that is silent.
    option
        What the user says. That a file is in GCJ-02 or BD-09 no format can say, so then it may
        say WGS 84 or CGCS2000.

    Raises
    ------
    UnknownCRSError
        When what is said is no usable system.
    InputError
        When file and user say different things.
    """
    declared, assumed = raw.declared_crs, raw.assumed_crs
    said = None if option is None else parse_system(option, source=source)
    if declared is not None:
        if said is not None and not _agree(said, declared):
            raise InputError(
                f"{source}: --crs says {said.code}, but the file says "
                f"{CoordinateSystem(declared).code}; leave --crs out, or transform the file"
            )
        if isinstance(declared, CRS):
            _usable(declared, source=source)
        return CoordinateSystem(declared) if said is None else _in_words_of_file(said, declared)
    if said is not None:
        return said
    return None if assumed is None else CoordinateSystem(assumed)


def refuse_other(crs: CRS, *, option: str | None, source: str) -> None:
    """Refuse a system other than the one all files of a format are in, GCJ-02 and BD-09 too.

    Raises
    ------
    InputError
        When --crs says another.
    """
    said = None if option is None else parse_system(option, source=source)
    if said is None:
        return
    if isinstance(said.base, CRS) and same_crs(said.base, crs) and not said.northing_first:
        return
    raise InputError(
        f"{source}: --crs says {said.name}, but the file says {crs_code(crs)}; "
        "leave --crs out, or transform the file"
    )


def _in_words_of_file(said: CoordinateSystem, declared: CRS | WebMap) -> CoordinateSystem:
    """Return what the user said, in the words of the file where both mean the same."""
    if isinstance(said.base, CRS) and isinstance(declared, CRS):
        return CoordinateSystem(declared, said.northing_first)
    return said


def _agree(said: CoordinateSystem, declared: CRS | WebMap) -> bool:
    if isinstance(declared, WebMap):
        return said.base is declared
    if isinstance(said.base, WebMap):
        return same_crs(declared, LONLAT) or same_crs(declared, CGCS2000)
    return same_crs(said.base, declared)


def overrule_warning(
    raw: RawTable, system: CoordinateSystem, *, option: str | None, source: str
) -> list[str]:
    """Say so where --crs overrules what a file or its format says."""
    if option is None:
        return []
    read = f"{source}: read in {system.name} as --crs says; "
    declared = raw.declared_crs
    if isinstance(declared, CRS) and isinstance(system.base, WebMap):
        says = crs_code(declared)
        return [f"{read}the file says {says}, there being no code for what it is in"]
    if declared is not None or raw.assumed_crs is None:
        return []
    plain = isinstance(system.base, CRS) and system.base.equals(LONLAT, ignore_axis_order=True)
    if plain and not system.northing_first:
        return []
    return [f"{read}GeoJSON itself would mean WGS 84"]


def same_crs(one: CRS, other: CRS) -> bool:
    """Tell whether two systems are one; axis order does not count, x is read first anyway."""
    if one.equals(other, ignore_axis_order=True):
        return True
    codes = (one.to_epsg(min_confidence=70), other.to_epsg(min_confidence=70))
    return codes[0] is not None and codes[0] == codes[1]
