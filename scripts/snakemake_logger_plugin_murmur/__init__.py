"""Logger plugin of Snakemake, `--logger murmur`: passes its messages to `murmur.terminal`, which owns the terminal.

Snakemake finds it by its name wherever this folder's parent is on Python's path, and imports it before the Snakefile,
which puts the library of its own checkout on the path. Hence `murmur` is imported only once the workflow has been read,
or has failed to be.
"""

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase


def refuse_code(arguments: Iterable[str]) -> None:
    """Exit if a study file asks Snakemake to evaluate Python expressions in it, which happens before the Snakefile."""
    for path in (Path(word.partition("=")[2] or word) for word in arguments):
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file() and b"__use_yte__" in path.read_bytes():
            sys.exit(f"{path}: found __use_yte__, which runs code, expected settings only; write the values themselves")


class LogHandler(LogHandlerBase):
    """Handler of all messages of Snakemake; with --verbose, they are shown in Snakemake's own words."""

    def __post_init__(self) -> None:
        """Keep messages until the library can be imported."""
        refuse_code(sys.argv[1:])
        self._screen, self._kept = None, []
        logging.raiseExceptions = False  # Snakemake's log file on a full disk would cause tracebacks on the terminal

    @property
    def writes_to_stream(self) -> bool:
        """Replaces Snakemake's own output; the log files in .snakemake/log stay as they are."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Writes to the terminal only."""
        return False

    @property
    def has_filter(self) -> bool:
        """Selects messages itself, except with --verbose."""
        return not self.common_settings.verbose

    @property
    def has_formatter(self) -> bool:
        """Words messages itself, except with --verbose."""
        return not self.common_settings.verbose

    @property
    def needs_rulegraph(self) -> bool:
        """Needs no graph of the rules."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Show a message; a fault of this code never hides one."""
        try:
            if self.common_settings.verbose:
                self._write(self.format(record))
                return
            self._kept.append(record)
            if self._screen is None and (hasattr(record, "study") or record.levelno >= logging.ERROR):
                from murmur.terminal.screen import Screen

                quiet = {item.name.lower() for item in self.common_settings.quiet or ()}
                self._screen = Screen(self._write, self.common_settings.dryrun, quiet)
            if self._screen:
                while self._kept:
                    self._screen.show(self._kept.pop(0))
        except Exception:
            traceback.print_exc()

    def close(self) -> None:
        """Show how the run ended; called when Snakemake has finished."""
        screen, self._screen = self._screen, None
        try:
            if screen:
                screen.close()
        except Exception:
            traceback.print_exc()  # Snakemake ignores exceptions here
        finally:
            super().close()

    def _write(self, text: str) -> None:
        if text and text != "None":
            with contextlib.suppress(BrokenPipeError):  # as with `snakemake --dry-run | head`
                print(text, file=sys.stdout if self.common_settings.stdout else sys.stderr, flush=True)
