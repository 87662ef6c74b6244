# Publication: figures of networks and their training, with the captions of the report.
#
#   in    readers/READER/model.keras, training.json, history.csv, statistics/networks.csv, network_results.csv and
#         COHORT/reader_comparison.csv
#   out   figures/COHORT/READER/figure_1_network.*, learning_curve.*, and for several networks
#         figures/learning_curves.*, contours.*, domains.*


rule draw_network:
    input:
        training=rules.train_network.output.record,
        model=rules.train_network.output.model,
    output:
        *figure("figure_1_network", "Figure 1: network", **BY_READER),
    log:
        "<logs>/draw_network/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        architecture=lambda w: inputs.reader(w).network["architecture"],  # for the caption
        code=code("draw_network"),
    message:
        "Figure 1: draw the network {wildcards.reader}"
    script:
        "../scripts/draw_network.py"


rule plot_learning_curve:
    input:
        history=rules.train_network.output.history,
    output:
        *figure("learning_curve", "Learning curve", **BY_READER),
    log:
        "<logs>/plot_learning_curve/{cohort}/{reader}.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        code=code("plot_learning_curve"),
    message:
        "Plot the learning curve of {wildcards.reader}"
    script:
        "../scripts/plot_learning_curve.py"


rule plot_learning_curves:
    input:
        histories=rules.summarise_networks.input.histories,
    output:
        *figure("learning_curves", "Learning curves of all networks", "", category="Networks"),
    log:
        "<logs>/plot_learning_curves.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        trained=study.readers_by("train_on"),
        repeats=study.repeats,
        code=code("plot_learning_curves"),
    message:
        "Plot the learning curves of all networks"
    script:
        "../scripts/plot_learning_curves.py"


rule plot_contours:
    input:
        networks=rules.summarise_networks.output.networks,
        results=rules.summarise_networks.output.results,
    output:
        *figure("contours", "Number of contoured mice", "", category="Networks"),
    log:
        "<logs>/plot_contours.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        alpha=study.statistics["alpha"],
        code=code("plot_contours"),
    message:
        "Plot the results of networks by the number of contoured mice"
    script:
        "../scripts/plot_contours.py"


rule plot_domains:
    input:
        networks=rules.summarise_networks.output.networks,
        results=rules.summarise_networks.output.results,
        comparisons=lambda w: collect(rules.compare_readers.output.comparison, cohort=study.cohorts_of_networks()),
    output:
        *figure("domains", "Networks in each cohort", "", category="Networks"),
    log:
        "<logs>/plot_domains.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        **SMALL,
    params:
        cohorts=study.cohorts_of_networks(),
        alpha=study.statistics["alpha"],
        code=code("plot_domains"),
    message:
        "Plot the results of networks in each cohort"
    script:
        "../scripts/plot_domains.py"
