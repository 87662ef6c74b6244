"""The results of the benchmarks: measured processes, benchmarks/results.json, and the table and plot of the README."""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from murmur.presentation import style  # noqa: E402

FOLDER = ROOT / "benchmarks"
BEGIN, END = "<!-- results: written by make bench -->\n", "<!-- end of results -->\n"


class Cost(NamedTuple):
    """What a process took: seconds, CPU seconds on all cores, and peak memory in GB."""

    seconds: float
    cpu_seconds: float
    memory_GB: float


def cost_of(command: list[str]) -> Cost:
    """Run a process and return what it took, start-up included. Ends this process if it fails."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} stopped with status {process.returncode}")
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def total(costs: list[Cost]) -> Cost:
    """Return the cost of processes that run one after the other."""
    seconds, cpu_seconds, memory = zip(*costs, strict=True)
    return Cost(sum(seconds), sum(cpu_seconds), max(memory))


def processor() -> str:
    """Return the name of the processor and what it has of what networks use."""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    except OSError:
        return platform.processor()
    fields = {name.strip(): value.strip() for name, value in lines.items()}
    known = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in fields.get("flags", "").split()]
    return f"{fields.get('model name', platform.machine())} ({', '.join(known) or 'no vector extensions found'})"


def result(costs: dict[str, list[Cost]], remark: str) -> dict:
    """Return the costs of each way, the first being the one that others are compared with, with the machine."""
    return {
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[1], 1),
            "python": platform.python_version(),
        },
        "ways": {way: [each._asdict() for each in found] for way, found in costs.items()},
        "remark": remark,
    }


def record(task: str, costs: dict[str, list[Cost]], remark: str) -> None:
    """Write the costs of each way of a task to results.json, and update the README."""
    path = FOLDER / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    results[task] = result(costs, remark)
    path.write_text(json.dumps(results, indent=2) + "\n")
    write_readme(results)


def report(results: dict) -> str:
    """Return the table of all tasks, and the remarks."""
    return f"{table(results)}\n{remarks(results)}"


def medians(result: dict) -> dict[str, Cost]:
    """Return the median cost of each way of a task."""
    return {
        way: Cost(*(float(np.median([each[name] for each in found])) for name in Cost._fields))
        for way, found in result["ways"].items()
    }


def table(results: dict) -> str:
    """Return the table of all tasks in Markdown."""
    lines = [
        "| task | way | time (s) | CPU time (s) | times faster: time, CPU time | peak memory (GB) |",
        "|---|---|---|---|---|---|",
    ]
    for task, result in results.items():
        found = medians(result)
        first = next(iter(found.values()))
        for number, (way, cost) in enumerate(found.items()):
            faster = f"{first.seconds / cost.seconds:.1f}, {first.cpu_seconds / cost.cpu_seconds:.1f}" if number else ""
            lines.append(
                f"| {'' if number else task} | {way} | {cost.seconds:.0f} | {cost.cpu_seconds:.0f} | {faster} | "
                f"{cost.memory_GB:.2f} |"
            )
    return "\n".join(lines) + "\n"


def remarks(results: dict) -> str:
    """Return what else was found, one item for each task."""
    lines = []
    for task, result in results.items():
        machine, repeats = result["machine"], min(len(found) for found in result["ways"].values())
        times = f"medians of {repeats} repetitions" if repeats > 1 else "each way once"
        lines.append(
            f"- {task}: {machine['processor']}, {machine['cores']} cores, at a load of {machine['load']:.0f}; {times}. "
            f"{result['remark']}"
        )
    return "\n".join(lines) + "\n"


def draw(results: dict, path: Path) -> None:
    """Draw the CPU time of each way of each task."""
    bars = [
        (f"{task}\n{way}" if not number else way, cost, number)
        for task, result in results.items()
        for number, (way, cost) in enumerate(medians(result).items())
    ]
    with style.printed_figure([path], 12 + 9 * len(bars)) as figure:
        axes = figure.subplots()
        for row, (_, cost, number) in enumerate(bars):
            axes.barh(row, cost.cpu_seconds, color=style.BLUE if number else style.LIGHT_GREY)
            axes.annotate(
                f"{cost.cpu_seconds:.0f}", (cost.cpu_seconds, row), (2, 0), textcoords="offset points", va="center"
            )
        axes.set_yticks(range(len(bars)), [label for label, *_ in bars])
        axes.invert_yaxis()
        axes.set_xlabel("CPU time (s)")


def write_readme(results: dict) -> None:
    """Write the table and the plot into the README of the benchmarks."""
    path = FOLDER / "README.md"
    before, rest = path.read_text().split(BEGIN)
    after = rest.split(END)[1]
    plot = "\n![CPU time of each way](results.png)\n"
    path.write_text(before + BEGIN + report(results) + plot + END + after)
    draw(results, FOLDER / "results.png")
