"""Reading the text of a rule pack: its schema, the parameters of its rules, what it extends."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from jsonschema import Draft202012Validator

from spatial.errors import Fault, InputFaults
from spatial.policy.kinds import AREA_KINDS, DISTRICT_KINDS
from spatial.policy.pack import Pack
from spatial.policy.rule import Counts, Rule


def pack_schema() -> dict[str, Any]:
    """Return the JSON Schema of packs, with the parameters of every kind of rule in it."""
    text = resources.files("spatial.policy").joinpath("pack.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    rule = schema["$defs"]["rule"]
    rule["properties"]["kind"] = {"enum": sorted({**DISTRICT_KINDS, **AREA_KINDS})}
    rule["allOf"] = [
        *(_of_kind(kind.name, kind.parameters, {}, ["counts"]) for kind in DISTRICT_KINDS.values()),
        *(_of_kind(kind.name, kind.parameters, kind.optional, []) for kind in AREA_KINDS.values()),
    ]
    return schema


def _of_kind(
    name: str, required: Mapping[str, Any], optional: Mapping[str, Any], more: list[str]
) -> dict[str, Any]:
    """Say in JSON Schema what a rule of one kind carries."""
    parameters = {key: dict(of) for key, of in {**required, **optional}.items()}
    return {
        "if": {"properties": {"kind": {"const": name}}},
        "then": {
            "properties": {
                "parameters": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": sorted(required),
                    "properties": parameters,
                }
            },
            "required": more,
        },
    }


def parse_pack(
    document: Any,  # noqa: ANN401 - whatever the file held
    *,
    source: str,
    base: Pack | None = None,
    place: Callable[[Sequence[str | int]], str] | None = None,
) -> Pack:
    """Check a pack given as plain data, and build it.

    Parameters
    ----------
    document
        As YAML or stored JSON holds it; decimals may be written as `Pack.document` writes them.
    source
        Name for messages.
    base
        The pack that ``extends`` names: its rules come first, and a rule of the same id replaces
        one of them. The pack built stands on its own: `Pack.document` holds all its rules, and
        ``based_on`` names the version of the base.
    place
        Names the source of a path in the document, with its line; None for `source` alone.

    Raises
    ------
    InputFaults
        When the pack breaks the schema, repeats a rule id, or writes a number it cannot mean,
        with every fault.
    """
    plain = _plain(document)
    where = place or (lambda _path: source)
    faults = [
        Fault(where(error.absolute_path), None, _field(error.absolute_path, plain), error.message)
        for error in Draft202012Validator(pack_schema()).iter_errors(_numbers(plain))
    ]
    rules = plain.get("rules") if isinstance(plain, dict) else None
    faults += _rule_faults(rules if isinstance(rules, list) else [], plain, where)
    wanted = plain.get("extends") if isinstance(plain, dict) else None
    if wanted is not None and (base is None or base.id != wanted):
        message = f"there is no pack {wanted!r} to extend"
        faults.append(Fault(where(["extends"]), None, "extends", message))
    if faults:
        raise InputFaults(faults)
    if base is not None and wanted is not None:
        plain = _extended(plain, base)
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Pack(
        id=plain["id"],
        document_no=plain["document_no"],
        title=plain["title"],
        issuer=plain["issuer"],
        region_codes=tuple(plain["region_codes"]),
        effective_from=dt.date.fromisoformat(plain["effective_from"]),
        effective_to=_date_or_none(plain["effective_to"]),
        rules=tuple(_rule(rule) for rule in plain["rules"]),
        document=MappingProxyType(plain),
        version=hashlib.sha256(canonical.encode()).hexdigest(),
        background=plain.get("background", False),
    )


def _extended(plain: Mapping[str, Any], base: Pack) -> dict[str, Any]:
    own = {rule["id"]: rule for rule in plain["rules"]}
    inherited = [own.pop(rule["id"], rule) for rule in base.document["rules"]]
    merged = {name: value for name, value in plain.items() if name not in ("extends", "rules")}
    based_on = {"id": base.id, "version": base.version}
    return {**merged, "based_on": based_on, "rules": [*inherited, *own.values()]}


# More digits than a float can carry: 0.30000000000000004 is a slip of a program, not a clause.
_MOST_DIGITS: Final = 15
# How the unit of a ratio must read for what it is per.
_UNITS_PER: Final = MappingProxyType(
    {100: ("%", "per 100"), 1000: ("‰", "per 1000"), 10000: ("‱", "per 10000")}
)


def _rule_faults(
    rules: Sequence[Any],
    plain: Any,  # noqa: ANN401 - walks any document
    where: Callable[[Sequence[str | int]], str],
) -> list[Fault]:
    """Find what a schema cannot say: ids given twice, hidden digits, a unit against its ratio."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        if not isinstance(rule, dict):
            continue
        path: list[str | int] = ["rules", number]
        name = rule.get("id")
        if isinstance(name, str) and name in seen:
            faults.append(Fault(where([*path, "id"]), None, name, "two rules have this id"))
        seen.add(str(name))
        for inner, value in _decimals(rule, path):
            if len(value.as_tuple().digits) > _MOST_DIGITS:
                message = f"{value} has hidden digits: write the number the clause prints"
                faults.append(Fault(where(inner), None, _field(inner, plain), message))
        parameters = rule.get("parameters")
        if isinstance(parameters, dict) and parameters.get("per") in _UNITS_PER:
            unit, allowed = str(parameters.get("unit")), _UNITS_PER[parameters["per"]]
            if unit != allowed[0] and allowed[1] not in unit.split(" of ", maxsplit=1)[0]:
                inner = [*path, "parameters", "unit"]
                message = f"the unit {unit!r} is not one per {parameters['per']}"
                faults.append(Fault(where(inner), None, _field(inner, plain), message))
    return faults


def _decimals(
    value: Any,  # noqa: ANN401 - walks any document
    path: Sequence[str | int],
) -> Iterator[tuple[list[str | int], Decimal]]:
    if isinstance(value, dict):
        if set(value) == {"decimal"}:
            yield list(path), Decimal(value["decimal"])
            return
        for key, item in value.items():
            yield from _decimals(item, [*path, key])
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _decimals(item, [*path, number])


def _plain(value: Any) -> Any:  # noqa: ANN401 - walks any document
    """Turn a loaded document into JSON data: dates as text, decimals as ``{"decimal": text}``."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def _numbers(value: Any) -> Any:  # noqa: ANN401 - walks any document
    """Give ``{"decimal": text}`` back as numbers."""
    if isinstance(value, dict):
        if set(value) == {"decimal"}:
            return Decimal(value["decimal"])
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value


def _field(path: Sequence[str | int], plain: Any) -> str | None:  # noqa: ANN401 - walks any document
    """Name a place in a pack for a person: rules by their id where they have one."""
    parts: list[str] = []
    here = plain
    for step in path:
        here = here[step]
        named = isinstance(step, int) and isinstance(here, dict) and isinstance(here.get("id"), str)
        parts.append(here["id"] if named else str(step))
    return " / ".join(parts) or None


def _rule(plain: Mapping[str, Any]) -> Rule:
    targets = _numbers(plain["targets_by_year"])
    baselines = _numbers(plain.get("baselines", {}))
    return Rule(
        id=plain["id"],
        clause=plain["clause"],
        quote=plain["quote"],
        kind=plain["kind"],
        subject=plain["subject"],
        applies_to=tuple(plain["applies_to"]),
        area_kinds=tuple(plain.get("area_kinds", ())),
        severity=plain["severity"],
        condition=plain["condition"],
        reading=MappingProxyType(plain["reading"]),
        parameters=MappingProxyType(_numbers(plain["parameters"])),
        targets_by_year=MappingProxyType(
            {int(y): None if t is None else Decimal(t) for y, t in targets.items()}
        ),
        baselines=MappingProxyType({int(y): Decimal(b["value"]) for y, b in baselines.items()}),
        baseline_notes=MappingProxyType(
            {int(y): b["note"] for y, b in baselines.items() if b["note"] is not None}
        ),
        basic_full_coverage=plain.get("basic_full_coverage", False),
        counts=_counts(plain.get("counts")),
        confidence=plain.get("confidence"),
    )


def _counts(plain: Mapping[str, Any] | None) -> Counts:
    if plain is None:
        return Counts(kinds=(), status="operating", require=())
    return Counts(
        kinds=tuple(plain["kinds"]),
        status=plain["status"],
        require=tuple(sorted(plain.get("require", {}).items())),
    )


def _date_or_none(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)
