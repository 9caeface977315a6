"""What reading says of a file, told: in Chinese, and with the names of its surface."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from service.imports.phrases import tell
from service.imports.tables import packaged_table

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile("[\u4e00-\u9fff]")
PLACE = re.compile(r"\{\w+!?\}")
# What raises or keeps a message that ends in a report of an import.
RAISED = {"CellError", "Fault", "InputError", "NetworkError", "ReaderError", "UnknownCRSError"}
# Modules whose messages never do: options of the command, saved mappings, downloads, rasters.
APART = {
    "barriers.py",
    "download.py",
    "elevation.py",
    "facility_words.py",
    "packs.py",
    "places.py",
    "place_table.py",
    "quarantine.py",
    "saved_mapping.py",
    "table_file.py",
    "tables.py",
}
# Told in full by the examples below, or refused before a file is read.
IN_PARTS = (
    "none of its first",
    "is none of the",
    "names none of the stored",
    "key: ",
    "DXF is read in a folder",
    "there is no column",
    "which is no field of",
    "the saved mapping takes both",
    "addresses are not read",
    "there is no such file",
    "is a folder, not a file",
    "has neither residential areas",
    "has no way that is walked",
)


def messages() -> list[tuple[str, str]]:
    """Every message in the code, what it is filled with made a word."""
    found = []
    files = [*(ROOT / "service" / "imports").rglob("*.py")]
    files += [ROOT / "service" / "uploads" / "sandbox.py", ROOT / "spatial" / "network.py"]
    for path in files:
        if path.name in APART:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in RAISED:
                continue
            for argument in node.args:
                text = filled(argument)
                if text is not None and " " in text and not text.startswith("row X1"):
                    found.append((f"{path.name}:{node.lineno}", text))
    return found


def filled(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [str(one.value) if isinstance(one, ast.Constant) else "X1" for one in node.values]
        return "".join(parts)
    return None


def test_every_message_of_reading_has_its_chinese():
    found = messages()
    assert len(found) > 100
    untold = [
        f"{place}: {text}"
        for place, text in found
        if not any(part in text for part in IN_PARTS)
        and text != "X1: X1"
        and not CHINESE.search(tell(text, "zh", surface="http").replace("是 或 否", ""))
    ]
    assert untold == []


def test_both_languages_of_a_phrase_say_the_same_places():
    table = packaged_table("phrases.yaml", "phrases")["phrases"]
    for english, chinese in table.items():
        assert set(PLACE.findall(chinese)) <= set(PLACE.findall(english)), english
        assert CHINESE.search(chinese) or english == "{what!}[{at}]", english
        options = re.findall(r"--[a-z-]+", english)
        assert set(re.findall(r"--[a-z-]+", chinese)) == set(options), english


EXAMPLES = {
    "places: -3 must not be negative; id: 'x; y' is already in row 3": (
        "places：-3 不能为负；id：'x; y' 已在第 3 行"
    ),
    "Self-intersection[1 1]; made valid, 2 parts": "自相交 [1 1]；已修正，成 2 块",
    (
        "a.csv: 序号 may be id or code and is not read; "
        "say which with --map 序号=id or --map 序号=code"
    ): "a.csv：序号 可能是 id 或 code，未读取；请用 mapping=序号=id 或 mapping=序号=code 指明",
    (
        "g.csv: --crs says EPSG:4326, but its places fit BD-09: only there are the places where "
        "they are expected; say --crs BD-09, or --crs-as-declared to have it as it is (if the "
        "streets or areas are in another system than they say, correct those)"
    ): (
        "g.csv：crs 指明为 EPSG:4326，但其中的位置符合 BD-09：只有按它位置才在应在之处；请指明 "
        "crs=BD-09，或用 crs_as_declared=true 坚持原样（如果是路网或行政区自己的坐标系说错了，"
        "请改正它们）"
    ),
    "x 1, y 2 lies outside EPSG:9 (Nowhere)": "x 1，y 2 超出 EPSG:9 (Nowhere)",
    (
        "x.csv: '阳光' is none of the 9 stored facilities, and the row has no place of its own; "
        "did you mean a or b?"
    ): "x.csv：'阳光' 不在库中的 9 个 facilities 之内，该行自己也没有位置；是否应为 a 或 b？",
    "nobody has ever said this": "nobody has ever said this",
}


@pytest.mark.parametrize(("said", "chinese"), EXAMPLES.items())
def test_messages_are_told_part_by_part(said, chinese):
    assert tell(said, "zh", surface="http") == chinese
    assert tell(said, "en", surface="command") == said
    assert tell(said, "zh", surface="command").count("--") == said.count("--")


def test_english_names_the_parameters_of_the_request_but_never_changes_a_value():
    said = "must be a number, not '--crs EPSG:4326'"
    assert tell(said, "en", surface="http") == said
    said = "say which with --crs, for example --crs EPSG:4326: there are no places to judge by"
    assert tell(said, "en", surface="http") == said.replace("--crs, ", "crs, ").replace(
        "--crs EPSG", "crs=EPSG"
    )
    heading = "system     in areas  street ≤ 50 m  median m  crossed  stands out"
    told = tell(heading, "zh", surface="http")
    assert told.split() == ["坐标系", "在区内", "距路≤50米", "中位米", "穿路", "突出度"]
