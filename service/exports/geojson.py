"""GeoJSON: a FeatureCollection (RFC 7946), or a sequence of features (RFC 8142, or by lines)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from service.exports.columns import ColumnKind, json_text
from service.exports.content import compact_json
from service.exports.package import Chunk, Package, Table

# RFC 8142, section 2.1: what stands before each text of a sequence.
RECORD_SEPARATOR: Final = "\x1e"


def write_geojson(path: Path, package: Package) -> None:
    """Write a FeatureCollection, a feature a line, always in longitude and latitude.

    Beside the features stand the foreign members of the package, of an evaluation the summary,
    and ``notices``.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type":"FeatureCollection",\n')
        for name, value in package.members.items():
            file.write(f"{compact_json(name)}:{compact_json(value)},\n")
        file.write(f'"notices":{compact_json(package.notices)},\n"features":[')
        for number, feature in enumerate(_features(package)):
            file.write(",\n" if number else "\n")
            file.write(feature)
        file.write("\n]}\n")


def write_sequence(path: Path, package: Package) -> None:
    """Write a GeoJSON text sequence (RFC 8142): a record separator before each feature.

    A sequence has no members of its own: ``notices`` and the others stand in the first feature.
    """
    _write_lines(path, package, before=RECORD_SEPARATOR)


def write_lines(path: Path, package: Package) -> None:
    """Write newline-delimited GeoJSON: a feature a line; ``notices`` as in `write_sequence`."""
    _write_lines(path, package, before="")


def _write_lines(path: Path, package: Package, *, before: str) -> None:
    members = {**package.members, "notices": package.notices}
    foreign = "".join(
        f",{compact_json(name)}:{compact_json(value)}" for name, value in members.items() if value
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, feature in enumerate(_features(package)):
            text = feature if number else f"{feature[:-1]}{foreign}}}"
            file.write(f"{before}{text}\n")


def _features(package: Package) -> Iterator[str]:
    table = package.whole
    for chunk in package.chunks(table):
        yield from _of_chunk(chunk, table)


def _of_chunk(chunk: Chunk, table: Table) -> Iterator[str]:
    names = [compact_json(column.name) for column in table.columns]
    texts = []
    for values, column in zip(chunk.columns, table.columns, strict=True):
        if column.kind is ColumnKind.POINTS:
            texts.append(_shapes(np.asarray(values, dtype=object)))
        else:
            texts.append([json_text(value, column.kind) for value in values])
    keys = [""] * chunk.rows
    if table.key is not None:
        at = [column.name for column in table.columns].index(table.key)
        keys = [f'"id":{text},' for text in texts[at]]
    shapes = ["null"] * chunk.rows if chunk.shapes is None else _shapes(chunk.shapes)
    for key, shape, *cells in zip(keys, shapes, *texts, strict=True):
        properties = ",".join(f"{name}:{cell}" for name, cell in zip(names, cells, strict=True))
        yield f'{{"type":"Feature",{key}"geometry":{shape},"properties":{{{properties}}}}}'


def _shapes(shapes: NDArray[Any]) -> list[str]:
    # RFC 7946, section 3.1.6: exterior rings run counterclockwise.
    texts = shapely.to_geojson(shapely.orient_polygons(shapes))
    return ["null" if text is None else str(text) for text in np.atleast_1d(texts).tolist()]
