import shutil

import pytest

from murmur import modules


@pytest.fixture
def scripts(root, tmp_path):
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    return tmp_path / "scripts"


def names(script):
    return {path.stem for path in modules.modules_of(script)}


def test_modules_are_found_through_modules_and_inside_functions(scripts):
    assert {"manifest", "components", "network", "cines", "tables", "errors", "logs", "slices"} <= names(
        scripts / "segment_mouse.py"
    )
    assert "network" not in names(scripts / "measure_volumes.py")
    assert "training" in names(scripts / "train_network.py")


def test_packages_are_found(scripts):
    found = modules.modules_of(scripts / "generate_phantom.py")
    assert any(path.parent.name == "phantom" for path in found)


def test_digest_changes_with_a_module_that_is_imported_and_no_other(scripts):
    before = {name: modules.digest_of(scripts / f"{name}.py") for name in ("measure_overlap", "measure_volumes")}
    with open(scripts / "murmur" / "overlap.py", "a") as file:
        file.write("# changed\n")
    modules.digest_of.cache_clear()
    assert modules.digest_of(scripts / "measure_overlap.py") != before["measure_overlap"]
    assert modules.digest_of(scripts / "measure_volumes.py") == before["measure_volumes"]
