"""Validate a crate without the internet, with the public validator (envs/requirements-crate.txt).

    PYTHONPATH=.venv/crate python validate_crate.py CRATE CONTEXT CACHE

CONTEXT is a copy of the context of RO-Crate 1.1, which the validator would ask the web for; it is put into the
validator's own CACHE. Prints as JSON how many checks were done and skipped, and what was found against the crate.
"""

import io
import json
import sys
from pathlib import Path

from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import ValidationSettings
from urllib3 import HTTPResponse

ADDRESS = "https://w3id.org/ro/crate/1.1/context"
# It is built on workflow-run-crate, process-run-crate, workflow-ro-crate and ro-crate-1.1, whose checks are done too.
PROFILE = "provenance-run-crate"


class Server(HTTPAdapter):
    """Answers every request with a file."""

    def __init__(self, file: str):
        super().__init__()
        self.content = Path(file).read_bytes()

    def send(self, request, **_):
        kind = {"Content-Type": "application/ld+json"}
        return self.build_response(request, HTTPResponse(io.BytesIO(self.content), kind, 200, preload_content=False))


def fill(cache: str, context: str) -> None:
    """Put the file `context` into the cache as what the web answers."""
    with CachedSession(cache, backend="sqlite") as session:
        session.mount(ADDRESS, Server(context))
        session.get(ADDRESS)


def validate(crate: str, cache: str) -> dict:
    """Return what the validator says of a crate at its required level."""
    settings = ValidationSettings(
        rocrate_uri=crate,
        profile_identifier=PROFILE,
        requirement_severity="REQUIRED",
        cache_path=Path(cache),
        offline=True,
    )
    result = services.validate(settings)
    return {
        "passed": result.passed(),
        "checks": len(result.executed_checks),
        "skipped": [check.identifier for check in result.skipped_checks],
        "issues": [
            f"{issue.check.identifier}: {issue.message} ({issue.violatingEntity})" for issue in result.get_issues()
        ],
    }


if __name__ == "__main__":
    crate, context, cache = sys.argv[1:]
    fill(cache, context)
    print(json.dumps(validate(crate, cache)))
