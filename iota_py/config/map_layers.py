"""Section `map`: what is made of the probabilities of the models while the map is made, and how draws are fused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from iota_py.config.applicability import ApplicabilityWish
from iota_py.config.section import Section, Share

Above = Annotated[float, Field(gt=0)]
Window = Annotated[int, Field(ge=3, le=51)]
Measure = Literal["least_confidence", "margin", "ratio", "entropy"]
VARIANCE, SHARE = 20.0, 0.5
WINDOWS = {"bayesian": 7, "majority": 3}


class BoundaryFusion(Section):
    """Near the border of two regions the class is that of the probabilities of both, each weighing less the nearer the border, and beyond."""

    interior: Above = Field(500.0, description="metres inside its border from which a region has its full weight, 1")
    exterior: Above = Field(500.0, description="metres outside its border from which it has none; the weight is linear in between")
    compare: bool = Field(False, description="write the map without the fusion too, what differs, and tables of it")


class Smoothing(Section):
    """What the neighbours of a pixel change of its class, before draws vote."""

    kind: Literal["bayesian", "majority"] = Field(description="of the probabilities, before the largest is taken; or of the classes")
    window: Window | None = Field(None, description="pixels on a side of the neighbourhood, an odd number; default: 7, of a majority 3")
    variance: Above | dict[Annotated[int, Field(ge=1, le=255)], Above] | None = Field(
        None,
        description="bayesian: variance of the logits of a class where the land does not change; the larger, the smoother. A number, or a table "
        "code -> number; default: 20, also of a class that is not named",
    )
    share: Share | None = Field(
        None, description="bayesian: neighbours that count, those where the class is most probable, as a share; default: 0.5"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Smoothing:
        if self.window is not None and self.window % 2 == 0:
            raise ValueError(f"window {self.window}: expected an odd number of pixels")
        for key in ("variance", "share"):
            if self.kind == "majority" and getattr(self, key) is not None:
                raise ValueError(f"{key} goes with kind: bayesian")
        return self

    @property
    def side(self) -> int:
        """Pixels on a side of the neighbourhood."""
        return WINDOWS[self.kind] if self.window is None else self.window

    def variances(self, codes: tuple[int, ...]) -> list[float]:
        """The variance of each of these classes."""
        own = self.variance if isinstance(self.variance, dict) else dict.fromkeys(codes, self.variance or VARIANCE)
        return [own.get(code, VARIANCE) for code in codes]

    @property
    def neighbours(self) -> float:
        """Share of the neighbours that count."""
        return SHARE if self.share is None else self.share


class MapLayers(Section):
    """Layers of probabilities, borders of regions, smoothing, and the fusion of draws. What is not asked for costs nothing."""

    probabilities: bool = Field(False, description="a band for each class, 0-1000")
    uncertainty: tuple[Measure, ...] = Field((), description="layers 0-1000 of how undecided the models are")
    set_size: bool = Field(
        False,
        description="how many classes are in the conformal set of a pixel, at the coverage of assessment.probabilities.conformal, 0.9 by default",
    )
    applicability: ApplicabilityWish = Field(
        None, description="how unlike what their models learnt pixels are, and where these apply; `true` for the defaults"
    )
    boundary_fusion: BoundaryFusion | None = Field(None, description="default: each region has the class of its own model up to its border")
    smoothing: Smoothing | None = None
    vote: Literal["majority", "dempster-shafer"] = Field("majority", description="how the classes of several draws are fused")
    weight: Literal["precision", "recall", "accuracy", "kappa"] = Field(
        "precision", description="dempster-shafer: what the confusion matrix of a draw, on its validation polygons, says of a class"
    )
    undecided: Literal["highest_confidence", "first", "none"] = Field(
        "highest_confidence", description="of equal classes: that of the most confident draw, that of the first draw, or no data"
    )
    vote_kept: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None,
        description="share of the polygons of each class and region in which no draw learns or validates: the fused map is scored on them",
    )

    @model_validator(mode="after")
    def _consistent(self) -> MapLayers:
        if len(set(self.uncertainty)) != len(self.uncertainty):
            raise ValueError("uncertainty: a measure is named twice")
        return self

    @property
    def compares(self) -> bool:
        """Whether the map without fusion at the borders is kept."""
        return self.boundary_fusion is not None and self.boundary_fusion.compare

    @property
    def votes(self) -> dict[str, str]:
        """What decides the fusion of draws."""
        weight = {"weight": self.weight} if self.vote == "dempster-shafer" else {}
        return {"vote": self.vote, "undecided": self.undecided, **weight}

    @property
    def quantised(self) -> bool:
        """Whether a layer holds probabilities, or is made of them."""
        return self.probabilities or bool(self.uncertainty) or self.set_size

    @property
    def reaches(self) -> bool:
        """Whether the map itself is made of more than the class that one model gives one pixel."""
        return self.boundary_fusion is not None or self.smoothing is not None

    @property
    def margin(self) -> int:
        """Pixels around a window that decide its classes."""
        return 0 if self.smoothing is None else self.smoothing.side // 2
