"""Shows that the simulator finds bugs: mutate.py BUILD_FOLDER [--seeds=N] [NAME...]

For each seeded bug in mutations.py (or those with a NAME in their names), the files that contain it are compiled again with
the change, linked with the rest of BUILD_FOLDER's `sim` (or of its `test_ring`), and run with at most N seeds (1000). A bug
that survives them all, or whose text is no longer in its file, fails this program. BUILD_FOLDER must be built.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

from mutations import MUTATIONS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN_S_MAX = 120
# The library's own objects: of the static library, or of both.
LIBRARY = ("libsundog.a.p/", "libsundog.so.")
# Where the objects of the two programs are, beside the library's.
PROGRAMS = {"sim": ("tests/sim/sim.p/", "tests/sim/libsim_scenarios.a.p/", "tests/sim/libsimulated_domain.a.p/"),
            "ring": ("tests/test_ring.p/",)}


class Build:
    """What ninja knows: how each object of the program is compiled, and from which files."""

    def __init__(self, folder: str):
        self.folder = os.path.abspath(folder)
        with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
            entries = {entry["output"]: entry for entry in json.load(file)}
        self.commands = {output: entry for output, entry in entries.items()
                         if output.startswith((*LIBRARY, *PROGRAMS["sim"], *PROGRAMS["ring"]))}
        self.sources = {output: self.needs(output) for output in self.commands}

    def needs(self, output: str) -> set[str]:
        listed = subprocess.run(["ninja", "-C", self.folder, "-t", "deps", output],
                                capture_output=True, text=True, check=True)
        # headers are found through links (meson.build)
        return {os.path.realpath(os.path.join(self.folder, line.strip())) for line in listed.stdout.splitlines()[1:]}

    def compile(self, output: str, overlay: str, changed: str, result: str) -> bool:
        entry = self.commands[output]
        source = os.path.normpath(os.path.join(self.folder, entry["file"]))
        if source == os.path.join(ROOT, changed):
            source = os.path.join(overlay, "sundog", changed)
        # not optimised: compiling takes longer than running
        words = [word for word in entry["command"].split(" -MD ")[0].split() if not re.match(r"-[OgW]", word)]
        if "-include-pch" in words:  # made with other flags
            place = words.index("-include-pch")
            words = words[:place] + words[place + 2:]
        # first of all include folders: the changed file hides the real one
        command = [words[0], f"-I{overlay}", f"-I{ROOT}", *words[1:], "-w", "-o", result, "-c", source]
        return subprocess.run(command, cwd=self.folder).returncode == 0

    def link(self, objects: list[str], program: str, kind: str) -> bool:
        others = [os.path.join(self.folder, output) for output in self.commands
                  if output.startswith(PROGRAMS[kind])]
        if kind == "ring":
            others.append(os.path.join(self.folder, "tests/libcatch_main.a"))
        replaced = {os.path.basename(path) for path in objects}
        kept = [path for path in others if os.path.basename(path) not in replaced]
        words = next(iter(self.commands.values()))["command"].split()
        sanitize = [word for word in words if word.startswith("-fsanitize")]
        libraries = subprocess.run(["pkg-config", "--libs", "liburing", "spdlog", "fmt"],
                                   capture_output=True, text=True, check=True)
        # The library comes last: of what was compiled anew, or has another in its place, it gives nothing.
        kept.append(os.path.join(self.folder, "libsundog.a"))
        command = [words[0], *sanitize, *objects, *kept, "-o", program, *libraries.stdout.split(), "-pthread"]
        return subprocess.run(command).returncode == 0


def find(build: Build, mutation: tuple[str, ...], seeds: int, folder: str) -> str:
    """How the bug was found, or an empty text with the reason printed."""
    name, changed, before, after, scenario = mutation
    with open(os.path.join(ROOT, changed), encoding="utf-8") as file:
        text = file.read()
    if text.count(before) != 1:
        print(f"{name}: {changed} has changed, this mutation must be rewritten")
        return ""
    target = os.path.join(folder, "sundog", changed)
    os.makedirs(os.path.dirname(target))
    with open(target, "w", encoding="utf-8") as file:
        file.write(text.replace(before, after))
    kind = "ring" if scenario == "ring" else "sim"
    objects = []
    for output, needed in build.sources.items():
        # A header changes what the scenario and the simulator are made of; other files that include it are linked as they
        # are, behind those that were compiled here.
        used = not changed.endswith(".hpp") or scenario in os.path.basename(output) or "io_sim_" in output
        other_program = output.startswith(PROGRAMS["sim" if kind == "ring" else "ring"])
        if os.path.join(ROOT, changed) in needed and used and not other_program:
            objects.append(os.path.join(folder, os.path.basename(output)))
            if not build.compile(output, folder, changed, objects[-1]):
                return ""
    program = os.path.join(folder, "sim")
    if not objects or not build.link(objects, program, kind):
        print(f"{name}: nothing was built from {changed}")
        return ""
    command = [program] if kind == "ring" else [program, scenario, f"--seeds=0..{seeds}"]
    try:
        run = subprocess.run(command,
                             capture_output=True, text=True, errors="replace", timeout=RUN_S_MAX)
    except subprocess.TimeoutExpired:
        return "it hangs"
    if run.returncode == 0:
        print(f"{name}: NOT FOUND by {seeds} seeds of {scenario}")
        return ""
    said = [line.strip() for line in (run.stdout + run.stderr).splitlines() if "replay" in line or "  seed " in line]
    return said[-1] if said else f"status {run.returncode}"


def main() -> int:
    folder, *words = sys.argv[1:]
    seeds = next((int(word.split("=")[1]) for word in words if word.startswith("--seeds=")), 1000)
    names = [word for word in words if not word.startswith("--")]
    build = Build(folder)
    wanted = [mutation for mutation in MUTATIONS if not names or any(name in mutation[0] for name in names)]
    found = 0
    for mutation in wanted:
        with tempfile.TemporaryDirectory() as temporary:
            how = find(build, mutation, seeds, temporary)
        if how:
            found += 1
            print(f"{mutation[0]}: {how}", flush=True)
    print(f"{found} of {len(wanted)} seeded bugs were found")
    return 0 if found == len(wanted) else 1


sys.exit(main())
