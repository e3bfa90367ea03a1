"""What a server does for a request, counted and not timed: system calls and user-space instructions.

System calls are counted by perf's tracepoint, which hardly slows the server, else by strace, which does.
Instructions are counted by the processor (perf) where the machine lets us, else by single-stepping through
the server (bench/load/steps.cpp; callgrind is no help, it cannot end a program that waits in io_uring). Both
ways run a fixed number of requests apart from the timed runs. A server that is stepped through is slow, so
that more is ready at each turn of its loop than in the timed runs: what a turn costs weighs less there. It is
so slow that ours would warn of tasks that hold the loop, thousands of instructions each time: its stall
detector is off while it is stepped through, and only then.
"""
import contextlib
import os
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


def _steps(program, peer, kind, load, requests):
    """Instructions of a server, stepped through one by one, while a load makes so many requests."""
    port = process.free_port()
    with process.server([*peer.at(port), *peer.when_slow], kind, port) as running:
        steps = subprocess.Popen([program, str(running.pid)], stdout=subprocess.PIPE, text=True,
                                 preexec_fn=lambda: os.sched_setaffinity(0, {process.SERVER_CPU}))
        if steps.stdout.readline() != "ready\n":
            raise process.Failed("cannot be stepped through")
        done = load(port, requests)
        steps.send_signal(signal.SIGINT)
        counted, _ = steps.communicate(timeout=30)
    return int(counted), done


def instructions(program, peer, kind, load):
    """User-space instructions per request, or nothing where they cannot be counted. `program` is steps."""
    port = process.free_port()
    with process.server(peer.at(port), kind, port) as running:
        counted = _perf(running.pid, "instructions:u", lambda: load(port, 50_000))
    if counted is not None:
        return {"instructions_per_request": counted, "instructions_by": "perf"}
    with contextlib.suppress(process.Failed, subprocess.TimeoutExpired):
        # The difference of two runs: what accepting the connections costs is not in it.
        few, few_done = _steps(program, peer, kind, load, 200)
        many, many_done = _steps(program, peer, kind, load, 1_000)
        return {"instructions_per_request": (many - few) / (many_done - few_done),
                "instructions_by": "single steps"}
    return {}
