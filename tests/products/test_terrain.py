import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from iota_py.errors import InputError
from iota_py.products.terrain import TERRAIN, metres, terrain


def plane(east: float, north: float, step=(10.0, 10.0), shape=(6, 7)) -> np.ndarray:
    """Heights that rise by these slopes (metres a metre) to the east and to the north."""
    rows, cols = np.indices(shape)
    return 500 + east * step[0] * cols - north * step[1] * rows


def laws(heights, step=(10.0, 10.0)):
    return [terrain(law, heights, step) for law in ("slope", "northness", "eastness")]


@pytest.mark.parametrize(
    ("east", "north", "expected"),
    [
        (0, 0, (0, 0, 0)),
        (1, 0, (45, 0, -(0.5**0.5))),  # rises to the east: faces west
        (-1, 0, (45, 0, 0.5**0.5)),
        (0, -1, (45, 0.5**0.5, 0)),  # falls to the north: faces north
        (0, 3**0.5, (60, -(3**0.5) / 2, 0)),
        (0.3, -0.4, (np.degrees(np.arctan(0.5)), 0.4 / 1.25**0.5, -0.3 / 1.25**0.5)),
    ],
)
@pytest.mark.parametrize("step", [(10.0, 10.0), (30.0, 20.0)])
def test_planes(east, north, expected, step):
    for found, value in zip(laws(plane(east, north, step), step), expected):
        assert found.shape == (4, 5)
        assert found == pytest.approx(np.full((4, 5), value), abs=1e-9)


def test_weights_by_hand():
    heights = np.array([[1.0, 2, 4], [8, 99, 16], [32, 64, 128]])
    to_east = (4 + 2 * 16 + 128 - (1 + 2 * 8 + 32)) / 80
    to_north = (1 + 2 * 2 + 4 - (32 + 2 * 64 + 128)) / 80
    slope, northness, eastness = (found.item() for found in laws(heights))
    assert slope == pytest.approx(np.degrees(np.arctan((to_east**2 + to_north**2) ** 0.5)))
    aspect = np.arctan2(-to_east, -to_north)
    assert northness == pytest.approx(np.cos(aspect) * np.sin(np.radians(slope)))
    assert eastness == pytest.approx(np.sin(aspect) * np.sin(np.radians(slope)))


def test_a_cone():
    """Of slope 0.5 all round: away from its tip, each side faces away from it."""
    rows, cols = np.indices((81, 81)) - 40.0
    distance = np.hypot(rows, cols)
    slope, northness, eastness = laws(1000 - 0.5 * 10 * distance)
    rows, cols, distance = rows[1:-1, 1:-1], cols[1:-1, 1:-1], distance[1:-1, 1:-1]
    far, sine = distance > 12, np.sin(np.arctan(0.5))
    assert np.abs(slope - np.degrees(np.arctan(0.5)))[far].max() < 0.1
    assert np.abs(northness - -rows / np.maximum(distance, 1) * sine)[far].max() < 0.003
    assert np.abs(eastness - cols / np.maximum(distance, 1) * sine)[far].max() < 0.003
    assert slope[39, 39] == northness[39, 39] == eastness[39, 39] == 0  # the tip


def test_missing_neighbours():
    """On a plane every neighbour is put where it was; only the pixel itself is lost."""
    heights = plane(0.1, 0.2, shape=(8, 8))
    whole = laws(heights)
    heights[3, 4] = np.nan
    lost = np.zeros((6, 6), bool)
    lost[2, 3] = True
    for found, before in zip(laws(heights), whole):
        assert np.isnan(found).tolist() == lost.tolist()
        assert found[~lost] == pytest.approx(before[~lost], abs=1e-12)


@pytest.mark.parametrize("edges", [["n"], ["n", "w"], ["s", "e"], ["n", "s", "w", "e"]])
def test_at_the_edge_of_a_raster(edges):
    """A plane has its slope up to the edge, and in the corners; where both sides are missing nothing is known, and it is flat that way."""
    heights = plane(0.3, -0.4, shape=(6, 7))
    whole = laws(heights)
    sides = {"n": np.s_[0, :], "s": np.s_[-1, :], "w": np.s_[:, 0], "e": np.s_[:, -1]}
    for edge in edges:
        heights[sides[edge]] = np.nan
    for found, before in zip(laws(heights), whole):
        assert found == pytest.approx(before, abs=1e-12)
    line = np.full((3, 5), np.nan)
    line[1] = plane(0.3, 0, shape=(1, 5))
    slope, northness, _ = laws(line)
    assert slope == pytest.approx(np.full((1, 3), np.degrees(np.arctan(0.3))))
    assert (northness == 0).all()


def test_an_edge_by_hand():
    """No row above: north-west is 2·99 - 128, north 2·99 - 64, north-east 2·99 - 32."""
    heights = np.array([[np.nan] * 3, [8, 99, 16], [32, 64, 128]])
    to_east = (166 + 2 * 16 + 128 - (70 + 2 * 8 + 32)) / 80
    to_north = (70 + 2 * 134 + 166 - (32 + 2 * 64 + 128)) / 80
    assert laws(heights)[0].item() == pytest.approx(np.degrees(np.arctan((to_east**2 + to_north**2) ** 0.5)))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.floats(0.1, 3000))
def test_the_three_are_of_one_vector(seed, relief):
    slope, northness, eastness = laws(np.random.default_rng(seed).normal(0, relief, (5, 6)))
    assert ((slope >= 0) & (slope <= 90)).all()
    assert northness**2 + eastness**2 == pytest.approx(np.sin(np.radians(slope)) ** 2, abs=1e-12)
    assert [abs(found * TERRAIN[law]).max() <= 10_000 for law, found in zip(TERRAIN, (slope, northness, eastness))] == [True] * 3


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_turning_the_ground_turns_what_it_faces(seed):
    heights = np.random.default_rng(seed).normal(0, 20, (5, 5))
    slope, northness, eastness = laws(heights)
    turned = laws(np.rot90(heights, -1))  # clockwise: what faced north faces east
    for found, before in zip(turned, (slope, -eastness, northness)):
        assert found == pytest.approx(np.rot90(before, -1), abs=1e-12)


def test_metres_of_a_pixel():
    assert metres(GeoBox((2, 2), Affine(10, 0, 0, 0, -20, 0), "EPSG:32631")) == (10, 20)
    feet = metres(GeoBox((2, 2), Affine(10, 0, 0, 0, -10, 0), "EPSG:2263"))
    assert feet == pytest.approx((3.048006, 3.048006), abs=1e-6)  # the foot of the United States' surveys
    with pytest.raises(InputError, match=r"E-PRD-062 .*needs a grid in metres, the tiles are in EPSG:4326.*Fix: leave `terrain` out"):
        metres(GeoBox((2, 2), Affine(1e-4, 0, 2, 0, -1e-4, 43), "EPSG:4326"))
    with pytest.raises(InputError, match="no coordinate reference system"):
        metres(GeoBox((2, 2), Affine(1, 0, 0, 0, -1, 0), None))
