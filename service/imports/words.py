"""Words in cells: choices, yes and no, and what says that a value is not known.

The table is ``tables/words.yaml``; the words of facility kinds are in `facility_words`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from service.imports.facility_words import kind_table
from service.imports.tables import one_width, packaged_table
from spatial.fields import Field, FieldType, Layer


@dataclass(frozen=True)
class FieldWords:
    """What the words in one column mean.

    Parameters
    ----------
    choices
        Word in its plain form to choice.
    flags
        Word in its plain form to True or False.
    unknown
        Words that say the value is not known.
    """

    choices: Mapping[str, str]
    flags: Mapping[str, bool]
    unknown: frozenset[str]


def plain_word(text: str) -> str:
    """Return a word without width, case and blanks."""
    return "".join(one_width(text).split())


def plain_words(lines: str) -> set[str]:
    """Return the words of a text, one a line, each as `plain_word` makes it.

    Neither changing the width nor the case of a text depends on what stands beside it.
    """
    return {"".join(line.split()) for line in one_width(lines).split("\n")}


@cache
def field_words(layer: Layer, field: Field) -> FieldWords:
    """Return what words mean in a column of a field; the field's own choices are not repeated."""
    table = packaged_table("words.yaml", "words_of_cells")
    choices: dict[str, str] = {}
    if field.name == "kind" and layer.name == "facilities":
        choices.update(kind_table().types)
    else:
        for choice, words in table["choices"].get(layer.name, {}).get(field.name, {}).items():
            choices.update({plain_word(word): choice for word in words})
    flags: dict[str, bool] = {}
    if field.type is FieldType.BOOLEAN:
        for key in ("*", field.name):
            for said, value in (("yes", True), ("no", False)):
                words = table["flags"].get(key, {}).get(said, ())
                flags.update({plain_word(word): value for word in words})
    unknown = frozenset(plain_word(word) for word in table["unknown"])
    return FieldWords(
        MappingProxyType(choices), MappingProxyType(flags), unknown - flags.keys() - choices.keys()
    )
