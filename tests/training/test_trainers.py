"""Which library fits: found out from what is asked for and what is installed, without importing it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import pytest

from iota_py.errors import ConfigError
from iota_py.training import trainers
from iota_py.training.estimators import LightGBMOptions, RandomForestOptions
from iota_py.training.trainers import AUTO, INTEL, MOST_TREES, SCIKIT_LEARN, Trainer, choose_trainer


@dataclass(frozen=True)
class Asked:
    """A forest as a configuration asks for it."""

    trainer: str = AUTO
    trees: int = 100
    class_weight: str | None = None
    bins: int | None = 255


UNSUITED = [Asked(class_weight="balanced"), Asked(bins=None), Asked(bins=0), Asked(trees=MOST_TREES + 1)]


@pytest.fixture
def extension(monkeypatch):
    """Say which version of the extension is installed, None for none; the other packages are what they are."""

    def install(found: str | None) -> None:
        def answer(package: str) -> str:
            if package != "scikit-learn-intelex":
                return version(package)
            if found is None:
                raise PackageNotFoundError(package)
            return found

        monkeypatch.setattr(trainers, "version", answer)

    return install


def test_auto_takes_the_extension_where_it_is_installed(extension):
    extension("2026.2.0")
    assert choose_trainer(Asked()) == Trainer(INTEL, "2026.2.0")
    assert str(choose_trainer(Asked())) == "scikit-learn-intelex 2026.2.0"
    assert choose_trainer(Asked(trainer=SCIKIT_LEARN)) == Trainer(SCIKIT_LEARN, version("scikit-learn"))
    assert choose_trainer(RandomForestOptions()).name == SCIKIT_LEARN


@pytest.mark.parametrize("found", [None, "2024.7.0"])
def test_auto_takes_scikit_learn_where_the_extension_is_missing_or_too_old(extension, found):
    extension(found)
    assert choose_trainer(Asked()) == Trainer(SCIKIT_LEARN, version("scikit-learn"))
    with pytest.raises(
        ConfigError, match=r"E-CFG-018 config: model\.trainer: .*not installed.* Fix: pip install 'iota-py\[intel\]'"
    ) as caught:
        choose_trainer(Asked(trainer=INTEL))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("asked", UNSUITED)
@pytest.mark.parametrize("found", [None, "2026.2.0"])
def test_what_the_extension_cannot_do_is_left_to_scikit_learn_or_refused(extension, asked, found):
    extension(found)
    assert choose_trainer(asked).name == SCIKIT_LEARN
    by_name = Asked(INTEL, asked.trees, asked.class_weight, asked.bins)
    with pytest.raises(ConfigError, match=r"E-CFG-019 .*cannot train with (class_weight|bins: null|more than 6024 trees)"):
        choose_trainer(by_name)


def test_lightgbm_has_one_trainer():
    assert str(choose_trainer(LightGBMOptions())) == f"lightgbm {version('lightgbm')}"


def test_options_name_the_library_that_fits():
    with pytest.raises(ValueError, match="expected scikit-learn or intel, found 'auto'"):
        RandomForestOptions(trainer=AUTO)
