import pytest

from iota_py.bench.chain import compare_files, measure_chain, prepare_chain, run_stages, run_windows
from iota_py.bench.models import prepared
from iota_py.errors import TaskError
from iota_py.grid.windows import whole
from iota_py.io.raster import read_window
from iota_py.pipeline.engine.local import SerialEngine


def test_the_row_is_identical(tiny):
    measure = measure_chain(tiny)
    assert measure.identity.holds
    assert measure.identity.pixels == 64 * 128
    assert measure.cpu_factor == 2
    assert (measure.rates.ratios("wall") > 0).all()


def test_stages_give_the_pixels_of_the_windows(tiny, tmp_path):
    prepared(tiny, "forest")
    chain = prepare_chain(tiny, tmp_path)
    assert len(chain.tasks) == 4
    run_windows(chain, SerialEngine())
    run_stages(chain)
    last = chain.root / chain.tasks[-1].outputs[0]
    window, alone = (read_window(str(path), whole((16, 128)), [1, 2, 3]) for path in (last, chain.root / "alone.tif"))
    seen = window[0] > 0
    assert seen.any()
    assert (window[:, seen] == alone[:, seen]).all()


def test_a_failed_window_is_raised(tiny, tmp_path):
    prepared(tiny, "forest")
    chain = prepare_chain(tiny, tmp_path)
    (chain.root / "models" / "region_1_run_0").unlink()
    with pytest.raises(TaskError, match="E-"):
        run_windows(chain, SerialEngine())


def test_other_bytes_are_found_out():
    assert compare_files({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, 5).holds
    wrong = compare_files({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "0"}, 5)
    assert (wrong.holds, wrong.wrong) == (False, 2)
