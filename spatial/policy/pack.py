"""Rule packs: one policy document as dated, cited rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from spatial.errors import Fault, InputFaults, PackError
from spatial.policy.kinds import AREA_KINDS, DISTRICT_KINDS
from spatial.policy.rule import Counts, Rule


@dataclass(frozen=True)
class Pack:
    """One policy document, dated and versioned by its content.

    Parameters
    ----------
    id, document_no, title, issuer
        Identity of the document.
    region_codes
        Prefixes of administrative codes where it applies.
    effective_from, effective_to
        Document date, and the date of its repeal or None.
    rules
        In the order of the pack.
    document
        The pack as plain data, fit for JSON; decimals as text.
    version
        SHA-256 of `document` in hexadecimal.
    """

    id: str
    document_no: str
    title: str
    issuer: str
    region_codes: tuple[str, ...]
    effective_from: dt.date
    effective_to: dt.date | None
    rules: tuple[Rule, ...]
    document: Mapping[str, Any]
    version: str

    def rule(self, rule_id: str) -> Rule:
        """Return the rule called `rule_id`; KeyError when there is none."""
        return {rule.id: rule for rule in self.rules}[rule_id]


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


def load_pack(path: Path) -> Pack:
    """Read and check a pack from a YAML file.

    Raises
    ------
    PackError
        When the file is missing or is not YAML.
    InputFaults
        When it breaks the schema, with every fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: cannot be read as a rule pack ({error.__class__.__name__})"
        raise PackError(msg) from error
    try:
        document = yaml.load(text, Loader=_ExactLoader)  # noqa: S506 - a SafeLoader with decimals
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "not YAML"
        msg = f"{path}{where}: {problem}"
        raise PackError(msg) from error
    return parse_pack(document, source=str(path))


def load_packs(directory: Path) -> tuple[Pack, ...]:
    """Read every ``*.yaml`` of a folder, ordered by pack id.

    Raises
    ------
    PackError
        When one cannot be used, or two share an id.
    """
    packs = sorted((load_pack(path) for path in directory.glob("*.yaml")), key=lambda p: p.id)
    ids = [pack.id for pack in packs]
    twice = sorted({pack_id for pack_id in ids if ids.count(pack_id) > 1})
    if twice:
        msg = f"{directory}: two packs share the id {twice[0]}"
        raise PackError(msg)
    return tuple(packs)


def parse_pack(document: Any, *, source: str) -> Pack:  # noqa: ANN401 - whatever the file held
    """Check a pack given as plain data, and build it.

    Parameters
    ----------
    document
        As YAML or stored JSON holds it; decimals may be written as text by `Pack.document`.
    source
        Name for messages.

    Raises
    ------
    InputFaults
        When the pack breaks the schema or repeats a rule id, with every fault.
    """
    plain = _plain(document)
    faults = [
        Fault(source, None, _field(error.absolute_path, plain), error.message)
        for error in Draft202012Validator(pack_schema()).iter_errors(_numbers(plain))
    ]
    rules = plain.get("rules") if isinstance(plain, dict) else None
    ids = [
        rule["id"]
        for rule in (rules if isinstance(rules, list) else [])
        if isinstance(rule, dict) and isinstance(rule.get("id"), str)
    ]
    faults += [
        Fault(source, None, rule_id, "two rules have this id")
        for rule_id in sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    ]
    if faults:
        raise InputFaults(faults)
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
    )


class _ExactLoader(yaml.SafeLoader):
    """YAML with decimals kept exact and a key given twice refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _exact_float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _exact_float)


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
        basic_full_coverage=plain.get("basic_full_coverage", False),
        counts=_counts(plain.get("counts")),
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
