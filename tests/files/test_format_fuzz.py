"""Files broken at random are read, or refused in words; nothing else ever happens."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from format_writers import CASES, DXF_COLUMNS, HEADINGS, layer

from service.imports.apart import Apart
from service.imports.limits import Limits
from service.imports.raw import Reading
from service.imports.reader import read_layer
from spatial.errors import InputError
from spatial.fields import DISTRICTS

FORMATS = {
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
    "fgb": "FlatGeobuf",
    "parquet": "GeoParquet",
    "shp": "Shapefile, GBK with .cpg 936",
    "zip": "Shapefile in a zip, GBK",
    "csv": "CSV, GBK",
    "xlsx": "XLSX",
    "kml": "KML, GBK",
    "dxf": "DXF, GBK",
}
LIMITS = Limits(
    file_bytes=10**7,
    rows=10_000,
    unpacked_bytes=10**8,
    memory_bytes=2**30,
    cpu_seconds=10,
    wall_seconds=20,
)
NASTY = ("", "\x00", "'", '"', "=1+1", "NaN", "1e999", "-1", "9" * 400, "\ud7ff", "𠮷", "POINT(")


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    with Apart(memory_bytes=LIMITS.memory_bytes) as process:
        yield process


def broken(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip, cut, drop, double or insert bytes, once or several times."""
    content = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not content:
            break
        at = int(rng.integers(len(content)))
        # What decides how a file is read stands at its beginning.
        at = at % 200 if rng.random() < 0.4 else at
        length = int(rng.integers(1, 64))
        match int(rng.integers(6)):
            case 0:
                content[at] ^= 1 << int(rng.integers(8))
            case 1:
                content[at : at + 4] = rng.bytes(4)
            case 2:
                del content[at:]
            case 3:
                del content[at : at + length]
            case 4:
                content[at:at] = content[at : at + length]
            case _:
                content[at : at + 4] = rng.choice([b"\xff" * 4, b"\0" * 4, b"\x7f" + b"\xff" * 3])
    return bytes(content)


def changed(frame: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Shuffle columns, drop or double rows, write nonsense in cells."""
    frame = frame.iloc[rng.integers(0, len(frame), int(rng.integers(1, 5)))].reset_index(drop=True)
    match int(rng.integers(3)):
        case 0:
            names = rng.permutation(list(HEADINGS))
            frame = frame.rename(columns=dict(zip(HEADINGS, names, strict=True)))
        case 1:
            frame["名称"] = [str(rng.choice(NASTY)) for _ in range(len(frame))]
        case _:
            frame["户数"] = [int(n) for n in rng.integers(-(2**62), 2**62, len(frame))]
    return frame


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("cases", [200, pytest.param(2_000, marks=pytest.mark.full)])
def test_broken_files_are_read_or_refused(
    suffix: str, cases: int, tmp_path: Path, apart: Apart
) -> None:
    case = CASES[FORMATS[suffix]]
    rng = np.random.default_rng(zlib.crc32(f"{suffix} {cases}".encode()))
    outcomes: Counter[str] = Counter()
    whole = layer(case.encoding)
    (tmp_path / "whole").mkdir()
    case.write(tmp_path / "whole", whole, case.encoding)
    sound = {file.name: file.read_bytes() for file in (tmp_path / "whole").iterdir()}
    folder = tmp_path / "broken"
    folder.mkdir()
    started = apart.starts
    for number in range(cases):
        for file in folder.iterdir():
            file.unlink()
        parts = dict(sound)
        if number % 5 == 0:
            try:
                case.write(folder, changed(whole, rng), case.encoding)
            except (UnicodeEncodeError, ValueError, OverflowError):
                # Some nonsense cannot be written in some formats or encodings.
                outcomes["not written"] += 1
                continue
        else:
            name = str(rng.choice([name for name in sorted(parts) if not name.endswith(".prj")]))
            parts[name] = broken(parts[name], rng)
            if rng.random() < 0.1:
                del parts[name]
            for file_name, content in parts.items():
                (folder / file_name).write_bytes(content)
        outcomes[_outcome(folder / f"layer.{suffix}", apart)] += 1
    print(f"{suffix}: {dict(outcomes)}, reader started {apart.starts - started} times")  # noqa: T201  # to be seen with -rP
    # A generator that breaks nothing, or everything, would show nothing.
    assert outcomes["read"] > 0
    assert outcomes["refused"] > cases // 10
    assert outcomes["not written"] < cases // 5


def _outcome(path: Path, apart: Apart) -> str:
    mapping = DXF_COLUMNS if path.suffix == ".dxf" else HEADINGS
    crs = "EPSG:4326" if path.suffix in {".csv", ".xlsx", ".dxf"} else None
    try:
        read_layer(
            path,
            DISTRICTS,
            crs=crs,
            shared_columns=mapping,
            how=Reading(limits=LIMITS, apart=apart),
        )
    except InputError as error:
        lines = str(error).splitlines()
        assert lines
        for line in lines:
            assert line.startswith(str(path)), line
            assert "Traceback" not in line
        return "reader died" if "made its reader fail" in lines[0] else "refused"
    return "read"
