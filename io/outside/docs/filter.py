"""Doxygen's view of a header: filter.py HEADER prints it with its comments as Doxygen wants them.

The headers are written for people who read them as they are: a comment that begins with // stands before what it is about.
Here such a comment becomes ///, the one at the head of the file the file's page, and lines that are set off in it (by two
more blanks than its text) become code. Comments inside of functions stay out, as does a comment that nothing follows.
"""
import re
import sys

SPECIAL = re.compile(r"([\\@<>#&$%\"|*`])")
OPENS_SCOPE = re.compile(r"^\s*(template\b.*>\s*)?(inline\s+)?(namespace|class|struct|union|enum|extern)\b")
SECTION = re.compile(r"^\s*// ---")


def escaped(text):
    """Prose means nothing but itself: no commands, no tags, no emphasis."""
    return SPECIAL.sub(r"\\\1", text).replace("::", "\\::")


def paragraph(lines):
    """The lines of a comment, without their //, as Doxygen's: as many, so that it knows where everything stands."""
    for line in lines:
        yield "///     " + line if line.startswith("  ") else "/// " + escaped(line)


def without_literals(line):
    line = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
    return re.sub(r"'(?:\\.|[^'\\])'", "' '", line).split("//")[0]


class Scopes:
    """Which braces are open: of namespaces and types, where comments are of interest, or of anything else."""

    def __init__(self):
        self.open = []
        self.head = ""

    def pass_line(self, line):
        code = without_literals(line)
        if line.lstrip().startswith("#"):
            return
        for place, letter in enumerate(code):
            if letter == "{":
                head = self.head + code[:place].rsplit("}", 1)[-1].rsplit(";", 1)[-1]
                self.open.append(bool(OPENS_SCOPE.match(head.strip())) and "(" not in head.split("{")[0].split(")")[-1])
                self.head = ""
                code = " " * (place + 1) + code[place + 1:]
            elif letter in "};":
                if letter == "}" and self.open:
                    self.open.pop()
                self.head = ""
                code = " " * (place + 1) + code[place + 1:]
        self.head += code.strip() + " " if code.strip() else ""

    def of_interest(self):
        return all(self.open)


def comment_from(lines, first):
    """The text of the comment that begins there, and where it ends."""
    end = first
    while end < len(lines) and lines[end].lstrip().startswith("//"):
        end += 1
    return [re.sub(r"^\s*// ?", "", line) for line in lines[first:end]], end


def main_declarations(lines, head, stem):
    """The lines on which what the header is about begins, where only the head says what it is: whatever the head names before
    its first colon, or else the first thing that it names at all."""
    opening = set(re.findall(r"\w+", " ".join(head).split(":")[0]))
    found = list(declarations(lines, head, stem))
    named = [at for at, name in found if name in opening]
    return {at for at in named or [at for at, _ in found[:1]] if not lines[at - 1].startswith("//")}


def declarations(lines, head, stem):
    """What is declared and stands in the head: the line on which it begins, and its name."""
    declaration = re.compile(rf"(?:class|struct|concept)(?: \[\[.*?\]\])? (\w+)[^;]*$|[\w\[][^()=;]*\b({stem})\(")
    for at, line in enumerate(lines):
        found = declaration.match(line)
        name = found and (found.group(1) or found.group(2))
        if found and not line.startswith("namespace") and re.search(rf"\b{name}\b", " ".join(head)):
            while at > 0 and re.match(r"template|  requires", lines[at - 1]):
                at -= 1
            yield at, name


def without_specialisations(text):
    """Less what stands in namespace std: that a type is an error code, or can be hashed."""
    return re.sub(r"^template <>\n(struct|class) std::[^;]*;|^namespace std \{.*?^\}  // namespace std",
                  lambda found: "\n" * found.group().count("\n"), text, flags=re.DOTALL | re.MULTILINE)


def filtered(path, text):
    lines, scopes = without_specialisations(text).split("\n"), Scopes()
    head, at = comment_from(lines, 0)
    place = "/".join(path.split("/")[-2:])
    main = main_declarations(lines, head, place.split("/")[-1].split(".")[0])
    yield from paragraph(head)
    if lines[at] == "#pragma once":
        yield "/// @file"
        at += 1
    while at < len(lines):
        line = lines[at]
        if at in main:
            yield f"/** @copydoc {place} */ {line}"
            scopes.pass_line(line)
            at += 1
            continue
        if line.lstrip().startswith("//") and scopes.of_interest():
            comment, at = comment_from(lines, at)
            is_section = SECTION.match(line) is not None
            stands_alone = at < len(lines) and not lines[at].strip()
            yield from [""] * len(comment) if is_section or stands_alone else paragraph(comment)
            continue
        trailing = re.match(r"^(.*[;,{}(\w])\s*// ?(.*)$", line)
        if trailing and scopes.of_interest() and '"' not in trailing.group(1):
            line_out = trailing.group(1)
            if not line_out.rstrip().endswith(("{", "}")):
                line_out += " ///< " + escaped(trailing.group(2))
            yield line_out
        else:
            yield line
        scopes.pass_line(line)
        at += 1


with open(sys.argv[1], encoding="utf-8") as file:
    print("\n".join(filtered(sys.argv[1], file.read())))
