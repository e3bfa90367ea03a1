"""Says which probes (runtime/language/probe.hpp) no test has reached: report.py SOURCE_ROOT HITS_FOLDER UNREACHED

Runs after all other tests. All probes are known from the source, so that one in code that no test even links counts too. What
was reached stands in HITS_FOLDER, one file for each run of a test program (write_hits.cpp); files of programs that have been
built anew since are left out. UNREACHED is the recorded list of those that nothing reaches: with more than these the report
fails, and so it does when one of these was reached and is still on the list, so that the list only becomes shorter. A line
that ends in " (sometimes)" is for a branch that depends on the machine.
"""
import os
import re
import sys

SKIPPED = 77  # for meson
ROOMS = ("runtime", "timers", "io")
PROBE = re.compile(r'SUNDOG_PROBED?\(\s*"((?:[^"\\]|\\.)*)"')


def probes_in(root: str) -> set[str]:
    """"FILE: NAME" of every probe in the source."""
    found = set()
    for room in ROOMS:
        for folder, _, files in os.walk(os.path.join(root, room)):
            for name in files:
                if not name.endswith((".hpp", ".cpp")) or name == "probe.hpp":
                    continue
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found |= {f"{name}: {probe}" for probe in PROBE.findall(file.read())}
    return found


def hits_in(folder: str) -> tuple[set[str], int]:
    """What was reached, and by how many runs."""
    reached, runs = set(), 0
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as file:
            program, *lines = file.read().splitlines()
        if os.path.exists(program) and os.path.getmtime(path) >= os.path.getmtime(program):
            reached |= set(lines)
            runs += 1
    return reached, runs


def main(root: str, folder: str, unreached_list: str) -> int:
    probes = probes_in(root)
    reached, runs = hits_in(folder)
    with open(unreached_list, encoding="utf-8") as file:
        recorded = file.read().splitlines()
    sometimes = {line.removesuffix(" (sometimes)") for line in recorded if line.endswith(" (sometimes)")}
    never = set(recorded) - {f"{line} (sometimes)" for line in sometimes}
    if runs == 0:
        print("no test has run since the programs were built")
        return SKIPPED
    unreached = probes - reached
    print(f"{len(probes) - len(unreached)} of {len(probes)} probes were reached, in {runs} runs")
    problems = [f"never reached: {probe}" for probe in sorted(unreached - never - sometimes)]
    problems += [f"reached, take it off the list: {probe}" for probe in sorted(never & reached)]
    problems += [f"there is no such probe, take it off the list: {probe}" for probe in sorted((never | sometimes) - probes)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
