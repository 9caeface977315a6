"""What is asked of an import: how the file is to be read, and what its rows mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from service.imports.cells import CellError, to_boolean, to_date, to_decimal, to_integer, to_text
from service.imports.raw import Reading
from service.imports.sifting import LayerReading
from spatial.errors import InputError
from spatial.fields import LAYERS, PROJECTS, Field, FieldType, Layer

NETWORK: Final = "network"
FIGURES: Final = "indicators"

# The same texts as in the cells of a file.
_CONVERTERS: Final[Mapping[FieldType, Callable[[object, Field], object]]] = {
    FieldType.TEXT: to_text,
    FieldType.INTEGER: to_integer,
    FieldType.DECIMAL: to_decimal,
    FieldType.BOOLEAN: to_boolean,
    FieldType.DATE: to_date,
}


@dataclass(frozen=True)
class ImportRequest:
    """How a file is to be read, and whether it lists all there is.

    Parameters
    ----------
    kind
        Name of the layer, `NETWORK` or `FIGURES`.
    reading
        How the file is read.
    complete
        True if the file is the complete list, so that what it does not name is closed.
    of
        Of what it is the complete list: field to the text it equals; empty means the layer.
    closed_on
        First day what is gone is no longer there; None means the day it is stored.
    name
        What a network shall be called; None for the name of its file.
    planarize
        True to split the lines of a network where they cross or touch without a common end.
    """

    kind: str
    reading: LayerReading = field(default_factory=LayerReading)
    complete: bool = False
    of: Mapping[str, str] = field(default_factory=dict)
    closed_on: date | None = None
    name: str | None = None
    planarize: bool = False

    @property
    def is_network(self) -> bool:
        """True where the file brings streets, which are no rows of a layer."""
        return self.kind == NETWORK

    @property
    def is_figures(self) -> bool:
        """True where the file brings figures of areas, which have no places."""
        return self.kind == FIGURES

    @property
    def layer(self) -> Layer:
        """The layer of the rows."""
        return PROJECTS if self.kind == PROJECTS.name else LAYERS[self.kind]

    @property
    def filters(self) -> dict[str, object]:
        """What the complete list is of, in the types of the fields."""
        return {name: _value(self.layer, name, text) for name, text in self.of.items()}

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises
        ------
        InputError
            When a day of closing or a selection is given of a list that is not complete, the
            selection is by no field that can be compared, or something is said of rows where
            there are streets, or of streets where there are rows.
        """
        if not self.complete and (self.of or self.closed_on is not None):
            raise InputError("complete: only what is missing from a complete list is closed")
        if not self.is_network:
            for name, given in (("name", self.name), ("planarize", self.planarize)):
                if given:
                    raise InputError(f"{name}: is for a network")
        if self.kind in LAYERS:
            _ = self.filters
            return
        asked = self.reading
        unfit: dict[str, object] = {"key": asked.key, "complete": self.complete}
        if self.is_network:
            unfit["mapping"] = asked.columns
        else:
            unfit |= {"crs": asked.crs, "crs_as_declared": asked.crs_as_declared}
        for name, said in unfit.items():
            if said:
                raise InputError(f"{name}: is not for {self.kind}")

    def as_json(self) -> dict[str, Any]:
        """Return it fit for JSON; of a saved mapping only that there was one."""
        asked = self.reading
        reading = {
            "crs": asked.crs,
            "columns": dict(asked.columns),
            "assume_status": asked.assume_status,
            "key": list(asked.key),
            "saved": asked.saved is not None,
            "kinds_from_names": asked.kinds_from_names,
            "crs_as_declared": asked.crs_as_declared,
            "encoding": asked.how.encoding,
            "heading_row": asked.how.heading_row,
        }
        day = None if self.closed_on is None else self.closed_on.isoformat()
        return {
            "kind": self.kind,
            "reading": reading,
            "complete": self.complete,
            "of": dict(self.of),
            "closed_on": day,
            "name": self.name,
            "planarize": self.planarize,
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> ImportRequest:
        """Return what `as_json` wrote, without a saved mapping: the rows are read by then."""
        reading = {**document["reading"], "saved": None}
        reading["how"] = Reading(
            encoding=reading.pop("encoding"), heading_row=reading.pop("heading_row")
        )
        reading["key"] = tuple(reading["key"])
        day = document["closed_on"]
        return ImportRequest(
            document["kind"],
            LayerReading(**reading),
            complete=document["complete"],
            of=document["of"],
            closed_on=None if day is None else date.fromisoformat(day),
            # Imports made before networks were have neither.
            name=document.get("name"),
            planarize=document.get("planarize", False),
        )


def _value(layer: Layer, name: str, text: str) -> object:
    """Return the value a field is compared with."""
    fields = {one.name: one for one in layer.fields if one.type in _CONVERTERS}
    if name not in fields:
        raise InputError(f"of: {layer.name} cannot be selected by '{name}'")
    try:
        return _CONVERTERS[fields[name].type](text, fields[name])
    except CellError as error:
        raise InputError(f"of: {name} {error}") from None
