#!/usr/bin/env python3
"""Measures images on a real Xen and writes one report: run.py BUILD_FOLDER [--rounds=N]

Everything runs in the lab of tests/xen, ours and Debian's Linux as a PVH guest side by side, in turn. Where the lab is emulated,
times mean something only beside each other. The report goes to BUILD_FOLDER/report/: report.md, its plot, and results.jsonl with
every single measurement.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True  # the source folder stays as it is
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/xen"), str(ROOT / "io/xen/lab"), str(ROOT / "bench/xen")]

import exit_trace  # noqa: E402
import image  # noqa: E402
import lab as laboratory  # noqa: E402
import packages  # noqa: E402
import size  # noqa: E402
from driver import machine, plot, statistics  # noqa: E402
from driver.results import Results  # noqa: E402
from driver.table import cell, quantity, table  # noqa: E402

MEMORY_MIB = (16, 32, 64, 96, 128, 256, 512)
SMALL_MIB = (1, 2, 3, 4, 6, 8, 12, 16)
HYPERCALLS = {12: "memory_op", 17: "xen_version", 20: "grant_table_op", 24: "vcpu_op", 29: "sched_op",
              32: "event_channel_op", 34: "hvm_op"}


def guest(build, name):
    return image.packed(build / "tests/xen" / f"guest_{name}")


def figures(lab, build, memory_mib):
    """What the image's own counters say: a dictionary of numbers."""
    lab.create("figures", guest(build, "figures"), memory_mib=memory_mib)
    lines = [line.split() for line in lab.await_end("figures", 300).splitlines()]
    return {words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}


def linux_boot_us(lab, memory_mib):
    """How old Linux says it is when its init begins."""
    lab.create_linux("linux", memory_mib)
    return float(lab.await_end("linux", 300).split("uptime", 1)[1].split()[0]) * 1e6


def measure_boot(lab, build, results, rounds):
    for number in range(1, rounds + 1):
        for memory in MEMORY_MIB:
            print(f"    {memory} MiB, round {number} of {rounds}", flush=True)
            results.add("boot", guest="sundog", memory_mib=memory, round=number, **figures(lab, build, memory))
            try:
                results.add("boot", guest="Linux", memory_mib=memory, round=number, boot_us=linux_boot_us(lab, memory))
            except (laboratory.CommandFailed, TimeoutError, IndexError) as failure:  # too little memory for it
                results.add("boot", guest="Linux", memory_mib=memory, round=number, failed=str(failure))
                lab.run("xl destroy linux", check=False)


def measure_small(lab, build, results):
    """The least memory in which each program runs to its right end."""
    hello = image.packed(build / "examples/hello/hello")
    programs = {"hello": (hello, "", "hello\n"),
                "1,000 sleepers": (guest(build, "sleepers"), "1000", "1000 sleepers, 0 early, 0 out of order"),
                "100,000 sleepers": (guest(build, "sleepers"), "100000", "100000 sleepers, 0 early, 0 out of order")}
    for name, (program, arguments, wanted) in programs.items():
        for memory in (*SMALL_MIB, 24, 32, 48, 64):
            try:
                lab.create("small", program, arguments, memory_mib=memory)
                works = wanted in lab.await_end("small", 60)
            except (laboratory.CommandFailed, TimeoutError):
                lab.run("xl destroy small", check=False)
                works = False
            if works:
                results.add("small", program=name, memory_mib=memory)
                break


def measure_exits(lab, build, results):
    """The image's own counters beside Xen's trace of the same domain, from its creation to its end."""
    lab.run(f"rm -f /run/trace; xentrace -D -S 256 -e {exit_trace.HVM_EVENTS:#x} /run/trace >/dev/null 2>&1 & "
            "echo $! >/run/xentrace.pid; sleep 1")
    own = figures(lab, build, 16)
    lab.run("kill -INT $(cat /run/xentrace.pid); sleep 1; cp /run/trace /lab/trace")
    seen = exit_trace.exits((lab.share / "trace").read_bytes())
    results.add("exits", own_hypercalls=own["hypercalls_at_end"], turns=own["turns"], reasons=dict(seen))


def exits_section(results):
    record = results.of("exits")[-1]
    rows = [[reason, count, f"{count / record['turns']:.2f}"] for reason, count in sorted(
        record["reasons"].items(), key=lambda entry: -entry[1])]
    all_exits = sum(record["reasons"].values())
    return ["## Exits by xentrace", "", f"A whole domain that sleeps {record['turns']:,} times. It counted "
            f"{record['own_hypercalls']:,} hypercalls itself before its last words; Xen's trace, with those, has:", "",
            *table(["exit", "count", "for each sleep"], [*rows, ["all", all_exits, f"{all_exits / record['turns']:.2f}"]])]


def boot_section(results, folder):
    rows, series = [], {"sundog": [], "Linux": []}
    for memory in MEMORY_MIB:
        ours = [record["boot_us"] / 1000 for record in results.of("boot", guest="sundog", memory_mib=memory)]
        linux = [record["boot_us"] / 1000 for record in results.of("boot", guest="Linux", memory_mib=memory)
                 if "boot_us" in record]
        ratio = [there / here for here, there in zip(ours, linux)]
        rows.append([memory, cell(ours), cell(linux) or "does not start", cell(ratio)])
        for name, values in (("sundog", ours), ("Linux", linux)):
            if values:
                series[name].append((memory, statistics.median(values)))
    plot.lines(folder / "boot.svg", "Boot: first instruction to first task, or to init", "MiB of memory", "ms", series,
               log_x=True, log_y=True)
    return ["## Boot time against memory", "", "Ours from the domain's first instruction to `run`'s first task; Linux's is its "
            "own uptime when its init begins, which leaves out its decompression. Goal: at least 200 times faster.", "",
            "![](boot.svg)", "", *table(["MiB", "sundog ms", "Linux ms", "times faster"], rows)]


def calls_section(results):
    record = results.of("boot", guest="sundog")[-1]
    rows = [[HYPERCALLS.get(int(key.split("_")[1]), key), value] for key, value in record.items()
            if re.fullmatch(r"hypercall_\d+", key) and value]
    turns = [r["turn_hypercalls_median"] for r in results.of("boot", guest="sundog")]
    means = [r["turn_hypercalls_percent"] / 100 for r in results.of("boot", guest="sundog")]
    return ["## Hypercalls and exits", "", "From the first instruction to the first task, by the image's own counters. Every "
            "hypercall is an exit, and so is every CPUID; the writes to CR0, CR4 and EFER with which any 64-bit guest begins "
            "come on top.", "", *table(["", "count"], [*rows, ["CPUID", record["boot_cpuids"]]]),
            f"One sleep and its wake-up: {cell(turns)} hypercalls in the usual turn, {cell(means)} on average (where the "
            "host's clocks jump against each other, a wait may end early and ask again). Goal: at most 2.", ""]


def report(folder, build, results):
    origin = results.records[0]
    small = [[record["program"], record["memory_mib"]] for record in results.of("small")]
    sizes = [[name, quantity(image.packed(build / "examples" / name / name).stat().st_size), quantity(budget)]
             for name, budget in size.BUDGETS.items()]
    costs = [[part, f"{cost / 1024:.1f}"] for part, cost in size.parts(build / "examples/hello/hello")]
    lines = ["# Sundog on Xen, beside Linux", "", f"- commit {origin['commit']} on {origin['machine']}",
             "- Xen 4.17 and Debian's dom0 in QEMU" + ("" if laboratory.has_virtualisation() else ", emulated: compare, do "
                                                       "not believe the times"), "",
             *boot_section(results, folder), *calls_section(results),
             *exits_section(results), "## Smallest memory", "", *table(["program", "MiB"], small),
             "## Image sizes", "", *table(["image", "bytes", "budget"], sizes),
             *table(["part of hello", "KB"], costs)]
    (folder / "report.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"\nReport: {folder / 'report.md'}")


def main(build, *options):
    build = pathlib.Path(build).resolve()
    rounds = 3
    for option in options:
        if not re.fullmatch(r"--rounds=\d+", option):
            sys.exit(f"bench --xen: what is {option}?\n\n{__doc__}")
        rounds = int(option.split("=")[1])
    folder = build / "report"
    folder.mkdir(exist_ok=True)
    results = Results(folder / "results.jsonl", machine.describe(ROOT))
    for experiment in ("boot", "exits", "small"):
        results.begin(experiment)
    print("Booting Xen and dom0 in QEMU", flush=True)
    try:
        with laboratory.Lab(build / "xen-lab") as lab:
            print("[1/3] boot time against memory", flush=True)
            measure_boot(lab, build, results, rounds)
            print("[2/3] exits", flush=True)
            measure_exits(lab, build, results)
            print("[3/3] smallest memory", flush=True)
            measure_small(lab, build, results)
    except packages.Unavailable as why:
        sys.exit(f"bench --xen: the lab cannot be made here: {why}")
    report(folder, build, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
