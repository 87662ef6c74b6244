import shutil

import pytest

from murmur.provenance import code


@pytest.fixture
def scripts(root, tmp_path):
    shutil.copytree(root / "scripts", tmp_path / "scripts")
    return tmp_path / "scripts"


def names(script):
    return {path.stem for path in code.modules_of(script)}


def test_modules_are_found_through_modules_and_inside_functions(scripts):
    assert {
        "manifest",
        "postprocessing",
        "unet3plus",
        "mouse_file",
        "csv_tables",
        "errors",
        "logs",
        "preprocessing",
    } <= names(scripts / "segment_mouse.py")
    assert "unet3plus" not in names(scripts / "measure_volumes.py")
    assert "training" in names(scripts / "train_network.py")


def test_packages_are_found(scripts):
    found = code.modules_of(scripts / "generate_phantom.py")
    assert any(path.parent.name == "phantom" for path in found)


def test_digest_changes_with_a_module_that_is_imported_and_no_other(scripts):
    before = {name: code.digest_of(scripts / f"{name}.py") for name in ("measure_overlap", "measure_volumes")}
    with open(scripts / "murmur" / "measurement" / "overlap.py", "a") as file:
        file.write("# changed\n")
    code.digest_of.cache_clear()
    assert code.digest_of(scripts / "measure_overlap.py") != before["measure_overlap"]
    assert code.digest_of(scripts / "measure_volumes.py") == before["measure_volumes"]
