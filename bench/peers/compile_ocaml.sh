#!/bin/sh
# compile_ocaml.sh SOURCE FOLDER PROGRAM: ocamlopt leaves its .cmi and .o beside the source, so the source
# is copied into FOLDER, which is in the build tree.
set -eu
mkdir -p "$2"
cp "$1" "$2/"
ocamlfind ocamlopt -thread -O3 -package lwt.unix -linkpkg "$2/$(basename "$1")" -o "$3"
