"""Cohorts whose mice are scan sessions as the scanner stores or exports them, one folder or zip archive per mouse."""

import abc
import hashlib
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from murmur.data import bruker, dicom
from murmur.data.contours import Contours
from murmur.data.mouse_file import check_range
from murmur.data.scan_files import files_in, without_file_name
from murmur.data.scan_listing import listed_mice, read_choice
from murmur.data.scan_session import Session, grid_of, remembered_session, sessions
from murmur.errors import BadInput
from murmur.provenance.code import science_of_job
from murmur.study.checks import existing, in_natural_order
from murmur.study.cohort import Cohort

SCRIPTS = Path(__file__).resolve().parents[2]


class ScanCohort(Cohort):
    """Mice converted from scan sessions, one folder or zip archive of the user per mouse."""

    by_mouse = ""  # the key of the source that names series of each mouse
    as_name: Callable[[str], Any] = str  # turns the name of a series in a table into what the source takes

    def _check_source(self, key: str) -> None:
        existing(self.source[self.kind], key, "folder")
        if "chosen" in self.source:
            existing(self.source["chosen"], f"{self.key}.source.chosen", "file")
        if "contours" in self.source:
            existing(self.source["contours"], f"{self.key}.source.contours", "folder")

    @abc.abstractmethod
    def _sessions(self) -> dict[str, str]:
        """The folder or archive of each mouse. Raises BadInput if there are two of one name."""

    @abc.abstractmethod
    def choice(self, mouse: str) -> Mapping[str, Any]:
        """What the study file chooses for a mouse: arguments of `find`."""

    @abc.abstractmethod
    def find(self, path: str, **choice) -> Session:
        """The cine in a session. Raises BadInput if there is none, or several."""

    @abc.abstractmethod
    def read_pixels(self, session: Session) -> np.ndarray:
        """The images of a cine. Raises BadInput if they cannot be decoded."""

    @cached_property
    def sessions(self) -> dict[str, str]:
        """The folder or archive of each mouse. Raises BadInput if there are none."""
        found = self._sessions()
        if not found:
            raise self._no_mouse("or folder")
        return {mouse: path for mouse, path in found.items() if mouse in self._chosen or not self._chosen}

    @cached_property
    def _chosen(self) -> dict[str, list]:
        """The series of each mouse that an edited table has, if the study file names one. Raises as `read_choice`."""
        if "chosen" not in self.source:
            return {}
        return read_choice(self.source["chosen"], list(self._sessions()), self.as_name)

    @property
    def beside_sessions(self) -> list[Path]:
        """The files in the folder of the source that are not hidden and belong to no session."""
        folder, inside = Path(self.source[self.kind]), {Path(path) for path in self._sessions().values()}
        if folder in inside:
            return []
        return [path for path in folder.iterdir() if path not in inside and not path.name.startswith(".")]

    @property
    def unlisted_sessions(self) -> list[str]:
        """The mice without a row in the edited table, if the study file names one."""
        if "chosen" not in self.source:
            return []
        return in_natural_order(self._sessions().keys() - listed_mice(self.source["chosen"]))

    @cached_property
    def found(self) -> list[str]:
        """The names of the folders and archives, in natural order. Raises BadInput if there are none."""
        names, given = in_natural_order(self.sessions), self.source.get(self.by_mouse, {})
        if unknown := [mouse for mouse in given if isinstance(given, dict) and mouse not in names]:
            raise BadInput(
                f"{self.key}.source.{self.by_mouse}: found {unknown[0]}, expected one of the mice "
                f"{', '.join(names[:5])}{', ...' * (len(names) > 5)}; correct the name"
            )
        return names

    @cached_property
    def _read(self) -> dict[str, Session | BadInput]:
        """The cine of each mouse, or what is wrong with its files; headers are read again if a file or code changes."""
        found: dict[str, Session | BadInput] = {}
        code = science_of_job(SCRIPTS / f"convert_{self.kind}.py")
        text = f"Reading the headers of {self.name}"
        for mouse in tqdm(self.found, text, unit="mouse", delay=2, disable=None, dynamic_ncols=True):
            find = partial(self.find, self.sessions[mouse], **self.choice(mouse))
            try:
                what = f"cine, {self.kind}, {self.choice(mouse)}"
                found[mouse] = remembered_session(self.sessions[mouse], what, find, code)
            except BadInput as problem:
                found[mouse] = problem
        return found

    @property
    def files_of_sessions(self) -> str:
        """A digest of names, sizes and dates of all files in the sessions."""
        found = hashlib.sha256()
        for path in self.sessions.values():
            for file in files_in(path):
                state = Path(file).stat()
                found.update(f"{file}\0{state.st_size}\0{state.st_mtime_ns}\0".encode(errors="surrogateescape"))
        return found.hexdigest()

    @cached_property
    def bad_files(self) -> dict[str, str]:
        """As of other cohorts, with the sessions that have no files."""
        empty = [mouse for mouse in self.found if mouse not in self._excluded_by_name and not self.user_files(mouse)]
        return super().bad_files | {mouse: str(self._read[mouse]) for mouse in empty}

    def without_file_name(self, mouse: str, problem: str) -> str:
        """As of other cohorts, without the name of a file of the session."""
        return without_file_name(self.sessions[mouse], problem)

    def session(self, mouse: str) -> Session:
        """The cine of a mouse. Raises BadInput if its files are invalid, or contain no or several cines."""
        if isinstance(self._read[mouse], BadInput):
            raise self._read[mouse]
        return self._read[mouse]

    @property
    def odd_sessions(self) -> dict[str, list[tuple[str, str, str]]]:
        """Check, found and expected of what is odd about the cine of each mouse, or passed over."""
        return {mouse: self.session(mouse).odd for mouse in self.mice if isinstance(self._read[mouse], Session)}

    @property
    def contours_settings(self) -> dict:
        """The settings for contours, arguments of Contours; empty without contours."""
        if "contours" not in self.source:
            return {}
        names = ("labels", "frames_from", "ignore")
        given = {name: self.source[name] for name in names if name in self.source}
        return {"folder": self.source["contours"], "masks": self.source.get("masks"), **given}

    @cached_property
    def _contours(self) -> Contours | None:
        return Contours(**self.contours_settings, mice=self.found) if self.contours_settings else None

    def contour_files(self, mouse: str) -> list[str]:
        """The files with the contours of the mouse; often none."""
        return self._contours.files(mouse) if self._contours else []

    def user_files(self, mouse: str) -> list[str]:
        """The files of the scan and of the contours of the mouse."""
        return [*self.scan_files(mouse), *self.contour_files(mouse)]

    def scan_files(self, mouse: str) -> list[str]:
        """The files of the cine of the mouse; if there is none, any of its files."""
        if isinstance(self._read[mouse], Session):
            return self._read[mouse].files
        return files_in(self.sessions[mouse])[:1]

    def _check_headers(self, mouse: str) -> None:
        session = self.session(mouse)
        grid_of(session, *self.grid)
        if self.contour_files(mouse):
            self._contours.check(mouse, session.shape, self.affine(mouse))

    def _check_content(self, mouse: str) -> None:
        session = self.session(mouse)
        if self.contour_files(mouse):
            self._contours.read(mouse, session.shape, self.affine(mouse))
        images = self.read_pixels(session)
        check_range(session.path, images.min(), images.max())

    @cached_property
    def contoured(self) -> list[str]:
        """The mice with a file of contours."""
        return [mouse for mouse in self.mice if self.contour_files(mouse)]

    def _own_heart_rates(self) -> dict[str, float]:
        sessions = {mouse: read for mouse, read in self._read.items() if isinstance(read, Session)}
        cycles = {mouse: session.cine.cycle_ms for mouse, session in sessions.items()}
        return {mouse: 60_000 / cycle for mouse, cycle in cycles.items() if cycle}

    def shape(self, mouse: str) -> tuple[int, ...]:
        """The shape of the images of a mouse."""
        return self.session(mouse).shape

    def affine(self, mouse: str) -> np.ndarray:
        """The affine of the images of a mouse."""
        return np.array(self.session(mouse).cine.affine)

    def _contoured_frames(self) -> dict[str, list[int]]:
        return {mouse: self._contours.frames(mouse) if self._contours else [] for mouse in self.mice}


class DicomCohort(ScanCohort):
    """Mice converted from DICOM files."""

    kind = "dicom"
    by_mouse = "series"
    find = staticmethod(dicom.find_session)
    read_pixels = staticmethod(dicom.read_pixels)
    as_name = int

    def _sessions(self) -> dict[str, str]:
        return sessions(self.source["dicom"])

    def choice(self, mouse: str) -> Mapping[str, Any]:
        """The numbers of the series; None if the cine is to be found."""
        return {"series": self._chosen.get(mouse, self.source["series"].get(mouse))}


class BrukerCohort(ScanCohort):
    """Mice converted from Bruker ParaVision studies."""

    kind = "bruker"
    by_mouse = "scans"
    find = staticmethod(bruker.find_session)
    read_pixels = staticmethod(bruker.read_pixels)
    as_name = str

    def _sessions(self) -> dict[str, str]:
        return bruker.studies(self.source["bruker"])

    def choice(self, mouse: str) -> Mapping[str, Any]:
        """The scans, or the pattern of their protocol, None if the cine is to be found; and frame groups."""
        scans = self.source["scans"]
        return {
            "scans": self._chosen.get(mouse, scans.get(mouse) if isinstance(scans, dict) else scans),
            "frame_groups": self.source["frame_groups"],
        }
