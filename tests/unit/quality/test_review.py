import pandas as pd

from murmur.quality.review import page_numbers, review


def table(rows, columns):
    return pd.DataFrame(rows, columns=columns)


def test_worst_mouse_and_slice_come_first_and_all_mice_are_listed():
    findings = table(
        [
            ("a", 3, 1, "holes", "holes of 2%"),
            ("a", 5, 2, "holes", "holes of 3%"),
            ("a", 5, 4, "holes", "holes of 4%"),
            ("a", 5, 4, "islands", "an island"),
            ("a", None, None, "EF", "EF of 90%"),
            ("b", 1, 0, "islands", "an island"),
        ],
        ["mouse", "slice", "frame", "sign", "reason"],
    )
    dice = {"a": (0.9, 0.85), "b": (0.95, 0.4), "c": (0.9, 0.9)}
    quality = [
        (mouse, f"dice_{name}", value)
        for mouse, pair in dice.items()
        for name, value in zip(("blood_pool", "myocardium"), pair, strict=True)
    ]
    quality += [(mouse, "EF", error) for mouse, error in (("a", 2.0), ("b", 7.0), ("c", 1.0))]
    pictures = {mouse: f"{mouse}.png" for mouse in "cab"}
    predicted = {("a", 3): 0.9, ("a", 5): 0.6, ("b", 1): 0.5}
    found = review(
        findings, table(quality, ["mouse", "quantity", "predicted"]), pictures, "review.pdf", {("a", 5): 3.5}, predicted
    )
    assert found["mouse"].tolist() == ["b", "a", "a", "a", "c"]
    numbers = found["slice_number"]
    assert numbers.dropna().tolist() == [2, 6, 4] and numbers.isna().tolist() == [False, True, False, False, True]
    assert found["dice_slice"].dropna().tolist() == [0.5, 0.6, 0.9]
    row = found.iloc[2]
    assert (row["frame_number"], row["frames"], row["reasons"]) == (5, 2, "holes of 3%; an island")
    assert found.loc[1, "reasons"] == "EF of 90%" and found["reasons"].isna().tolist() == [False] * 4 + [True]
    assert found["picture"].tolist() == ["b.png", "a.png", "a.png", "a.png", "c.png"]
    assert found["jump_percent"].dropna().to_dict() == {2: 3.5}
    assert found["page"].fillna("").tolist() == ["review.pdf#page=1"] * 4 + [""]
    assert found.loc[0, ["dice_blood_pool", "dice_myocardium", "EF_error"]].tolist() == [0.95, 0.4, 7.0]


def test_slice_without_a_mask_in_any_frame_comes_first():
    findings = table(
        [("a", 1, 0, "holes", "holes"), ("a", 2, 0, "missing_slice", "missing")],
        ["mouse", "slice", "frame", "sign", "reason"],
    )
    quality = table([("a", f"dice_{name}", 0.9) for name in ("blood_pool", "myocardium")] + [("a", "EF", 1.0)],
                    ["mouse", "quantity", "predicted"])  # fmt: skip
    found = review(findings, quality, {"a": "a.png"}, "review.pdf", {}, {("a", 1): 0.3})
    assert found["slice_number"].tolist() == [3, 2]


def test_no_findings_and_no_predictions(no_warnings):
    quality = table(
        [("a", "dice_blood_pool", None), ("a", "dice_myocardium", None), ("a", "EF", None)],
        ["mouse", "quantity", "predicted"],
    )
    empty = table([], ["mouse", "slice", "frame", "sign", "reason"])
    found = review(empty, quality, {"a": "a.png"}, "review.pdf", {}, {})
    assert found["mouse"].tolist() == ["a"] and found["dice_myocardium"].isna().all()


def test_first_rows_with_reasons_are_shown_a_few_of_each_mouse():
    mice = [f"M{number}" for number in range(30) for _ in range(7)]
    reasons = [None if mouse == "M3" else "holes" for mouse in mice]
    found = page_numbers(pd.DataFrame({"mouse": mice, "reasons": reasons}))
    assert found[:7].tolist() == [1] * 5 + [pd.NA] * 2
    assert found[21:28].isna().all()
    assert found.dropna().tolist() == [page for page in range(1, 11) for _ in range(10)]
    assert found.last_valid_index() == 7 * 20 + 4
