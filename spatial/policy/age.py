"""Age groups that statistics do not print, derived from those they do."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from spatial.errors import InputError

# Ages 1 and 2 of the four years 1, 2, 3 and 4, under an even spread: an assumption.
U3_SHARE_OF_1_TO_4: Final = Fraction(1, 2)


def under_threes(
    *, age_0: int, age_1_to_4: int, u3_share_of_1_to_4: Fraction = U3_SHARE_OF_1_TO_4
) -> Fraction:
    """Derive the number of children under three (3岁以下) from ages 0 and 1 to 4.

    The census prints ages 0 and 1 to 4 only. Whoever uses the result names the parameter beside it.

    Parameters
    ----------
    age_0, age_1_to_4
        People of these ages in whole years, both ends included.
    u3_share_of_1_to_4
        Which share of those aged 1 to 4 is under three: 1/2 under an even spread; 3/4 counts
        three-year-olds too. In [0, 1].

    Returns
    -------
    Exact and not rounded, so that the parts of an area add up to the whole.

    Raises
    ------
    InputError
        For a negative number of people, or a share outside [0, 1].
    """
    for name, people in (("age_0", age_0), ("age_1_to_4", age_1_to_4)):
        if people < 0:
            msg = f"{name}: {people} is not a number of people"
            raise InputError(msg)
    if not 0 <= u3_share_of_1_to_4 <= 1:
        msg = f"parameter u3_share_of_1_to_4: {u3_share_of_1_to_4} is not between 0 and 1"
        raise InputError(msg)
    return age_0 + u3_share_of_1_to_4 * age_1_to_4
