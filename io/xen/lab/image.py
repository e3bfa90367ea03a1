"""Images as Xen gets them: packed (io/xen/x86/pack.py). Symbols stay in the file that the compiler made, for reading crash
reports."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "x86"))
import pack  # noqa: E402


def path(program):
    program = pathlib.Path(program)
    return program.with_name(program.name + ".xen")


def made_at(program):
    """When the image was last made; 0 for never."""
    return path(program).stat().st_mtime_ns if path(program).exists() else 0


def packed(program):
    """The image beside `program`, made anew when the program, or the way in which it is packed, is newer."""
    program = pathlib.Path(program)
    newest = max(program.stat().st_mtime_ns, pathlib.Path(pack.__file__).stat().st_mtime_ns)
    if made_at(program) < newest:
        path(program).write_bytes(pack.pack(program))
    return path(program)


def unwind_table(program):
    """The table by which the image unwinds."""
    return pack.unwind_table(pack.Program(pathlib.Path(program)))
