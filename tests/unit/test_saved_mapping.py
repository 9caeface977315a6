"""A mapping written is the mapping read, and one at fault is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.imports.saved_mapping import (
    SavedColumn,
    SavedLayer,
    SavedMapping,
    load_mapping,
    save_mapping,
)
from spatial.errors import InputError


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    columns = {
        "机构名称": SavedColumn("name"),
        "建筑面积": SavedColumn("floor_area_m2", "万㎡"),
        "备注": SavedColumn("-"),
        "经度": SavedColumn("lon"),
        "2020": SavedColumn("places"),
        "是": SavedColumn("lift"),
        "yes": SavedColumn("beds"),
    }
    words = {"kind": {"养老驿站": "home_service_station"}, "operator": {"no": "private"}}
    mapping = SavedMapping({"facilities": SavedLayer(columns, words)})

    save_mapping(tmp_path / "m.yaml", mapping)
    found = load_mapping(tmp_path / "m.yaml")

    assert dict(found.of("facilities").columns) == columns
    assert {k: dict(v) for k, v in found.of("facilities").words.items()} == words
    assert found.of("districts") == SavedLayer()
    assert "机构名称: name" in (tmp_path / "m.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "None is not of type 'object'"),
        ("version: 2\nlayers: {parks: {}}", "version: '1' was expected"),
        ("layers: {parks: {}}", "'version' is a required property"),
        ("version: 1\nlayers: {park: {}}", "field park: there is no such layer; known are areas"),
        (
            "version: 1\nlayers: {parks: {columns: {a: beds}}}",
            "field parks / a: 'beds' is no field of parks",
        ),
        (
            "version: 1\nlayers: {facilities: {columns: {a: {field: beds, unit: 亩}}}}",
            "field facilities / a: '亩' is no unit of beds",
        ),
        (
            "version: 1\nlayers: {facilities: {columns: {a: {field: beds, units: 张}}}}",
            "is not valid under any of the given schemas",
        ),
        (
            "version: 1\nlayers: {facilities: {values: {kind: {a: nursary}}}}",
            "field facilities / kind / a: 'nursary' is none of nursery, ",
        ),
        (
            "version: 1\nlayers: {facilities: {values: {beds: {a: b}}}}",
            "field facilities / beds: is no field of facilities with choices",
        ),
        ("version: 1\nlayers: {parks: {}, parks: {}}", "line 2: the key 'parks' is given twice"),
        ("version: [", "line 1: "),
    ],
)
def test_a_mapping_at_fault_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        load_mapping(path)

    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(path))
    assert message in line


def test_files_that_are_no_mapping_are_told(tmp_path: Path) -> None:
    (tmp_path / "gbk.yaml").write_bytes("机构".encode("gbk"))
    with pytest.raises(InputError, match=r"gbk\.yaml: cannot be read: it is not in UTF-8"):
        load_mapping(tmp_path / "gbk.yaml")
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read: No such file"):
        load_mapping(tmp_path / "gone.yaml")
    with pytest.raises(InputError, match=r"must be a \.yaml file, not m\.txt"):
        save_mapping(Path("m.txt"), SavedMapping())
