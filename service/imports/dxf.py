"""Reading CAD drawings (DXF): their closed lines as polygons, their points and blocks.

A drawing knows no rows and no columns. What becomes of its parts is therefore decided here, and
what becomes of none of them is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray

from service.imports.gdal import columns_of, layer_facts
from service.imports.gdal_messages import one_line, told
from service.imports.raw import RawTable, Reading
from service.imports.text import read_text
from spatial.errors import InputError

_BINARY: Final = b"AutoCAD Binary DXF"
_CODE_PAGE: Final = re.compile(r"\$DWGCODEPAGE\s+3\s+([^\r\n]+)")
_VERSION: Final = re.compile(r"\$ACADVER\s+1\s+AC(\d+)")
# From AutoCAD 2007 on a drawing is in UTF-8, whatever its header says of a code page.
_UTF_8_VERSION: Final = 1021
_TEXTS: Final = ("AcDbText", "AcDbMText", "AcDbAttribute", "AcDbAttributeDefinition")
_BLOCK: Final = "AcDbBlockReference"
# Street lines and barriers are lines; every other layer is of polygons and points.
_LINE_TABLES: Final = frozenset({"network", "barriers"})
_SPLIT_ATTRIBUTE: Final = re.compile(r"\s+")


def read_dxf(path: Path, *, prefer: str, table: str | None, how: Reading) -> RawTable:  # noqa: ARG001  # one signature for all formats
    """Read a drawing: closed polylines, hatches and other areas, points and block references.

    Columns are ``layer``, ``text``, ``block`` and the attributes of blocks. A text that stands
    alone in an area is the text of that area. Lines are rows only of a network or of barriers.

    Raises
    ------
    InputError
        When it is no DXF that can be read.
    """
    source = str(path)
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_BINARY):
        raise InputError(f"{source}: is a binary DXF; save it as an ASCII DXF")
    decoded = read_text(path, how=how, declared=_declared(path))
    if not re.search(r"^\s*0\s*\r?\n\s*SECTION", decoded.text[:65_536], re.MULTILINE):
        raise InputError(f"{source}: is no DXF")
    if how.work_dir is None:
        raise InputError(f"{source}: DXF is read in a folder of its own, and none is given")
    place = how.work_dir / "decoded.dxf"
    place.write_text(decoded.text, encoding="utf-8", newline="")
    pyogrio.set_gdal_config_options(
        {
            "DXF_ENCODING": "UTF-8",
            "DXF_CLOSED_LINE_AS_POLYGON": "YES",
            # A block is where it is inserted, not the strokes of its symbol.
            "DXF_INLINE_BLOCKS": "NO",
        }
    )
    with one_line(source) as said:
        layer_facts(place, "entities", driver="DXF", how=how, source=source)
        frame, _ = columns_of(place, "entities")
    rows, not_read = _rows(frame, lines=prefer in _LINE_TABLES)
    warnings = [f"{source}: not read: {n:,} {what}" for what, n in not_read.items()]
    return RawTable(
        rows,
        placed=True,
        warnings=(*warnings, *told(said, source)),
        encoding=decoded.evidence,
        not_read=not_read,
    )


def _declared(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(65_536).decode("latin-1")
    version = _VERSION.search(head)
    if version is not None and int(version[1]) >= _UTF_8_VERSION:
        return "UTF-8"
    page = _CODE_PAGE.search(head)
    return page[1].strip() if page else None


def _rows(frame: pd.DataFrame, *, lines: bool) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the parts that are rows, and what is not among them, by kind."""
    shapes = shapely.from_wkb(frame["geometry"].to_numpy(dtype=object))
    kinds = _texts(frame, "SubClasses")
    classes = np.array([kind.rpartition(":")[2] for kind in kinds], dtype=object)
    types = shapely.get_type_id(shapes)
    usable = (types >= 0) & ~shapely.is_empty(shapes)
    is_text = usable & np.isin(classes, _TEXTS) | (usable & (types == 0) & _has(frame, "Text"))
    is_block = usable & np.array([_BLOCK in kind for kind in kinds], dtype=bool)
    is_text &= ~is_block
    is_area = usable & np.isin(types, (3, 6))
    is_point = usable & (types == 0) & ~is_text
    is_line = usable & np.isin(types, (1, 2, 5))
    paper = _has(frame, "PaperSpace") & np.array(
        [
            str(cell) not in {"0", "0.0", "None", "nan", "False"}
            for cell in _column(frame, "PaperSpace")
        ],
        dtype=bool,
    )
    labels, unused = _labels(shapes, is_area & ~paper, is_text & ~paper, _texts(frame, "Text"))
    keep = is_line if lines else is_area | is_point
    if not lines and not keep.any():
        # A drawing of texts alone: each stands where something is.
        keep, unused = is_text, 0
        labels = dict(enumerate(_texts(frame, "Text")))
    keep &= ~paper
    columns = _attributes(frame, keep, labels)
    columns["geometry"] = pd.Series(shapely.to_wkb(shapes[keep]), dtype=object)
    left: Counter[str] = Counter()
    left["parts of the paper space"] = int(paper.sum())
    left["texts that are no area's only text"] = 0 if lines else unused
    for name, mask in (
        ("lines", is_line),
        ("areas", is_area),
        ("points", is_point),
        ("texts", is_text),
    ):
        if lines or name == "lines":
            left[f"open {name}" if name == "lines" else name] += int((mask & ~keep & ~paper).sum())
    other = ~(is_text | is_area | is_point | is_line) & ~paper
    left["parts of other kinds or without a place"] = int(other.sum())
    return pd.DataFrame(columns), {what: number for what, number in left.items() if number}


def _column(frame: pd.DataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    return ["" if cell is None else str(cell) for cell in _column(frame, name)]


def _has(frame: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    return np.array([bool(text.strip()) for text in _texts(frame, name)], dtype=bool)


def _labels(
    shapes: NDArray[np.object_],
    is_area: NDArray[np.bool_],
    is_text: NDArray[np.bool_],
    texts: list[str],
) -> tuple[dict[int, str], int]:
    """Give each area its text, where it holds one and that one stands in no other area.

    Returns
    -------
    Text by position in the drawing, and how many texts belong to no area.
    """
    areas, words = np.flatnonzero(is_area), np.flatnonzero(is_text)
    if not len(areas) or not len(words):
        return {}, len(words)
    valid = areas[shapely.is_valid(shapes[areas])]
    tree = shapely.STRtree(shapes[valid])
    word, area = tree.query(shapes[words], predicate="within")
    words_in = Counter(area.tolist())
    areas_of = Counter(word.tolist())
    labels = {
        int(valid[a]): texts[words[w]].strip()
        for w, a in zip(word.tolist(), area.tolist(), strict=True)
        if words_in[a] == 1 and areas_of[w] == 1
    }
    return labels, len(words) - len(labels)


def _attributes(
    frame: pd.DataFrame, keep: NDArray[np.bool_], labels: dict[int, str]
) -> dict[str, Any]:
    """Return the columns of the rows: layer, text, block and what is written in blocks."""
    at = np.flatnonzero(keep).tolist()
    layers, blocks = _texts(frame, "Layer"), _texts(frame, "BlockName")
    columns: dict[str, list[Any]] = {
        "layer": [layers[i] or None for i in at],
        "text": [labels.get(i) for i in at],
    }
    if any(blocks[i] for i in at):
        columns["block"] = [blocks[i] or None for i in at]
    given = _column(frame, "BlockAttributes")
    for row, position in enumerate(at):
        cell = given[position]
        pairs = [] if cell is None or isinstance(cell, (str, float)) else list(cell)
        for pair in pairs:
            tag, _, value = str(pair).partition(" ")
            # A tag may bear a name of ours.
            name = f"{tag}_2" if tag in {"layer", "text", "block", "geometry"} else tag
            columns.setdefault(name, [None] * len(at))[row] = value.strip() or None
    return {name: pd.Series(cells, dtype=object) for name, cells in columns.items()}
