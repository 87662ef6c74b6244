"""Downloading with resumption: a file appears under its name only once it is complete and correct."""

import hashlib
import math
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter, Retry

from murmur.errors import BadInput
from murmur.files import sha256
from murmur.logs import log, progress

TRIES = 8  # consecutive attempts without progress
TIMEOUT_S = (10, 15)  # to connect; between two chunks of a response
PIECE = 2**20  # bytes per chunk, the most that is lost when a connection breaks
# Retried after 0, 2, 4, 8, 16, 30 and 30 s, or when the server asks for it: no connection, no response, too many
# requests, server errors.
RETRY = Retry(
    total=TRIES - 1,
    backoff_factor=1,
    backoff_max=30,
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,
    retry_after_max=60,
)


def git_blob_sha1(path: str | Path) -> str:
    """Compute the SHA-1 of a file as a git blob: of `blob SIZE`, a zero byte and the content.

    Parameters
    ----------
    path : str or Path
        File.

    Returns
    -------
    str
        40 hexadecimal digits.
    """
    digest = hashlib.sha1(f"blob {Path(path).stat().st_size}\0".encode(), usedforsecurity=False)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest()


# In this order, because a size is known immediately.
MEASURES = {"bytes": lambda path: Path(path).stat().st_size, "git_blob_sha1": git_blob_sha1, "sha256": sha256}


def difference(path: str | Path, expected: dict[str, str | int]) -> str | None:
    """Compare a file with its expected size and checksums.

    Parameters
    ----------
    path : str or Path
        File.
    expected : dict of str to (str or int)
        Expected `bytes`, `git_blob_sha1` or `sha256`, any of them.

    Returns
    -------
    str or None
        The first difference, as part of a message; None if there is none.
    """
    for measure in MEASURES:
        if measure in expected and (found := MEASURES[measure](path)) != expected[measure]:
            return f"found {measure} {found} ({MEASURES['bytes'](path):,} bytes), expected {expected[measure]}"
    return None


def download(address: str, target: str | Path, expected: dict[str, str | int]) -> None:
    """Download a file; it appears under its name only if it is complete and as expected.

    Partial downloads are kept as `.NAME.partial` next to the target and resumed after an interruption. Proxy and
    certificates are taken from the environment (HTTPS_PROXY, REQUESTS_CA_BUNDLE).

    Parameters
    ----------
    address : str
        URL of the file.
    target : str or Path
        File to write.
    expected : dict of str to (str or int)
        Expected `bytes`, `git_blob_sha1` or `sha256` of the file.

    Raises
    ------
    BadInput
        If the address cannot be reached, refuses the request, or holds another file.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=RETRY))
        try:
            whole = _fetch_whole(session, address, partial)
        except requests.RequestException as problem:
            reason = getattr(problem.args[0], "reason", problem)  # the cause of the last failure, without its context
            raise BadInput(
                f"{address}: found no response ({reason}), expected the file; "
                "check the internet connection, then start again"
            ) from None
    if not whole:
        raise BadInput(
            f"{address}: found a download interrupted {TRIES} times without progress, expected the file; start again "
            f"to resume it ({MEASURES['bytes'](partial):,} bytes are kept)"
        )
    if problem := difference(partial, expected):
        partial.unlink()
        raise BadInput(
            f"{address}: {problem}; the download has been deleted and will start from the beginning; "
            "if this recurs, the address holds another file: correct the address or the checksum"
        )
    partial.replace(target)


def _fetch_whole(session: requests.Session, address: str, partial: Path) -> bool:
    """Request the rest as long as the file `partial` keeps growing; return whether it is complete."""
    most = tries = 0
    while tries < TRIES:
        if _fetch_rest(session, address, partial):
            return True
        here = partial.stat().st_size if partial.exists() else 0
        most, tries = max(most, here), 0 if here > most else tries + 1
    return False


def _fetch_rest(session: requests.Session, address: str, partial: Path) -> bool:
    """Append the missing rest to the file `partial`; return whether the response was received to its end."""
    here = partial.stat().st_size if partial.exists() else 0
    # Uncompressed: a compressed response could be neither resumed nor compared in length.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
    with session.get(address, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        status, part = answer.status_code, answer.headers.get("Content-Range", "")
        if here and status == requests.codes.requested_range_not_satisfiable:
            return True  # nothing is missing; the checksum decides
        if here and status == requests.codes.partial_content and not part.startswith(f"bytes {here}-"):
            partial.unlink()  # not the part requested: start from the beginning
            return False
        if status not in (requests.codes.ok, requests.codes.partial_content):
            raise BadInput(
                f"{address}: found the HTTP status {status} {answer.reason}, expected the file; "
                "correct the address, or try again later"
            )
        resumes = here and status == requests.codes.partial_content
        log.info("%s: download %s", address, f"resumes after {here:,} bytes" if resumes else "starts")
        length = answer.headers.get("Content-Length")
        pieces = progress(
            answer.iter_content(PIECE), partial.stem[1:], "MiB", total=length and math.ceil(int(length) / PIECE)
        )
        try:
            with open(partial, "ab" if resumes else "wb") as file:
                for piece in pieces:
                    file.write(piece)
        except requests.RequestException as problem:
            log.warning("%s: download interrupted (%s)", address, problem)
            return False
    return True
