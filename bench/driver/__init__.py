"""What drives the benchmarks: processes pinned to CPUs, rounds, results, and the report."""
