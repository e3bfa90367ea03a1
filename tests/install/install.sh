#!/bin/sh
# Installs into a folder of its own, then builds and runs a program that knows only the installed
# copy and pkg-config: install.sh BUILD_FOLDER SOURCE COMPILER...
set -eu
build_folder=$1 source=$2
shift 2

elsewhere=$(mktemp -d)
trap 'rm -rf "$elsewhere"' EXIT

# The folder was configured for a prefix; DESTDIR puts a folder before it, and so must sundog.pc.
DESTDIR=$elsewhere meson install -C "$build_folder" --no-rebuild --quiet
description=$(find "$elsewhere" -name sundog.pc)
sed -i "s|^prefix=|&$elsewhere|" "$description"
flags=$(PKG_CONFIG_PATH=${description%/*} pkg-config --cflags --libs sundog)
echo "pkg-config says: $flags"

# shellcheck disable=SC2086 # the flags are words
"$@" "$source" $flags -o "$elsewhere/outside"
"$elsewhere/outside"
