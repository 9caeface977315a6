"""The tables of words Yike understands, as YAML files whose form is checked when they are read."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Hashable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from jsonschema import Draft202012Validator

from spatial.errors import Fault, InputError, InputFaults

Form = Literal["headings", "kinds", "words_of_cells", "units", "mapping", "phrases"]

_FOLDER: Final = "tables"
_SCHEMA: Final = "tables.schema.json"


class _TextLoader(yaml.BaseLoader):
    """YAML whose scalars all stay text (yes is a word), and where no key stands twice."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - PyYAML's signature
    ) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be text", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def parse_document(text: str, *, form: Form, source: str) -> Mapping[str, Any]:
    """Read YAML of one of the forms of ``tables.schema.json``; all its scalars are text.

    Raises
    ------
    InputError
        When it is not YAML, naming the line.
    InputFaults
        When it has another form, with every fault.
    """
    try:
        document = yaml.load(text, Loader=_TextLoader)  # noqa: S506 - constructs nothing but text
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = " ".join(str(getattr(error, "problem", None) or "not YAML").split())
        raise InputError(f"{source}{where}: {problem}") from None
    schema = json.loads(_packaged(_SCHEMA))
    validator = Draft202012Validator({"$ref": f"#/$defs/{form}", "$defs": schema["$defs"]})
    faults = [
        Fault(source, None, " / ".join(map(str, error.absolute_path)) or None, error.message)
        for error in validator.iter_errors(document)
    ]
    if faults:
        raise InputFaults(faults)
    checked: Mapping[str, Any] = document
    return checked


@cache
def packaged_table(name: str, form: Form) -> Mapping[str, Any]:
    """Return one of the tables that come with Yike, not to be changed.

    Raises
    ------
    InputError
        When the table is at fault, which a test of Yike would have told.
    """
    return parse_document(_packaged(name), form=form, source=name)


def _packaged(name: str) -> str:
    return resources.files("service.imports").joinpath(_FOLDER, name).read_text("utf-8")


def read_document(path: Path, *, form: Form) -> Mapping[str, Any]:
    """Read a user's file of one of the forms; see `parse_document`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not in UTF-8"
        raise InputError(f"{path}: cannot be read: {reason}") from None
    return parse_document(text, form=form, source=str(path))


def one_width(text: str) -> str:
    """Return `text` with its characters in their plain width and letters small.

    １２０ becomes 120, ㎡ and m² become m2, （ becomes (; blanks at the ends go.
    """
    return unicodedata.normalize("NFKC", text).casefold().strip()
