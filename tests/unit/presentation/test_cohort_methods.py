"""Paragraphs of the methods section on one cohort: contours and split."""

import pandas as pd

from methods_of_a_study import OURS, SPLIT, STUDY, manifest
from murmur.presentation.prose import cohort_methods


def test_inflow_mice_are_counted_by_set():
    table = pd.DataFrame({"mouse": ["A", "B", "C"], "split": ["train", "test", "test"]})
    assert cohort_methods.sets_of(pd.Series(["B"]), table) == " of the test set"
    assert cohort_methods.sets_of(table["mouse"], table) == " (1 of the training set and 2 of the test set)"


def test_other_annotated_frames_are_not_said_to_have_inflow():
    """A lab that contours every frame: 3 + 2 of 7 contoured frames are neither ED nor ES nor inflow frames."""
    table = manifest(3, annotated_frames=["0;1;2;3;6", "0;1;3;6", "0"], es_frame=[6, 6, None])
    text = cohort_methods.contours("ours", {"source": {"folder": "mice"}}, table, None)
    assert "10 frames of the 3 mice of the ours cohort, including 5 frames other than ED and ES in 2 mice." in text
    assert "inflow" not in text
    mixed = table.assign(inflow_frames=["1;2", None, None])
    text = cohort_methods.contours("ours", {"source": {"published": True}}, mixed, None)
    assert "including 2 frames with inflow artefacts in 1 mouse and 3 frames other than ED and ES in 2" in text


def test_split_names_only_the_rules_that_were_needed():
    cohort = STUDY["cohorts"]["ours"]
    assert (
        "The mouse with inflow artefacts was assigned to the training set, mice without contours to the test set and "
        "the other mice at random, stratified by phenotype (seed 77). Performance with inflow artefacts was therefore "
        "not tested in this cohort."
    ) in cohort_methods.split("ours", cohort, OURS, SPLIT)
    contoured = OURS.assign(inflow_frames=None, annotated_frames="0;6")
    text = cohort_methods.split("ours", cohort, contoured, SPLIT)
    assert "were divided at random, stratified by phenotype (seed 77), into a training" in text
    assert text.endswith("all images of an animal being assigned to the same set.")
    inflow = contoured.assign(inflow_frames="3")
    assert f"The {len(OURS)} mice with inflow artefacts were assigned to the training set and the other mice at " in (
        cohort_methods.split("ours", cohort, inflow, SPLIT)
    )
    text = cohort_methods.split("ours", cohort, OURS.assign(inflow_frames=None), SPLIT)
    assert "Mice without contours were assigned to the test set and the other mice at random, stratified by" in text
    assert "inflow" not in text


def test_structures_that_are_not_contoured_in_all_frames():
    """An expert who contours the myocardium at ED only, or also in some other frames."""
    source, table = {"source": {"folder": "mice"}}, manifest(2, annotated_frames=["0;6", "0;3;6"])
    rows = [("M1", 0, 50, 80), ("M1", 1, None, None), ("M1", 6, 20, None)]
    rows += [("M2", 0, 50, 80), ("M2", 3, 40, None), ("M2", 6, 20, None)]
    volumes = pd.DataFrame(rows, columns=["mouse", "frame", "blood_pool_uL", "myocardium_mg"])

    def said(of):
        return cohort_methods.contours("ours", source, table, None, of)

    assert said(volumes) == (
        "An expert contoured 5 frames of the 2 mice of the ours cohort, including 1 frame other than ED and ES in 1 "
        "mouse. The blood pool was contoured in all of these frames and the myocardium in 2 (at ED only)."
    )
    volumes.loc[4, "myocardium_mg"] = 85
    assert "the myocardium in 3 (2 at ED and 1 in other phases)." in said(volumes)
    assert said(volumes.assign(myocardium_mg=None)).endswith("the myocardium in none.")
    both = volumes.assign(myocardium_mg=volumes["blood_pool_uL"])
    assert said(both).startswith("An expert contoured the myocardium and the blood pool in 5 frames of the 2 mice")
    assert "of these frames" not in said(both)


def test_phenotypes_of_simulated_mice_are_explained():
    cohorts = [manifest(2, phenotype=["control", "tac"]), manifest(3, phenotype=["control", "tac", "dcm"])]
    assert cohort_methods.simulated_phenotypes(cohorts) == (
        "The phenotypes dcm and tac denote dilated cardiomyopathy and transverse aortic constriction, respectively."
    )
    assert cohort_methods.simulated_phenotypes(cohorts[:1]) == (
        "The phenotype tac denotes transverse aortic constriction."
    )
    assert cohort_methods.simulated_phenotypes([manifest(1, phenotype="control")]) == ""
