import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iota_py.simulation.noise import smooth_field, stream


def test_a_stream_depends_on_its_names_only():
    first = stream(1, "noise", "a").normal(size=5)
    stream(1, "noise", "b").normal(size=100)
    assert np.array_equal(first, stream(1, "noise", "a").normal(size=5))
    assert not np.array_equal(first, stream(1, "noise", "b").normal(size=5))
    assert not np.array_equal(first, stream(2, "noise", "a").normal(size=5))


@given(st.integers(1, 60), st.integers(1, 60), st.floats(1.0, 200.0))
def test_a_smooth_field_fills_any_shape_without_bias(height, width, scale):
    field = smooth_field((height, width), scale, stream(0, "field"))
    assert field.shape == (height, width)
    assert np.isfinite(field).all()
    assert abs(float(field.mean())) < 1e-3


@pytest.mark.parametrize("scale", [4.0, 16.0])
def test_a_smooth_field_varies_over_its_scale(scale):
    field = smooth_field((200, 200), scale, stream(0, "field"))
    assert field.std() == pytest.approx(1.0, abs=1e-3)
    near = np.corrcoef(field[:, :-1].ravel(), field[:, 1:].ravel())[0, 1]
    lag = int(4 * scale)
    far = np.corrcoef(field[:, :-lag].ravel(), field[:, lag:].ravel())[0, 1]
    assert near > 0.9
    assert abs(far) < 0.35
