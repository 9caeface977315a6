"""The process that parses files: bound in memory and time, and what becomes of the caller."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
from format_writers import CASES, HEADINGS, layer

from service.imports import formats
from service.imports.apart import Apart
from service.imports.formats import Format, read_raw
from service.imports.limits import Limits
from service.imports.raw import RawTable, Reading
from service.imports.reader import read_layer
from spatial.errors import InputError
from spatial.fields import DISTRICTS


def _hog(path: Path, **_: object) -> RawTable:
    """Do what the file says: no format does, and a crafted file of one may."""
    match path.read_text(encoding="ascii"):
        case "memory":
            held = [bytearray(2**24) for _ in range(10_000)]
            return RawTable(pd.DataFrame({"n": [len(held)]}), placed=False)
        case "sleep":
            time.sleep(60)
        case "spin":
            while True:
                pass
        case "die":
            # pytest's handler would print the stack into the report of the suite.
            faulthandler.disable()
            os.kill(os.getpid(), signal.SIGSEGV)
        case "end":
            os._exit(0)
        case "drivers":
            return RawTable(pd.DataFrame({"n": sorted(pyogrio.list_drivers())}), placed=False)
        case "files":
            opened = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.exists()]
            return RawTable(
                pd.DataFrame({"n": [str(o).partition(":")[0] for o in opened]}), placed=False
            )
    raise RuntimeError("boom")


HOG = Format("hog", (".hog",), _hog)


@pytest.fixture
def hog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "EVERY", (*formats.EVERY, HOG))


def read_hog(folder: Path, what: str, apart: Apart, limits: Limits) -> RawTable:
    path = folder / "f.hog"
    path.write_text(what, encoding="ascii")
    return read_raw(path, prefer="x", formats=(HOG,), how=Reading(limits=limits, apart=apart))


@pytest.mark.usefixtures("hog")
@pytest.mark.parametrize(
    ("what", "message", "survives"),
    [
        ("memory", "cannot be read within 268.4 MB of memory", True),
        ("sleep", "took longer than 0.5 seconds", False),
        ("spin", "took longer than 0.5 seconds", False),
        ("die", "cannot be read: the file made its reader fail (SIGSEGV)", False),
        ("end", "cannot be read: the file made its reader fail", False),
        ("boom", "cannot be read: boom", True),
    ],
)
def test_whatever_a_file_does_is_one_line(
    tmp_path: Path, what: str, message: str, *, survives: bool
) -> None:
    seconds = 0.5 if "0.5 seconds" in message else 60.0
    limits = Limits(memory_bytes=2**28, wall_seconds=seconds)
    with Apart(memory_bytes=limits.memory_bytes) as apart:
        with pytest.raises(InputError) as caught:
            read_hog(tmp_path, what, apart, limits)
        assert message in str(caught.value)
        assert str(caught.value).startswith(f"{tmp_path / 'f.hog'}: ")

        # The next file is read, by the same process or by a new one.
        assert len(read_hog(tmp_path, "drivers", apart, Limits()).frame)
        assert apart.starts == (1 if survives else 2)


@pytest.mark.usefixtures("hog")
def test_time_of_the_processor_is_limited(tmp_path: Path) -> None:
    limits = Limits(cpu_seconds=1, wall_seconds=60)
    with (
        Apart(memory_bytes=limits.memory_bytes) as apart,
        pytest.raises(InputError, match="took more than 1 seconds of the processor"),
    ):
        read_hog(tmp_path, "spin", apart, limits)


@pytest.mark.usefixtures("hog")
def test_only_the_needed_drivers_are_there(tmp_path: Path) -> None:
    before = pyogrio.list_drivers()
    one, other = socket.socketpair()
    with one, other, Apart(memory_bytes=2**30) as apart:
        left = read_hog(tmp_path, "drivers", apart, Limits()).frame["n"].tolist()
        files = read_hog(tmp_path, "files", apart, Limits()).frame["n"].tolist()

    assert left == ["DXF", "ESRI Shapefile", "FlatGeobuf", "GPKG", "MapInfo File"]
    # No socket of a database, and no pipe but its own.
    assert "socket" not in files
    assert files.count("pipe") == 2
    assert pyogrio.list_drivers() == before


@pytest.mark.parametrize("copied", [True, False], ids=["copied", "anew"])
def test_one_process_reads_many_files(tmp_path: Path, *, copied: bool) -> None:
    case = CASES["GeoPackage"]
    path = case.write(tmp_path, layer(), case.encoding)
    told: list[tuple[int, int]] = []
    with Apart(memory_bytes=2**31, copied=copied) as apart:
        how = Reading(apart=apart, told=lambda done, total: told.append((done, total)))
        for _ in range(3):
            read = read_layer(path, DISTRICTS, columns=HEADINGS, how=how)
            assert read.frame["name"].tolist() == layer()["名称"].tolist()
        assert apart.starts == 1
    assert told == [(3, 3)] * 3


def test_a_copy_leaves_alone_what_libraries_hold_open(tmp_path: Path) -> None:
    """PROJ's register is open, with the first number a file can have, before any other file is."""
    path = CASES["GeoPackage"].write(tmp_path, layer(), "utf-8")
    code = (
        "import sys, pyproj; from pathlib import Path\n"
        "pyproj.CRS('EPSG:4547').to_wkt()\n"
        "from service.imports.formats import read_raw\n"
        "print([len(read_raw(Path(sys.argv[1]), prefer='x').frame) for _ in range(3)])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )

    assert done.stdout == "[3, 3, 3]\n", done.stderr


@pytest.mark.parametrize("case", ["GeoJSON", "GeoPackage", "XLSX", "CSV, UTF-8", "KML, UTF-8"])
def test_too_many_rows_and_bytes_are_refused(tmp_path: Path, case: str) -> None:
    path = CASES[case].write(tmp_path, layer(), CASES[case].encoding)
    for limits, message in (
        (Limits(rows=2), "has too many rows"),
        (Limits(file_bytes=100), "is too large"),
    ):
        with pytest.raises(InputError, match=message):
            read_layer(path, DISTRICTS, crs=None, columns=HEADINGS, how=Reading(limits=limits))
