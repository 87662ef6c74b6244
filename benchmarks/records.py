"""Time the provenance records of a finished study: everything that `murmur.job` does around the scripts.

    python benchmarks/records.py FOLDER        a working directory in which a study has run

Each job starts with empty caches; the imports are timed in a separate process.
"""

import json
import os
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


def seconds_of(record: dict) -> float:
    """Return the CPU time in s of the record of one job."""
    for function in REMEMBERING:
        function.cache_clear()
    made = record["made"]
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        inputs = [(found["name"], found["path"]) for found in made["inputs"] if Path(found["path"]).exists()]
        records.inputs_of(inputs)
        records.made_by(ROOT / made["script"], "9")
        outputs = [output["path"] for output in record["outputs"] if Path(output["path"]).exists()]
        records.write_record(Path(folder) / "record.json", outputs, made, {})
        return time.process_time() - started


def main(folder: str) -> None:
    """Print the time of all records, the recorded run time of the scripts, and the time of an audit."""
    os.chdir(folder)
    jobs = [json.loads(path.read_text()) for path in Path("results").glob("*/provenance/jobs/**/*.json")]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    imports = float(subprocess.check_output([sys.executable, "-c", IMPORTS], env=environment))
    times = [imports + seconds_of(record) for record in jobs]
    scripts = sum(record["run"]["seconds"] for record in jobs)
    print(f"{len(jobs)} jobs: {sum(times):.1f} s for all records, {max(times):.2f} s at most; scripts {scripts:.0f} s")
    for study in Path("results").glob("*/provenance"):
        started = time.monotonic()
        subprocess.run([sys.executable, "-m", "murmur.audit", study.parent], env=environment, stdout=subprocess.DEVNULL)
        print(f"audit of {study.parent.name}: {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main(sys.argv[1])
