"""What a C-band radar receives from a scene on a day: backscatter of the kinds of land, moisture of the day, speckle.

All numbers are this project's own; their shape follows general knowledge of C-band series: volume scattering of leaves raises VH, the
vertical stems of cereals attenuate VV in spring, the pods of rapeseed make VH high before harvest, forests hardly change, buildings are
corners and bright, calm water is dark, and wet soil adds to bare ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iota_py.grid.windows import Window
from iota_py.simulation.noise import smooth_field, stream
from iota_py.simulation.phenology import CLIMATES, KINDS, covers, local_day
from iota_py.simulation.scene import Scene

POLARISATIONS = ("vv", "vh")
LOOKS = 4.4  # of a ground range detected product of Sentinel-1
_WET = (1.5, 1.2)  # decibels between a dry and a wet day on bare ground

# Bare ground and full green cover, decibels in (vv, vh); what is not listed is as "field".
_GROUND = {
    "field": (-11.0, -19.5), "vineyard": (-10.0, -17.5), "broadleaf": (-9.6, -15.0), "conifer": (-9.3, -14.4), "village": (-3.5, -10.0),
    "road": (-10.5, -18.5), "water": (-19.0, -27.0), "meadow": (-12.0, -19.0),
}  # fmt: skip
_GREEN = {
    "field": (-10.5, -16.0), "cereal": (-15.5, -19.5), "rapeseed": (-10.0, -12.8), "maize": (-9.2, -15.0), "sunflower": (-8.6, -14.0),
    "meadow": (-11.8, -17.8), "vineyard": (-9.6, -16.2), "broadleaf": (-9.0, -13.4), "conifer": (-9.0, -13.9), "village": (-3.5, -10.0),
    "road": (-10.0, -17.5), "water": (-18.0, -26.0),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One pass of a radar over a scene. direction: `ASC` or `DES`; orbit: relative."""

    platform: str
    day: int
    direction: str
    orbit: int

    @property
    def name(self) -> str:
        """Names the pass, for its random streams."""
        return f"{self.platform}-{self.day}-{self.orbit}"


def backscatter(scene: Scene, passed: Look, window: Window) -> dict[str, np.ndarray]:
    """Power (row, col) float32 by polarisation, over a window of the scene; the same pixels whatever the window."""
    power = _fields(scene, passed)
    shape = scene.landscape.field.shape
    rng = stream(scene.seed, "radar", passed.name)
    texture = 10 ** (0.08 * smooth_field(shape, 6.0, stream(scene.seed, "radar", "texture")))
    found = {}
    for column, polarisation in enumerate(POLARISATIONS):
        speckle = rng.gamma(LOOKS, 1 / LOOKS, shape).astype(np.float32)
        whole = power[:, column].astype(np.float32)[scene.landscape.field - 1] * texture * speckle
        found[polarisation] = np.ascontiguousarray(whole[window.slices], np.float32)
    return found


def _fields(scene: Scene, passed: Look) -> np.ndarray:
    """Mean power of each field, (field, polarisation)."""
    landscape, fields = scene.landscape, scene.fields
    wetness = stream(scene.seed, "radar", "moisture", passed.day).uniform()
    look = 0.4 if passed.direction == "DES" else -0.4
    decibels = np.zeros((len(landscape.kind), len(POLARISATIONS)))
    for index, kind in enumerate(KINDS):
        for number, climate in CLIMATES.items():
            here = (landscape.kind == index) & (landscape.field_region == number)
            day = local_day(passed.day, climate) - fields.delay[here]
            green, brown, bloom = covers(kind, day, fields.vigour[here] * climate.vigour)
            cover = np.clip(green + bloom + 0.4 * brown, 0.0, 1.0)[:, None]
            ground, leaf = (np.array(table.get(kind.name, table["field"])) for table in (_GROUND, _GREEN))
            wet = np.array(_WET) * wetness if kind.ground == "soil" else 0.0
            decibels[here] = (1 - cover) * (ground + wet) + cover * leaf
    own = stream(scene.seed, "radar", "fields").normal(0.0, 0.9, decibels.shape)
    return 10 ** ((decibels + own + look) / 10)
