"""From the text of a filter to its tree, with limits before and after parsing.

The parser recurses once a nesting level, so what is nested too deep is refused before it sees
the text. CQL2 JSON is its own tree; it is only decoded, numbers as exact decimals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Literal

import cql2

from service.ogc.cql.errors import FilterError

Language = Literal["cql2-text", "cql2-json"]

MAX_LENGTH: Final = 16_384
MAX_DEPTH: Final = 40
MAX_NODES: Final = 2_000
# Texts in single quotes and names in double quotes, quotes within doubled or escaped.
_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*\"""")
_PREFIXES: Final = re.compile(r"(?:\bnot\b|[-+])", re.IGNORECASE)
_LOCATION: Final = re.compile(r"-->\s*(\d+):(\d+)")


def read_filter(text: str, language: Language) -> Any:  # noqa: ANN401  a JSON tree
    """Return the tree of a filter, as CQL2 JSON has it.

    Parameters
    ----------
    text
        At most `MAX_LENGTH` characters.
    language
        Of the text.

    Returns
    -------
    Dictionaries, lists, texts, booleans, and numbers as `decimal.Decimal` or int.

    Raises
    ------
    FilterError
        If it is too long, nested deeper than `MAX_DEPTH`, has more than `MAX_NODES` parts, or
        is not of the language.
    """
    if len(text) > MAX_LENGTH:
        raise FilterError(f"longer than {MAX_LENGTH} characters")
    tree = _from_text(text) if language == "cql2-text" else _from_json(text)
    _check_size(tree)
    return tree


def _from_text(text: str) -> Any:  # noqa: ANN401  a JSON tree
    bare = _QUOTED.sub("''", text)
    depth = deepest = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH or _longest_run(bare) > MAX_DEPTH:
        raise FilterError(f"nested deeper than {MAX_DEPTH} levels")
    try:
        return _exact(cql2.parse_text(text).to_json())
    except cql2.ParseError as error:
        place = _LOCATION.search(str(error))
        where = f" at character {place[2]}" if place and place[1] == "1" else ""
        raise FilterError(f"not CQL2 text{where}") from None
    except Exception as error:  # the binding's exceptions share no other base
        raise FilterError("not CQL2 text") from error


def _longest_run(bare: str) -> int:
    """Count the most prefix operators that can follow one another: each nests one level."""
    longest = run = end = 0
    for match in _PREFIXES.finditer(bare):
        run = run + 1 if not bare[end : match.start()].strip(" \t\r\n(") else 1
        longest, end = max(longest, run), match.end()
    return longest


def _from_json(text: str) -> Any:  # noqa: ANN401  a JSON tree
    def refuse(_: str) -> None:
        raise FilterError("NaN and Infinity are no numbers of JSON")

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=refuse)
    except RecursionError:
        raise FilterError(f"nested deeper than {MAX_DEPTH} levels") from None
    except FilterError:
        raise
    except ValueError:
        raise FilterError("not JSON") from None


def _exact(value: Any) -> Any:  # noqa: ANN401  a JSON tree
    """Turn the parser's floats into the decimals that were written."""
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    return Decimal(repr(value)) if isinstance(value, float) else value


def _check_size(tree: Any) -> None:  # noqa: ANN401  a JSON tree
    nodes = 0
    level = [tree]
    for _ in range(MAX_DEPTH * 4):
        if not level:
            return
        nodes += len(level)
        if nodes > MAX_NODES:
            raise FilterError(f"more than {MAX_NODES} parts")
        level = [child for node in level for child in _children(node)]
    raise FilterError(f"nested deeper than {MAX_DEPTH} levels")


def _children(node: Any) -> Iterator[Any]:  # noqa: ANN401  a JSON tree
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node
