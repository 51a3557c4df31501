import pickle

import pytest

from iota_py import errors
from iota_py.errors import AcquisitionError, ConfigError, Fault, InputError, IotaError, StorageError

ALL = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, IotaError)]


def test_a_fault_is_one_line():
    fault = Fault("E-CFG-012", "run.yaml", "model.trees", "expected a number,\n  found `many`", "write\na number")
    assert fault.line() == "E-CFG-012 run.yaml: model.trees: expected a number, found `many`. Fix: write a number"
    assert Fault("E-CFG-001", "run.yaml", "", "empty").line() == "E-CFG-001 run.yaml: empty"


def test_an_error_carries_every_fault():
    faults = [Fault("E-A-001", "a", "", "first"), Fault("E-A-002", "b", "x", "second", "mend it")]
    error = ConfigError.of(faults)
    assert isinstance(error, ConfigError)
    assert error.faults == tuple(faults)
    assert str(error).splitlines() == ["E-A-001 a: first", "E-A-002 b: x: second. Fix: mend it"]


def test_exit_codes():
    expected = {
        "IotaError": 3,
        "ConfigError": 1,
        "InputError": 1,
        "AcquisitionError": 2,
        "TaskError": 2,
        "PartialRunError": 2,
        "StorageError": 3,
        "InterruptedRunError": 130,
    }
    assert {cls.__name__: cls.exit_code for cls in ALL} == expected


@pytest.mark.parametrize("cls", ALL)
def test_errors_travel_between_processes(cls):
    error = cls(Fault("E-A-001", "a", "b", "c", "d"), Fault("E-A-002", "e", "", "f"))
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert copy.faults == error.faults
    assert str(copy) == str(error)


def test_an_acquisition_error_keeps_its_product_when_it_travels():
    error = AcquisitionError(Fault("E-RAS-007", "x.tif", "", "cut"), product="SENTINEL2A_20230101")
    assert pickle.loads(pickle.dumps(error)).product == "SENTINEL2A_20230101"


def test_user_errors_are_not_storage_errors():
    assert not issubclass(InputError, StorageError)
    assert not issubclass(AcquisitionError, InputError)
