import platform
from importlib import metadata

import pytest

from murmur.provenance import software

CODE = """
import csv
import os.path, numpy.linalg as linalg
from murmur.errors import BadInput
from . import neighbour

def later():
    from skimage.measure import label
    import no_such_package
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "code.py").write_text(CODE)
    return tmp_path / "code.py"


def test_packages_are_found_wherever_they_are_imported(file):
    assert software.imported_packages(file) == {"numpy", "skimage", "no_such_package"}


def test_versions_are_those_of_the_distributions(file):
    found = software.software_of([file])
    assert found == {
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "scikit-image": metadata.version("scikit-image"),
    }


def test_keras_names_what_it_computes_with(tmp_path):
    (tmp_path / "code.py").write_text("def later():\n    import keras\n")
    found = software.software_of([tmp_path / "code.py"])
    assert found["keras"] == metadata.version("keras")
    assert any(name.startswith("tensorflow") for name in found)


def test_snakemake_is_left_to_the_workflow(tmp_path):
    (tmp_path / "code.py").write_text("from snakemake.iocontainers import Snakemake\n")
    assert set(software.software_of([tmp_path / "code.py"])) == {"python"}
