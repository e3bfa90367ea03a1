"""Every code sample compiles: samples.py ROOT BUILD_FOLDER

A sample is what a header's comment, or a page's ```cpp, shows as code. In a comment it stands three blanks in, after an empty
line or one that ends with a colon. Tables and drawings stand there too, but no line of theirs ends with ; { or } as some line
of a sample does.

Each sample is compiled in a namespace of its own: its functions and types there, its statements in a function. What it takes
for granted is declared in the file `preludes`, under the header's name; a prelude that opens a class or a function is closed
after the sample. Two placeholders are known: `{ ... }`, and `...` as a statement of its own.
"""
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import Iterator

ROOMS = ("runtime", "timers", "io")
PAGES = ("README.md", "examples/README.md")  # io/sim/README.md's is compiled as tests/sim/twenty_lines.cpp
PRELUDES = "tests/tidy/preludes"
ALWAYS = ("sundog/sundog.hpp", "sundog/io/memory/network_cable.hpp", "sundog/io/net/wire/fields.hpp",
          "sundog/io/sim/stack.hpp", "csignal")
OF_NAMESPACE = re.compile(r"\s*((struct|class|enum|union|template|inline|constexpr|using|namespace)\b|#)")
OF_FUNCTION = re.compile(r"\s*(?!(?:if|for|while|switch|catch|else|return|throw|co_\w+|auto)\b)"
                         r"[\w:<>,&*\[\] ]+[ &*>]\w+\([^;]*\)[^;=()]*\{")
ANSWER = ("  Repair the sample. If it only takes a name for granted, declare that in tests/tidy/preludes below a line with the\n"
          "  header's name. For what a sample leaves out write { ... }, or ... as a statement of its own.")


@dataclass
class Sample:
    path: str
    line: int
    text: str
    namespace: str = "sundog"


def is_code(lines: list[str]) -> bool:
    if re.match(r".*\bco_await\b|[\w:.]+\(.*\)$", lines[0]):  # a call that lacks its semicolon is told so
        return True
    return any(re.search(r"[;{}]$", re.sub(r"\s*//.*", "", line)) for line in lines)


def is_open(lines: list[str]) -> bool:
    """More braces begin there than end, so that an empty line does not end the sample."""
    return "".join(lines).count("{") > "".join(lines).count("}")


def samples_of_header(path: str, text: str) -> Iterator[Sample]:
    own = re.search(r"^namespace (sundog(?:::\w+)*)", text, re.MULTILINE)
    namespace = own.group(1) if own else "sundog"
    lines, at = text.split("\n"), 0
    while at < len(lines):
        begins = re.match(r"\s*//   (?=\S)", lines[at])
        if not begins or not re.fullmatch(r"\s*//(?! {3}).*:|\s*//", lines[at - 1]):
            at += 1
            continue
        first, indent = at, begins.group()
        sample: list[str] = []
        while lines[at].startswith(indent) or (lines[at] == indent.rstrip() and is_open(sample)):
            sample.append(lines[at].removeprefix(indent).removeprefix(indent.rstrip()))
            at += 1
        if is_code(sample):
            yield Sample(path, first + 1, "\n".join(sample), namespace)


def samples_of_page(path: str, text: str) -> Iterator[Sample]:
    for found in re.finditer(r"^```cpp\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        yield Sample(path, text.count("\n", 0, found.start()) + 2, found.group(1).rstrip("\n"))


def all_samples(root: str) -> Iterator[Sample]:
    for room in ROOMS:
        for folder, _, files in sorted(os.walk(os.path.join(root, room))):
            for name in sorted(files):
                if name.endswith(".hpp"):
                    path = os.path.join(folder, name)
                    yield from samples_of_header(os.path.relpath(path, root), read(path))
    for path in PAGES:
        yield from samples_of_page(path, read(os.path.join(root, path)))


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_preludes(root: str) -> dict[str, Sample]:
    preludes: dict[str, Sample] = {}
    parts = re.split(r"^// ([\w/]+\.(?:hpp|md))\n", read(os.path.join(root, PRELUDES)), flags=re.MULTILINE)
    line = parts[0].count("\n") + 1
    for name, text in zip(parts[1::2], parts[2::2]):
        preludes[name] = Sample(PRELUDES, line + 1, text)
        line += 1 + text.count("\n")
    return preludes


def without_placeholders(text: str) -> str:
    return re.sub(r"((?:^|[;{}]|\) )[ ]*)\.\.\.(?=[ ]*(?:$|\}|//))", r"\1;  ", text, flags=re.MULTILINE)


def items_of(text: str) -> Iterator[tuple[int, str]]:
    """The sample's statements and definitions, each with where it begins."""
    first, depth, item = 0, 0, []
    for at, line in enumerate(text.split("\n")):
        code = re.sub(r'"(?:\\.|[^"\\])*"', '""', line).split("//")[0].rstrip()
        item.append(line)
        depth += sum(code.count(letter) for letter in "{([") - sum(code.count(letter) for letter in "})]")
        if depth == 0 and (code.endswith((";", "}")) or code.startswith("#")):
            yield first, "\n".join(item)
            first, item = at + 1, []
    if item:
        yield first, "\n".join(item)


def placed(path: str, line: int, text: str) -> str:
    return f'#line {line} "{path}"\n{text}\n'


def program_of(number: int, sample: Sample, prelude: Sample | None) -> str:
    """The sample in its namespace, as a text in which each line knows where it is from."""
    before = placed(prelude.path, prelude.line, prelude.text) if prelude else ""
    text = without_placeholders(sample.text)
    still_open = prelude.text.count("{") - prelude.text.count("}") if prelude else 0
    if still_open:
        body = placed(sample.path, sample.line, text) + "};" * still_open
    else:
        items = [(OF_NAMESPACE.match(item) or OF_FUNCTION.match(item), placed(sample.path, sample.line + first, item))
                 for first, item in items_of(text)]
        statements = "".join(item for is_definition, item in items if not is_definition)
        body = "".join(item for is_definition, item in items if is_definition)
        body += f"inline Task<void> statements() {{\n{statements}co_return;\n}}\n"
    return f"namespace {sample.namespace}::sample_{number} {{\n{before}{body}\n}}\n"


def if_possible(path: str, text: str) -> str:
    """What is about Xen is left out where Xen's headers are not installed."""
    return f"#if __has_include(<xen/xen.h>)\n{text}#endif\n" if "io/xen/" in path else text


def compiler_command(build_folder: str) -> list[str]:
    """How the library's own sources are compiled, less the source and what a compiler would write."""
    entries = json.loads(read(os.path.join(build_folder, "compile_commands.json")))
    entry = next(entry for entry in entries if entry["output"].startswith(("libsundog.a.p/", "libsundog.so.")))
    words, flags = iter(shlex.split(entry["command"])), []
    for word in words:
        if word in ("-o", "-MF", "-MQ", "-c"):
            next(words)
        elif word not in ("-MD", "-DSUNDOG_PROBES"):
            flags.append(word)
    return [*flags, "-fsyntax-only", "-w", "-ferror-limit=0", "-fno-diagnostics-color", "-x", "c++", "-"]


def main(root: str, build_folder: str) -> int:
    samples, preludes = list(all_samples(root)), read_preludes(root)
    headers = sorted({f"sundog/{sample.path}" for sample in samples if sample.path.endswith(".hpp")} | set(ALWAYS))
    source = "".join(if_possible(header, f"#include <{header}>\n") for header in headers)
    source += "using namespace std::chrono_literals;\n"
    source += "".join(if_possible(sample.path, program_of(number, sample, preludes.get(sample.path)))
                      for number, sample in enumerate(samples))
    unused = sorted(set(preludes) - {sample.path for sample in samples})
    compiled = subprocess.run(compiler_command(build_folder), cwd=build_folder, input=source, capture_output=True, text=True)
    for name in unused:
        print(f"{PRELUDES}:{preludes[name].line}: a prelude for {name}, which has no sample: take it out")
    if compiled.returncode:
        print(f"{compiled.stderr}\n{ANSWER}")
    print(f"{len(samples)} samples, {len(preludes)} with a prelude; {len(unused)} unused preludes; "
          f"{'some samples are' if compiled.returncode else 'no sample is'} refused")
    return 1 if unused or compiled.returncode else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
