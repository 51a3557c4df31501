"""Copies, augmentation and annual classes of a configuration as the stages know them, and what is wrong with their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iota_py.config.management import Augmentation as AugmentationSection
from iota_py.config.schema import RunConfig
from iota_py.errors import ConfigError, Fault, IotaError
from iota_py.io.raster import read_header
from iota_py.io.tables import read_table
from iota_py.nomenclature import Nomenclature
from iota_py.pipeline import paths
from iota_py.pipeline.inventory import Inventory, load_regions
from iota_py.pipeline.reference.choices import class_numbers, strategy_of
from iota_py.pipeline.reference.seasons import season_name
from iota_py.pipeline.workspace import Workspace
from iota_py.samples.augmentation import Augmentation, require_library
from iota_py.samples.copies import CopyRule
from iota_py.samples.split import LEARNING


def copy_rules(config: RunConfig, regions: Mapping[int, str], nomenclature: Nomenclature) -> tuple[CopyRule, ...]:
    """The rules between regions of the run (index -> name), in order. Rules of regions that it does not have are left out."""
    index = {name: number for number, name in regions.items()}
    return tuple(
        CopyRule(
            index[rule.source],
            index[rule.to],
            None if rule.classes == "all" else codes(rule.classes, nomenclature),
            rule.number,
            rule.percent,
        )
        for rule in config.samples.copies
        if rule.source in index and rule.to in index
    )


def augmentation_of(section: AugmentationSection, nomenclature: Nomenclature) -> Augmentation:
    """What the section means. Raises InputError when its table cannot be read, E-SEL-001 to E-SEL-003."""
    table = class_numbers(section.table, nomenclature)
    return Augmentation(section.method, section.target, section.number, table, section.jitter, section.neighbours)


def annual_codes(config: RunConfig, nomenclature: Nomenclature) -> tuple[int, ...]:
    """Codes of the annual classes, ascending; none without the section."""
    annual = config.samples.annual
    return () if annual is None else tuple(sorted(codes(annual.classes, nomenclature)))


def codes(labels: Iterable[int | str], nomenclature: Nomenclature) -> tuple[int, ...]:
    """Codes of classes named by code, alias or name, those that the nomenclature has."""
    found = (nomenclature.code_of(label) for label in labels)
    return tuple(code for code in found if code is not None)


def management_faults(config: RunConfig, inventory: Inventory, nomenclature: Nomenclature) -> list[Fault]:
    """Names of regions and classes that are not there, tables that cannot be read, a library that is missing; sections that do not go
    together."""
    return [
        *_region_faults(config, inventory),
        *_class_faults(config, nomenclature),
        *_table_faults(config, nomenclature),
        *_rule_faults(config, nomenclature),
        *_mode_faults(config),
        *_map_faults(config, inventory),
    ]


def fed_otherwise(ws: Workspace, own: set[int], run: int) -> set[int]:
    """Regions that get learning samples in a run by a rule that copies them, or in another year. own: those with pixels of their own."""
    fed = set()
    for year in ws.config.samples.years:
        split = read_table(ws.season(season_name(year.year)).path(paths.SPLIT))
        fed |= {int(region) for region in split.region[split[f"run_{run}"] == LEARNING].unique()}
    rules = copy_rules(ws.config, ws.region_names, ws.nomenclature)
    return fed | {rule.to for rule in rules if rule.source in own | fed}


def _region_faults(config: RunConfig, inventory: Inventory) -> Iterator[Fault]:
    """E-SEL-004: a region that is in neither the file of regions nor the run."""
    samples = config.samples
    asked = [(f"samples.selection.regions.{name}", name) for name in samples.selection.regions]
    for place, rule in enumerate(samples.copies):
        asked += [(f"samples.copies.{place}.from", rule.source), (f"samples.copies.{place}.to", rule.to)]
    if samples.augmentation is not None and samples.augmentation.regions != "all":
        asked += [("samples.augmentation.regions", name) for name in samples.augmentation.regions]
    frame = load_regions(config) if asked else None
    known = list(dict.fromkeys([*(() if frame is None else frame.name), *(name for _, name in inventory.regions)]))
    for field, name in asked:
        if name not in known:
            yield Fault("E-SEL-004", config.name, field, f"no region is called `{name}`", f"regions: {', '.join(known)}")


def _class_faults(config: RunConfig, nomenclature: Nomenclature) -> Iterator[Fault]:
    """E-SEL-005: a class that the nomenclature does not have."""
    samples = config.samples
    asked = [(f"samples.copies.{i}.classes", rule.classes) for i, rule in enumerate(samples.copies) if rule.classes != "all"]
    if samples.annual is not None:
        asked.append(("samples.annual.classes", samples.annual.classes))
    for field, labels in asked:
        unknown = [str(label) for label in labels if nomenclature.code_of(label) is None]
        if unknown:
            known = ", ".join(f"{c.code} {c.alias}" for c in nomenclature.classes)
            text = f"classes that are not in nomenclature {nomenclature.name}: {', '.join(unknown)}"
            yield Fault("E-SEL-005", config.name, field, text, f"its classes: {known}")


def _table_faults(config: RunConfig, nomenclature: Nomenclature) -> Iterator[Fault]:
    samples = config.samples
    try:
        for choice in (samples.selection, *samples.selection.regions.values()):
            strategy_of(choice, nomenclature)
        if samples.augmentation is not None:
            augmentation_of(samples.augmentation, nomenclature)
            require_library(samples.augmentation.method)
    except IotaError as error:
        yield from error.faults


def _rule_faults(config: RunConfig, nomenclature: Nomenclature) -> Iterator[Fault]:
    """E-SEL-007: two rules that copy a class from one region to the same other one."""
    every = set(nomenclature.codes)
    seen: dict[tuple[str, str], set[int]] = {}
    for place, rule in enumerate(config.samples.copies):
        own = every if rule.classes == "all" else set(codes(rule.classes, nomenclature))
        before = seen.setdefault((rule.source, rule.to), set())
        if own & before:
            text = f"an earlier rule copies {nomenclature[min(own & before)].alias} from {rule.source} to {rule.to} already"
            yield Fault("E-SEL-007", config.name, f"samples.copies.{place}", text, "give each class one rule")
        before |= own


def _mode_faults(config: RunConfig) -> Iterator[Fault]:
    """E-ANN-006: what cannot be scored on samples of other years."""
    scored = bool(config.samples.years) or (config.samples.annual is not None and config.samples.annual.method == "previous_year")
    divided = config.samples.regions is not None and config.samples.regions.maximum_area is not None
    field = "samples.years" if config.samples.years else "samples.annual"
    if config.samples.years and not config.samples.places and config.assessment.cross_validation is not None:
        text = "folds are made of polygons of the year that is mapped, and it has none"
        yield Fault("E-ANN-006", config.name, "assessment.cross_validation", text, "give samples.polygons, or leave it out")
    for other, given in (("fusion", config.fusion is not None), ("samples.regions.maximum_area", divided)):
        if scored and given:
            text = f"samples of other years are scored by one model for each region and run, and `{other}` has several"
            yield Fault("E-ANN-006", config.name, field, text, "leave one of them out")


def _map_faults(config: RunConfig, inventory: Inventory) -> Iterator[Fault]:
    """Rasters of another year that cannot be read; E-ANN-008: metres on a grid in degrees."""
    annual = config.samples.annual
    if annual is None:
        return
    for path in (annual.map, annual.validity):
        try:
            if path is not None:
                read_header(str(path))
        except IotaError as error:
            yield from error.faults
    degrees = [tile.name for tile in inventory.tiles if tile.geobox.crs is None or not tile.geobox.crs.projected]
    if annual.distance > 0 and degrees:
        text = f"tile {', '.join(degrees)} has no grid in metres"
        yield Fault("E-ANN-008", config.name, "samples.annual.distance", text, "leave `distance` out")


def require_names(config: RunConfig, inventory: Inventory, nomenclature: Nomenclature) -> None:
    """Raise ConfigError with every fault of `management_faults`."""
    faults = management_faults(config, inventory, nomenclature)
    if faults:
        raise ConfigError(*faults)
