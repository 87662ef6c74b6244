# What the study asks for: the files that the default rule gathers, and those that tell how they were made.

FIGURE = ("pdf", "svg", "png")
PRINT = ("csv", "html", "tex", "docx")


def study_targets():
    """All that the study makes, but for what tells how it was made."""
    return [*cohort_targets(), *reader_targets(), *comparison_targets(), *paper_targets()]


def provenance_targets():
    """What tells how the study was made: its methods, and the records of all figures and tables."""
    return [f"{study.results}/{path}" for path in ("tables/methods.md", "provenance/records.html")]


def cohort_targets():
    """What is made once per cohort with images: its description, its split, and what the reference measures."""
    names = study.cohorts_with_images
    targets = [f"cohorts/{name}/{table}.csv" for name in names for table in ("manifest", "split")]
    targets += [f"measurements/{name}/reference/{table}.csv" for name in names for table in ("volumes", "function")]
    return [f"{study.results}/{target}" for target in targets]


def reader_targets():
    """What is made once per trained network: its diagram and its learning curve."""
    return [
        f"{study.results}/figures/{study.trained_on(name)}/{name}/{figure}.{suffix}"
        for name in study.readers_by("train_on")
        for figure in ("figure_1_network", "learning_curve")
        for suffix in FIGURE
    ]


def comparison_targets():
    """What is made for each reader of each cohort, of several readers, and of several cohorts."""
    tables, prints, figures, others = [], [], [], []
    for name, cohort in study.cohorts.items():
        readers = study.readers_of(name)
        for reader in readers:
            pair = f"{name}/{reader}"
            tables += [f"{pair}/{table}" for table in ("agreement", "sample_size")]
            prints += [f"{pair}/table_1"]
            figures += [f"{pair}/figure_3_agreement"]
            others += [f"tables/{pair}/results.md"]
            if cohort.phenotypes:
                tables += [f"{pair}/{table}" for table in ("groups", "group_tests", "group_differences")]
                prints += [f"{pair}/table_3"]
                figures += [f"{pair}/figure_6_groups"]
            if cohort.phenotypes and cohort.has_images:
                tables += [f"{pair}/overlap_model"]
            if cohort.has_images:
                overlap = ("overlap_summary", "surface_summary", "overlap_anova", "overlap_pairwise", "dice_error")
                tables += [f"{pair}/{table}" for table in overlap]
                prints += [f"{pair}/table_2"]
                figures += [
                    f"{pair}/{figure}" for figure in ("figure_2_cases", "figure_4_time_volume", "figure_5_overlap")
                ]
                others += [f"figures/{pair}/movie_{case}.gif" for case in ("best", "median", "worst")]
        if len(readers) > 1:
            tables += [f"{name}/reader_{table}" for table in ("comparison", "ranking", "beside_observer")]
            figures += [f"{name}/figure_7_readers"]
    if study.pairs_across_cohorts():
        tables += ["cohort_comparison"]
        figures += ["figure_8_cohorts"]
    targets = [f"statistics/{table}.csv" for table in tables]
    targets += [f"tables/{table}.{suffix}" for table in prints for suffix in PRINT]
    targets += [f"figures/{figure}.{suffix}" for figure in figures for suffix in FIGURE]
    return [f"{study.results}/{target}" for target in (*targets, *others)]


def paper_targets():
    """What compares the study with the published one."""
    if not study.paper:
        return []
    targets = ["paper_audit.csv", "paper_conventions.csv", "paper_comparison.csv", "paper_test_mice.csv"]
    targets += [f"paper_comparison.{suffix}" for suffix in PRINT if suffix != "csv"]
    return [f"{study.results}/paper/{target}" for target in targets]


def methods_inputs(wildcards):
    """What the methods are filled in from, by kind; `others` is all else that the study makes."""
    with_images = [cohort for cohort in study.cohorts.values() if cohort.has_images]
    trained = [f"{study.results}/readers/{name}" for name in study.readers_by("train_on")]
    found = {
        "manifests": [study.layout.cohort(cohort.name, "manifest.csv") for cohort in with_images],
        "splits": [study.layout.cohort(cohort.name, "split.csv") for cohort in with_images],
        "functions": [
            f"{study.results}/measurements/{name}/{reader}/function.csv"
            for name in study.cohorts_from("measurements")
            for reader in study.readers_of(name)
        ],
        "trainings": [f"{folder}/training.json" for folder in trained],
        "histories": [f"{folder}/history.csv" for folder in trained],
    }
    named = {path for paths in found.values() for path in paths}
    return found | {"others": [path for path in study_targets() if path not in named]}
