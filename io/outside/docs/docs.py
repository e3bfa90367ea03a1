"""The reference of the API, from the headers: docs.py ROOT OUTPUT_FOLDER

Fails when Doxygen warns of something (a name in index.md that is gone, for one), and when a public name has no comment.
Those that have none yet stand in the file `uncommented`, which can only become shorter: `docs.py ROOT OUTPUT_FOLDER --shorten`
takes out those that have one now.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
UNCOMMENTED = HERE / "uncommented"
# Whatever is only one platform's inside, or Sundog's own business.
LEFT_OUT = ("*/io/xen/x86/*", "*/io/xen/library/*", "*/io/outside/*", "*/io/unix/uring/*", "*/io/unix/epoll/*",
            "*/io/net/*/*")  # its layers, of which a service sees the stack
SETTINGS = """
PROJECT_NAME = Sundog
PROJECT_BRIEF = "A coroutine runtime in C++20 for services that own their whole machine"
OUTPUT_DIRECTORY = {output}
INPUT = {here}/index.md {here}/namespaces.dox {root}/runtime {root}/timers {root}/io
FILE_PATTERNS = *.hpp
RECURSIVE = YES
EXCLUDE_PATTERNS = {left_out}
EXCLUDE_SYMBOLS = *::detail *::detail::* sundog::kinds sundog::kinds::*
USE_MDFILE_AS_MAINPAGE = {here}/index.md
FILTER_PATTERNS = "*.hpp={python} {here}/filter.py"
FILTER_SOURCE_FILES = NO
STRIP_FROM_PATH = {root}
STRIP_FROM_INC_PATH = {root}
FULL_PATH_NAMES = YES
FORCE_LOCAL_INCLUDES = NO
JAVADOC_AUTOBRIEF = YES
MULTILINE_CPP_IS_BRIEF = NO
DISTRIBUTE_GROUP_DOC = NO
HIDE_UNDOC_CLASSES = NO
EXTRACT_ALL = NO
EXTRACT_STATIC = YES
SHOW_INCLUDE_FILES = NO
SORT_MEMBER_DOCS = NO
MARKDOWN_SUPPORT = YES
AUTOLINK_SUPPORT = NO
ENABLE_PREPROCESSING = YES
MACRO_EXPANSION = YES
PREDEFINED = SUNDOG_PLATFORM_UNIX
SEARCH_INCLUDES = NO
HAVE_DOT = NO
CLASS_GRAPH = NO
GENERATE_LATEX = NO
GENERATE_XML = YES
CREATE_SUBDIRS = NO
XML_PROGRAMLISTING = NO
GENERATE_TREEVIEW = YES
QUIET = YES
WARN_IF_UNDOCUMENTED = NO
WARN_IF_DOC_ERROR = YES
WARN_NO_PARAMDOC = NO
WARN_FORMAT = "$file:$line: $text"
WARN_LOGFILE = {output}/warnings
"""


def run_doxygen(root, output):
    settings = SETTINGS.format(root=root, output=output, here=HERE, python=sys.executable, left_out=" ".join(LEFT_OUT))
    shutil.rmtree(output, ignore_errors=True)  # pages of what is gone
    output.mkdir(parents=True)
    (output / "Doxyfile").write_text(settings)
    try:
        subprocess.run(["doxygen", output / "Doxyfile"], check=True)
    except FileNotFoundError:
        print("doxygen is not installed: ./sundog depend", file=sys.stderr)
        sys.exit(77)
    return (output / "warnings").read_text().splitlines()


# What the language asks of awaitables, coroutines, ranges and values, by its own names.
PROTOCOL = re.compile(r"await_(ready|suspend|resume|transform)|promise_type|get_return_object|(initial|final)_suspend|"
                      r"return_(value|void)|unhandled_exception|begin|end|empty|size|data|value_type|type|swap")


def is_ordinary(member):
    """What everybody knows from its form: constructors and assignments without a word of their own, overrides, deleted."""
    name, kind = member.findtext("name"), member.get("kind")
    arguments = member.findtext("argsstring") or ""
    return (kind == "friend" or PROTOCOL.fullmatch(name) or name.startswith(("~", "operator"))
            or re.search(r"= ?(delete|default)|(override|final)$", arguments) or member.find("reimplements") is not None)


def contracts(root):
    """CLASS: the contract that it is asserted to keep, as the whole text of its header and of the contracts that it builds on."""
    headers = {path: path.read_text() for room in ("runtime", "timers", "io") for path in sorted((root / room).rglob("*.[hc]pp"))}
    headings = {f"sundog/{path.relative_to(root)}": text for path, text in headers.items() if "\nconcept " in text}
    concepts = {name: text + "".join(below for path, below in headings.items() if f'#include "{path}"' in text)
                for text in headings.values() for name in re.findall(r"^concept (\w+)", text, re.MULTILINE)}
    asserted = (found for text in headers.values()
                for found in re.findall(r"^static_assert\((?:\w+::)*(\w+)<(?:const )?(?:\w+::)*(\w+)>", text, re.MULTILINE))
    return {implementation: concepts[concept] for concept, implementation in asserted if concept in concepts}


def is_of_contract(member, whole_name, kept):
    """What an implementation has because its contract asks for it: there it is said what it does, once for all of them."""
    contract = next((kept[part] for part in whole_name.split("::") if part in kept), "")
    return re.search(rf"\b{re.escape(member.split('::')[-1])}\b", contract) is not None


def has_comment(element):
    return any("".join(element.find(tag).itertext()).strip()
               for tag in ("briefdescription", "detaileddescription") if element.find(tag) is not None)


def uncommented(root, output):
    """FILE:LINE NAME of each public name without a comment. One comment may stand over several lines, up to a blank one."""
    kept = contracts(root)
    for path in sorted((output / "xml").glob("*.xml")):
        compound = ElementTree.parse(path).getroot().find("compounddef")
        if compound is None or compound.get("kind") not in ("class", "struct", "namespace", "file"):
            continue
        whole_name = compound.findtext("compoundname")
        # A specialisation: the template has the comments.
        if "::detail" in whole_name or "<" in whole_name or compound.get("prot") == "private":
            continue
        is_type = compound.get("kind") in ("class", "struct")
        # A ...Wait is what the function beside it gives to co_await.
        if (is_type and not has_comment(compound) and not whole_name.endswith("Wait")
                and not is_of_contract(whole_name, whole_name.rsplit("::", 1)[0], kept)):
            yield compound.find("location"), whole_name
        for member in compound.iter("memberdef"):
            if member.get("prot") in ("public", "protected") and not has_comment(member) and not is_ordinary(member):
                name = member.findtext("name")
                if whole_name.split("::")[-1] != name and not is_of_contract(name, whole_name, kept):  # no constructor
                    yield member.find("location"), f"{whole_name}::{member.findtext('name')}"


def is_covered(root, location):
    """Whether a comment stands over the lines of which this is one."""
    lines = (root / location.get("file")).read_text().splitlines()
    at = int(location.get("line")) - 1
    while at > 0 and lines[at].strip() and not lines[at].lstrip().startswith("//"):
        if "//" in lines[at]:
            return True
        at -= 1
    return lines[at].lstrip().startswith("//")


def main(root, output, option=""):
    root, output = pathlib.Path(root).resolve(), pathlib.Path(output).resolve()
    warnings = run_doxygen(root, output)
    print("\n".join(warnings))
    found = {name: f"{location.get('file')}:{location.get('line')}"
             for location, name in uncommented(root, output) if not is_covered(root, location)}
    known = set(UNCOMMENTED.read_text().splitlines())
    if option == "--shorten":
        known &= set(found)
        UNCOMMENTED.write_text("".join(f"{name}\n" for name in sorted(known)))
    wrong = [f"{place}: {name} has no comment" for name, place in sorted(found.items()) if name not in known]
    wrong += [f"{UNCOMMENTED}: {name} is gone or has a comment: ./sundog docs --shorten"
              for name in sorted(known - set(found))]
    print("\n".join(wrong))
    print(f"{len(warnings)} warnings, {len(wrong)} mistakes in comments; {len(known)} public names are still without one")
    print(f"The reference: {output}/html/index.html")
    return 1 if warnings or wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
