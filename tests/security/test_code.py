"""The source of the package, read as a tree: what would let a file run code, a server listen to the world, or a parser fetch, is not in it."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "iota_py"
MODULES = sorted(PACKAGE.rglob("*.py"))
UNPICKLING = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "shelve", "marshal", "jsonpickle"}
# name of a call -> why it is not made
FORBIDDEN_CALLS = {
    "joblib.load": "unpickles", "joblib.dump": "pickles", "pd.read_pickle": "unpickles", "pd.to_pickle": "pickles", "torch.load": "unpickles",
    "eval": "runs text", "exec": "runs text", "compile": "runs text", "os.system": "runs a shell", "os.popen": "runs a shell",
    "yaml.safe_load": "takes aliases and duplicate keys", "yaml.full_load": "builds objects", "yaml.unsafe_load": "builds objects",
    "ET.parse": "the XML of others goes through defusedxml", "ET.fromstring": "the XML of others goes through defusedxml",
    "ET.iterparse": "the XML of others goes through defusedxml", "ET.XML": "the XML of others goes through defusedxml",
    "tarfile.extractall": "unpacks", "zipfile.extractall": "unpacks", "shutil.unpack_archive": "unpacks", "tempfile.mktemp": "races",
    "skops.io.get_untrusted_types": "the allow-list is ours, not the file's",
}  # fmt: skip
OWN_FILES = {("assessment/language.py", "yaml.safe_load")}  # it reads the translations that are part of the package
# where code of a user is run, on purpose and when it was asked for twice
USER_CODE = "pipeline/inputs/usercode.py"


@functools.cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Each module with its tree, parsed once for all tests."""
    return tuple((path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES)


def name_of(node: ast.expr) -> str:
    """`a.b.c` of an expression of names, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = name_of(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    return ""


@functools.cache
def calls() -> tuple[tuple[str, ast.Call, str], ...]:
    return tuple((where, node, name_of(node.func)) for where, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call))


def keyword(call: ast.Call, name: str) -> object:
    """Constant value of a keyword, None where it is not given."""
    return next((one.value.value for one in call.keywords if one.arg == name and isinstance(one.value, ast.Constant)), None)


def test_nothing_that_pickles_is_imported() -> None:
    assert len(MODULES) > 300
    found = []
    for where, tree in trees():
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [(where, name) for name in names if name.split(".")[0] in UNPICKLING]
    assert found == []


def test_no_call_runs_what_a_file_says() -> None:
    found = [(where, name, call.lineno) for where, call, name in calls() if name in FORBIDDEN_CALLS and (where, name) not in OWN_FILES]
    assert found == []
    assert [where for where, _, name in calls() if name.endswith((".extractall", ".loads_unsafe"))] == []


def test_arrays_are_read_without_pickle() -> None:
    loads = [(where, call) for where, call, name in calls() if name in ("np.load", "numpy.load", "np.lib.format.read_array")]
    assert loads
    assert [where for where, call in loads if keyword(call, "allow_pickle") is not False] == []
    assert [where for where, call, name in calls() if keyword(call, "allow_pickle") not in (None, False)] == []


def test_yaml_is_read_by_one_strict_loader() -> None:
    loads = [(where, call) for where, call, name in calls() if name == "yaml.load"]
    assert [where for where, _ in loads] == ["io/documents.py"]


def test_programs_are_called_by_words_and_never_through_a_shell() -> None:
    runs = [(where, call) for where, call, name in calls() if name.startswith("subprocess.")]
    assert runs
    assert [where for where, call in runs if keyword(call, "shell")] == []


def test_modules_are_loaded_from_files_in_one_place_only() -> None:
    found = {where for where, _, name in calls() if name.endswith(("exec_module", "spec_from_file_location", "run_path", "__import__"))}
    assert found == {USER_CODE}


def test_no_server_listens_to_the_world() -> None:
    found = []
    for where, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and node.value in ("0.0.0.0", "::", "[::]"):
                found.append((where, node.lineno))
    assert found == []


def test_rasters_are_opened_with_a_driver() -> None:
    """GDAL would guess it from the content, and a VRT can name any file; only what this package has just written goes without."""
    opened = [(where, call) for where, call, name in calls() if name == "rasterio.open"]
    assert opened
    loose = [(where, call.lineno) for where, call in opened if not _has_driver(call)]
    assert loose == []


def _has_driver(call: ast.Call) -> bool:
    """A driver is named, or the profile given with `**` names it (files being written)."""
    return any(one.arg == "driver" or one.arg is None for one in call.keywords)


@pytest.mark.parametrize("variable", ["GDAL_VRT_ENABLE_PYTHON", "GDAL_VRT_PYTHON_TRUSTED_MODULES"])
def test_python_in_rasters_is_never_switched_on(variable: str) -> None:
    assert [path for path in MODULES if variable in path.read_text(encoding="utf-8")] == []
