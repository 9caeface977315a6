"""A map of the flags as a PNG picture."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from service.exports.package import Package
from spatial.errors import InputError


def write_map(path: Path, package: Package) -> None:
    """Draw districts by flag, with facilities and streets where the content holds them.

    Raises
    ------
    InputError
        When the package is no evaluation in memory.
    """
    # matplotlib takes most of a second to import, and few commands draw.
    from service.reports.map import draw_map  # noqa: PLC0415

    content = package.content
    if content is None:
        raise InputError(f"{path.suffix}: a map shows what `yike evaluate` has found")
    facilities = content.facilities
    if facilities is None:
        facilities = gpd.GeoDataFrame({"service": [], "geometry": []}, crs="EPSG:4326")
    packs = ", ".join(content.summary["pack"])
    as_of = content.summary["as_of"]
    draw_map(
        path,
        districts=content.districts,
        facilities=facilities,
        streets=None if content.network is None else content.network.edge_frame(),
        title={
            "zh": f"托育与养老服务评估\n{packs}，评估日期 {as_of}",
            "en": f"Childcare and elderly care\n{packs}, as of {as_of}",
        },
        notices={"zh": content.notices, "en": content.notices},
        lang=content.lang,
    )
