# Outputs of rules; figures, printed tables and movies with their title, place and caption in the report.

BY_READER = {"category": "{cohort}", "subcategory": "{reader}"}  # place in the report of results of a reader
OF_COMPARISON = {"category": "Comparison {comparison}"}
SHOWN = {}  # title and caption of each file in the report, by place in the results folder


def each(output, pairs):
    """An output of a rule for each pair of cohort and reader."""
    return collect(output, zip, cohort=[cohort for cohort, _ in pairs], reader=[reader for _, reader in pairs])


def own_inputs(stage):
    """The inputs of a stage that are not those of earlier stages."""
    earlier = set(stage.input.earlier)
    return [file for file in stage.input if file not in earlier]


def shown(path, title, caption=None, **place):
    """An output that the report shows, with its place, title, record and caption from report/."""
    template = f"{caption or Path(path).stem}.rst"
    SHOWN[path.removeprefix("<results>/")] = {"title": title, "template": template}
    labels = lambda wildcards, output: {"item": title, **label_of(output[0])}
    return report(path, caption=caption_file(template), labels=labels, **place)


def caption_file(template):
    """The template of a caption in report/; if it is about mice and the study is not, a copy about its subject."""
    file = Path(workflow.basedir) / "report" / template
    text = file.read_text(encoding="utf-8")
    if in_words(text) == text:
        return str(file)
    copy = (MEMORY / "report" / template).absolute()
    write_text(copy, in_words(text))
    return str(copy)


def figure(name, title, folder="{cohort}/{reader}/", **place):
    """The files of a figure: PDF, SVG, and PNG for the report."""
    stem = f"<results>/figures/{folder}{name}"
    return [f"{stem}.pdf", f"{stem}.svg", shown(f"{stem}.png", title, **place)]


def compared(name, title, *suffixes):
    """The files of a figure or printed table of a comparison; the first is shown in the report."""
    stem = f"<results>/comparisons/{{comparison}}/{name}"
    return [shown(f"{stem}{suffixes[0]}", title, **OF_COMPARISON), *(f"{stem}{suffix}" for suffix in suffixes[1:])]


def movie(name, title, caption):
    """The file of a movie of a reader."""
    return shown(f"<results>/figures/{{cohort}}/{{reader}}/movie_{name}.gif", title, caption, **BY_READER)


def printed(name, title, folder="{cohort}/{reader}/", **place):
    """The files of a printed table: CSV, HTML for the report, LaTeX and Word."""
    stem = f"<results>/tables/{folder}{name}"
    return [f"{stem}.csv", shown(f"{stem}.html", title, **place), f"{stem}.tex", f"{stem}.docx"]
