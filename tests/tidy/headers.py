"""Each header compiles alone: headers.py BUILD_FOLDER HEADER...

A header that some source of the library includes first has proved it by being built; the others are
checked here, with the flags that the library's sources have in compile_commands.json.
"""
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

# The library's own objects: of the static library, or of both.
LIBRARY = ("libsundog.a.p/", "libsundog.so.")


def library_commands(build_folder: str) -> list[dict]:
    with open(os.path.join(build_folder, "compile_commands.json"), encoding="utf-8") as file:
        return [entry for entry in json.load(file) if entry["output"].startswith(LIBRARY)]


def first_include(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        found = re.search(r'^#include "([^"]+)"', file.read(), re.MULTILINE)
    return found.group(1) if found else ""


def flags_of(entry: dict) -> list[str]:
    """The command without its source, its output and the bookkeeping of dependencies."""
    words, flags = shlex.split(entry["command"]), []
    takes_value = {"-o", "-MF", "-MQ", "-c"}
    while words:
        word = words.pop(0)
        if word in takes_value:
            words.pop(0)
        elif word != "-MD":
            flags.append(word)
    return flags


def complaint(header: str, flags: list[str], build_folder: str) -> str:
    command = [*flags, "-fsyntax-only", "-Wno-pragma-once-outside-header", "-x", "c++", header]
    result = subprocess.run(command, cwd=build_folder, capture_output=True, text=True)
    return f"{header} does not compile alone:\n{result.stderr}" if result.returncode else ""


def main() -> int:
    build_folder, *headers = sys.argv[1:]
    entries = library_commands(build_folder)
    if not entries:
        print("the library has no sources yet")
        return 77
    built_first = {first_include(os.path.join(build_folder, entry["file"])) for entry in entries}
    proved = tuple(name.removeprefix("sundog") for name in built_first if name)
    left = [header for header in headers if not header.endswith(proved)]
    flags = flags_of(entries[0])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = pool.map(lambda header: complaint(header, flags, build_folder), left)
        complaints = [text for text in said if text]
    print("\n".join(complaints))
    print(f"{len(headers)} headers, {len(left)} compiled here, {len(complaints)} refused")
    return 1 if complaints else 0


sys.exit(main())
