"""Reading Shapefiles: through GDAL, but for their text, whose encoding GDAL guesses wrong."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio

from service.imports.encoding import EncodingEvidence, decode_cells
from service.imports.gdal import columns_of, declared_crs, layer_facts, refuse_missing_rows
from service.imports.gdal_messages import one_line, told
from service.imports.raw import RawTable, Reading
from spatial.errors import InputError

_MAGIC: Final = b"\x00\x00\x27\x0a"
# Every byte is a character of it, so that the bytes come back as they are in the file.
_AS_BYTES: Final = "ISO-8859-1"
# Byte 29 of a DBF, as ESRI and dBase number the encodings of Chinese.
_LANGUAGE_BYTE: Final = 29
_LANGUAGES: Final = {0x4D: "LDID/77", 0x4F: "LDID/79", 0x7A: "LDID/77"}
_COMPANIONS: Final = (".dbf", ".shx", ".prj", ".cpg")


def read_shapefile(
    path: Path,
    *,
    prefer: str,  # noqa: ARG001  # one signature for all formats
    table: str | None,  # noqa: ARG001  # likewise
    how: Reading,
) -> RawTable:
    """Read a Shapefile with the ``.dbf``, ``.shx``, ``.prj`` and ``.cpg`` beside it.

    Its text is what ``.cpg`` says where that holds, else UTF-8 where all of it is valid, else
    GB18030. A text cut within a character at the width of its field loses the bytes of that
    character, and is counted.

    Raises
    ------
    InputError
        When it is damaged, or its text is in another encoding.
    """
    source = str(path)
    with path.open("rb") as file:
        if file.read(4) != _MAGIC:
            raise InputError(f"{source}: is no Shapefile")
    place, warnings = _with_index(path, how, source)
    with one_line(source) as said:
        info = layer_facts(
            place, None, driver="ESRI Shapefile", how=how, source=source, encoding=_AS_BYTES
        )
        frame, _ = columns_of(place, None, encoding=_AS_BYTES)
    refuse_missing_rows(len(frame), info["features"], source=source)
    if companion(path, ".dbf") is None:
        # GDAL numbers the rows where there are no others.
        frame = frame[["geometry"]]
        warnings.append(f"{source}: has no .dbf beside it, so its rows have no attributes")
    frame, evidence = _decoded(frame, path, how, source)
    if evidence.cut:
        warnings.append(
            f"{source}: {evidence.cut} texts were cut within a character by the width of their "
            "column; what was left of it is dropped"
        )
    return RawTable(
        frame,
        placed=True,
        declared_crs=declared_crs(info["crs"], source=source),
        warnings=(*warnings, *told(said, source)),
        encoding=evidence,
    )


def companion(path: Path, suffix: str) -> Path | None:
    """Return the file beside `path` with another suffix, in lower or upper case; None if none."""
    for name in (suffix, suffix.upper()):
        beside = path.with_suffix(name)
        if beside.is_file():
            return beside
    return None


def _with_index(path: Path, how: Reading, source: str) -> tuple[Path, list[str]]:
    """Return where the Shapefile can be opened: itself, or a copy with its index made anew."""
    if companion(path, ".shx") is not None:
        return path, []
    if how.work_dir is None:
        raise InputError(f"{source}: has no .shx beside it")
    copy = how.work_dir / "indexed.shp"
    shutil.copyfile(path, copy)
    for suffix in _COMPANIONS:
        beside = companion(path, suffix)
        if beside is not None:
            shutil.copyfile(beside, copy.with_suffix(suffix))
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
    try:
        with one_line(source):
            pyogrio.read_info(str(copy), encoding=_AS_BYTES)
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
    return copy, [f"{source}: has no .shx beside it; where its shapes begin was found anew"]


def _decoded(
    frame: pd.DataFrame, path: Path, how: Reading, source: str
) -> tuple[pd.DataFrame, EncodingEvidence]:
    """Return the frame with its headings and texts decoded."""
    names = [name for name in frame.columns if name != "geometry"]
    texts = [name for name in names if frame[name].dtype == object]
    # Each text once: whole columns hold the same few words.
    found: dict[str, None] = dict.fromkeys(names)
    for name in texts:
        found.update(dict.fromkeys(c for c in frame[name].tolist() if isinstance(c, str)))
    decoded = decode_cells(
        [text.encode(_AS_BYTES) for text in found],
        source=source,
        option=how.encoding,
        declared=_declared(path),
    )
    by_bytes = dict(zip(found, decoded.texts, strict=True))
    columns: dict[str, pd.Series[Any]] = {}
    cut = 0
    lengths = {text: len(whole.encode(decoded.evidence.name)) for text, whole in by_bytes.items()}
    for name in names:
        column = frame[name]
        if name in texts:
            cells = column.tolist()
            cut += sum(isinstance(c, str) and lengths[c] < len(c) for c in cells)
            values = [by_bytes[c] if isinstance(c, str) else c for c in cells]
            column = pd.Series(
                np.fromiter(values, dtype=object, count=len(values)), index=frame.index
            )
        columns[_unique(by_bytes[name].strip(), columns)] = column
    columns["geometry"] = frame["geometry"]
    return pd.DataFrame(columns, index=frame.index), replace(decoded.evidence, cut=cut)


def _unique(name: str, taken: dict[str, Any]) -> str:
    """Return the heading, numbered where cutting it to ten bytes made two of one."""
    number = 1
    unique = name
    while unique in taken or unique in {"", "geometry"}:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _declared(path: Path) -> str | None:
    """Return what the ``.cpg``, else the header of the ``.dbf``, says of the encoding."""
    said = companion(path, ".cpg")
    if said is not None:
        text = said.read_bytes()[:64].decode("ascii", "replace").strip().strip("\x00\ufeff")
        if text:
            return text
    table = companion(path, ".dbf")
    if table is None:
        return None
    with table.open("rb") as file:
        head = file.read(_LANGUAGE_BYTE + 1)
    return _LANGUAGES.get(head[_LANGUAGE_BYTE]) if len(head) > _LANGUAGE_BYTE else None
