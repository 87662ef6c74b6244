"""A SLURM cluster of one node on this machine, with a GPU that is counted and not there, for the tests alone.

Its daemons run in the foreground as children of the tests, on ports of their own of the loopback interface, and
everything they read and write lies in one temporary folder. They are ended by their own ids.
"""

import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "srun", "scancel")
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
PR_SET_PDEATHSIG = 1
# Whoever looks at nothing else: a job over its memory is killed within a second, and a finished one is remembered.
CONFIGURATION = """
ClusterName=murmur
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
PlugStackConfig={folder}/plugstack.conf
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MinJobAge=3600
KillWait=2
CompleteWait=0
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName=localhost NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=localhost Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=localhost MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Return what is not installed of SLURM, as a reason to skip; nothing when all is there."""
    absent = [program for program in PROGRAMS if not shutil.which(program, path=PATH)]
    return f"SLURM is not installed (no {', '.join(absent)}; Debian: slurmctld slurmd slurm-client)" if absent else ""


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _end_with_parent() -> None:
    """Run in the child: have the kernel end it when the tests end, even by SIGKILL."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Cluster:
    """A cluster while it is entered; `environment` is that of its users."""

    def __init__(self, folder: Path, cpus: int = 4, memory: int = 64000):
        """Make a cluster in `folder`, of one node that claims `cpus` cores and `memory` MB whatever the machine has."""
        self.folder, self.daemons = folder, []
        for name in ("state", "spool", "bin"):
            (folder / name).mkdir()
        controller_port, node_port = _free_ports(2)
        self.configuration = folder / "slurm.conf"
        self.configuration.write_text(
            CONFIGURATION.format(
                controller_port=controller_port,
                node_port=node_port,
                user=getpass.getuser(),
                folder=folder,
                cpus=cpus,
                memory=memory,
            )
        )
        # A GPU must be a device; this one computes nothing.
        (folder / "gres.conf").write_text("AutoDetect=off\nNodeName=localhost Name=gpu File=/dev/null\n")
        (folder / "plugstack.conf").write_text("")
        # Jobs lose SLURM_CONF before they call srun, which elsewhere finds the configuration by itself.
        shim = folder / "bin" / "srun"
        srun = shutil.which("srun", path=PATH)
        shim.write_text(f'#!/bin/sh\nSLURM_CONF={self.configuration} exec {srun} "$@"\n')
        shim.chmod(0o755)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))},
            "PATH": f"{folder / 'bin'}:{PATH}",
            "SLURM_CONF": str(self.configuration),
        }

    def __enter__(self) -> "Cluster":
        """Start the daemons and wait for the node."""
        try:
            for command in (["slurmctld", "-D", "-c"], ["slurmd", "-D", "-N", "localhost"]):
                self.daemons.append(
                    subprocess.Popen(
                        [*command, "-f", str(self.configuration)],
                        env=self.environment,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                        preexec_fn=_end_with_parent,
                    )
                )
            deadline = time.monotonic() + 30
            while "idle" not in (state := self.call("sinfo", "--noheader", "--format=%T", check=False)):
                if time.monotonic() > deadline or any(daemon.poll() is not None for daemon in self.daemons):
                    logs = "".join(path.read_text() for path in self.folder.glob("*.log"))
                    raise RuntimeError(f"the cluster did not start, its node is {state!r}:\n{logs}")
                time.sleep(0.2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        """Cancel what runs, then end the daemons."""
        if len(self.daemons) == 2 and all(daemon.poll() is None for daemon in self.daemons):
            self.call("scancel", "--user", getpass.getuser(), check=False)
            deadline = time.monotonic() + 15
            while self.call("squeue", "--noheader", check=False).strip() and time.monotonic() < deadline:
                time.sleep(0.2)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def call(self, *command: str, check: bool = True) -> str:
        """Return what a program of SLURM prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=check)
        return done.stdout

    def jobs(self) -> list[dict[str, str]]:
        """Return SLURM's records of all jobs, in the order of their submission; the rule is in `Comment`."""
        records = self.call("scontrol", "show", "job", "--oneliner", check=False).splitlines()
        found = [dict(field.split("=", 1) for field in record.split() if "=" in field) for record in records]
        return sorted((job for job in found if "JobId" in job), key=lambda job: int(job["JobId"]))
