"""GeoParquet: the districts, findings within; or the area rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from service.exports.content import Content, as_table, compact_json, finding_objects, plain


def write_geoparquet(path: Path, content: Content) -> None:
    """Write one row a district: ``reasons`` a list of text, ``findings`` JSON text.

    Where only areas were evaluated, the rows of the area table, lists as JSON text. Summary and
    notices are the frame's attributes, which pandas reads back as ``attrs``.
    """
    frame = as_table(content.areas) if content.of_areas else _districts(content)
    frame.attrs = {"evaluation": plain(content.summary), "notices": list(content.notices)}
    frame.to_parquet(path, index=False, schema_version="1.1.0")


def _districts(content: Content) -> pd.DataFrame:
    by_district = finding_objects(content.findings)
    frame = as_table(content.districts, keep=("reasons",))
    reasons = [plain(cell) or [] for cell in content.districts["reasons"]]
    frame["reasons"] = pd.Series(reasons, index=frame.index, dtype=object)
    frame["findings"] = pd.Series(
        [compact_json(by_district.get(key, [])) for key in frame["id"]],
        index=frame.index,
        dtype="str",
    )
    return frame
