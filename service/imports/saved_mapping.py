"""Mappings of columns kept in a file, so that next year's list is read as this year's was.

    version: 1
    layers:
      facilities:
        columns:
          机构名称: name
          建筑面积: {field: floor_area_m2, unit: 万㎡}
          备注: "-"
        values:
          kind: {养老驿站: home_service_station}

A column maps to a field, or to ``-``, which says that it is not to be read. ``values`` says what
words of a column of choices mean, for words the tables of Yike do not know or take otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from service.imports.column_map import NOT_READ, PLACES, ColumnMap, Why
from service.imports.tables import read_document
from service.imports.units import parse_unit
from service.indicators.fields import INDICATORS
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import LAYERS, FieldType, Layer

VERSION: Final = 1
SUFFIXES: Final = (".yaml", ".yml")
_LAYERS: Final = MappingProxyType({**LAYERS, INDICATORS.name: INDICATORS})


@dataclass(frozen=True)
class SavedColumn:
    """What a column is: a field or `NOT_READ`, and its unit where the heading gives none."""

    field: str
    unit: str | None = None


@dataclass(frozen=True)
class SavedLayer:
    """What is said of the files of one layer.

    Parameters
    ----------
    columns
        Heading in the file to what it is.
    words
        Field to words of its cells to choices.
    """

    columns: Mapping[str, SavedColumn] = field(default_factory=lambda: MappingProxyType({}))
    words: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class SavedMapping:
    """What is said of files, by the name of the layer."""

    layers: Mapping[str, SavedLayer] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, layer: str) -> SavedLayer:
        """Return what is said of one layer, which may be nothing."""
        return self.layers.get(layer, SavedLayer())


def load_mapping(path: Path) -> SavedMapping:
    """Read and check a saved mapping.

    Raises
    ------
    InputError
        When the file cannot be read or is not YAML.
    InputFaults
        When it is of another form, or names layers, fields, units or choices that do not exist.
    """
    document = read_document(path, form="mapping")
    faults: list[Fault] = []
    layers: dict[str, SavedLayer] = {}
    for name, body in document["layers"].items():
        layer = _LAYERS.get(name)
        if layer is None:
            known = ", ".join(_LAYERS)
            faults.append(
                Fault(str(path), None, name, f"there is no such layer; known are {known}")
            )
            continue
        columns = {
            column: SavedColumn(entry) if isinstance(entry, str) else SavedColumn(**entry)
            for column, entry in body.get("columns", {}).items()
        }
        values = body.get("values", {})
        faults += [
            Fault(str(path), None, f"{name} / {where}", message)
            for where, message in (*_column_faults(columns, layer), *_value_faults(values, layer))
        ]
        layers[name] = SavedLayer(MappingProxyType(columns), MappingProxyType(values))
    if faults:
        raise InputFaults(faults)
    return SavedMapping(MappingProxyType(layers))


def _column_faults(columns: Mapping[str, SavedColumn], layer: Layer) -> list[tuple[str, str]]:
    faults = []
    known = {*layer.names, *PLACES, NOT_READ}
    for column, entry in columns.items():
        if entry.field not in known:
            faults.append((column, f"'{entry.field}' is no field of {layer.name}"))
        elif entry.unit is not None and parse_unit(entry.unit, entry.field) is None:
            faults.append((column, f"'{entry.unit}' is no unit of {entry.field}"))
    return faults


def _value_faults(values: Mapping[str, Mapping[str, str]], layer: Layer) -> list[tuple[str, str]]:
    faults = []
    choices = {field.name: field.choices for field in layer.fields if field.type is FieldType.TEXT}
    for name, words in values.items():
        if not choices.get(name):
            faults.append((name, f"is no field of {layer.name} with choices"))
            continue
        faults += [
            (f"{name} / {word}", f"'{choice}' is none of {', '.join(choices[name])}")
            for word, choice in words.items()
            if choice not in choices[name]
        ]
    return faults


def saved_layer(
    columns: ColumnMap, words: Mapping[str, Mapping[str, str]], *, before: SavedLayer | None = None
) -> SavedLayer:
    """Return what reading a file came to, as something to be saved.

    Parameters
    ----------
    columns
        What its columns were taken for; those the user left out are kept as such.
    words
        Field to the words of cells that were taken for choices.
    before
        What was used for reading it, kept for columns and words this file does not have.
    """
    before = before or SavedLayer()
    found = {
        one.column: SavedColumn(one.field, one.unit.text if one.unit is not None else None)
        for one in columns.mapped
    }
    found |= {one.column: SavedColumn(NOT_READ) for one in columns.unread if one.why is Why.IGNORED}
    kept = {name: dict(taken) for name, taken in before.words.items()}
    for name, taken in words.items():
        kept.setdefault(name, {}).update(taken)
    return SavedLayer({**before.columns, **found}, kept)


def save_mapping(path: Path, mapping: SavedMapping) -> None:
    """Write a mapping that `load_mapping` reads; an older file of that name is replaced.

    Raises
    ------
    InputError
        When the file cannot be written, or is no YAML file by its name.
    """
    check_mapping_name(path, option="--save-mapping")
    layers: dict[str, Any] = {}
    for name, layer in mapping.layers.items():
        columns = {
            column: entry.field
            if entry.unit is None
            else {"field": entry.field, "unit": entry.unit}
            for column, entry in layer.columns.items()
        }
        values = {field: dict(words) for field, words in layer.words.items() if words}
        layers[name] = {"columns": columns, **({"values": values} if values else {})}
    text = yaml.safe_dump(
        {"version": VERSION, "layers": layers}, allow_unicode=True, sort_keys=False, width=100
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None


def check_mapping_name(path: Path, *, option: str) -> None:
    """Refuse a name that is none of a YAML file.

    Raises
    ------
    InputError
        Naming the option that gave it.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{option}: must be a .yaml file, not {path}")
