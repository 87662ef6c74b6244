# Target rules for the stages of a study, for example: snakemake --cores all figures. `snakemake --list` lists them all.
#
# Each stage also requests the files of earlier stages. Otherwise, after a failed job, whose outputs Snakemake deletes,
# the same command would report success, because the older results that were made from them are still there.

IMAGES = study.cohorts_with_images
WITH_REFERENCE = [cohort for cohort in study.cohorts if study.has_reference(cohort)]
CONTOURED = [cohort for cohort in IMAGES if cohort in WITH_REFERENCE]
TRAINED = study.readers_by("train_on")
PAIRS = study.pairs()
PAIRS_WITH_IMAGES = study.pairs(images=True)
OF_SESSIONS = [name for name, comparison in study.comparisons.items() if len(comparison.settings["sessions"] or ()) > 1]
OF_IMAGES = {name: found for name, found in study.comparisons.items() if found.reader in study.readers}
WITH_CURVES = [name for name, comparison in OF_IMAGES.items() if comparison.may_have_curves]
WITH_SEGMENTS = [name for name, comparison in OF_IMAGES.items() if comparison.may_have_segments]
COMPARED = study.pairs(reference=True)  # with the reference
COMPARED_WITH_IMAGES = study.pairs(images=True, reference=True)
COMPARED_BY_PHENOTYPE = study.pairs(phenotypes=True, reference=True)
WITHOUT_REFERENCE = study.pairs(images=True, reference=False)

MEASURED_TABLES = [
    inputs.measurements("overlap", COMPARED),
    collect(rules.tabulate_measurements.output, cohort=WITH_REFERENCE, reader="reference"),
    each(rules.tabulate_measurements.output, PAIRS),
    each(rules.find_signs.output, PAIRS_WITH_IMAGES),
    each(rules.predict_quality.output, PAIRS_WITH_IMAGES),
]
BY_FRAME = collect(rules.plot_dice_by_frame.output, cohort=study.cohorts_by_frame)
SIDE_BY_SIDE = len(study.origins_of_networks()) > 1  # networks that are summarised together
NETWORK_STATISTICS, NETWORK_TABLES, NETWORK_FIGURES, RUN_TIMES = [], [], [], []
if SIDE_BY_SIDE:
    NETWORK_STATISTICS = rules.summarise_networks.output
    RUN_TIMES = rules.tabulate_run_times.output
    NETWORK_TABLES = collect(rules.tabulate_networks.output, cohort=study.cohorts_of_networks())
    NETWORK_FIGURES = [*rules.plot_learning_curves.output, *rules.plot_domains.output]
    if study.varies_train_mice:
        NETWORK_FIGURES += rules.plot_contours.output


rule check:
    """Check everything that can be known without computing, and summarise the study."""
    params:
        summary=lambda w: summary(study),
    message:
        "{params.summary}\nNothing found that would stop a run."


rule scans:
    """List what lies in the scan sessions (DICOM, Bruker): a table and a contact sheet, whatever is wrong with them."""
    input:
        collect(rules.list_scans.output, cohort=study.cohorts_from("dicom", "bruker")),


rule mice:
    """Obtain and check all mice; describe and split the cohorts."""
    input:
        collect(rules.check_cohort.output, cohort=IMAGES),
        collect(rules.describe_cohort.output, cohort=IMAGES),
        collect(rules.describe_participants.output, cohort=study.cohorts),
        collect(rules.draw_split.output, cohort=IMAGES),
        collect(rules.check_plausibility.output, cohort=study.cohorts),


rule networks:
    """Train all networks."""
    input:
        collect(rules.train_network.output, reader=TRAINED),


rule segmentations:
    """Segment all mice with all readers."""
    input:
        [study.readers[reader].segmentations(study.cohorts[cohort]) for cohort, reader in PAIRS_WITH_IMAGES],
        earlier=rules.networks.input,


rule export:
    """Export all cines and masks as NIfTI files with labels, for programs that edit masks."""
    input:
        [
            collect(rules.export_masks.output, cohort=cohort, reader=reader, mouse=study.mice_read(cohort, reader))
            for cohort, reader in PAIRS_WITH_IMAGES
        ],
        each(rules.export_flagged.output, PAIRS_WITH_IMAGES),
        earlier=rules.segmentations.input,


rule export_nnunet:
    """Export all cohorts with images in the raw format of nnU-Net, with their splits."""
    input:
        [
            f"{study.results}/export_nnunet/Dataset{number:03d}_{cohort}/dataset.json"
            for number, cohort in enumerate(IMAGES, start=1)
        ],
        earlier=rules.mice.input,


rule measurements:
    """Measure volumes, function, overlap and all other measures, and predict the quality of the masks."""
    input:
        collect(rules.measure_volumes.output, cohort=CONTOURED, reader="reference"),
        collect(rules.measure_function.output, cohort=CONTOURED, reader="reference"),
        each(rules.measure_volumes.output, PAIRS_WITH_IMAGES),
        inputs.measurements("function", PAIRS),
        *MEASURED_TABLES,
        earlier=[*rules.mice.input, *rules.segmentations.input],


rule statistics:
    """Compute all statistics: agreement, overlap, phenotypes, sample sizes, readers and cohorts."""
    input:
        each(rules.measure_agreement.output, COMPARED),
        each(rules.estimate_sample_size.output, COMPARED),
        each(rules.compare_groups.output, COMPARED_BY_PHENOTYPE),
        each(rules.summarise_overlap.output, COMPARED_WITH_IMAGES),
        each(rules.compare_overlap.output, COMPARED_WITH_IMAGES),
        each(rules.correlate_dice_error.output, COMPARED_WITH_IMAGES),
        each(rules.count_corrections.output, COMPARED_WITH_IMAGES),
        each(rules.check_quality.output, COMPARED_WITH_IMAGES),
        each(rules.model_overlap.output, study.pairs(images=True, phenotypes=True, reference=True)),
        collect(rules.compare_readers.output, cohort=study.cohorts_of_several_readers),
        rules.compare_cohorts.output if study.pairs_across_cohorts() else [],
        NETWORK_STATISTICS,
        earlier=rules.measurements.input,


rule networks_side_by_side:
    """Compare the networks of a study, without the figures and tables of each."""
    input:
        collect(rules.compare_readers.output, cohort=study.cohorts_of_several_readers),
        collect(rules.plot_readers.output, cohort=study.cohorts_of_several_readers) if SIDE_BY_SIDE else [],
        [rules.compare_cohorts.output, rules.plot_cohorts.output] if study.pairs_across_cohorts() else [],
        NETWORK_STATISTICS,
        NETWORK_FIGURES,
        NETWORK_TABLES,
        RUN_TIMES,
        BY_FRAME if SIDE_BY_SIDE else [],
        collect(rules.select_network.output, reader=study.readers_by("select")),


rule comparisons:
    """Compare the groups of animals, if the study file contains `comparison`."""
    input:
        collect(rules.compare_values.output, comparison=study.comparisons),
        collect(rules.draw_comparison_flow.output, comparison=study.comparisons),
        collect(rules.plot_comparison.output, comparison=study.comparisons),
        collect(rules.plot_sessions.output, comparison=OF_SESSIONS),
        collect(rules.plot_volume_curves.output, comparison=WITH_CURVES),
        collect(rules.plot_bullseye.output, comparison=WITH_SEGMENTS),
        collect(rules.tabulate_comparison.output, comparison=study.comparisons),
        collect(rules.write_comparison.output, comparison=study.comparisons),
        collect(rules.write_arrive.output, comparison=study.comparisons),
        earlier=rules.measurements.input,


rule tables:
    """Write all printed tables and results sections."""
    input:
        each(rules.tabulate_agreement.output, COMPARED),
        each(rules.tabulate_overlap.output, COMPARED_WITH_IMAGES),
        each(rules.tabulate_groups.output, COMPARED_BY_PHENOTYPE),
        each(rules.write_results.output, COMPARED),
        NETWORK_TABLES,
        earlier=rules.statistics.input,


rule figures:
    """Draw all figures and movies."""
    input:
        each(rules.draw_network.output, [(study.trained_on(reader), reader) for reader in TRAINED]),
        each(rules.plot_learning_curve.output, [(study.trained_on(reader), reader) for reader in TRAINED]),
        each(rules.plot_cases.output, PAIRS_WITH_IMAGES),
        each(rules.collect_animals.output, PAIRS_WITH_IMAGES),
        each(rules.plot_review.output, PAIRS_WITH_IMAGES),
        each(rules.render_movies.output, COMPARED_WITH_IMAGES),
        each(rules.render_movies_by_EF.output, WITHOUT_REFERENCE),
        each(rules.plot_agreement.output, COMPARED),
        each(rules.plot_time_volume.output, PAIRS_WITH_IMAGES),
        each(rules.plot_overlap.output, COMPARED_WITH_IMAGES),
        each(rules.plot_corrections.output, COMPARED_WITH_IMAGES),
        each(rules.plot_quality.output, COMPARED_WITH_IMAGES),
        each(rules.plot_groups.output, COMPARED_BY_PHENOTYPE),
        collect(rules.draw_flow.output, cohort=study.cohorts),
        collect(rules.plot_readers.output, cohort=study.cohorts_of_several_readers),
        rules.plot_cohorts.output if study.pairs_across_cohorts() else [],
        BY_FRAME,
        NETWORK_FIGURES,
        earlier=rules.statistics.input,


rule paper:
    """Compare the study with the published one, if the study file contains `paper`."""
    input:
        [rules.audit_paper.output, rules.compare_with_paper.output] if study.paper else [],
        [rules.tabulate_paper.output, rules.find_paper_test_mice.output] if study.paper else [],


RESULTS = [
    *MEASURED_TABLES,
    *own_inputs(rules.statistics),
    *own_inputs(rules.comparisons),
    *own_inputs(rules.tables),
    *own_inputs(rules.figures),
    *rules.paper.input,
]
