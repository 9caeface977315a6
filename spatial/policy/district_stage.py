"""The stage of districts, new or existing, under a document."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def stages(districts: pd.DataFrame, *, document_date: dt.date) -> tuple[NDArray[Any], list[str]]:
    """Tell the stage of each district under a pack.

    As given; if absent, ``new`` when ``permitted_on`` is on or after the document date, else
    ``existing``.

    Returns
    -------
    Stages of shape (n,), and the ids whose given stage contradicts their permit.
    """
    permitted = pd.to_datetime(districts["permitted_on"])
    recent = (permitted >= pd.Timestamp(document_date)).to_numpy()
    given = districts["stage"].to_numpy(dtype=object)
    missing = pd.isna(given)
    stage = np.where(missing, np.where(recent, "new", "existing"), given)
    dated = permitted.notna().to_numpy()
    against = ~missing & dated & (((given == "existing") & recent) | ((given == "new") & ~recent))
    return stage.astype(object), districts.loc[against, "id"].astype(str).tolist()
