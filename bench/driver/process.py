"""Processes pinned to a CPU: servers on the first, clients on the second."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import time

SERVER_CPU = 0
CLIENT_CPU = min(1, (os.cpu_count() or 1) - 1)


class Failed(Exception):
    """A program that did not start, did not answer or gave no figures; says why in one line."""


def _pin(cpu):
    return lambda: os.sched_setaffinity(0, {cpu})


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid):
    """CPU time of all threads of a process, to the nanosecond (see clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="utf-8") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def _answers(kind, port):
    """A TCP server is up when it accepts, a UDP one when it echoes."""
    try:
        if kind == "udp":
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.settimeout(0.1)
                probe.sendto(b"?", ("127.0.0.1", port))
                return probe.recv(16) == b"?"
        with socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def server(command, kind, port, patience_s=5):
    """Runs a server until the block ends; gives its Popen."""
    with open(os.devnull, "rb") as silence:
        process = subprocess.Popen(
            command, stdin=silence, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, preexec_fn=_pin(SERVER_CPU))
    try:
        until = time.monotonic() + patience_s
        while not _answers(kind, port):
            if process.poll() is not None:
                said = process.stderr.read().decode(errors="replace").strip().splitlines()
                raise Failed(f"ended with status {process.returncode}"
                             + (f": {said[-1]}" if said else ""))
            if time.monotonic() > until:
                raise Failed(f"did not answer within {patience_s} s")
            time.sleep(0.02)
        yield process
    finally:
        for end in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(end)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=3)
        process.stderr.close()


def run(command, cpu=CLIENT_CPU, timeout_s=120):
    """Runs a program to its end; gives its standard output. `cpu` None: where the kernel likes."""
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=timeout_s, check=False,
                              preexec_fn=None if cpu is None else _pin(cpu))
    except subprocess.TimeoutExpired as late:
        raise Failed(f"not done after {timeout_s} s") from late
    except OSError as error:
        raise Failed(str(error)) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Failed(f"status {done.returncode}" + (f": {said[-1]}" if said else ""))
    return done.stdout


def run_json(command, **how):
    """The same, for a program that prints lines of JSON; gives them as a list."""
    lines = [line for line in run(command, **how).splitlines() if line.startswith("{")]
    if not lines:
        raise Failed("printed no figures")
    return [json.loads(line) for line in lines]
