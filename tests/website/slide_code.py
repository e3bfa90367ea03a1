#!/usr/bin/env python3
"""Compiles the C++ on the slides, so that they teach what is true.

  slide_code.py DECK/index.html COMPILER ARGUMENT...      the arguments that a source of this project needs

Each block of code says with data-compile how it is meant:

  program        a whole source file, called data-program. If examples/ has a program of that name, the slide must show
                 that one, but for its comments (another test runs it). Otherwise it must not need Sundog: it is run
                 here, and what it prints compared with the block that says data-output-of.
  declarations   what stands at namespace scope; each slide is a namespace
  body           what stands inside a task; data-after="SLIDE" lets it use that slide's declarations
  no             not C++ to be compiled (none so far)
"""
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile

# What every fragment may take for granted: the reader knows it by then.
PRELUDE = """
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "sundog/io/console.hpp"
#include "sundog/io/devices.hpp"
#include "sundog/io/generic.hpp"
#include "sundog/io/main.hpp"
#include "sundog/io/run.hpp"
#include "sundog/io/unix/socket.hpp"
#include "sundog/runtime/choose.hpp"
#include "sundog/runtime/combinators.hpp"
#include "sundog/runtime/future.hpp"
#include "sundog/runtime/join.hpp"
#include "sundog/runtime/text/log.hpp"
#include "sundog/runtime/pick.hpp"
#include "sundog/runtime/scope.hpp"
#include "sundog/timers/sleep.hpp"
#include "sundog/timers/timeout.hpp"

using namespace sundog;
using namespace std::chrono_literals;
"""

# A template that nobody uses is hardly checked. These lines use those on the slides.
USES = {
    "loop": "template void turn_until(bool (*)(), Scheduler&, Timers&, PlatformPoller&);",
    "echo": "template Task<void> echo(Socket);",
}

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
MODES = {"program", "declarations", "body", "no"}


class Blocks(html.parser.HTMLParser):
    """Every <pre> of the deck: (slide's id, attributes, text)."""

    def __init__(self):
        super().__init__()
        self.blocks = []
        self._slide = None
        self._inside = None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "section":
            self._slide = attributes["id"]
        if tag == "pre":
            self._inside = (self._slide, attributes, [])

    def handle_data(self, data):
        if self._inside:
            self._inside[2].append(data)

    def handle_endtag(self, tag):
        if tag == "pre":
            slide, attributes, text = self._inside
            self.blocks.append((slide, attributes, "".join(text)))
            self._inside = None


def blocks_of(deck):
    parser = Blocks()
    parser.feed(pathlib.Path(deck).read_text())
    return parser.blocks


def namespace_of(slide):
    return "slide_" + slide.replace("-", "_")


def fragments(blocks):
    """One source with all declarations and bodies; #line makes the compiler's messages name the slide."""
    out = [PRELUDE]
    for number, (slide, attributes, text) in enumerate(blocks):
        mode = attributes.get("data-compile")
        if mode not in ("declarations", "body"):
            continue
        out.append(f"namespace {namespace_of(slide)} {{")
        if "data-after" in attributes:
            out.append(f"using namespace {namespace_of(attributes['data-after'])};")
        if mode == "body":
            out.append(f"Task<void> body_{number}() {{")
        out.append(f'#line 1 "slide {slide}"\n{text}')
        if mode == "body":
            out.append("co_return;\n}")
        out.append(USES.get(slide, ""))
        out.append("}")
    return "\n".join(out) + "\n"


def compile_source(name, text, compiler, folder, link):
    source = pathlib.Path(folder, f"{name}.cpp")
    source.write_text(text)
    program = pathlib.Path(folder, name)
    mode = ["-o", str(program)] if link else ["-fsyntax-only"]
    done = subprocess.run([*compiler, *mode, str(source)], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{name}, from the slides, does not compile:\n{done.stderr}")
    return program


def without_comments(source):
    lines = [line for line in source.splitlines() if not line.lstrip().startswith("//")]
    return " ".join(" ".join(lines).split())


def check_program(slide, attributes, text, shown, compiler, folder):
    name = attributes["data-program"]
    example = EXAMPLES / name / "main.cpp"
    if example.exists():
        if without_comments(example.read_text()) != without_comments(text):
            sys.exit(f"slide {slide}: this is no longer the program {example}")
        compile_source(name, text, compiler, folder, link=False)
        return
    program = compile_source(name, text, compiler, folder, link=True)
    printed = subprocess.run([str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout
    if printed.strip() != shown.get(name, "").strip():
        sys.exit(f"slide {slide}: {name} prints\n{printed}\nand the slide shows\n{shown.get(name)}")


def main():
    deck, compiler = sys.argv[1], sys.argv[2:]
    blocks = blocks_of(deck)
    code = [block for block in blocks if "cpp" in block[1]["class"]]
    for slide, attributes, _ in code:
        if attributes.get("data-compile") not in MODES:
            sys.exit(f"slide {slide}: a block of C++ does not say how it is to be compiled")
    shown = {attributes["data-output-of"]: text for _, attributes, text in blocks
             if "data-output-of" in attributes}
    with tempfile.TemporaryDirectory() as folder:
        for slide, attributes, text in code:
            if attributes["data-compile"] == "program":
                check_program(slide, attributes, text, shown, compiler, folder)
        compile_source("fragments", fragments(code), compiler, folder, link=False)
    print(f"{len(code)} blocks of code compile")


if __name__ == "__main__":
    main()
