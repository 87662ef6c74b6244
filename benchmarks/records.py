"""How long the records of a finished study take: all that `murmur.job` does around the scripts, done once more.

    python benchmarks/records.py FOLDER        a working directory in which a study has run

Each job is begun anew, without what an earlier one has found out; its imports are timed in a process of their own.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.provenance import code  # noqa: E402
from murmur.provenance import record as records  # noqa: E402

REMEMBERING = (code._read, code.modules_of, code._distributions)
IMPORTS = "import time; t = time.process_time(); import murmur.job; print(time.process_time() - t)"


def seconds_of(made: dict, files: list[str]) -> float:
    """Return the CPU time in s of the records of one job, which made `files`."""
    for function in REMEMBERING:
        function.cache_clear()
    with tempfile.TemporaryDirectory() as folder:
        copies = [shutil.copy(file, folder) for file in files]
        started = time.process_time()
        inputs = [(found["name"], found["path"]) for found in made["inputs"] if Path(found["path"]).exists()]
        records.inputs_of(inputs)
        records.made_by(ROOT / made["script"], "9")
        for copy in copies:
            records.write_record(copy, made, {})
        return time.process_time() - started


def main(folder: str) -> None:
    """Print the time of all jobs, and that of the scripts themselves as their records say."""
    os.chdir(folder)
    jobs = {}
    for path in Path("results").rglob(f"*{records.ENDING}"):
        record = json.loads(path.read_text())
        jobs.setdefault(record["record"], []).append(record)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    imports = float(subprocess.check_output([sys.executable, "-c", IMPORTS], env=environment))
    times = [
        imports + seconds_of(made[0]["made"], [m["file"]["path"] for m in made if Path(m["file"]["path"]).exists()])
        for made in jobs.values()
    ]
    scripts = sum(made[0]["run"]["seconds"] for made in jobs.values())
    print(f"{len(jobs)} jobs: {sum(times):.1f} s for all records, {max(times):.2f} s at most; scripts {scripts:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1])
