import pytest

from iota_py.bench import scale
from iota_py.bench.stored import read_latest, store_result


def result(*rows, name="full", cpu="A", numpy="2"):
    entries = [{"name": row, "ratio": ratio} for row, ratio in rows]
    return {"scale": name, "rows": entries, "machine": {"cpu": cpu, "cores": 2}, "versions": {"numpy": numpy}}


def ratios(found):
    return {row["name"]: row["ratio"] for row in found["rows"]}


def test_nothing_yet(tmp_path):
    assert read_latest(tmp_path) is None


def test_the_last_result_is_read_back(tmp_path):
    path = store_result(result(("forest", 5.5)), tmp_path / "new")
    assert path == tmp_path / "new" / "latest.json"
    assert read_latest(tmp_path / "new") == result(("forest", 5.5))


def test_rows_that_were_not_measured_again_stay(tmp_path):
    store_result(result(("forest", 5.0), ("chain", 0.9)), tmp_path)
    store_result(result(("chain", 0.8)), tmp_path)
    assert ratios(read_latest(tmp_path)) == {"forest": 5.0, "chain": 0.8}


@pytest.mark.parametrize("change", [{"cpu": "B"}, {"numpy": "3"}])
def test_rows_of_another_machine_or_version_go(tmp_path, change):
    store_result(result(("forest", 5.0)), tmp_path)
    store_result(result(("chain", 0.8), **change), tmp_path)
    assert ratios(read_latest(tmp_path)) == {"chain": 0.8}


def test_a_quick_result_counts_only_without_a_full_one(tmp_path):
    store_result(result(("forest", 9.0), name="quick"), tmp_path)
    assert ratios(read_latest(tmp_path)) == {"forest": 9.0}
    store_result(result(("forest", 5.0)), tmp_path)
    store_result(result(("forest", 8.0), name="quick"), tmp_path)
    assert ratios(read_latest(tmp_path)) == {"forest": 5.0}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"rows": []}'])
def test_a_damaged_file_counts_for_nothing(tmp_path, content):
    (tmp_path / "latest.json").write_text(content)
    assert read_latest(tmp_path) is None
    store_result(result(("chain", 1.0)), tmp_path)
    assert ratios(read_latest(tmp_path)) == {"chain": 1.0}


def test_the_folder_is_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert scale.cache_folder() == tmp_path / ".cache" / "iota_py" / "bench"
    store_result(result(("chain", 1.0)), scale.cache_folder())
    assert read_latest() is not None
