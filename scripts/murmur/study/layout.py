"""Layout of the results of a study: the only path templates outside the rules."""


class Layout:
    """Paths of the results of a study, relative to the working directory."""

    def __init__(self, results: str):
        """Take the folder of the study's results."""
        self.results = results

    def cohort(self, cohort: str, file: str) -> str:
        """Return the path of a file describing a cohort, such as manifest.csv."""
        return f"{self.results}/cohorts/{cohort}/{file}"

    def mouse(self, cohort: str, mouse: str) -> str:
        """Return the path of a mouse file that is generated, converted, downloaded or linked."""
        return self.cohort(cohort, f"mice/{mouse}.h5")

    def reader(self, reader: str, file: str) -> str:
        """Return the path of a file of a reader: its weights, or an output of its training."""
        return f"{self.results}/readers/{reader}/{file}"

    def segmentation(self, cohort: str, reader: str, mouse: str) -> str:
        """Return the path of the masks of one mouse by a reader."""
        return f"{self.results}/segmentations/{cohort}/{reader}/{mouse}.h5"

    def sheet(self, cohort: str, reader: str, mouse: str) -> str:
        """Return the path of the contact sheet of one mouse by a reader."""
        return f"{self.results}/figures/{cohort}/{reader}/animals/{mouse}.png"

    def review(self, cohort: str, reader: str) -> str:
        """Return the path of the pages of pictures of the findings in the masks of a reader."""
        return f"{self.results}/figures/{cohort}/{reader}/review.pdf"

    def measurements(self, cohort: str, reader: str, table: str) -> str:
        """Return the path of a table of measurements: volumes, function or overlap."""
        return f"{self.results}/measurements/{cohort}/{reader}/{table}.csv"

    def statistics(self, cohort: str, reader: str, table: str) -> str:
        """Return the path of a table of statistics of a reader of a cohort."""
        return f"{self.results}/statistics/{cohort}/{reader}/{table}.csv"
