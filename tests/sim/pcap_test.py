"""The capture of a simulated world, read by tcpdump: pcap_test.py SIM"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77  # for meson
SEEDS = range(5)


def capture(sim: str, scenario: str, seed: int, path: str) -> bytes:
    subprocess.run([sim, scenario, f"--seed={seed}", f"--pcap={path}"], check=True, stdout=subprocess.DEVNULL)
    with open(path, "rb") as file:
        return file.read()


def read(path: str) -> str:
    """What tcpdump says of it, every checksum verified."""
    run = subprocess.run(["tcpdump", "-n", "-vv", "-A", "-r", path], capture_output=True, text=True, errors="replace")
    assert run.returncode == 0, run.stderr
    return run.stdout


def main(sim: str) -> int:
    if shutil.which("tcpdump") is None:
        print("tcpdump is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "links.pcapng")
        for scenario in ("echo", "website", "datagrams"):
            for seed in SEEDS:
                bytes_captured = capture(sim, scenario, seed, path)
                said = read(path)
                assert not re.search("incorrect|bad (udp |tcp )?cksum|bad length", said), said
                packets = re.findall(r"^\d\d:\d\d:\d\d\.\d+ IP ", said, re.MULTILINE)
                assert len(packets) > 5, said
                assert bytes_captured == capture(sim, scenario, seed, path), "the same seed gave another capture"
                if scenario == "website":
                    assert "GET / HTTP/1.1" in said or "GET /large.bin" in said or "GET /missing" in said, said
                    assert "Flags [S]" in said and "Flags [P.]" in said and "Flags [F.]" in said, said
                print(f"{scenario}, seed {seed}: {len(packets)} packets")
    return 0


sys.exit(main(sys.argv[1]))
