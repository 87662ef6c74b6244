"""Readers with a network trained here: from scratch or from another network, or selected among those trained here."""

import random
from collections.abc import Mapping, Sequence
from functools import cached_property

from murmur.data.split import draw_folds
from murmur.errors import BadInput
from murmur.network.architectures import ARCHITECTURES, check_network, with_defaults
from murmur.study.checks import nearest, one_of
from murmur.study.cohort import Cohort
from murmur.study.reader import Reader, WeightsReader

# Memory to train on a CPU. The published network took 13.5 GiB with batches of 16 (benchmarks/README.md).
SOFTWARE_MB = 2000
MB_PER_VALUE = 210e-6  # per value of the feature maps of one convolution per level

FREE = ("size", "downsample", "dropout")  # settings in which a network may differ from the one that it starts from
FIXED_SIZE = ("resnet_vae", "swin_unet")  # architectures whose weights depend on the size of the images


class StartingWeights(WeightsReader):
    """The file, or keyword, from which a training starts."""

    kind = "start_from"


class TrainedReader(Reader):
    """A network that the workflow trains."""

    kind = "train_on"
    start: Reader | None = None  # the network from which the training starts

    def _check_source(self, key: str, cohorts: Mapping[str, Cohort]) -> None:
        names = self.settings["train_on"]
        names = [names] if isinstance(names, str) else names
        self.trained_on, self.training = names[0], self.settings["training"]
        self.model = self.layout.reader(self.name, "model.keras")
        for name in names:
            one_of(name, list(cohorts), key)
            if not (cohorts[name].has_images and cohorts[name].settings.get("split")):
                raise BadInput(
                    f"{key}: found '{name}', a cohort without training mice, expected one with images and a split; "
                    "name another, or add a split to it"
                )
        self.training_cohorts = [cohorts[name] for name in names]
        self.cohort = self.training_cohorts[0]
        if "start_from" not in self.settings:
            self.network = self.settings["network"]
            check_network(self.network, f"{self.key}.network")

    def take(self, readers: Mapping[str, Reader], cohorts: Mapping[str, Cohort]) -> None:
        """Find the network from which the training starts. Raises BadInput if there is none, or if it does not fit."""
        if "start_from" not in self.settings:
            return
        given, key = self.settings["start_from"], f"{self.key}.start_from"
        if given not in readers:
            settings = {"start_from": given, "postprocess": self.postprocess}
            self.start = StartingWeights(self.name, settings, cohorts, self.layout)
        elif readers[given].kind not in (TrainedReader.kind, WeightsReader.kind):
            raise BadInput(
                f"{key}: found '{given}', a reader with {readers[given].kind}, expected one with train_on or weights; "
                "name another"
            )
        else:
            self.start = readers[given]
        self._check_chain(readers, key)

    def _check_chain(self, readers: Mapping[str, Reader], key: str) -> None:
        """Raise BadInput if a training would start from itself."""
        seen, name = [self.name], self.settings["start_from"]
        while name in readers:
            if name in seen:
                raise BadInput(f"{key}: found a circle, {' from '.join([*seen, name])}; start one of them from another")
            seen.append(name)
            self._check_folds(readers[name], key)
            name = readers[name].settings.get("start_from")

    def _check_folds(self, start: Reader, key: str) -> None:
        """Raise BadInput if `start`, from which the training starts, was trained on mice that validate this one."""
        shared = any(cohort in start.training_cohorts for cohort in self.training_cohorts)
        if shared and isinstance(start, TrainedReader) and start.fold != self.fold:
            raise BadInput(
                f"{key}: found '{start.name}', which was trained on mice on which '{self.name}' is validated, expected "
                "a network with the same folds, or one trained on other cohorts; set the same folds for both"
            )

    @property
    def fold(self) -> tuple[int, int] | None:
        """The fold that validates, and the number of folds; None if the validation mice are those of the split."""
        return (self.settings["fold"], self.settings["folds"]) if "folds" in self.settings else None

    @cached_property
    def network(self) -> dict:
        """The settings of the network: those given, or of the network from which the training starts."""
        base, given = self.start.network, self.settings["network"]
        network = with_defaults(base | given)
        for name in given:
            if name not in FREE and network[name] != base[name]:
                raise BadInput(
                    f"{self.key}.network.{name}: found {network[name]}, expected {base[name]} as in the network from "
                    "which the training starts; remove it"
                )
        check_network(network, f"{self.key}.network")
        if network["architecture"] in FIXED_SIZE:
            for name in ("size", "downsample"):
                if network[name] != base[name]:
                    raise BadInput(
                        f"{self.key}.network.{name}: found {network[name]}, expected {base[name]}, because the weights "
                        f"of {network['architecture']}, from which the training starts, depend on it; remove it"
                    )
        return network

    @property
    def networks(self) -> Sequence[Reader]:
        """The reader itself."""
        return [self]

    @property
    def cohorts_learnt(self) -> set[str]:
        """Names of the cohorts on which the network was trained, or the one that it started from."""
        return super().cohorts_learnt | (self.start.cohorts_learnt if self.start else set())

    @property
    def cohorts_in_folds(self) -> set[str]:
        """Names of the cohorts whose validation mice the network, or the one that it started from, may have learnt."""
        own = super().cohorts_learnt if self.fold else set()
        return own | (self.start.cohorts_in_folds if self.start else set())

    def origin(self, repeats: Mapping[str, str]) -> dict[str, str]:
        """The cohorts on which the network was trained, and the network from which the training started, if any."""
        start = self.settings.get("start_from", "")
        return {
            "trained_on": " + ".join(cohort.name for cohort in self.training_cohorts),
            "start_from": repeats.get(start, start),
        }

    @property
    def start_files(self) -> list[str]:
        """The file of the network from which the training starts; none if it starts from random weights."""
        return [self.start.model] if self.start else []

    @property
    def download(self) -> dict | None:
        """Address and digest of the network from which the training starts, if it is downloaded for this reader."""
        return self.start.download if isinstance(self.start, StartingWeights) else None

    def check_files(self, cohorts: Mapping[str, Cohort]) -> None:
        """Raise BadInput if the file from which the training starts is not a network, or does not fit."""
        if isinstance(self.start, StartingWeights):
            self.start.check_files(cohorts)
        _ = self.network

    @property
    def input_size(self) -> int:
        """Side length in pixels of the images that the network takes."""
        return self.network["size"]

    @cached_property
    def _learning(self) -> list[tuple[str, str, str, str]]:
        """Cohort, mouse, set and file of each training and validation mouse."""
        number = self.settings.get("train_mice")
        shares = [None] * len(self.training_cohorts)
        if number is not None:
            each, more = divmod(number, len(shares))
            shares = [each + (index < more) for index in range(len(shares))]
        return [
            (cohort.name, mouse, where, cohort.file(mouse))
            for cohort, share in zip(self.training_cohorts, shares, strict=True)
            for mouse, where in self._sets(cohort, share).items()
        ]

    def _sets(self, cohort: Cohort, number: int | None) -> dict[str, str]:
        """The training and validation mice of a cohort, and their sets; training mice of `number` animals, if given.

        The animals are drawn at random. The draw depends on the seed only, and a larger number includes the animals of
        a smaller one.
        """
        sets = {mouse: cohort.split[mouse] for mouse in cohort.mice_of("train", "validation")}
        animals = dict(zip(cohort.participants["mouse"], cohort.participants["animal"], strict=True))
        if self.fold:
            fold, folds = self.fold
            phenotypes = {animals[mouse]: phenotype for mouse, phenotype in cohort.phenotypes.items()}
            key = f"readers.{self.settings.get('repeat_of', self.name)}.folds"
            seed = cohort.settings["split"]["seed"]
            folds_of = draw_folds({animals[mouse] for mouse in sets}, phenotypes, folds, seed, key)
            return {mouse: "validation" if folds_of[animals[mouse]] == fold else "train" for mouse in sets}
        if number is None:
            return sets
        known = list(dict.fromkeys(animals[mouse] for mouse, where in sets.items() if where == "train"))
        if not 0 < number <= len(known):
            raise BadInput(
                f"{self.key}.train_mice: found {self.settings['train_mice']}, of which {number} of the cohort "
                f"'{cohort.name}', expected 1 to {len(known)} for each cohort, its training mice; choose another number"
            )
        random.Random(self.training["seed"]).shuffle(known)
        chosen = set(known[:number])
        return {mouse: where for mouse, where in sets.items() if where != "train" or animals[mouse] in chosen}

    @property
    def learning(self) -> list[tuple[str, str]]:
        """Cohort and name of each training and validation mouse of the network."""
        return [(cohort, mouse) for cohort, mouse, *_ in self._learning]

    @property
    def learning_mice(self) -> dict[str, str]:
        """The training and validation mice of the network, and their sets; of several cohorts, as COHORT:MOUSE."""
        several = len(self.training_cohorts) > 1
        return {f"{cohort}:{mouse}" if several else mouse: where for cohort, mouse, where, _ in self._learning}

    @property
    def learning_files(self) -> list[str]:
        """The files of the training and validation mice of the network."""
        return [file for *_, file in self._learning]

    @property
    def training_memory(self) -> float:
        """Memory in MB to train the network on a CPU: software, weights and the feature maps of a batch.

        On a GPU, the feature maps are in GPU memory.
        """
        finest = ARCHITECTURES[self.network["architecture"]].finest
        side = self.network["size"] / self.network["downsample"] / finest
        values = sum(filters * (side / 2**level) ** 2 for level, filters in enumerate(self.network["filters"]))
        return SOFTWARE_MB + MB_PER_VALUE * self.training["batch_size"] * values


class SelectedReader(Reader):
    """The best of several networks that the workflow trains, by its Dice on the validation mice."""

    kind = "select"

    def _check_source(self, key: str, cohorts: Mapping[str, Cohort]) -> None:
        self.model = self.layout.reader(self.name, "model.keras")

    def take(self, readers: Mapping[str, Reader], cohorts: Mapping[str, Cohort]) -> None:
        """Find the candidates. Raises BadInput unless all are trained here with the same validation mice."""
        trained = [name for name, reader in readers.items() if reader.kind == TrainedReader.kind]
        key = f"{self.key}.select.from"
        for name in self.settings["select"]["from"]:
            if name not in trained:
                raise BadInput(
                    f"{key}: found '{name}', expected readers with train_on, of {', '.join(trained) or 'none'}"
                    f"{nearest(name, trained)}"
                )
        self.candidates: list[TrainedReader] = [readers[name] for name in self.settings["select"]["from"]]
        first = self.candidates[0]
        for other in self.candidates:
            if other.fold != first.fold:
                raise BadInput(
                    f"{key}: found {first.name} and {other.name}, which have other validation mice, because of folds, "
                    "expected the same, on which networks are compared; select among readers of the same fold, or with "
                    "seeds instead of folds"
                )
            if other.settings["train_on"] != first.settings["train_on"]:
                raise BadInput(
                    f"{key}: found {first.name}, trained on {first.settings['train_on']}, and {other.name}, trained on "
                    f"{other.settings['train_on']}, expected the same cohorts, because networks are compared on the "
                    "same validation mice; select among readers of the same train_on"
                )
        self.trained_on, self.training_cohorts = first.trained_on, first.training_cohorts

    @property
    def cohorts_learnt(self) -> set[str]:
        """Names of the cohorts on which any of the candidates was trained."""
        return set().union(*(reader.cohorts_learnt for reader in self.candidates))

    @property
    def cohorts_in_folds(self) -> set[str]:
        """Names of the cohorts whose validation mice any of the candidates may have learnt."""
        return set().union(*(reader.cohorts_in_folds for reader in self.candidates))

    @property
    def networks(self) -> Sequence[Reader]:
        """The reader itself."""
        return [self]

    @property
    def input_size(self) -> int | None:
        """Side length in pixels of the images that the network takes; None if the candidates differ."""
        sizes = {reader.input_size for reader in self.candidates}
        return sizes.pop() if len(sizes) == 1 else None
