"""What a server does for a request, counted and not timed: system calls and user-space instructions.

System calls are counted by perf's tracepoint, which hardly slows the server, else by strace, which does.
Instructions are counted by the processor (perf) where the machine lets us, else by callgrind. Both ways
run a fixed number of requests apart from the timed runs. Under callgrind a server is slow, so that more
is ready at each turn of its loop than in the timed runs: what a turn costs weighs less there.
"""
import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from driver import process


def _perf(pid, event, work):
    """Counts an event in a process while `work()` runs; None where perf cannot."""
    if not shutil.which("perf"):
        return None
    with tempfile.NamedTemporaryFile("r") as counts:
        perf = subprocess.Popen(["perf", "stat", "-x,", "-e", event, "-o", counts.name, "-p", str(pid)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        if perf.poll() is not None:
            return None
        done = work()
        perf.send_signal(signal.SIGINT)
        perf.wait()
        for line in counts.read().splitlines():
            if event.split(":")[0] in line and line.split(",")[0].isdigit():
                return int(line.split(",")[0]) / done
    return None


def _strace(pid, work):
    if not shutil.which("strace"):
        return None
    with tempfile.NamedTemporaryFile("r") as table:
        strace = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", table.name, "-p", str(pid)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        done = work()
        strace.send_signal(signal.SIGINT)
        strace.wait()
        calls = {name: int(count) for count, name in re.findall(r"^ *(\d+) (\w+)$", table.read(), re.M)}
    calls.pop("total", None)
    return {name: count / done for name, count in calls.items()} or None


def system_calls_of(pid, work):
    """What a running server does while `work()` runs, which gives how many requests it made."""
    names = _strace(pid, work) or {}
    by_perf = _perf(pid, "raw_syscalls:sys_enter", work)
    if by_perf is not None:
        return {"calls_per_request": by_perf, "counted_by": "perf", "traced": names}
    if names:
        return {"calls_per_request": sum(names.values()), "counted_by": "strace", "traced": names}
    return {}


def system_calls(peer, kind, load):
    """System calls per request, and how they were counted. `load(port, requests)` makes about so many
    requests and gives how many they were."""
    port = process.free_port()
    with process.server(peer.at(port), kind, port) as running:
        return system_calls_of(running.pid, lambda: load(port, 20_000))


def _callgrind(peer, kind, load, requests):
    port = process.free_port()
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log"
        wrapper = ["valgrind", "--tool=callgrind", f"--log-file={log}", f"--callgrind-out-file={folder}/out"]
        with process.server(peer.at(port), kind, port, wrapper, patience_s=30):
            done = load(port, requests)
        collected = re.search(r"Collected : (\d+)", log.read_text(encoding="utf-8"))
    if not collected:
        raise process.Failed("callgrind gave no count")
    return int(collected.group(1)), done


def instructions(peer, kind, load):
    """User-space instructions per request, or nothing where they cannot be counted."""
    port = process.free_port()
    with process.server(peer.at(port), kind, port) as running:
        counted = _perf(running.pid, "instructions:u", lambda: load(port, 50_000))
    if counted is not None:
        return {"instructions_per_request": counted, "instructions_by": "perf"}
    if not shutil.which("valgrind"):
        return {}
    with contextlib.suppress(process.Failed):
        # The difference of two runs: what starting and stopping costs is not in it.
        few, few_done = _callgrind(peer, kind, load, 1_000)
        many, many_done = _callgrind(peer, kind, load, 4_000)
        return {"instructions_per_request": (many - few) / (many_done - few_done),
                "instructions_by": "callgrind"}
    return {}
