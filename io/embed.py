#!/usr/bin/env python3
"""Turns a folder into C++: every file in it, compiled into the program as one EmbeddedFiles.

  embed.py FOLDER NAME HEADER SOURCE [DEPFILE]

HEADER declares `extern const sundog::EmbeddedFiles NAME`, SOURCE defines it (see io/embedded_files.hpp). Names
are paths below FOLDER with '/', sorted by their bytes. Hidden files are left out; symbolic links and what is
neither file nor folder are refused, since it is unclear what they should mean in a program. The digest
is the beginning of the contents' SHA-256; the time is the file's own, or SOURCE_DATE_EPOCH where that is set
(https://reproducible-builds.org/specs/source-date-epoch/), so that a build can be repeated to the byte.

DEPFILE, in make's syntax, names all files and folders read, so that ninja runs this again when one has changed.
"""
import hashlib
import os
import pathlib
import re
import sys

DIGEST_HEX_DIGITS = 20   # 80 bits: no two versions of a file will ever share one by chance
BYTES_PER_LINE = 24


def files_below(folder):
    """(name, path) of every file, sorted by the bytes of the name; and all folders."""
    files, folders = [], []
    for directory, names, leaves in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".")]
        folders.append(pathlib.Path(directory))
        for leaf in leaves + names:
            path = pathlib.Path(directory, leaf)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                sys.exit(f"embed.py: {path} is neither a file nor a folder")
        files += [(pathlib.Path(directory, leaf).relative_to(folder).as_posix(),
                   pathlib.Path(directory, leaf)) for leaf in leaves if not leaf.startswith(".")]
    return sorted(files, key=lambda file: file[0].encode()), folders


def string_literal(text):
    """Octal escapes for everything unusual: unlike hexadecimal ones they end after three digits."""
    return '"' + "".join(chr(byte) if re.match(rb"[\w ./+-]", bytes([byte]), re.ASCII) else f"\\{byte:03o}"
                         for byte in text.encode()) + '"'


def array(index, contents):
    # An array has at least one element in C++; the span below says how many count.
    numbers = [str(byte) for byte in contents] or ["0"]
    lines = [",".join(numbers[start:start + BYTES_PER_LINE])
             for start in range(0, len(numbers), BYTES_PER_LINE)]
    return f"constexpr unsigned char file_{index}[] = {{\n" + ",\n".join(lines) + "};\n"


def entry(index, name, contents, last_modified_s):
    digest = hashlib.sha256(contents).hexdigest()[:DIGEST_HEX_DIGITS]
    return (f"    {{{string_literal(name)}, std::span(file_{index}, {len(contents)}),\n"
            f"     sundog::Digest::from_hex({string_literal(digest)}), {last_modified_s}}},\n")


def source_of(folder, name, header, files):
    fixed_time_s = os.environ.get("SOURCE_DATE_EPOCH")
    arrays, entries = [], []
    for index, (file_name, path) in enumerate(files):
        contents = path.read_bytes()
        last_modified_s = int(fixed_time_s) if fixed_time_s else int(path.stat().st_mtime)
        arrays.append(array(index, contents))
        entries.append(entry(index, file_name, contents, last_modified_s))
    table = (f"constexpr sundog::EmbeddedFile files[] = {{\n{''.join(entries)}}};\n" if files else
             "constexpr std::span<const sundog::EmbeddedFile> files;\n")
    return (f"// Made by io/embed.py from the folder {folder.name}.\n#include \"{header.name}\"\n\n#include <span>\n\n"
            f"namespace {{\n\n{''.join(arrays)}\n{table}\n}}  // namespace\n\n"
            f"constinit const sundog::EmbeddedFiles {name}{{files}};\n")


def header_of(folder, name):
    return (f"// Made by io/embed.py from the folder {folder.name}.\n#pragma once\n\n"
            f"#include \"sundog/io/embedded_files.hpp\"\n\nextern const sundog::EmbeddedFiles {name};\n")


def main():
    if len(sys.argv) not in (5, 6):
        sys.exit(__doc__)
    folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    header, source = pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
    if not folder.is_dir():
        sys.exit(f"embed.py: {folder} is not a folder")
    files, folders = files_below(folder)
    header.write_text(header_of(folder, name))
    source.write_text(source_of(folder, name, header, files))
    if len(sys.argv) == 6:
        read = [str(path).replace(" ", "\\ ") for path in [path for _, path in files] + folders]
        pathlib.Path(sys.argv[5]).write_text(f"{header} {source}: {' '.join(read)}\n")


if __name__ == "__main__":
    main()
