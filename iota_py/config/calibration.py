"""Section `calibration`: probabilities that can be believed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Section


class Calibration(Section):
    """Correction of the probabilities of each model."""

    method: Literal["temperature", "isotonic"] | None = Field(
        "temperature", description="temperature: one number, labels stay; isotonic: a curve for each class, labels may change; null: none"
    )
    share: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.25, description="learning polygons of each class that the model does not see, and the method is fitted on"
    )
    balance: Literal["reference"] | dict[int, Annotated[float, Field(ge=0)]] | None = Field(
        None,
        description="shares of the classes on the ground, where those of the samples are others: reference, those of all usable pixels of the "
        "region's polygons, or a table class code -> amount",
    )

    @model_validator(mode="after")
    def _something(self) -> Calibration:
        if self.method is None and self.balance is None:
            raise ValueError("ask for a `method` or a `balance`, or leave the section out")
        if isinstance(self.balance, dict) and not any(self.balance.values()):
            raise ValueError("balance: expected an amount above 0 for one class at least")
        return self
