import yaml

from murmur.audit.snakemake_plan import plan

STUDY = {
    "study": "tiny",
    "cohorts": {"mice": {"source": {"phantom": {"mice": 6}}, "split": {"train": 2, "validation": 1, "test": 3}}},
    "readers": {"net": {"train_on": "mice"}},
}


def test_a_study_file_is_planned_and_nothing_is_left_behind(root, tmp_path):
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(STUDY))
    asked = plan(root, tmp_path, [file])
    assert asked.problem == ""
    job = asked.job_of["results/tiny/cohorts/mice/split.csv"]
    assert job["rule"] == "draw_split"
    assert job["inputs"] == ["results/tiny/cohorts/mice/manifest.csv"]
    assert sorted(job["settings"]) == ["assignment", "is_drawn", "key", "trains"]
    assert len(asked.job_of["results/tiny/cohorts/mice/truth.csv"]["outputs"]) == 8
    assert list(tmp_path.iterdir()) == [file]


def test_without_a_study_file_the_rules_are_known_all_the_same(root, tmp_path):
    asked = plan(root, tmp_path, [tmp_path / "none.yaml"])
    assert asked.jobs == []
    assert asked.problem == f"found no study file {tmp_path / 'none.yaml'}"
    assert not asked.is_refused
    assert asked.removes("collect_slices", "results/any/readers/any/slices.h5")
    assert not asked.removes("train_network", "results/any/readers/any/model.keras")
    assert asked.lasts("obtain_mouse")
    assert not asked.lasts("segment_mouse")


def test_a_study_file_that_cannot_be_used_is_said_to_be_so(root, tmp_path):
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(STUDY | {"raeders": {}}))
    asked = plan(root, tmp_path, [file])
    assert asked.jobs == []
    assert "raeders: found an unknown key" in asked.problem
    assert asked.is_refused
    assert asked.removes("collect_slices", "slices.h5")


def test_mouse_that_cannot_be_reached_is_named(root, tmp_path):
    (tmp_path / "mice").mkdir()
    for name in ("M1", "M2"):
        (tmp_path / "mice" / f"{name}.h5").symlink_to(f"/nowhere/{name}.h5")
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump({"study": "tiny", "cohorts": {"mine": {"source": {"folder": "mice"}}}}))
    asked = plan(root, tmp_path, [file])
    assert asked.is_refused
    for name in ("M1", "M2"):
        assert f"mice/{name}.h5: found a link to '/nowhere/{name}.h5', which does not exist" in asked.problem
