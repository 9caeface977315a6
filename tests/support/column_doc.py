"""The tables of docs/columns.md as the tables of Yike have it.

``python tests/support/column_doc.py`` writes them anew; a test compares them.
"""

from __future__ import annotations

import re
from pathlib import Path

from service.imports.tables import packaged_table
from spatial.facility_kinds import FACILITY_KINDS

PATH = Path(__file__).resolve().parents[2] / "docs" / "columns.md"
_BLOCK = re.compile(r"(<!-- table: ([a-z_ ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def _rows(heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    # A bar would end the cell.
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def _headings(fields: dict[str, list[str]]) -> str:
    rows = [(f"`{field}`", "、".join(words)) for field, words in fields.items()]
    return _rows(("field", "headings 表头"), rows)


def _units() -> str:
    table = packaged_table("units.yaml", "units")
    rows = []
    for measure, entries in table["measures"].items():
        fields = ", ".join(f"`{name}`" for name, of in table["fields"].items() if of == measure)
        if isinstance(entries[0], str):
            rows.append((fields, "1", "、".join(entries)))
            continue
        rows += [(fields, entry["factor"], "、".join(entry["words"])) for entry in entries]
    return _rows(("fields", "factor", "units 单位"), rows)


def _kinds() -> str:
    table = packaged_table("kinds.yaml", "kinds")
    rows = [
        (
            f"`{kind}`",
            FACILITY_KINDS[kind].service,
            "、".join(words),
            "、".join(table["names"].get(kind, ())),
        )
        for kind, words in table["types"].items()
    ]
    return _rows(("kind", "service", "types 机构类型", "suggested by names with 名称含"), rows)


def _words() -> str:
    choices = packaged_table("words.yaml", "words_of_cells")["choices"]
    rows = [
        (f"{layer}.`{field}`", f"`{choice}`", "、".join(words))
        for layer, fields in choices.items()
        for field, known in fields.items()
        for choice, words in known.items()
    ]
    return _rows(("field", "value", "words 用语"), rows)


def _flags() -> str:
    flags = packaged_table("words.yaml", "words_of_cells")["flags"]
    rows = [
        ("any" if field == "*" else f"`{field}`", "、".join(said["yes"]), "、".join(said["no"]))
        for field, said in flags.items()
    ]
    return _rows(("field", "yes", "no"), rows)


def _unknown() -> str:
    words = packaged_table("words.yaml", "words_of_cells")["unknown"]
    return "、".join(f"`{word}`" for word in words) + "\n"


def _ambiguous() -> str:
    rows = [
        (of, word, ", ".join(f"`{field}`" for field in fields))
        for of, words in packaged_table("headings.yaml", "headings")["ambiguous"].items()
        for word, fields in words.items()
    ]
    return _rows(("layer", "heading 表头", "may be"), rows)


def rendered(name: str) -> str:
    """Return one table of the document in Markdown."""
    kind, _, layer = name.partition(" ")
    if kind == "headings":
        headings = packaged_table("headings.yaml", "headings")
        return _headings(headings["places"] if layer == "places" else headings["layers"][layer])
    write = {
        "ambiguous": _ambiguous,
        "units": _units,
        "kinds": _kinds,
        "words": _words,
        "flags": _flags,
        "unknown": _unknown,
    }
    return write[kind]()


def document(text: str) -> str:
    """Return the document with its tables as they should be."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{rendered(found[2])}\n{found[4]}", text)


def tables(text: str) -> list[str]:
    """Return the names of the tables in a document."""
    return [found[1] for found in _BLOCK.findall(text)]


if __name__ == "__main__":
    PATH.write_text(document(PATH.read_text(encoding="utf-8")), encoding="utf-8")
