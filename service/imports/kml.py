"""Reading KML through GDAL, whatever encoding its text is in."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd
import pyogrio

from service.imports.archive import entries, opened_archive, unpack
from service.imports.encoding import sample_of
from service.imports.gdal import (
    columns_of,
    declared_crs,
    layer_facts,
    named_table,
    one_line,
    refuse_missing_rows,
    several_tables,
    told,
)
from service.imports.raw import RawTable, Reading
from service.imports.text import read_text
from spatial.errors import InputError

_DECLARATION: Final = re.compile(
    r"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>"
)
_ROOT: Final = re.compile(r"<(\w+:)?kml[\s>]")
# What GDAL adds of its own to every placemark.
_ADDED: Final = frozenset(
    {
        "timestamp",
        "begin",
        "end",
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
        "icon",
        "snippet",
    }
)
_WORDS: Final = re.compile(r">([^<>]*[^\x00-\x7f][^<>]*)<")
_HEAD_BYTES: Final = 400


def read_kml(path: Path, *, prefer: str, table: str | None, how: Reading) -> RawTable:
    """Read the placemarks of a KML: names, descriptions and extended data.

    Folders are its tables. Links to the network are not followed.

    Raises
    ------
    InputError
        When the file is no KML, declares entities of its own, or has several folders and none is
        named.
    """
    source = str(path)
    head = path.read_bytes()[:_HEAD_BYTES]
    found = _DECLARATION.match(head.decode("latin-1").lstrip("ï»¿"))
    decoded = read_text(path, how=how, declared=found[1] if found else None)
    text = _DECLARATION.sub("", decoded.text, count=1)
    if not _ROOT.search(text[:10_000]):
        raise InputError(f"{source}: is no KML")
    # Entities that contain entities are how few bytes of XML become all of the memory.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(f"{source}: declares a document type, which KML does not need")
    if how.work_dir is None:
        raise InputError(f"{source}: KML is read in a folder of its own, and none is given")
    place = how.work_dir / "decoded.kml"
    place.write_text(text, encoding="utf-8")
    with one_line(source) as said:
        tables = [str(name) for name, _ in pyogrio.list_layers(str(place))]
        layer = _layer(tables, prefer=prefer, table=table, source=source)
        info = layer_facts(place, layer, driver="LIBKML", how=how, source=source)
        frame, _ = columns_of(place, layer)
    refuse_missing_rows(len(frame), info["features"], source=source)
    return RawTable(
        _useful(frame),
        placed=True,
        declared_crs=declared_crs(info["crs"], source=source),
        warnings=told(said, source),
        encoding=replace(decoded.evidence, sample=sample_of(_WORDS.findall(text))),
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
    except InputError as error:
        raise InputError(str(error).replace(str(place), source)) from None


def _layer(tables: list[str], *, prefer: str, table: str | None, source: str) -> str:
    if table is not None:
        return named_table(table, dict.fromkeys(tables), source=source)
    if not tables:
        raise InputError(f"{source}: has no placemarks")
    if len(tables) == 1:
        return tables[0]
    if prefer in tables:
        return prefer
    raise several_tables(tables, source=source)


def _useful(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out what GDAL added, and columns in which nothing stands."""
    names = []
    for name in frame.columns:
        column = frame[name]
        empty = bool((column.isna() | (column.astype(object) == "")).all())
        if name == "geometry" or not (
            name in _ADDED or (empty and name in {"id", "Name", "description"})
        ):
            names.append(name)
    useful = frame[names]
    if "Name" in useful and "name" not in useful:
        useful = useful.rename(columns={"Name": "name"})
    return useful
