"""FlatGeobuf: one layer, indexed by place."""

from __future__ import annotations

from pathlib import Path

from service.exports.gdal import write_layer
from service.exports.package import Package


def write_flatgeobuf(path: Path, package: Package) -> None:
    """Write the first table; the notices are the description in the head of the file.

    Rows come in the order of their places, which the index needs; where some have none, there is
    no index, for it cannot hold them.
    """
    table = package.main
    title = table.title.zh if package.lang == "zh" else table.title.en
    write_layer(
        path,
        package,
        table,
        driver="FlatGeobuf",
        layer_options={
            "SPATIAL_INDEX": "YES" if table.placed and not table.missing_places else "NO",
            "TITLE": title,
            "DESCRIPTION": "\n".join(package.notices),
        },
    )
