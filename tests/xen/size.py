"""Image sizes: size.py BUILD_FOLDER fails when an image is larger than its budget; size.py BUILD_FOLDER EXAMPLE prints
what the parts of one cost, by the symbols that the linker kept."""

import collections
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True  # the source folder stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "io/xen/lab"))
import image  # noqa: E402

# Bytes. Recorded to be lowered: an image may grow past its budget only together with a reason in the same commit.
BUDGETS = {"hello": 76_288, "hello_key": 81_408, "sleep": 78_848, "heads": 87_552, "timeout": 82_432, "monads": 83_456}

PARTS = (  # the first that a symbol's name contains
    ("unwinder", ("Unwind", "sundog_unwind", "sundog_raise", "sundog_land", "x86::Row", "find_landing")),
    ("{fmt}", ("fmt::", "N3fmt")),
    ("io/xen", ("sundog::xen", "sundog_", "N6sundog3xen")),
    ("parameters, --help, --describe", ("describe", "Parameter", "parameter", "draw_", "run_program")),
    ("runtime, timers, loop", ("sundog",)),
    ("libstdc++", ("std::", "__gnu", "__cxa", "__cxxabiv1", "_ZNSt", "_ZSt", "_ZTI", "_ZTS", "_ZTV")),
)


def measure(build):
    """One line for each image; whether all are within their budgets."""
    within = True
    for name, budget in BUDGETS.items():
        program = build / "examples" / name / name
        size = image.packed(program).stat().st_size
        print(f"{name:12} {size:8} bytes of {budget:8}{'' if size <= budget else '  TOO LARGE'}")
        within = within and size <= budget
    return within


def parts(program):
    """What the parts of an image cost, as pairs (part, bytes), the dearest first. Their sum is the image's size."""
    listed = subprocess.run(["nm", "-SC", program], capture_output=True, text=True, check=True).stdout
    cost = collections.Counter()
    named = set()  # one function may have several names
    for line in listed.splitlines():
        fields = line.split(None, 3)
        if len(fields) == 4 and fields[2] not in "bBaA" and len(fields[2]) == 1 and fields[0] not in named:
            named.add(fields[0])
            part = next((part for part, marks in PARTS if any(mark in fields[3] for mark in marks)), "musl and the rest")
            cost[part] += int(fields[1], 16)
    sections = subprocess.run(["size", "-A", program], capture_output=True, text=True, check=True).stdout
    areas = sum(int(line.split()[1]) for line in sections.splitlines() if line.startswith(".gcc_except_table"))
    cost["exception tables"] = areas + len(image.unwind_table(program))
    cost["texts and padding"] = image.packed(program).stat().st_size - sum(cost.values())  # what has no name
    return cost.most_common()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        for part, cost in parts(folder / "examples" / sys.argv[2] / sys.argv[2]):
            print(f"| {part} | {cost / 1000:.1f} KB |")
    else:
        sys.exit(0 if measure(folder) else 1)
