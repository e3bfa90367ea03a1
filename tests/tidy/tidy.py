"""Keeps the tree as a reader expects it: tidy.py ROOT

Each rule below is a function that yields problems.

A rule that must give way somewhere has its exceptions beside it, each with the reason.
"""
import os
import re
import sys
from collections.abc import Iterator

COLUMNS_MAX = {".cpp": 100, ".hpp": 100}  # clang-format sees to these
OTHER_COLUMNS_MAX = 130
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
TOP_LEVEL = {"runtime", "timers", "io", "examples", "tests", "bench",
             "meson.build", "meson_options.txt", "README.md", "LICENSE", "sundog"}
TEXT = (".cpp", ".hpp", ".c", ".h", ".S", ".py", ".sh", ".md", ".css", ".js", ".html",
        "meson.build", "meson_options.txt", "sundog")
PROSE = (".md", ".html")  # pages; their length is not counted
PAGE_COLUMNS_MAX = 100  # of a page's paragraphs; a table's row or a link may need more
README_LINES_MAX = 120
# What each lower room may not know of.
FORBIDDEN_INCLUDES = {"runtime": ("timers/", "io/", "examples/", "tests/", "bench/"),
                      "timers": ("io/", "examples/", "tests/", "bench/"),
                      "io": ("examples/", "tests/", "bench/")}

LONG_LINES_ALLOWED = {"tests/sim/mutations.py": "a table, whose rows are read across"}
LONG_FILES_ALLOWED: dict[str, str] = {}
LONG_FUNCTIONS_ALLOWED: dict[str, str] = {}
# Stand for any file, in examples.
FOREIGN_FILES = {"a.cpp", "NAME_test.cpp"}
AWAIT_IN_CONDITION_ALLOWED = {"tests/compiler/await_shapes.hpp": "these shapes are what it tests"}
PLATFORM_SWITCH_ALLOWED = {"io/platform.hpp": "chooses the machine",
                           "io/generic.hpp": "chooses its devices",
                           "io/unix/only_unix.hpp": "says why a service is for Unix only"}

OWN_HEADERS = {"tests/install/outside.cpp": "has headers of its own that are named like the library's"}

Problems = Iterator[tuple[str, int, str]]


def source_files(root: str) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        is_top = folder == root
        folders[:] = [name for name in folders if not name.startswith(".") and
                      name != "__pycache__" and not (is_top and name == "build")]
        for name in files:
            if name.endswith(TEXT):
                yield os.path.relpath(os.path.join(folder, name), root)


def without_comments_and_strings(text: str) -> str:
    """The same lines, with comments and literals blanked, so that a rule sees only code."""
    digit_separator = r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])"
    raw_string = r'R"(?P<mark>[^()\\ ]*)\(.*?\)(?P=mark)"'
    string = r'"(?:\\.|[^"\\\n])*"'
    character = r"'(?:\\.|[^'\\\n])+'"
    comment = r"//[^\n]*|/\*.*?\*/"
    blanked = "|".join((digit_separator, raw_string, string, character, comment))
    return re.sub(blanked, lambda match: re.sub(r"[^\n]", " ", match.group()), text,
                  flags=re.DOTALL)


def lines_and_blanks(path: str, text: str) -> Problems:
    columns_max = COLUMNS_MAX.get(os.path.splitext(path)[1], OTHER_COLUMNS_MAX)
    for number, line in enumerate(text.split("\n"), 1):
        may_be_long = path.endswith(PROSE) or path in LONG_LINES_ALLOWED or "://" in line
        if len(line) > columns_max and not may_be_long:
            yield path, number, f"the line has {len(line)} columns, more than {columns_max}"
        if "\t" in line:
            yield path, number, "a tab"
        if line != line.rstrip() and not path.endswith(".md"):
            yield path, number, "blanks at the end of the line"
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield path, text.count("\n"), "the file must end with one newline"


def length_of_files(path: str, text: str) -> Problems:
    lines = text.count("\n")
    if lines > FILE_LINES_MAX and path not in LONG_FILES_ALLOWED and not path.endswith(PROSE):
        yield path, lines, f"the file has {lines} lines, more than {FILE_LINES_MAX}"


def length_of_functions(path: str, code: str) -> Problems:
    """From the line that opens a body to the brace that closes it."""
    if not path.endswith((".cpp", ".hpp")) or path.startswith("tests/"):
        return
    lines = code.split("\n")
    for first, line in enumerate(lines):
        opens_function = re.search(r"\)[^;=]*\{\s*$", line)
        if not opens_function or re.match(r"\s*(namespace|class|struct|enum|union|extern)\b", line):
            continue
        depth, length = 1, 1
        while depth and first + length < len(lines):
            depth += lines[first + length].count("{") - lines[first + length].count("}")
            length += 1
        if length > FUNCTION_LINES_MAX and path not in LONG_FUNCTIONS_ALLOWED:
            yield path, first + 1, f"a function of {length} lines, more than {FUNCTION_LINES_MAX}"


def headers_open_with_prose(path: str, text: str) -> Problems:
    if path.endswith(".hpp"):
        if not text.startswith("// "):
            yield path, 1, "a header begins with a comment: what it is and what it promises"
        if "\n#pragma once\n" not in text:
            yield path, 1, "no #pragma once"


def no_await_in_conditions(path: str, text: str) -> Problems:
    """g++ miscompiles these (tests/compiler), and a reader looks for co_await at a line's start."""
    if not path.endswith((".cpp", ".hpp")) or path in AWAIT_IN_CONDITION_ALLOWED:
        return
    for match in re.finditer(r"\b(if|while|switch|for)\s*\(", text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        condition = text[match.end():end]
        ranged = match.group(1) == "for" and ";" not in condition
        if "co_await" in condition and not ranged:
            line = text.count("\n", 0, match.start()) + 1
            yield path, line, f"co_await in the condition of {match.group(1)}"
    for match in re.finditer(r"\?[^;{}]*\bco_await\b|\bco_await\b[^;{}]*\?", text):
        yield path, text.count("\n", 0, match.start()) + 1, "co_await beside ?:"


def pages_are_narrow(path: str, text: str) -> Problems:
    if not path.endswith(".md"):
        return
    lines = text.split("\n")
    if path == "README.md" and len(lines) - 1 > README_LINES_MAX:
        yield path, len(lines) - 1, f"the README has more than {README_LINES_MAX} lines"
    for number, line in enumerate(lines, 1):
        if len(line) > PAGE_COLUMNS_MAX and (path == "README.md" or not line.startswith("|")):
            yield path, number, f"the line has {len(line)} columns, more than {PAGE_COLUMNS_MAX}"


def comments_of(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        comment = re.search(r"(?:^|[\s;{}])//(.*)", line)
        if comment and "://" not in line:
            yield number, comment.group(1)


def named_files_exist(root: str, files: list[str]) -> Problems:
    """A file that a comment or a page names, in full or by its last parts, is in the tree."""
    endings: set[str] = set()
    for path in files:
        parts = path.split("/")
        endings.update("/".join(parts[first:]) for first in range(len(parts)))
    for path in files:
        if not path.endswith((".cpp", ".hpp", ".md")):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        said = enumerate(text.split("\n"), 1) if path.endswith(".md") else comments_of(text)
        for number, line in said:
            for name in re.findall(r"(?<![\w./<+-])(?:[\w-]+/)*[\w-]+\.(?:hpp|cpp|S|py|md)\b", line):
                if name.removeprefix("sundog/") not in endings and name not in FOREIGN_FILES:
                    yield path, number, f"it names {name}, which is not there"


def rooms_know_their_place(path: str, text: str) -> Problems:
    if not path.endswith((".cpp", ".hpp")):
        return
    forbidden = FORBIDDEN_INCLUDES.get(path.split("/")[0], ())
    for number, line in enumerate(text.split("\n"), 1):
        include = re.match(r'\s*#\s*include "([^"]+)"', line)
        if include and include.group(1).removeprefix("sundog/").startswith(forbidden):
            yield path, number, f"{path.split('/')[0]} may not know {include.group(1)}"
        in_room = include and include.group(1).startswith(("runtime/", "timers/", "io/"))
        if in_room and path not in OWN_HEADERS:
            yield path, number, "a library header is included as sundog/..., as its users do"
        chooses = re.match(r"\s*#\s*(if|elif).*SUNDOG_PLATFORM_", line)
        if chooses and path not in PLATFORM_SWITCH_ALLOWED:
            yield path, number, "only io/platform.hpp and io/generic.hpp choose the platform"


def headers_form_no_circle(root: str, files: list[str]) -> Problems:
    """Whichever of two headers that include each other is read first lacks the other."""
    included: dict[str, list[str]] = {}
    for path in files:
        if path.endswith(".hpp"):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                included[path] = re.findall(r'^#include "(?:sundog/)?([^"]+)"', file.read(), re.M)
    done: set[str] = set()

    def walk(path: str, above: list[str]) -> Problems:
        if path in above:
            yield path, 1, "includes itself: " + " -> ".join(above[above.index(path):] + [path])
        elif path in included and path not in done:
            for name in included[path]:
                yield from walk(name, above + [path])
            done.add(path)

    for path in included:
        yield from walk(path, [])


def nothing_of_one_machine(path: str, text: str) -> Problems:
    for number, line in enumerate(text.split("\n"), 1):
        if re.search(r"(?<![\w.])/(work|tmp|home)/", line) and path != "tests/tidy/tidy.py":
            yield path, number, "a path of one machine; a temporary folder has to be asked for"


def is_named(source: str, recipe: str) -> bool:
    """In full, or put together in a loop: 'epoll_' + service + '.cpp'."""
    words = os.path.splitext(source)[0].split("_")
    in_loop = "+ '.cpp'" in recipe and all(word in recipe for word in words)
    return in_loop or re.search(r"[/']" + re.escape(source) + "'", recipe) is not None


def sources_are_built(root: str, files: list[str]) -> Problems:
    for path in files:
        if not path.endswith(".cpp"):
            continue
        folder, name = os.path.split(path)
        while True:
            recipe = os.path.join(root, folder, "meson.build")
            if os.path.exists(recipe):
                with open(recipe, encoding="utf-8") as file:
                    if is_named(name, file.read()):
                        break
            if not folder:
                yield path, 1, "no meson.build names it"
                break
            folder = os.path.dirname(folder)


def top_level_is_rooms(root: str) -> Problems:
    for name in sorted(os.listdir(root)):
        if not name.startswith(".") and name not in TOP_LEVEL | {"build"}:
            yield name, 1, "only the rooms, the build and the README stand at the top"


RULES_OF_TEXT = (lines_and_blanks, pages_are_narrow, length_of_files, headers_open_with_prose,
                 rooms_know_their_place, nothing_of_one_machine)
RULES_OF_CODE = (length_of_functions, no_await_in_conditions)


def problems_in(root: str) -> Problems:
    files = sorted(source_files(root))
    yield from top_level_is_rooms(root)
    yield from sources_are_built(root, files)
    yield from headers_form_no_circle(root, files)
    yield from named_files_exist(root, files)
    for path in files:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        code = without_comments_and_strings(text) if path.endswith((".cpp", ".hpp")) else text
        for rule in RULES_OF_TEXT:
            yield from rule(path, text)
        for rule in RULES_OF_CODE:
            yield from rule(path, code)


found = [f"{path}:{line}: {what}" for path, line, what in problems_in(sys.argv[1])]
print("\n".join(found))
print(f"{len(found)} problems")
sys.exit(1 if found else 0)
