"""The machine and the commit that a result belongs to."""
import os
import platform
import resource
import subprocess
import time

# Busier than this with other things, the machine is not fit for measuring.
BUSY_MAX = 0.1


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def _debian():
    try:
        with open("/etc/debian_version", encoding="utf-8") as file:
            return "Debian " + file.read().strip()
    except OSError:
        return "not Debian"


def describe(root):
    git = ["git", "-C", str(root)]
    commit = _output(*git, "rev-parse", "--short=12", "HEAD") or "none"
    if _output(*git, "status", "--porcelain"):
        commit += "+changes"
    return {
        "commit": commit,
        "machine": f"{_cpu_model()}, {os.cpu_count()} CPUs, Linux {platform.release()}, {_debian()}",
    }


def raise_descriptor_limit():
    """10,000 connections need more than the usual soft limit; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def busy_fraction(seconds=0.5):
    """How busy the CPUs are with what is not ours; asked before measuring."""
    def read():
        with open("/proc/stat", encoding="utf-8") as file:
            fields = [int(field) for field in file.readline().split()[1:]]
        return sum(fields), fields[3] + fields[4]

    total, idle = read()
    time.sleep(seconds)
    total_after, idle_after = read()
    return 1 - (idle_after - idle) / max(1, total_after - total)
