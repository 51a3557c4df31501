"""The tree of exceptions, one exit code per class.

    IotaError (3)
    ├── ConfigError (1)        the configuration cannot be used; nothing was started
    ├── InputError (1)         a file that the run cannot do without is missing or wrong
    ├── AcquisitionError (2)   one acquisition is bad: it is set aside and the run goes on
    ├── TaskError (2)          one task failed: independent tasks go on
    ├── PartialRunError (2)    the run ended with failed tasks
    ├── StorageError (3)       a file could not be written whole
    └── InterruptedRunError (130)

Every exception carries faults: one line each, with the file, the field, what was expected, what was found and the way out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EXIT_OK = 0
EXIT_USER = 1
EXIT_PARTIAL = 2
EXIT_INTERNAL = 3
EXIT_INTERRUPTED = 130


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    code: stable and searchable, for instance ``E-CFG-002``. where: the file (or tile, or task). field: the key or column, may be
    empty. message: what was expected and what was found. fix: the way out, may be empty.
    """

    code: str
    where: str
    field: str
    message: str
    fix: str = ""

    def line(self) -> str:
        """The fault on one line."""
        place = f"{self.where}: {self.field}" if self.field else self.where
        fix = f". Fix: {self.fix}" if self.fix else ""
        return " ".join(f"{self.code} {place}: {self.message}{fix}".split())


class IotaError(Exception):
    """Base of every error of this package."""

    exit_code = EXIT_INTERNAL

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults: tuple[Fault, ...] = faults

    def __str__(self) -> str:
        return "\n".join(fault.line() for fault in self.faults)

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> IotaError:
        """The exception that carries all of these faults."""
        return cls(*faults)


class ConfigError(IotaError):
    """The configuration cannot be used; nothing was started."""

    exit_code = EXIT_USER


class InputError(IotaError):
    """A file that the run cannot do without is missing or wrong."""

    exit_code = EXIT_USER


class AcquisitionError(IotaError):
    """One acquisition is bad. `product` is its identifier; it is set aside and the run goes on without it."""

    exit_code = EXIT_PARTIAL

    def __init__(self, *faults: Fault, product: str = "") -> None:
        super().__init__(*faults)
        self.product = product

    def __reduce__(self) -> tuple[object, ...]:
        return (_acquisition_error, (self.faults, self.product))


def _acquisition_error(faults: tuple[Fault, ...], product: str) -> AcquisitionError:
    return AcquisitionError(*faults, product=product)


class TaskError(IotaError):
    """One task failed; tasks that do not need its outputs go on."""

    exit_code = EXIT_PARTIAL


class PartialRunError(IotaError):
    """The run ended with failed tasks: what was delivered is whole, but not everything was delivered."""

    exit_code = EXIT_PARTIAL


class StorageError(IotaError):
    """A file could not be written whole."""

    exit_code = EXIT_INTERNAL


class InterruptedRunError(IotaError):
    """The user or the system asked the run to stop; running again resumes it."""

    exit_code = EXIT_INTERRUPTED
