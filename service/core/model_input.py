"""Reading a body as a model: every fault with its JSON pointer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json


def _number(value: object) -> object:
    """Let numbers pass and nothing that only reads like one."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("expected a number")  # noqa: TRY004  pydantic reports ValueErrors
    return Decimal(value)


Number = Annotated[Decimal, BeforeValidator(_number)]
Text = Annotated[str, Field(strict=True, min_length=1, max_length=1000)]
Asked = TypeVar("Asked", bound=BaseModel)


def read_asked(
    document: Json, model: type[Asked], *, is_place: Callable[[str], bool] | None = None
) -> Asked:
    """Read the body of a question.

    Parameters
    ----------
    document
        The body.
    model
        What it is to be.
    is_place
        Tells the names of members from those of unions and validators, which pydantic calls places
        too; None for the members of the model itself.

    Raises
    ------
    InvalidBodyError
        With every fault and its JSON pointer.
    """
    named = is_place or set(model.model_fields).__contains__
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidBodyError.listing(
            [
                Detail(
                    str(fault["msg"]).removeprefix("Value error, "),
                    pointer=pointer(
                        *(
                            part
                            for number, part in enumerate(fault["loc"])
                            if number == 0 or isinstance(part, int) or named(part)
                        )
                    ),
                )
                for fault in error.errors()
            ]
        ) from None
