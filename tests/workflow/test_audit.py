"""The audit of a whole study: nothing found where nobody touched anything, and everything that was touched."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from job_records import record_of, record_path
from murmur.audit import current_state
from murmur.audit import study as audit
from murmur.audit.lineage_text import tree
from murmur.audit.snakemake_plan import plan
from murmur.provenance import code
from murmur.provenance.record import digest
from workplace import ROOT, copy_of

CODE = ("Snakefile", "rules", "scripts", "config", "envs", "profiles", "report", "models", "CITATION.cff")
RESULTS = "results/small"
COHORT = f"{RESULTS}/cohorts/mice"
SEGMENTATION = f"{RESULTS}/segmentations/mice/trained/Mouse2.h5"
MODEL = f"{RESULTS}/readers/trained/model.keras"
FUNCTION = f"{RESULTS}/measurements/mice/trained/function.csv"
AGREEMENT = f"{RESULTS}/statistics/mice/trained/agreement.csv"
FIGURE_3 = f"{RESULTS}/figures/mice/trained/figure_3_agreement.pdf"
FIGURE_3_GIVEN = f"{RESULTS}/figures/mice/given/figure_3_agreement.pdf"
FIGURE_5 = f"{RESULTS}/figures/mice/trained/figure_5_overlap.pdf"
NETWORK = f"{RESULTS}/figures/mice/trained/figure_1_network.pdf"
LEARNING = f"{RESULTS}/figures/mice/trained/learning_curve.pdf"
TABLE_1 = f"{RESULTS}/tables/mice/trained/table_1.csv"


@pytest.fixture(scope="module")
def place(small, tmp_path_factory):
    """A copy of the small study, in another place than where it was made, with a copy of the checkout."""
    folder = tmp_path_factory.mktemp("moved") / "to" / "another" / "place"
    place = copy_of(small, folder)
    checkout = tmp_path_factory.mktemp("checkout")
    for name in CODE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy2(source, checkout / name)
    place.checkout = checkout
    return place


@pytest.fixture(scope="module")
def asked(place):
    """What the untouched study file asks for."""
    return plan(place.checkout, place.folder, [place.folder / "small.yaml"])


class Hands:
    """What somebody does to a study, and how it was before."""

    def __init__(self, place):
        self.folder, self.checkout = place.folder, place.checkout
        self._before = {}

    def keep(self, path):
        """Remember a file of the study, or of the checkout, and return where it is."""
        file = (self.checkout if path.startswith("scripts/") else self.folder) / path
        self._before.setdefault(file, file.read_bytes() if file.is_file() else None)
        return file

    def flip(self, path):
        """Change one byte in the middle of a file."""
        file = self.keep(path)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    def write(self, path, content):
        """Write a file anew."""
        self.keep(path).write_bytes(content)

    def replace(self, path, old, new):
        """Replace something in a file."""
        self.write(path, (self.folder / path).read_bytes().replace(old, new))

    def append(self, path, text):
        """Add a line to a Python file."""
        with open(self.keep(path), "a") as file:
            file.write(f"{text}\n")

    def delete(self, path):
        """Delete a file."""
        self.keep(path).unlink()

    def delete_record(self, path):
        """Delete the record of the job that made a file."""
        self.delete(self.record(path))

    def record(self, path):
        """Return the path of the record of the job that made a file."""
        return record_path(self.folder, path)

    def edit(self, path, change, sealed):
        """Change the record of a file by hand, and seal it again or not."""
        file = self.keep(self.record(path))
        record = json.loads(file.read_text())
        change(record)
        if sealed:
            record["record"] = digest(record["made"])
            record["seal"] = digest({part: content for part, content in record.items() if part != "seal"})
        file.write_text(json.dumps(record, indent=1) + "\n")

    def setting(self, change):
        """Change the study file."""
        study = yaml.safe_load(self.keep("small.yaml").read_text())
        change(study)
        (self.folder / "small.yaml").write_text(yaml.safe_dump(study))

    def undo(self):
        """Make all as it was."""
        for file, content in self._before.items():
            file.unlink(missing_ok=True)
            if content is not None:
                file.write_bytes(content)


@pytest.fixture
def hands(place, asked, monkeypatch):
    """Hands on the copied study, which is as it was before afterwards; the audit plans its own study file once."""
    monkeypatch.setattr(audit, "CHECKOUT", place.checkout)
    monkeypatch.setattr(audit, "plan", lambda *_: asked)
    hands = Hands(place)
    yield hands
    hands.undo()


def verdicts(place):
    """Return verdict and sentences of every file of the study that was made, by path, as by a new process."""
    code._read.cache_clear()
    found, files = audit.audit_study(place.folder / RESULTS)
    every = {*files, *found.reached} - set(found.sources)
    return {path: (found.verdict(path)[0], " ".join(r.sentence for r in found.verdict(path)[1])) for path in every}


def test_untouched_study_is_verified_whole(place, hands):
    found = verdicts(place)
    assert {path for path, verdict in found.items() if verdict != ("VERIFIED", "")} == set()
    assert len(found) > 110
    figures = [path for path in found if path.endswith((".pdf", ".gif", ".docx", ".md"))]
    assert len(figures) >= 12 + 6 + 6 + 2
    for path in (FIGURE_3, TABLE_1, SEGMENTATION):
        found, origin = audit.audit_file(place.folder / path, Path("nowhere"))
        assert found.verdict(path) == ("VERIFIED", [])
        assert not origin.detached


def test_comments_logs_and_plumbing_leave_a_study_verified(place, hands):
    hands.append("scripts/plot_agreement.py", "# a comment")
    hands.append("scripts/murmur/statistics/agreement.py", "print('read')")
    hands.append("scripts/murmur/provenance/stamp.py", "MORE = 1")
    hands.append("scripts/murmur/job.py", "MORE = 1")
    assert {verdict for verdict, _ in verdicts(place).values()} == {"VERIFIED"}


def test_copies_in_a_package_are_not_part_of_the_study(place, hands):
    """As those that the rule crate makes."""
    package = place.folder / RESULTS / "package"
    for path in (TABLE_1, FUNCTION, hands.record(TABLE_1), hands.record(FUNCTION)):
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(place.folder / path, package / path)
    try:
        found = verdicts(place)
    finally:
        shutil.rmtree(package)
    assert {verdict for verdict, _ in found.values()} == {"VERIFIED"}
    assert not any("package" in path for path in found)


def flip(path):
    return lambda hands: hands.flip(path)


def delete(*paths):
    return lambda hands: [hands.delete(path) for path in paths]


def delete_record(path):
    return lambda hands: hands.delete_record(path)


def formula(path):
    return lambda hands: hands.append(path, "MORE = 1")


def edit(path, change, sealed):
    return lambda hands: hands.edit(path, change, sealed)


def alpha(record):
    record["made"]["settings"]["alpha"] = 0.2


def one_mouse_less(record):
    del record["made"]["inputs"][-1]


def other_package(record):
    record["made"]["software"]["numpy"] = "1.0"


def altered_with_its_record(path):
    def alter(hands):
        hands.flip(path)
        sha256 = current_state.digest_or_none(hands.folder / path)

        def adapt(record):
            for output in record["outputs"]:
                if output["path"] == path:
                    output.update(sha256=sha256)

        hands.edit(path, adapt, sealed=True)

    return alter


def swapped(a, b):
    def swap(hands):
        for first, second in ((a, b), (hands.record(a), hands.record(b))):
            one, other = hands.keep(first).read_bytes(), hands.keep(second).read_bytes()
            hands.write(first, other)
            hands.write(second, one)

    return swap


STAGES = [
    f"{COHORT}/manifest.csv",
    f"{COHORT}/split.csv",
    MODEL,
    f"{RESULTS}/readers/trained/history.csv",
    SEGMENTATION,
    f"{RESULTS}/measurements/mice/trained/volumes.csv",
    FUNCTION,
    f"{RESULTS}/measurements/mice/trained/overlap.csv",
    AGREEMENT,
    f"{RESULTS}/statistics/mice/trained/overlap_summary.csv",
    f"{RESULTS}/statistics/mice/reader_ranking.csv",
]
PRODUCTS = [
    *(f"{RESULTS}/figures/mice/trained/figure_2_cases.{suffix}" for suffix in ("pdf", "svg", "png")),
    f"{RESULTS}/figures/mice/trained/movie_median.gif",
    *(f"{RESULTS}/tables/mice/trained/table_2.{suffix}" for suffix in ("csv", "html", "tex", "docx")),
    f"{RESULTS}/tables/mice/trained/results.md",
]
USER_OF = {  # something made from each stage
    STAGES[0]: FIGURE_3,
    STAGES[3]: LEARNING,
    STAGES[-2]: PRODUCTS[4],
    STAGES[-1]: f"{RESULTS}/figures/mice/figure_7_readers.pdf",
}

# What is done, a file that this touches, one that it does not, the verdict, and what is said.
TAMPERED = [
    *(
        pytest.param(flip(path), USER_OF.get(path, f"{RESULTS}/tables/mice/trained/results.md"), None, "BROKEN",
                     f"{path} was altered", id=f"byte in {Path(path).name}")
        for path in STAGES
    ),
    *(
        pytest.param(flip(path), path, FIGURE_3, "BROKEN", f"{path} was altered", id=f"byte in {Path(path).name}")
        for path in PRODUCTS
    ),
    pytest.param(flip("mice/Mouse2.h5"), FIGURE_3, NETWORK, "STALE", "mice/Mouse2.h5 has changed", id="byte in mouse"),
    pytest.param(flip("given.keras"), FIGURE_3_GIVEN, FIGURE_3, "STALE", "given.keras has changed",
                 id="byte in weights"),
    pytest.param(formula("scripts/plot_agreement.py"), FIGURE_3, FIGURE_5, "STALE",
                 "scripts/plot_agreement.py has changed", id="script"),
    pytest.param(formula("scripts/murmur/statistics/agreement.py"), FIGURE_3, FIGURE_5, "STALE",
                 "scripts/murmur/statistics/agreement.py has changed", id="module"),
    pytest.param(delete("scripts/murmur/statistics/agreement.py"), FIGURE_3, FIGURE_5, "STALE",
                 "scripts/murmur/statistics/agreement.py no longer exists", id="module gone"),
    pytest.param(delete("mice/Mouse2.h5"), FIGURE_3, None, "BROKEN", "mice/Mouse2.h5 is missing", id="mouse gone"),
    pytest.param(delete("given.keras"), FIGURE_3_GIVEN, FIGURE_3, "BROKEN", "given.keras is missing",
                 id="weights gone"),
    pytest.param(delete(SEGMENTATION), FIGURE_3, FIGURE_3_GIVEN, "BROKEN", f"{SEGMENTATION} is missing",
                 id="intermediate gone"),
    pytest.param(delete(FIGURE_3), FIGURE_3, FIGURE_5, "BROKEN", f"{FIGURE_3} is missing", id="figure gone"),
    pytest.param(delete_record(FIGURE_3), FIGURE_3, FIGURE_5, "BROKEN",
                 f"{FIGURE_3}: its record is missing", id="record of a figure gone"),
    pytest.param(lambda hands: [hands.delete(FIGURE_3), hands.delete_record(FIGURE_3)], FIGURE_3, FIGURE_5, "BROKEN",
                 f"{FIGURE_3} is missing, and its record is missing", id="figure and record gone"),
    pytest.param(delete_record(FUNCTION), FIGURE_3, FIGURE_5, "BROKEN",
                 f"{FUNCTION}: its record is missing", id="record of an intermediate gone"),
    pytest.param(delete_record(f"{RESULTS}/readers/trained/slices.h5"), NETWORK, FIGURE_3_GIVEN, "BROKEN",
                 "slices.h5 is missing, and its record is missing", id="record of a temporary file gone"),
    pytest.param(lambda hands: hands.write(hands.record(FUNCTION), b"{"), FIGURE_3, FIGURE_5, "BROKEN",
                 f"{FUNCTION}: its record is missing, unless it .* cannot be read: .*/measure_function/",
                 id="record unreadable"),
    *(
        pytest.param(edit(path, change, sealed=False), path, FIGURE_3_GIVEN, "BROKEN",
                     f"{path}: its record was changed by hand", id=f"{change.__name__} in record of {Path(path).name}")
        for path in (FIGURE_3, TABLE_1, AGREEMENT, MODEL, SEGMENTATION)
        for change in (alpha, other_package)
    ),
    *(
        pytest.param(edit(path, change, sealed=True), path, FIGURE_3_GIVEN, "BROKEN",
                     "does not (carry|match).* resealed",
                     id=f"{change.__name__} in record of {Path(path).name}, sealed")
        for path in (FIGURE_3, TABLE_1, AGREEMENT, MODEL, SEGMENTATION, FUNCTION)
        for change in (alpha, other_package, one_mouse_less)
    ),
    pytest.param(altered_with_its_record(FUNCTION), FIGURE_3, FIGURE_5, "BROKEN",
                 f"The record of {FUNCTION} does not match that of", id="file altered with its record"),
    pytest.param(altered_with_its_record(MODEL), FIGURE_3, FIGURE_3_GIVEN, "BROKEN",
                 f"The record of {MODEL} does not match that of", id="network altered with its record"),
    pytest.param(swapped(SEGMENTATION, SEGMENTATION.replace("Mouse2", "Mouse3")), FIGURE_3, FIGURE_3_GIVEN, "BROKEN",
                 f"{SEGMENTATION} was altered", id="two mice swapped"),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "touched", "spared", "verdict", "sentence"), TAMPERED)
def test_what_was_touched_is_found_and_named(place, hands, tamper, touched, spared, verdict, sentence):
    tamper(hands)
    found = verdicts(place)
    assert found[touched][0] == verdict
    assert re.search(sentence, found[touched][1]), found[touched][1]
    if spared:
        assert found[spared] == ("VERIFIED", "")


def statistics(study):
    study["statistics"] = {"alpha": 0.01}


def training(study):
    study["readers"]["trained"]["training"]["epochs"] = 3


def one_mouse_more(study):
    study["cohorts"]["mice"]["split"]["test"] = 4


@pytest.mark.parametrize(
    ("tamper", "touched", "spared", "sentence"),
    [
        pytest.param(lambda hands: hands.setting(statistics), FIGURE_3, FIGURE_5,
                     "the setting alpha of plot_agreement was 0.05 and is now 0.01", id="alpha"),
        pytest.param(lambda hands: hands.setting(training), FIGURE_3, FIGURE_3_GIVEN,
                     "the setting training.epochs of train_network was 2 and is now 3", id="epochs"),
        pytest.param(
            lambda hands: hands.replace("participants.tsv", b"2\tcontrol", b"2\tinfarct"), FUNCTION, None,
            'the setting phenotypes.Mouse2 of describe_cohort was "control" and is now "infarct"',
            id="participants",
        ),
        pytest.param(
            lambda hands: [
                hands.write("mice/Mouse7.h5", (hands.folder / "mice" / "Mouse6.h5").read_bytes()),
                hands.setting(one_mouse_more),
            ],
            FIGURE_3, None, "check_cohort would now also use mice/Mouse7.h5", id="a mouse more",
        ),
        pytest.param(
            lambda hands: hands.keep("mice/Mouse7.h5").symlink_to("/nowhere/Mouse7.h5"), FIGURE_3, None,
            "The study can no longer be planned: mice/Mouse7.h5: found a link to '/nowhere/Mouse7.h5'",
            id="a mouse that cannot be reached",
        ),
    ],
)  # fmt: skip
def test_what_the_study_file_now_asks_for_is_found_and_named(
    place, hands, monkeypatch, tamper, touched, spared, sentence
):
    monkeypatch.setattr(audit, "plan", plan)
    tamper(hands)
    found = verdicts(place)
    assert found[touched][0] == "STALE"
    assert sentence in found[touched][1]
    if spared:
        assert found[spared] == ("VERIFIED", "")


def test_without_the_study_file_the_rest_is_judged(place, hands, monkeypatch):
    hands.delete("small.yaml")
    without = plan(place.checkout, place.folder, [place.folder / "small.yaml"])
    monkeypatch.setattr(audit, "plan", lambda *_: without)
    found, files = audit.audit_study(place.folder / RESULTS)
    assert {found.verdict(path)[0] for path in files} == {"VERIFIED"}
    assert "found no study file" in found.current.not_compared[0]
    hands.flip(TABLE_1)
    found, _ = audit.audit_study(place.folder / RESULTS)
    assert found.verdict(TABLE_1)[0] == "BROKEN"


def test_other_packages_and_another_interpreter_are_named(place, hands, monkeypatch):
    version = current_state.metadata.version
    monkeypatch.setattr(
        current_state.metadata, "version", lambda name: "99.0" if name == "matplotlib" else version(name)
    )
    found = verdicts(place)
    assert re.fullmatch(r"matplotlib was [\d.]+ and is 99.0 here.", found[FIGURE_3][1])
    assert found[AGREEMENT] == ("VERIFIED", "")
    monkeypatch.setattr(current_state.platform, "python_version", lambda: "2.7")
    assert re.search(r"python was 3[\d.]+ and is 2.7 here.", verdicts(place)[AGREEMENT][1])


@pytest.mark.parametrize("path", [FIGURE_3, PRODUCTS[1], PRODUCTS[2], PRODUCTS[3], PRODUCTS[6], TABLE_1, AGREEMENT])
def test_a_figure_that_left_its_folder_is_traced(place, hands, tmp_path, path):
    copy = Path(shutil.copy(place.folder / path, tmp_path / f"For the journal{Path(path).suffix}"))
    found, origin = audit.audit_file(copy, place.folder / "results")
    assert (origin.folder, origin.path, origin.detached) == (place.folder, path, True)
    assert found.verdict(origin.path) == ("VERIFIED", [])


def test_a_figure_that_was_altered_after_it_left_is_broken(place, hands, tmp_path):
    copy = Path(shutil.copy(place.folder / FIGURE_3, tmp_path / "figure.pdf"))
    with open(copy, "ab") as file:
        file.write(b"% saved by other software\n")
    found, origin = audit.audit_file(copy, place.folder / "results")
    verdict, reasons = found.verdict(origin.path)
    assert verdict == "BROKEN"
    assert f"{copy} was altered, or saved by other software" in reasons[0].sentence


def run(*arguments, folder=None):
    """Run the audit as a person does; return its exit status and what it printed."""
    command = [sys.executable, "-m", "murmur.audit", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def test_what_a_person_reads(place, hands):
    status, text = run(FIGURE_3, folder=place.folder)
    assert status == 0
    lines = text.splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) <= 120
    assert text.count("│  scripts/segment_mouse.py") == text.count("6 sources mice/*.h5\n") == 1
    assert "slices.h5 (removed after use)" in text
    assert "epochs 2," in text
    assert all(re.search(rf"Mouse{number} [0-9a-f]{{12}}", text) for number in range(1, 7))
    assert lines[-1].startswith("VERIFIED: ")
    hands.flip(SEGMENTATION)
    status, text = run(FIGURE_3, folder=place.folder)
    assert status == 2
    assert "Mouse6}.h5 (BROKEN: 1 of 3)" in text
    assert text.splitlines()[-1].startswith(f"  BROKEN  {SEGMENTATION} was altered")


def test_what_a_machine_reads(place, hands):
    hands.write("given.keras", (place.folder / "given.keras").read_bytes() + b"\0")
    status, text = run(FIGURE_3_GIVEN, "--json", folder=place.folder)
    found = json.loads(text)
    assert (status, found["verdict"]) == (1, "STALE")
    assert found["files"][0]["reasons"] == [{"verdict": "STALE", "sentence": "given.keras has changed."}]
    assert {"plot_agreement", "segment_mouse"} <= {job["made"]["rule"] for job in found["jobs"]}
    assert sorted(found["sources"])[0] == "given.keras"
    status, text = run(RESULTS, "--json", folder=place.folder)
    assert (status, json.loads(text)["verdict"]) == (1, "STALE")


def test_a_whole_study_has_one_line_per_figure_and_table_and_each_reason_once(place, hands):
    hands.flip(MODEL)
    status, text = run(RESULTS, folder=place.folder)
    assert status == 2
    assert re.search(r"BROKEN +results/small/figures/mice/trained/figure_3_agreement +pdf png svg\n", text)
    assert re.search(r"VERIFIED +results/small/tables/mice/given/table_1 +csv docx html tex\n", text)
    assert len(re.findall(f"{MODEL} was altered.*files", text)) == 1


def test_what_cannot_be_traced_is_broken(place, tmp_path):
    (tmp_path / "figure.png").write_bytes(b"")
    status, text = run(tmp_path / "figure.png", "--results", place.folder / "results")
    assert status == 2
    assert "carries no stamp" in text
    status, text = run(tmp_path)
    assert status == 2
    assert "found no records" in text


def test_why_two_figures_differ(place, hands, small):
    status, text = run("diff", place.folder / FIGURE_3, small.folder / FIGURE_3)
    assert (status, text) == (0, "The two versions are identical.\n")
    status, text = run("diff", place.folder / FIGURE_3, place.folder / FIGURE_3_GIVEN)
    assert (status, text) == (1, f"inputs\n  {MODEL} -> given.keras (export_network, segment_mouse)\n")


def test_a_file_made_again_with_the_same_content_leaves_its_users_verified(place, asked, tmp_path, monkeypatch):
    """As for Snakemake, which has nothing to do then; what runs on the file alone does not run what depends on it."""
    other = copy_of(place, tmp_path)
    summary = f"{RESULTS}/statistics/mice/trained/overlap_summary.csv"
    before = record_of(other.folder, summary)
    hands = Hands(place)
    try:
        hands.append("scripts/summarise_overlap.py", "MORE = 1")
        done = other.snakemake("--", summary, study="small.yaml")
        assert done.status == 0, done.output[-3000:]
        monkeypatch.setattr(audit, "CHECKOUT", place.checkout)
        monkeypatch.setattr(audit, "plan", lambda *_: asked)
        after = record_of(other.folder, summary)
        assert after["outputs"] == before["outputs"]
        assert after["record"] != before["record"]
        code._read.cache_clear()
        found, _ = audit.audit_study(other.folder / RESULTS)
        table, given = f"{RESULTS}/tables/mice/trained/table_2.csv", f"{RESULTS}/tables/mice/given/table_2.csv"
        assert found.verdict(table) == ("VERIFIED", [])
        assert (found.makers[table].record, summary) in found.same_again
        assert "overlap_summary,surface_summary}.csv (recomputed since, with the same content)" in "\n".join(
            tree(found, table)
        )
        assert [reason.sentence for reason in found.verdict(given)[1]] == ["scripts/summarise_overlap.py has changed."]
    finally:
        hands.undo()
