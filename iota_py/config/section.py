"""Base of every section of a configuration, and the kinds of values that several of them use."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _day(value: Any) -> Any:
    """Only a date spelled out is one: a number would be taken for seconds since 1970."""
    try:
        return dt.date.fromisoformat(value) if not isinstance(value, dt.date) else value
    except (TypeError, ValueError):
        raise ValueError(f"`{value}` is not a date; write it as 2023-01-31") from None


NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
WORD = r"^[a-z][a-z0-9_]{0,31}$"
TILE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$"

Day = Annotated[dt.date, BeforeValidator(_day)]
Name = Annotated[str, Field(pattern=NAME)]
Word = Annotated[str, Field(pattern=WORD)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
TileName = Annotated[str, Field(pattern=TILE)]
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class Section(BaseModel):
    """Base of every section: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
