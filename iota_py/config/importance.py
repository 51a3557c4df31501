"""Section `importance`: what each feature is worth, beyond what forests and boosted trees say of themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from iota_py.config.section import Positive, Section


class Elimination(Section):
    """Columns left out by rising importance, scored on folds of learning polygons."""

    folds: Annotated[int, Field(ge=2, le=20)] = Field(3, description="groups of learning polygons, each predicted by models of the others")
    drop: Annotated[float, Field(gt=0, lt=1)] = Field(0.2, description="share of the columns left that goes at each step, at least one")
    smallest: Positive = Field(1, description="number of columns at which to stop")
    tolerance: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.005, description="mean F1 that may be given up for fewer columns: the smallest set within it of the best one is kept"
    )


def _section(value: Any) -> Any:
    """`true` stands for the section with its defaults, `false` for none."""
    return ({} if value else None) if isinstance(value, bool) else value


class Importance(Section):
    """Studies of the features, on validation pixels of each model and, for elimination, on learning pixels of the first run."""

    permutation: bool = Field(False, description="how much overall accuracy and mean F1 fall when a column, band or date is shuffled")
    repeats: Positive = Field(5, description="shufflings of each column and group")
    shap: bool = Field(False, description="mean absolute SHAP value by class; forests need the extra `shap`")
    pixels_per_class: Positive = Field(500, description="pixels of a class, in each region and run, that the studies look at at most")
    shap_pixels_per_class: Positive = Field(50, description="the same for SHAP, which takes longer")
    elimination: Annotated[Elimination | None, BeforeValidator(_section)] = Field(
        None, description="which columns can go; `true` for the defaults"
    )

    @model_validator(mode="after")
    def _within(self) -> Importance:
        if self.shap_pixels_per_class > self.pixels_per_class:
            raise ValueError(f"shap_pixels_per_class {self.shap_pixels_per_class} is above pixels_per_class {self.pixels_per_class}")
        return self

    @property
    def held_out(self) -> bool:
        """Whether features of validation pixels are needed."""
        return self.permutation or self.shap
