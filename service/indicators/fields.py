"""The fields of the register: figures that Yike cannot work out from its layers."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from spatial.fields import Field, FieldType, Layer

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200
KEY: Final = ("area", "indicator", "year")

AREA: Final = Field("area", FieldType.TEXT, required=True)
INDICATOR: Final = Field("indicator", FieldType.TEXT, required=True)
YEAR: Final = Field(
    "year",
    FieldType.INTEGER,
    required=True,
    minimum=Decimal(FIRST_YEAR),
    maximum=Decimal(LAST_YEAR),
)
VALUE: Final = Field("value", FieldType.DECIMAL, required=True)
SOURCE: Final = Field("source", FieldType.TEXT)

# A layer without geometries, so that its columns are read and named as those of the others; a row
# is known by all of `KEY`.
INDICATORS: Final = Layer("indicators", "area", (AREA, INDICATOR, YEAR, VALUE, SOURCE), ())
