"""docs/columns.md prints the tables Yike reads by, and what it says is so."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from column_doc import PATH, document, tables

from service.imports.saved_mapping import load_mapping
from service.imports.tables import packaged_table
from service.imports.units import read_quantity

TEXT = PATH.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_program() -> None:
    assert document(TEXT) == TEXT


def test_every_table_is_printed() -> None:
    headings = packaged_table("headings.yaml", "headings")
    wanted = {f"headings {name}" for name in (*headings["layers"], "places")}
    wanted |= {"ambiguous", "units", "kinds", "words", "flags", "unknown"}
    assert sorted(tables(TEXT)) == sorted(wanted)


def test_the_mapping_printed_loads(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    assert load_mapping(tmp_path / "m.yaml").of("facilities").columns["备注"].field == "-"


def test_the_acres_printed_are_right() -> None:
    found = re.findall(r"`([\d.]+亩)` is ([\d.]+) m²", TEXT)
    assert len(found) == 2
    for text, area in found:
        assert read_quantity(text, "site_area_m2", heading=None) == Decimal(area)
