"""Images as Xen gets them: stripped of symbols, which stay in the file that the compiler made, for reading crash reports."""

import pathlib
import shutil
import subprocess


def stripped(program):
    """The stripped copy beside `program`, made anew when the program is newer."""
    program = pathlib.Path(program)
    target = program.with_name(program.name + ".xen")
    if not target.exists() or target.stat().st_mtime < program.stat().st_mtime:
        strip = shutil.which("llvm-strip-19") or shutil.which("llvm-strip") or "strip"
        subprocess.run([strip, "-o", target, program], check=True)
    return target
