"""Checks that need more than one field of a row, or more than one row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import Layer

# Position (from 0), field, message.
RowFault = tuple[int, str, str]

CLAIMS: Final = ("siting_difficult", "low_demand", "conditions_available")
RECORD: Final = ("justified_by", "justified_on", "justified_body")


def duplicate_keys(frame: pd.DataFrame, layer: Layer) -> Iterator[RowFault]:
    """Yield each row whose identifier an earlier row has, naming that row."""
    keys = frame[layer.key]
    repeated = keys.notna() & keys.duplicated(keep="first")
    first = {key: position for position, key in reversed(list(enumerate(keys)))}
    for position, key in zip(
        repeated.to_numpy().nonzero()[0].tolist(), keys[repeated].tolist(), strict=True
    ):
        yield position, layer.key, f"'{key}' is already in row {first[key] + 1}"


def area_faults(frame: pd.DataFrame) -> Iterator[RowFault]:
    """Yield areas that are their own parent."""
    own = (frame["code"] == frame["parent"]).fillna(value=False)
    for position in own.to_numpy(dtype=bool).nonzero()[0].tolist():
        yield position, "parent", "is the area itself"


def district_faults(frame: pd.DataFrame) -> Iterator[RowFault]:
    """Yield districts that claim a relaxation or condition without a record of who granted it.

    三(一)1(1)¶2 of 金政发〔2022〕29号 lets the radius grow only where siting is really difficult
    or demand low, and `approved_radius_m` is the figure that record approves.
    """
    claimed = pd.Series(data=False, index=frame.index)
    for name in CLAIMS:
        claimed |= frame[name].fillna(value=False).astype(bool)
    claimed |= frame["approved_radius_m"].notna()
    incomplete = claimed & frame[list(RECORD)].isna().any(axis=1)
    for position in incomplete.to_numpy().nonzero()[0].tolist():
        row = frame.iloc[position]
        claims = [name for name in CLAIMS if row[name] is not pd.NA and bool(row[name])]
        if pd.notna(row["approved_radius_m"]):
            claims.append("approved_radius_m")
        for field in RECORD:
            if pd.isna(row[field]):
                yield position, field, f"is missing, but needed for {' and '.join(claims)}"
    reasoned = frame["siting_difficult"].fillna(value=False).astype(bool)
    reasoned |= frame["low_demand"].fillna(value=False).astype(bool)
    unfounded = frame["approved_radius_m"].notna() & ~reasoned
    for position in unfounded.to_numpy().nonzero()[0].tolist():
        yield position, "approved_radius_m", "is given, but neither siting_difficult nor low_demand"


def facility_faults(frame: pd.DataFrame) -> Iterator[RowFault]:
    """Yield facilities whose service contradicts their kind, or that closed before they opened."""
    for position, (kind, service) in enumerate(
        zip(frame["kind"].tolist(), frame["service"].tolist(), strict=True)
    ):
        if kind is not None and service is not None and service != FACILITY_KINDS[kind].service:
            belongs = FACILITY_KINDS[kind].service
            yield position, "service", f"'{service}' contradicts kind '{kind}', which is {belongs}"
    both = frame["opened_on"].notna() & frame["closed_on"].notna()
    for position in both.to_numpy().nonzero()[0].tolist():
        opened, closed = frame["opened_on"].iloc[position], frame["closed_on"].iloc[position]
        if closed < opened:
            yield position, "closed_on", f"{closed} is before opened_on, {opened}"


def row_faults(frame: pd.DataFrame, layer: Layer) -> Iterator[RowFault]:
    """Yield everything that is wrong between the fields and rows of one layer."""
    yield from duplicate_keys(frame, layer)
    if layer.name == "areas":
        yield from area_faults(frame)
    elif layer.name == "districts":
        yield from district_faults(frame)
    elif layer.name == "facilities":
        yield from facility_faults(frame)


def fill_service(frame: pd.DataFrame) -> None:
    """Fill the service of facilities that name only their kind, in place."""
    frame["service"] = pd.Series(
        [
            service if service is not None or kind is None else FACILITY_KINDS[kind].service
            for kind, service in zip(frame["kind"].tolist(), frame["service"].tolist(), strict=True)
        ],
        index=frame.index,
        dtype=object,
    )
