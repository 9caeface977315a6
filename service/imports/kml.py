"""Reading KML, whatever encoding its text is in.

Read without GDAL, which makes underscores of Chinese headings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.imports.archive import entries, opened_archive, unpack
from service.imports.cells import shown
from service.imports.encoding_evidence import sample_of
from service.imports.limits import refuse_many_rows
from service.imports.raw import RawTable, Reading
from service.imports.text import read_text
from spatial.errors import Fault, InputError, InputFaults

_DECLARATION: Final = re.compile(
    r"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>"
)
_WORDS: Final = re.compile(r">([^<>]*[^\x00-\x7f][^<>]*)<")
_HEAD_BYTES: Final = 400
_FOLDERS: Final = ("Folder", "Document")
_SINGLE: Final = ("Point", "LineString", "LinearRing", "Polygon")
# What may be in a placemark or beside it, and is not read.
_NOT_READ: Final = (
    "Track",
    "MultiTrack",
    "Model",
    "NetworkLink",
    "GroundOverlay",
    "ScreenOverlay",
    "PhotoOverlay",
)
_FEWEST = {"Point": 1, "LineString": 2, "LinearRing": 4}


@dataclass
class _Placemarks:
    """What is found on the way through a document."""

    rows: list[dict[str, str]] = field(default_factory=list)
    folders: list[tuple[str, ...]] = field(default_factory=list)
    shapes: list[BaseGeometry | None] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    not_read: Counter[str] = field(default_factory=Counter)


def read_kml(
    path: Path,
    *,
    prefer: str,  # noqa: ARG001  # one signature for all formats
    table: str | None,
    how: Reading,
) -> RawTable:
    """Read the placemarks of a KML: names, descriptions, extended data, and their folder.

    A table is a folder, with those in it; without one all placemarks are read. Links are not
    followed.

    Raises
    ------
    InputError
        When the file is no KML, declares a document type, or has no such folder.
    InputFaults
        For placemarks whose coordinates are none.
    """
    source = str(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("latin-1").lstrip("ï»¿")
    declaration = _DECLARATION.match(head)
    decoded = read_text(path, how=how, declared=declaration[1] if declaration else None)
    text = _DECLARATION.sub("", decoded.text.lstrip("\ufeff"), count=1)
    # Entities that contain entities are how few bytes of XML become all of the memory.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(f"{source}: declares a document type, which KML does not need")
    found = _placemarks(text, how, source)
    if found.faults:
        raise InputFaults(found.faults)
    wanted = _in_folder(found, table, source)
    names = dict.fromkeys(name for at in wanted for name in found.rows[at])
    index = pd.RangeIndex(len(wanted))
    columns = {
        name: pd.Series([found.rows[at].get(name) for at in wanted], index=index, dtype=object)
        for name in names
    }
    folders = ["/".join(found.folders[at]) or None for at in wanted]
    if len(set(folders)) > 1 and "folder" not in columns:
        columns["folder"] = pd.Series(folders, index=index, dtype=object)
    shapes = np.fromiter((found.shapes[at] for at in wanted), dtype=object, count=len(wanted))
    columns["geometry"] = pd.Series(shapely.to_wkb(shapes), index=index, dtype=object)
    return RawTable(
        pd.DataFrame(columns, index=index),
        placed=True,
        declared_crs=CRS("EPSG:4326"),
        warnings=tuple(f"{source}: not read: {n:,} {what}" for what, n in found.not_read.items()),
        encoding=replace(decoded.evidence, sample=sample_of(_WORDS.findall(text))),
        not_read=dict(found.not_read),
    )


def read_kmz(path: Path, *, prefer: str, table: str | None, how: Reading) -> RawTable:
    """Read the KML of a KMZ, its ``doc.kml`` or the only one in it.

    Raises
    ------
    InputError
        As `read_kml`, and when the archive is damaged or holds no KML.
    """
    source = str(path)
    if how.work_dir is None:
        raise InputError(f"{source}: is packed, and there is no folder to unpack it in")
    place = how.work_dir / "unpacked.kml"
    with opened_archive(path, limits=how.limits, source=source) as archive:
        documents = [each for each in entries(archive) if each.name.suffix.lower() == ".kml"]
        main = [each for each in documents if str(each.name).lower() == "doc.kml"] or documents
        if len(main) != 1:
            raise InputError(f"{source}: holds {len(main)} KML files, not one")
        unpack(archive, main[0], place, limits=how.limits, source=source)
    try:
        return read_kml(place, prefer=prefer, table=table, how=how)
    except InputFaults as error:
        raise InputFaults([replace(fault, source=source) for fault in error.faults]) from None
    except InputError as error:
        raise InputError(str(error).replace(str(place), source)) from None


def _placemarks(text: str, how: Reading, source: str) -> _Placemarks:
    """Go through a document once, keeping no more of it than its rows."""
    found = _Placemarks()
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    open_: list[Element] = []
    try:
        for start in range(0, len(text), 2**20):
            parser.feed(text[start : start + 2**20])
            _take(parser, open_, found, how, source)
        parser.close()
        _take(parser, open_, found, how, source)
    except ParseError as error:
        raise InputError(f"{source}: is no XML that can be read: {error}") from None
    return found


def _take(
    parser: XMLPullParser[Element],
    open_: list[Element],
    found: _Placemarks,
    how: Reading,
    source: str,
) -> None:
    events: Iterator[tuple[str, Element]] = iter(parser.read_events())  # type: ignore[arg-type]  # of these kinds alone
    for event, element in events:
        name = _local(element)
        if event == "start":
            if not open_ and name != "kml":
                raise InputError(f"{source}: is no KML")
            open_.append(element)
            continue
        open_.pop()
        if name in _NOT_READ:
            found.not_read[name] += 1
        if name == "Placemark":
            folders = tuple(_named(each) for each in open_ if _local(each) in _FOLDERS)
            _row(element, tuple(filter(None, folders)), found, source)
            refuse_many_rows(len(found.rows), how.limits, source=source)
        inside = any(_local(each) == "Placemark" for each in open_)
        if open_ and not inside and name not in {"name", *_FOLDERS}:
            # Read, and gone: a large document is never in memory as a whole.
            open_[-1].remove(element)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((each for each in element if _local(each) == name), None)


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _named(element: Element) -> str:
    return _text(_child(element, "name"))


def _row(placemark: Element, folders: tuple[str, ...], found: _Placemarks, source: str) -> None:
    row = {
        name: text for name in ("name", "description") if (text := _text(_child(placemark, name)))
    }
    for element in placemark.iter():
        kind, key = _local(element), element.get("name")
        if kind == "Data" and key:
            row[key] = _text(_child(element, "value"))
        elif kind == "SimpleData" and key:
            row[key] = _text(element)
    shape = None
    try:
        parts = [_shape(each) for each in placemark if _local(each) in (*_SINGLE, "MultiGeometry")]
        shape = parts[0] if len(parts) == 1 else _together(parts)
    except (ValueError, ShapelyError) as error:
        reason = " ".join(str(error).split())[:120]
        found.faults.append(Fault(source, len(found.rows) + 1, "geometry", reason))
    found.rows.append(row)
    found.folders.append(folders)
    found.shapes.append(shape)


def _shape(element: Element) -> BaseGeometry:
    kind = _local(element)
    if kind == "MultiGeometry":
        parts = [_shape(each) for each in element if _local(each) in (*_SINGLE, "MultiGeometry")]
        shape = _together(parts)
        if shape is None:
            raise ValueError("holds no geometries")
        return shape
    if kind == "Polygon":
        outer = [_ring(each) for each in _boundaries(element, "outerBoundaryIs")]
        if len(outer) != 1:
            raise ValueError(f"a polygon has {len(outer)} outer rings, not one")
        return shapely.Polygon(
            outer[0], [_ring(e) for e in _boundaries(element, "innerBoundaryIs")]
        )
    points = _coordinates(element, kind)
    if kind == "Point":
        return shapely.Point(points[0])
    return shapely.LineString(points)


def _boundaries(polygon: Element, name: str) -> Iterator[Element]:
    for boundary in polygon:
        if _local(boundary) == name:
            yield from (each for each in boundary if _local(each) == "LinearRing")


def _ring(element: Element) -> list[tuple[float, float]]:
    points = _coordinates(element, "LinearRing")
    # Rings left open are common, and mean what they would closed.
    return points if points[0] == points[-1] else [*points, points[0]]


def _coordinates(element: Element, kind: str) -> list[tuple[float, float]]:
    words = _text(_child(element, "coordinates")).split()
    points: list[tuple[float, float]] = []
    for word in words:
        parts = word.split(",")
        try:
            x, y = float(parts[0]), float(parts[1])
        except (ValueError, IndexError):
            raise ValueError(f"{shown(word)} is no longitude and latitude") from None
        points.append((x, y))
    fewest = _FEWEST[kind] - (kind == "LinearRing")
    if len(points) < fewest:
        raise ValueError(f"a {kind} of {len(points)} coordinates, fewer than {fewest}")
    return points


def _together(parts: list[BaseGeometry]) -> BaseGeometry | None:
    """Return several geometries as one; None for none."""
    if not parts:
        return None
    kinds = {part.geom_type for part in parts}
    if kinds == {"Polygon"}:
        return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])
    if kinds == {"Point"}:
        return shapely.MultiPoint([part for part in parts if isinstance(part, shapely.Point)])
    if kinds == {"LineString"}:
        lines = [part for part in parts if isinstance(part, shapely.LineString)]
        return shapely.MultiLineString(lines)
    return shapely.GeometryCollection(parts)


def _in_folder(found: _Placemarks, table: str | None, source: str) -> list[int]:
    """Return the positions of the placemarks of a folder; all of them where none is named."""
    if not found.rows:
        raise InputError(f"{source}: has no placemarks")
    if table is None:
        return list(range(len(found.rows)))
    known = dict.fromkeys(name for folders in found.folders for name in folders)
    if table not in known:
        raise InputError(
            f"{source}: there is no folder '{table}'; its folders are {', '.join(known) or 'none'}"
        )
    return [at for at, folders in enumerate(found.folders) if table in folders]
