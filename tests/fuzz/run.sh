#!/bin/sh
# Fuzzes for SUNDOG_FUZZ_SECONDS (30): run.sh TARGET FOUND KEPT
# New inputs and crashes go to the folder FOUND; KEPT is only read.
target=$1 found=$2 kept=$3
mkdir -p "$found"
[ -d "$kept" ] || kept=
exec "$target" -max_total_time="${SUNDOG_FUZZ_SECONDS:-30}" -timeout=10 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$found/" "$found" ${kept:+"$kept"}
