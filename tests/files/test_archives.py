"""Archives of strangers: what is a trap is refused before anything is unpacked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from format_writers import HEADINGS, layer, to_shapefile, to_xlsx, to_zip

from service.imports.limits import Limits
from service.imports.raw import Reading
from service.imports.reader import read_layer
from spatial.errors import InputError
from spatial.fields import DISTRICTS

SMALL = Limits(unpacked_bytes=64 * 2**20, entries=20)


def packed(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target.getvalue()


def with_link() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("layer.shp")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return target.getvalue()


def claiming_less() -> bytes:
    """An entry of 100 MB whose tables of contents say it has ten bytes."""
    data = bytearray(packed({"layer.csv": b" " * 100_000_000}))
    size = struct.pack("<I", 100_000_000)
    return bytes(data.replace(size, struct.pack("<I", 10)))


def encrypted() -> bytes:
    data = bytearray(packed({"layer.csv": b"id"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


TRAPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "path out of it": (lambda: packed({"../../layer.csv": b"id"}), "holds a path that leads out"),
    "absolute path": (lambda: packed({"/etc/layer.csv": b"id"}), "holds a path that leads out"),
    "drive": (lambda: packed({"C:\\layer.csv": b"id"}), "holds a path that leads out"),
    "link": (with_link, "holds a link"),
    "archive by name": (lambda: packed({"a.zip": b"", "layer.csv": b"id"}), "another archive"),
    "archive by content": (lambda: packed({"layer.csv": packed({"a": b"b"})}), "another archive"),
    "too many": (lambda: packed({f"{n}.txt": b"" for n in range(21)}), "has too many entries: 21"),
    "bomb by size": (lambda: packed({"layer.csv": b" " * 70_000_000}), "unpacks to 70.0 MB"),
    "bomb by ratio": (lambda: packed({"layer.csv": b" " * 60_000_000}), "times its size, at most"),
    "bomb that claims to be none": (claiming_less, "cannot be unpacked"),
    "one name twice": (lambda: packed({"a.csv": b"x", "A.CSV": b"y"}), "two entries called"),
    "encrypted": (encrypted, "is encrypted"),
    "nothing to read": (lambda: packed({"readme.txt": b"x"}), "holds no file that is read"),
    "several": (lambda: packed({"a.csv": b"x", "b.csv": b"y"}), "has several tables (a, b)"),
    "no archive": (lambda: b"PK\x03\x04 no", "cannot be unpacked"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_traps_are_refused(tmp_path: Path, name: str) -> None:
    make, message = TRAPS[name]
    path = tmp_path / "layer.zip"
    path.write_bytes(make())

    with pytest.raises(InputError) as caught:
        read_layer(path, DISTRICTS, crs="EPSG:4326", how=Reading(limits=SMALL))

    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


def test_a_workbook_is_an_archive_too(tmp_path: Path) -> None:
    path = tmp_path / "layer.xlsx"
    sound = to_xlsx(tmp_path, layer(), "utf-8").read_bytes()
    target = io.BytesIO(sound)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image.bin", b"\0" * 70_000_000)
    path.write_bytes(target.getvalue())

    with pytest.raises(InputError, match=r"unpacks to 70\.0 MB"):
        read_layer(path, DISTRICTS, crs="EPSG:4326", how=Reading(limits=SMALL))


def test_one_layer_of_several_is_named(tmp_path: Path) -> None:
    to_shapefile(tmp_path, layer("gbk"), "gbk")
    path = tmp_path / "数据.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(tmp_path.glob("layer.*")):
            archive.write(file, f"小区{file.suffix.upper()}")
        archive.writestr("说明.csv", "id\n1\n")
        archive.writestr("__MACOSX/._小区.shp", b"x")

    read = read_layer(Path(f"{path}|layername=小区"), DISTRICTS, columns=HEADINGS)

    assert read.frame["name"].tolist() == layer("gbk")["名称"].tolist()
    with pytest.raises(InputError, match=r"there is no table '小'.*its tables are"):
        read_layer(Path(f"{path}|layername=小"), DISTRICTS)


def test_names_of_windows_without_a_word_of_their_encoding(tmp_path: Path) -> None:
    to_zip(tmp_path, layer("gbk"), "gbk")
    path = tmp_path / "layer.zip"
    data = path.read_bytes().replace("数据".encode(), "数据".encode("gbk").ljust(6, b"_"))
    # Without the flag that says UTF-8.
    out = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        at = out.find(mark)
        while at >= 0:
            out[at + offset] &= ~0x08
            at = out.find(mark, at + 4)
    path.write_bytes(bytes(out))

    assert len(read_layer(path, DISTRICTS, columns=HEADINGS).frame) == 3
