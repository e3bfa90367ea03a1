"""The small things: what one task, one timeout, one join costs; sleepers by the million; timer structures."""
import json

from driver import peers, plot, process, statistics
from driver.table import cell, quantity, table

LWT = "liblwt-ocaml-dev ocaml-nox ocaml-findlib"


def programs(settings, name):
    """A small program in its three makes: ours, the least that can do it, Lwt's."""
    bench = settings.build / "bench"
    return [
        peers.Peer("sundog", [str(bench / "sundog" / name)]),
        peers.Peer("floor", [str(bench / "peers" / f"floor_{name}")]),
        peers.Peer("Lwt", [str(bench / "peers" / f"lwt_{name}")], LWT),
    ]


class Micro:
    """Google benchmark's figures for ours and the hand-written floor, beside Lwt's."""

    name = "micro"
    title = "tasks, wake-ups, timeouts, cancellation, joins"
    # name in the benchmark: (words, the floor's name, Lwt's name, goal for ours given the other two)
    rows = {
        "task": ("create, await and destroy a task", "floor_task", "create_await", "at most 1.05 of the floor"),
        "yield_1000": ("yield, among 1,000 tasks", "floor_yield_1000", "yield_1000", "at most 4 ns"),
        "wait_wakeup": ("wait, bind and wake up", None, "wait_wakeup", "at most half of Lwt's"),
        "await_wakeup": ("the same, awaited by a task of its own", None, None, ""),
        "arm_cancel": ("arm and cancel a timeout", None, "arm_cancel", "at most 8 ns"),
        "timeout_ready": ("timeout() around a task that is done at once", None, None, ""),
        "cancel_17": ("cancel a task through 17 frames", None, None, "at most 1 µs"),
    }

    def run(self, settings, results):
        least = 0.02 if settings.quick else 0.2
        try:
            said = json.loads(process.run(
                [settings.build / "bench" / "micro" / "micro", "--benchmark_format=json",
                 f"--benchmark_min_time={least}", f"--benchmark_repetitions={settings.rounds}",
                 "--benchmark_enable_random_interleaving=true"], cpu=process.SERVER_CPU, timeout_s=600))
            for run in said["benchmarks"]:
                if run.get("run_type") == "iteration":
                    results.add(self.name, peer="sundog", case=run["run_name"].removesuffix("/manual_time"),
                                ns=run.get("ns_per_item", run["cpu_time"]),
                                mallocs=run.get("mallocs_per_item"))
        except process.Failed as failure:
            print(f"    {failure}")
            results.add(self.name, peer="sundog", failed=str(failure))
        lwt = programs(settings, "tasks")[2]
        if lwt.missing():
            results.add(self.name, peer="Lwt", skipped=lwt.missing())
            return
        for record in process.run_json(lwt.command, cpu=process.SERVER_CPU, timeout_s=300):
            results.add(self.name, peer="Lwt", case=record["name"], ns=record["ns"])

    def figures(self, results, peer, case):
        return [record["ns"] for record in results.of(self.name, peer=peer, case=case)]

    def curve(self, results, peer, prefix):
        """The points (n, ns) of the cases named PREFIXn or PREFIX/n."""
        points = {}
        for record in results.of(self.name, peer=peer):
            case = record.get("case", "")
            count = case[len(prefix):].lstrip("_/")
            if case.startswith(prefix) and count.isdigit():
                points.setdefault(int(count), []).append(record["ns"])
        return sorted((count, statistics.median(values)) for count, values in points.items())

    def report(self, results, folder):
        if not results.of(self.name):
            return []
        rows = []
        for case, (words, floor, lwt, goal) in self.rows.items():
            mallocs = [record["mallocs"] for record in results.of(self.name, peer="sundog", case=case)
                       if record.get("mallocs") is not None]
            rows.append([words, cell(self.figures(results, "sundog", case)),
                         quantity(statistics.median(mallocs)) if mallocs else "",
                         cell(self.figures(results, "sundog", floor), spread=False) if floor else "",
                         cell(self.figures(results, "Lwt", lwt), spread=False) if lwt else "", goal])
        lines = [f"## {self.name}: {self.title}", "", "CPU time in nanoseconds; mallocs are those counted in "
                 "the steady state.", "",
                 *table(["what", "sundog ns", "mallocs", "floor ns", "Lwt ns", "goal"], rows)]
        for prefix, picture, title, y_label in (
                ("create_threads", "threads.svg", "Creating waiting threads", "ns a thread"),
                ("join", "join.svg", "Joining n tasks", "ns a task")):
            series = {peer: self.curve(results, peer, prefix) for peer in ("sundog", "Lwt")}
            if plot.lines(folder / picture, title, "count", y_label, series, log_x=True, log_y=True):
                lines += [f"![]({picture})", "", exponents(series, "The cost of one grows"), ""]
        return lines


def exponents(series, words):
    """In words: the exponent with which each curve grows."""
    said = []
    for name, points in series.items():
        grows = statistics.exponent(points)
        if grows is not None:
            said.append(f"{name} n^{grows:.2f}")
    return f"{words} as: " + ", ".join(said) + "." if said else ""


class Sleepers:
    """CPU and memory of n tasks asleep with random deadlines within one second."""

    name = "sleepers"
    title = "1,000 to 10,000,000 tasks asleep with random deadlines within a second"
    counts = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)

    def run(self, settings, results):
        for count in self.counts[:-1] if settings.quick else self.counts:
            rounds = settings.rounds if count < 10_000_000 else 1
            for number in range(1, rounds + 1):
                print(f"    {count:,} sleepers, round {number} of {rounds}", flush=True)
                for peer in programs(settings, "sleepers"):
                    if peer.missing():
                        results.add(self.name, peer=peer.name, skipped=peer.missing())
                        continue
                    try:
                        measured = process.run_json([*peer.command, count], cpu=process.SERVER_CPU,
                                                    timeout_s=600)[0]
                        results.add(self.name, peer=peer.name, round=number, **measured)
                    except process.Failed as failure:
                        results.add(self.name, peer=peer.name, count=count, failed=str(failure))

    def curve(self, results, peer, key):
        points = []
        for count in self.counts:
            values = [record[key] for record in results.of(self.name, peer=peer, count=count)
                      if key in record]
            if values:
                points.append((count, statistics.median(values)))
        return points

    def report(self, results, folder):
        names = ["sundog", "floor", "Lwt"]
        cpu = {name: self.curve(results, name, "cpu_s") for name in names}
        memory = {name: self.curve(results, name, "bytes_per_sleeper") for name in names}
        if not plot.lines(folder / "sleepers_cpu.svg", "Tasks asleep: CPU", "tasks", "CPU seconds", cpu,
                          log_x=True, log_y=True):
            return []
        plot.lines(folder / "sleepers_memory.svg", "Tasks asleep: memory", "tasks", "bytes a task", memory,
                   log_x=True, log_y=True)
        rows = []
        for count in self.counts:
            base = results.of(self.name, peer="Lwt", count=count)
            row = [f"{count:,}"]
            for name in names:
                records = [r for r in results.of(self.name, peer=name, count=count) if "cpu_s" in r]
                row += [f"{statistics.median([r['cpu_s'] for r in records]):.3f}" if records else "",
                        quantity(statistics.median([r["bytes_per_sleeper"] for r in records]))
                        if records else ""]
            ours = results.of(self.name, peer="sundog", count=count)
            row.append(cell([a["cpu_s"] / b["cpu_s"] for a, b in zip(ours, base)
                             if "cpu_s" in a and "cpu_s" in b], digits=3))
            rows.append(row)
        header = ["tasks"] + [f"{name} {what}" for name in names for what in ("CPU s", "bytes a task")]
        return [f"## {self.name}: {self.title}", "",
                "Goal at 1,000,000: at most 160 bytes a task and at most 0.11 of Lwt's CPU; 10,000,000 work. "
                "The floor is a coroutine, malloc and std::priority_queue, without cancellation or I/O.", "",
                "![](sleepers_cpu.svg)", "", "![](sleepers_memory.svg)", "",
                exponents({name: [p for p in points if p[0] >= 10_000] for name, points in cpu.items()},
                          "From 10,000 on, CPU grows"),
                exponents({name: [p for p in points if p[0] >= 10_000] for name, points in memory.items()},
                          "From there on, the memory of one grows"), "",
                *table([*header, "CPU, sundog to Lwt"], rows)]


class Jitter:
    """How late 1,000,000 sleepers wake: the distribution that the Mirage paper draws."""

    name = "jitter"
    title = "how late 1,000,000 sleepers wake, deadlines within five seconds"

    def run(self, settings, results):
        for peer in programs(settings, "sleepers"):
            if peer.name == "floor" or peer.missing():
                continue
            print(f"    {peer.name}", flush=True)
            try:
                measured = process.run_json([*peer.command, 1_000_000, "jitter"], cpu=process.SERVER_CPU)[0]
                results.add(self.name, peer=peer.name, **measured)
            except process.Failed as failure:
                results.add(self.name, peer=peer.name, failed=str(failure))

    def report(self, results, folder):
        curves, rows = {}, []
        for record in results.of(self.name):
            if "late_ns" not in record:
                continue
            late = {float(quantile): max(value, 1) / 1000 for quantile, value in record["late_ns"].items()}
            curves[record["peer"]] = [(value, quantile) for quantile, value in late.items()]
            rows.append([record["peer"], *[quantity(late[q]) for q in (0.5, 0.9, 0.99, 0.999, 1)]])
        if not plot.lines(folder / "jitter.svg", "1,000,000 sleepers: how late they wake", "µs late",
                          "share of sleepers", curves, log_x=True, dots=False):
            return []
        return [f"## {self.name}: {self.title}", "", "![](jitter.svg)", "",
                *table(["", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "worst µs"], rows)]


class TimerStructures:
    """The structures that the sleep queue could be."""

    name = "timers"
    title = "timer structures: insert, pop, hold, insert and cancel"
    operations = {"insert_ns": "insert", "pop_ns": "pop", "hold_ns": "hold (pop, insert later)",
                  "insert_cancel_ns": "insert, cancel"}

    def run(self, settings, results):
        for record in process.run_json([settings.build / "bench" / "compare_timers"],
                                       cpu=process.SERVER_CPU, timeout_s=600):
            results.add(self.name, **record)

    def report(self, results, folder):
        records = results.of(self.name)
        if not records:
            return []
        counts = sorted({record["count"] for record in records})
        structures = list(dict.fromkeys(record["structure"] for record in records))
        at = {(record["structure"], record["count"]): record for record in records}
        lines = [f"## {self.name}: {self.title}", "",
                 "Nanoseconds an operation; a timer stands in an object of 128 bytes, as in a frame. All cancel "
                 "at once, are exact to the nanosecond, and keep the order of equal deadlines.", ""]
        header = ["structure"] + [f"{words}, {plot.short(count)}"
                                  for words in self.operations.values() for count in counts]
        lines += table(header, [[structure] + [quantity(at[structure, count][key])
                                               for key in self.operations for count in counts]
                                for structure in structures])
        for key, words in self.operations.items():
            series = {structure: [(count, at[structure, count][key]) for count in counts]
                      for structure in structures}
            picture = f"timers_{key.removesuffix('_ns')}.svg"
            plot.lines(folder / picture, words, "timers", "ns", series, log_x=True, log_y=True)
            lines += [f"![]({picture})", "", exponents(series, "It grows"), ""]
        return lines


ALL = [Micro(), Sleepers(), Jitter(), TimerStructures()]
