"""Section `samples.split`: which reference polygons learn, and which validate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from iota_py.config.section import Positive, Section, Share

FROM_COLUMN = ("years", "column")
NAMED = ("regions", "tiles", *FROM_COLUMN)


class Split(Section):
    """Draws of polygons into learning and validation, or folds that validate in turn."""

    kind: Literal["polygon", "blocks", "distance", "regions", "tiles", "years", "column"] = Field(
        "polygon",
        description="what is never cut: polygons; square blocks of ground; clusters as far from each other as the map is from the reference; "
        "regions; tiles; years; values of a column",
    )
    runs: Positive = Field(1, description="draws; with `folds`, as many as these")
    ratio: Share = Field(0.7, description="share that learns, in a draw")
    seed: Annotated[int, Field(ge=0)] = 0
    folds: Annotated[int, Field(ge=2, le=100)] | None = Field(None, description="in place of draws: run k validates on fold k")
    block: Annotated[float, Field(gt=0)] | None = Field(None, description="side of the blocks in metres (kind blocks)")
    held_out: tuple[str | int, ...] = Field((), description="regions, tiles, years or values that validate; all others learn")
    column: str | None = Field(None, description="field of the reference (kind column); of its year (kind years), by default `year`")
    points: Annotated[int, Field(ge=10, le=100_000)] = Field(
        1000, description="places of the map whose distance to the reference is matched (kind distance)"
    )

    @model_validator(mode="before")
    @classmethod
    def _a_run_for_each_fold(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("folds"), int):
            return {"runs": values["folds"], **values}
        return values

    @model_validator(mode="after")
    def _complete(self) -> Split:
        if self.folds is not None and self.runs != self.folds:
            raise ValueError(f"folds: {self.folds} makes {self.folds} runs; leave `runs` out")
        if (self.block is not None) != (self.kind == "blocks"):
            raise ValueError("kind blocks needs `block`, the side in metres" if self.block is None else f"kind {self.kind} has no blocks")
        if self.kind == "distance" and self.folds is None:
            raise ValueError("kind distance makes folds: give `folds`")
        if self.column is not None and self.kind not in FROM_COLUMN:
            raise ValueError(f"kind {self.kind} has no use for `column`")
        if self.kind == "column" and self.column is None:
            raise ValueError("kind column needs `column`, a field of the reference")
        self._check_held_out()
        return self

    def _check_held_out(self) -> None:
        if not self.held_out:
            if self.kind == "column" and self.folds is None and self.runs > 1:
                raise ValueError("a column that holds roles gives one run: leave `runs` out, or give `folds` or `held_out`")
            return
        if self.kind not in NAMED:
            raise ValueError(f"kind {self.kind} holds nothing out by name; kinds that do: {', '.join(NAMED)}")
        if self.folds is not None or self.runs > 1:
            raise ValueError("`held_out` gives one run, the same every time: leave `folds` and `runs` out")

    @property
    def field(self) -> str | None:
        """Field of the reference that is read for this split."""
        return (self.column or "year") if self.kind in FROM_COLUMN else None
