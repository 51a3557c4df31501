import numpy as np
import pandas as pd
import pytest

from iota_py.assessment.sample_figures import sample_figure
from iota_py.io.documents import read_yaml
from iota_py.nomenclature import Nomenclature
from tests.assessment.images import rgba

STEPS = [("polygons", "polygons in the sources"), ("polygons", "polygons inside the tiles"), ("pixels", "pixels inside polygons"),
         ("pixels", "usable pixels (validity at least 3)"), ("pixels", "learning pixels"), ("pixels", "validation pixels")]  # fmt: skip


@pytest.fixture(scope="module")
def oso(project) -> Nomenclature:
    return Nomenclature.from_document(read_yaml(project / "configs/nomenclatures/oso-23.yaml"), "oso-23.yaml")


def counts(codes, lost=()) -> pd.DataFrame:
    values = np.outer(np.arange(1, len(codes) + 1), [10, 9, 8000, 7500, 5000, 2500])
    frame = pd.DataFrame(values, index=codes, columns=pd.MultiIndex.from_tuples(STEPS))
    for code in lost:
        frame.loc[code, STEPS[4:]] = 0
    return frame


def test_a_row_for_each_class_and_the_same_bytes(oso):
    image = sample_figure(counts(oso.codes, lost=(5,)), oso)
    assert image == sample_figure(counts(oso.codes, lost=(5,)), oso)
    few = sample_figure(counts(oso.codes[:4]), oso)
    assert rgba(image).shape[0] - rgba(few).shape[0] > 19 * 0.2 * 160  # readable: a row is at least 0.2 inches high


def test_a_class_that_is_gone_is_framed(oso):
    orange = np.array([0xD5, 0x5E, 0x00])

    def framed(lost) -> int:
        return int((np.abs(rgba(sample_figure(counts(oso.codes[11:14], lost), oso))[..., :3].astype(int) - orange).max(axis=2) < 12).sum())

    assert framed(()) == 0
    assert framed((13,)) > 200


def test_nothing_to_draw(oso):
    with pytest.raises(ValueError, match="expected at least one class"):
        sample_figure(counts([]), oso)
