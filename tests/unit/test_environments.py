import ast
import json
import os
import re
import subprocess
import sys

import pytest
import yaml

import audit_dependencies

INSTALLED_AS = {
    "docx": "python-docx",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "surface_distance": "surface-distance",
    "yaml": "pyyaml",
}


def pins(lines):
    found = (re.match(r"([A-Za-z0-9_.-]+)(?:\[[a-z-]+\])?==([^\s;]+)", line) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


def locked(root, name):
    return pins((root / "envs" / f"{name}.txt").read_text().splitlines())


@pytest.fixture(scope="module")
def pinned(root):
    return locked(root, "requirements")


def packages(root, name):
    dependencies = yaml.safe_load((root / "envs" / f"{name}.yaml").read_text())["dependencies"]
    listed = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    assert all(pins([line]) for line in listed), "every package is pinned"
    return pins(listed)


@pytest.mark.parametrize("name", ["launcher", "analysis", "training", "training-gpu"])
def test_environment_has_the_pinned_versions(root, pinned, name):
    known = pinned | (locked(root, "requirements-slurm") if name == "launcher" else {})
    for package, version in packages(root, name).items():
        assert known[package] == version, package


@pytest.mark.parametrize("name", ["requirements", "requirements-gpu", "requirements-slurm", "requirements-audit"])
def test_what_is_asked_for_is_pinned(root, name):
    asked = pins((root / "envs" / f"{name}.in").read_text().splitlines())
    assert asked.items() <= locked(root, name).items()


def test_gpu_has_cuda_instead_of_tensorflow_without_it_and_else_the_same(root, pinned):
    gpu = locked(root, "requirements-gpu")
    cuda = {package for package in gpu if package.startswith("nvidia-")}
    assert {"nvidia-cudnn-cu12", "nvidia-cuda-nvcc-cu12"} <= cuda
    assert pinned.keys() - gpu.keys() == {"tensorflow-cpu"}
    assert gpu.keys() - pinned.keys() == cuda
    assert all(pinned.get(package, version) == version for package, version in gpu.items())


def test_training_on_a_gpu_differs_in_cuda_alone(root):
    gpu, cpu = packages(root, "training-gpu"), packages(root, "training")
    assert cpu == gpu | {"tensorflow-cpu": gpu["tensorflow"]}
    assert "tensorflow[and-cuda]==" in (root / "envs" / "training-gpu.yaml").read_text()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["train_network:slurm_partition=gpu"], {"training"}),
        (["train_network:gpu=1"], {"training", "training-gpu"}),
        (["train_network:gpu=0", "train_network:gres=gpu:a100:1", "segment_mouse:gpu=1"], {"training-gpu"}),
    ],
)
def test_jobs_that_ask_for_a_gpu_get_cuda(root, tmp_path, asked, expected):
    conda = tmp_path / "conda"
    answer = {"conda_prefix": "/", "platform": "linux-64", "conda_version": "25.1.0", "get": {}}
    conda.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    conda.chmod(0o755)
    command = [sys.executable, "-m", "snakemake", "--snakefile", root / "Snakefile", "--directory", tmp_path]
    command += ["--cores", "1", "--software-deployment-method", "conda", "--list-conda-envs"]
    command += ["--set-resources", *asked]
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PATH": path}, timeout=120)
    assert set(re.findall(r"envs/([\w-]+)\.yaml", done.stdout)) - {"analysis"} == expected, done.stderr


def test_slurm_adds_its_plugin_alone(root, pinned):
    slurm = locked(root, "requirements-slurm")
    assert slurm.keys() - pinned.keys() == {f"snakemake-executor-plugin-slurm{part}" for part in ("", "-jobstep")}
    assert all(pinned.get(package, version) == version for package, version in slurm.items())


@pytest.mark.parametrize("name", ["requirements", "requirements-gpu", "requirements-slurm", "requirements-audit"])
def test_every_requirement_has_a_hash_and_none_an_address(root, name):
    text = (root / "envs" / f"{name}.txt").read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def imported(files):
    names = set()
    for file in (file for file in files if file.suffix == ".py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
    return {INSTALLED_AS.get(name, name) for name in names - set(sys.stdlib_module_names) - {"murmur", "snakemake"}}


def test_each_script_finds_what_it_imports(root):
    """Every rule's environment holds the packages that its script imports, directly or through the library."""
    from murmur.provenance.code import modules_of

    rules = "\n".join(path.read_text() for path in (root / "rules").glob("*.smk"))
    listed = re.findall(
        r'conda:\s+(?:"\.\./envs/(\w+)\.yaml"|network_environment\().*?"\.\./scripts/(\w+)\.py"', rules, re.DOTALL
    )
    used = [(environment or "training", script) for environment, script in listed]
    scripts = {path.stem for path in (root / "scripts").glob("*.py")}
    assert sorted(script for _, script in used) == sorted(scripts)
    for environment, script in used:
        file = root / "scripts" / f"{script}.py"
        missing = imported([file, *modules_of(file)]) - set(packages(root, environment))
        assert not missing, f"{script} in {environment}"


def test_only_training_and_segmentation_import_tensorflow(root):
    from murmur.provenance.code import modules_of

    for file in (root / "scripts").glob("*.py"):
        heavy = {"keras", "tensorflow"} & imported([file, *modules_of(file)])
        assert bool(heavy) == (file.stem in {"train_network", "export_network", "segment_mouse"}), file


def test_container_is_built_from_the_pins(root):
    recipe = (root / "envs" / "murmur.def").read_text()
    header, *found = re.split(r"^%(\w+)\n", recipe, flags=re.MULTILINE)
    sections = {
        name: [line.strip() for line in body.splitlines() if line.strip()]
        for name, body in zip(found[::2], found[1::2], strict=True)
    }
    python = re.search(r"^From: python:(3\.\d+)\.\d+-slim-\w+$", header, re.MULTILINE)[1]
    assert f"python={python}" in (root / "envs" / "launcher.yaml").read_text()
    assert sections["arguments"] == ["requirements=envs/requirements-gpu.txt"]
    assert sections["files"] == ["{{ requirements }} /opt/requirements.txt"]
    assert any("--require-hashes -r /opt/requirements.txt" in line for line in sections["post"])
    for named in re.findall(r"envs/[\w.-]+", recipe):
        assert (root / named).is_file(), named


def test_page_for_clusters_names_what_is_there(root):
    page = (root / "docs" / "cluster.md").read_text()
    for named in re.findall(r"(?:envs|profiles)/[\w./-]*\w", page):
        assert (root / named).exists(), named
    targets = set(re.findall(r"^(\w+):", (root / "Makefile").read_text(), re.MULTILINE))
    for called in re.findall(r"\bmake (?:PYTHON=\S+ )?((?:gpu|slurm)(?: gpu| slurm)*)", page):
        assert set(called.split()) <= targets, called
    profile = (root / "profiles" / "slurm" / "profile.yaml").read_text()
    profile_lines = """slurm-status-command: squeue, slurm-status-attempts: 200, slurm_account, slurm_partition, gpu: 1,
        gres: gpu:1, slurm_extra, runtime, mem_mb, jobs, latency-wait, results/slurm_logs"""
    for line in re.split(r",\s+", profile_lines):
        assert line in page and line in profile, line
    assert (
        'f"The job was given {wanted} GPU, and' in (root / "scripts" / "murmur" / "network" / "devices.py").read_text()
    )


def test_package_without_an_answer_is_not_called_audited(capsys):
    safe, flaw = {"name": "a", "version": "1", "vulns": []}, {"id": "CVE-1", "fix_versions": ["2"]}
    assert audit_dependencies.report("r.txt", [safe]) == (0, 0)
    assert capsys.readouterr().out == ""
    assert audit_dependencies.report("r.txt", [safe, {"name": "b", "version": "1", "vulns": [flaw]}]) == (1, 0)
    assert capsys.readouterr().out == "r.txt: b 1 has CVE-1; corrected in 2\n"
    assert audit_dependencies.report("r.txt", [safe, {"name": "c", "skip_reason": "not found"}]) == (0, 1)
    assert "NOT AUDITED: the database of vulnerabilities gave no answer for c" in capsys.readouterr().out
    assert audit_dependencies.report("r.txt", []) == (0, 1)
    assert "for any package" in capsys.readouterr().out
