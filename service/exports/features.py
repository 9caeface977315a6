"""Files of features written part by part, so that many need not be held at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, TextIO

import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas import GeoDataFrame

from service.exports.content import as_table, compact_json, plain


class FeatureFile(Protocol):
    """A file being written."""

    def add(self, layer: str, frame: pd.DataFrame) -> None:
        """Write rows of a layer; a frame without geometry makes a plain table."""

    def finish(self, members: Mapping[str, Any]) -> None:
        """End the file, with what is to be said of the whole."""


class _GeoJSON:
    """One FeatureCollection of all layers; rows of plain tables are foreign members."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._count = 0
        self._tables: dict[str, list[dict[str, Any]]] = {}
        file.write('{"type":"FeatureCollection","features":[')

    def add(self, layer: str, frame: pd.DataFrame) -> None:
        """Write rows, each as a feature on a line."""
        names = [str(name) for name in frame.columns if name != "geometry"]
        columns = [frame[name].astype(object).tolist() for name in names]
        rows = [
            {name: plain(cell) for name, cell in zip(names, cells, strict=True)}
            for cells in zip(*columns, strict=True)
        ]
        if not isinstance(frame, GeoDataFrame):
            self._tables.setdefault(layer, []).extend(rows)
            return
        # RFC 7946, section 3.1.6: exterior rings run counterclockwise.
        shapes = shapely.orient_polygons(np.asarray(frame.geometry.array, dtype=object))
        for text, properties in zip(shapely.to_geojson(shapes), rows, strict=True):
            self._file.write(",\n" if self._count else "\n")
            self._file.write(f'{{"type":"Feature","geometry":{text or "null"},')
            self._file.write(f'"properties":{compact_json(properties)}}}')
            self._count += 1

    def finish(self, members: Mapping[str, Any]) -> None:
        """Write the foreign members and the end."""
        self._file.write("\n]")
        for name, value in {**self._tables, **members}.items():
            self._file.write(f",\n{compact_json(name)}:{compact_json(value)}")
        self._file.write("}\n")


class _GeoPackage:
    """A layer each; what is to be said of the whole stands in a table of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._layers: set[str] = set()
        self._kinds: dict[str, str] = {}

    def add(self, layer: str, frame: pd.DataFrame) -> None:
        """Append rows to a layer."""
        options: dict[str, Any] = {}
        if isinstance(frame, GeoDataFrame):
            # What a layer holds is settled by its first rows.
            kind = self._kinds.setdefault(layer, _geometry_type(frame))
            options = {"geometry_type": kind, "promote_to_multi": kind.startswith("Multi")}
        pyogrio.write_dataframe(
            as_table(frame),
            self._path,
            layer=layer,
            driver="GPKG",
            append=layer in self._layers,
            # Readers of GDAL 3.6 and older warn of version 1.4, of which nothing is used here.
            dataset_options=None if self._layers else {"VERSION": "1.2"},
            **options,
        )
        self._layers.add(layer)

    def finish(self, members: Mapping[str, Any]) -> None:
        """Write the table ``about``."""
        table = pd.DataFrame(
            {"name": list(members), "value": [compact_json(value) for value in members.values()]}
        )
        self.add("about", table)


def _geometry_type(frame: GeoDataFrame) -> str:
    kinds = set(shapely.get_type_id(np.asarray(frame.geometry.array, dtype=object)).tolist()) - {-1}
    for name, ids in _KINDS.items():
        if kinds and kinds <= ids:
            return name
    return "Unknown"


_KINDS: Final[Mapping[str, frozenset[int]]] = MappingProxyType(
    {
        "Point": frozenset({0}),
        "LineString": frozenset({1}),
        "MultiLineString": frozenset({1, 5}),
        "MultiPolygon": frozenset({3, 6}),
    }
)


@contextmanager
def geojson_parts(path: Path) -> Iterator[FeatureFile]:
    """Open a FeatureCollection."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yield _GeoJSON(file)


@contextmanager
def geopackage_parts(path: Path) -> Iterator[FeatureFile]:
    """Open a GeoPackage."""
    yield _GeoPackage(path)
