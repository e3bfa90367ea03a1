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


def read(path: str, *options: str) -> str:
    """What tcpdump says of it, every checksum verified."""
    run = subprocess.run(["tcpdump", "-n", "-vv", "-A", *options, "-r", path], capture_output=True, text=True, errors="replace")
    assert run.returncode == 0, run.stderr
    return run.stdout


def check_frames(sim: str, path: str) -> None:
    """Of a simulated Xen's network device: whole Ethernet frames, in both directions."""
    for seed in SEEDS:
        bytes_captured = capture(sim, "xen_network", seed, path)
        frames = re.findall(r"ethertype Unknown \(0x88b5\), length (\d+)", read(path, "-e"))
        # One that a device cuts into segments may have as much as an IP packet.
        assert len(frames) > 1 and all(60 <= int(length) <= 14 + 65535 for length in frames), frames
        assert b"domain > vif1.0" in bytes_captured and b"vif1.0 > domain" in bytes_captured
        print(f"xen_network, seed {seed}: {len(frames)} frames")


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
                packets = re.findall(r"^\d\d:\d\d:\d\d\.\d+ IP6? ", said, re.MULTILINE)
                assert len(packets) > 5, said
                assert bytes_captured == capture(sim, scenario, seed, path), "the same seed gave another capture"
                if scenario == "website":
                    assert "GET / HTTP/1.1" in said or "GET /large.bin" in said or "GET /missing" in said, said
                    assert "Flags [S]" in said and "Flags [P.]" in said and "Flags [F.]" in said, said
                print(f"{scenario}, seed {seed}: {len(packets)} packets")
        check_frames(sim, path)
    return 0


sys.exit(main(sys.argv[1]))
