"""docs/osm.md names everything that the two tag tables decide."""

from __future__ import annotations

import re
from pathlib import Path

from service.imports.osm.place_table import load_place_table
from service.imports.osm.street_table import load_street_table

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "osm.md").read_text(encoding="utf-8")
# Without the blocks of commands, whose marks are no pairs.
PROSE = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
WORDS = {word for code in re.findall(r"`([^`]+)`", PROSE) for word in re.split(r"[=,\s]+", code)}


def test_every_reason_is_explained() -> None:
    streets, places = load_street_table(), load_place_table()
    reasons = {row.reason for row in streets.classes if row.reason}
    reasons |= {row.reason for row in streets.closing} | set(streets.access.closed.values())
    reasons |= {streets.unknown_class.reason}
    reasons |= {row.reason for row in places.facilities if row.reason}
    assert reasons <= WORDS


def test_every_kind_and_way_of_access_is_there() -> None:
    streets, places = load_street_table(), load_place_table()
    kinds = {row.kind for row in places.facilities if row.kind}
    assert kinds <= WORDS
    assert set(streets.access.closed) <= WORDS


def test_every_class_that_is_open_is_there() -> None:
    classes = {
        value for row in load_street_table().classes if row.foot == "open" for value in row.values
    }
    assert {value.removesuffix("_link") for value in classes} <= WORDS
