from iota_py.bench import machine


def test_what_a_result_says_of_its_machine():
    found = machine.describe_machine()
    assert set(found) == {"cpu", "cores", "memory_gb", "system", "date", "load", "busy"}
    assert found["cpu"]
    assert found["cores"] >= 1
    assert found["memory_gb"] > 0
    assert len(found["load"]) == 3


def test_a_busy_machine_is_said(monkeypatch):
    monkeypatch.setattr(machine, "usable_cores", lambda: 2)
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (0.51, 0.0, 0.0))
    assert machine.describe_machine()["busy"]
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (0.5, 9.0, 9.0))
    assert not machine.describe_machine()["busy"]


def test_versions_of_all_that_is_compared():
    found = machine.describe_versions()
    assert {"python", "numpy", "numba", "scikit-learn", "lightgbm", "gdal"} <= set(found)
    assert all(found.values())
