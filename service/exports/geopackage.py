"""GeoPackage: the layers districts, findings and areas."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyogrio

from service.exports.content import Content, as_table, compact_json


def write_geopackage(path: Path, content: Content) -> None:
    """Write the three layers; lists are JSON text, summary and notices stand in the metadata.

    ``findings`` has no geometry: it joins ``districts`` by ``district_id``, and a polygon once a
    rule would make the file many times larger.
    """
    metadata = {
        "YIKE_EVALUATION": compact_json(content.summary),
        "YIKE_NOTICES": compact_json(content.notices),
    }
    layers: dict[str, pd.DataFrame] = {
        "districts": content.districts,
        "findings": content.findings,
        "areas": content.areas,
    }
    for number, (name, frame) in enumerate(layers.items()):
        pyogrio.write_dataframe(
            as_table(frame),
            path,
            layer=name,
            driver="GPKG",
            dataset_metadata=metadata if number == 0 else None,
            # Readers of GDAL 3.6 and older warn of version 1.4, of which nothing is used here.
            dataset_options={"VERSION": "1.2"} if number == 0 else None,
        )
