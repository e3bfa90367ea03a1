"""The services under load: every peer in every round, one after the other, so that what slows the machine
down for a while slows all of them."""
import pathlib
import re
import shutil
import tempfile
import time

from driver import inside, peers, plot, process, statistics
from driver.table import cell, quantity, table


class Service:
    """An experiment: one load against all peers of one kind."""

    kind = "tcp"

    def __init__(self, name, title, options, kind="tcp", mode="closed", goal="", instructions=False):
        self.name, self.title, self.options, self.goal = name, title, options, goal
        self.kind, self.mode = kind, mode
        self.instructions = instructions  # counting them takes long, and differs little among TCP loads

    def everyone(self, settings):
        return peers.services(settings, self.kind)

    def load(self, settings, port, *more):
        return [settings.build / "bench" / "load", self.mode, port, *self.options, *more]

    def measure(self, settings, peer):
        port = process.free_port()
        with process.server(peer.at(port), self.kind, port) as running:
            command = self.load(settings, port, f"--seconds={settings.seconds}", f"--server={running.pid}")
            return process.run_json(command)[0]

    def inspect(self, settings, peer):
        def load(port, requests):
            return process.run_json(self.load(settings, port, f"--requests={requests}"))[0]["requests"]

        seen = inside.system_calls(peer, self.kind, load)
        if self.instructions:
            seen.update(inside.instructions(settings.build / "bench" / "steps", peer, self.kind, load))
        return seen

    def run(self, settings, results):
        everyone = self.everyone(settings)
        present = [peer for peer in everyone if not peer.missing()]
        for peer in everyone:
            if peer not in present:
                print(f"    {peer.name}: skipped, {peer.missing()}", flush=True)
        for number in range(1, settings.rounds + 1):
            print(f"    round {number} of {settings.rounds}:", end="", flush=True)
            for peer in present:
                print(f" {peer.name};", end="", flush=True)
                self.attempt(settings, results, peer, number)
            print(flush=True)
        for peer in everyone:
            if peer not in present:
                results.add(self.name, peer=peer.name, skipped=peer.missing())
        if settings.quick:
            return
        print("    looking inside:", end="", flush=True)
        for peer in present:
            if peer.name == peers.AGAIN:
                continue
            print(f" {peer.name};", end="", flush=True)
            try:
                results.add(self.name, peer=peer.name, inside=self.inspect(settings, peer))
            except process.Failed as failure:
                results.add(self.name, peer=peer.name, failed=str(failure))
        print(flush=True)

    def attempt(self, settings, results, peer, number):
        try:
            results.add(self.name, peer=peer.name, round=number, **self.measure(settings, peer))
        except process.Failed as failure:
            print(f" FAILED ({failure})", end="", flush=True)
            results.add(self.name, peer=peer.name, failed=str(failure))

    def report(self, results, folder):
        lines = [f"## {self.name}: {self.title}", ""]
        if self.goal:
            lines += [f"Goal: {self.goal}", ""]
        return lines + service_table(results, self.name)


def by_peer(results, experiment):
    """Peer names in their order, with the rounds of each."""
    names = {}
    for record in results.of(experiment):
        names.setdefault(record["peer"], []).append(record)
    return names


def ratios(rounds, baseline, key):
    """Per round, to the baseline in the same round."""
    base = {record["round"]: record[key] for record in baseline if key in record}
    return [record[key] / base[record["round"]]
            for record in rounds if key in record and base.get(record.get("round"))]


def service_table(results, experiment):
    names = by_peer(results, experiment)
    base_name, baseline = next(iter(names.items()), ("", []))
    rows = []
    for name, records in names.items():
        rounds = [record for record in records if "requests_per_s" in record]
        inner = next((record["inside"] for record in records if "inside" in record), {})
        if not rounds:
            why = next((record.get("skipped") or record.get("failed") for record in records), "")
            rows.append([name, f"skipped: {why}"] + [""] * 7)
            continue

        def of(key, rounds=rounds):
            return [record[key] for record in rounds if key in record]

        def latency(quantile, rounds=rounds):
            values = [record["latency_ns"][quantile] for record in rounds if "latency_ns" in record]
            return quantity(statistics.median(values) / 1000) if values else ""

        ratio = ratios(rounds, baseline, "requests_per_s")
        cpu_ratio = ratios(rounds, baseline, "cpu_ns_per_request")
        rows.append([
            name,
            cell(of("requests_per_s")),
            cell(ratio, digits=2),
            cell(of("cpu_ns_per_request")),
            cell(cpu_ratio, digits=2, spread=False),
            f"{inner['calls_per_request']:.2f}" if "calls_per_request" in inner else "",
            quantity(inner.get("instructions_per_request")),
            quantity(statistics.median(of("resident_bytes")) / 1024) if of("resident_bytes") else "",
            f"{latency('0.5')} / {latency('0.99')}",
        ])
        busy = of("server_busy")
        if busy and statistics.median(busy) < 0.85:
            rows[-1][1] += f" (server {100 * statistics.median(busy):.0f} % busy)"
    header = ["peer", "requests/s", f"ratio to {base_name}", "CPU ns/request", "CPU ratio",
              "system calls/request", "user instructions/request", "resident KiB", "p50 / p99 µs"]
    return table(header, rows)


class Udp(Service):
    def __init__(self, name, title, options, goal):
        super().__init__(name, title, options, kind="udp", mode="udp", goal=goal, instructions=True)


class Idle:
    """Memory of very many connections that do nothing."""

    name = "idle"
    title = "memory of 10,000 idle connections"
    connections = 10_000

    def run(self, settings, results):
        for peer in peers.services(settings, "tcp"):
            if peer.missing() or peer.name == peers.AGAIN:
                continue
            print(f"    {peer.name}", flush=True)
            port = process.free_port()
            try:
                with process.server(peer.at(port), "tcp", port) as running:
                    measured = process.run_json(
                        [settings.build / "bench" / "load", "idle", port,
                         f"--connections={self.connections}", f"--server={running.pid}"])[0]
                results.add(self.name, peer=peer.name, **measured)
            except process.Failed as failure:
                results.add(self.name, peer=peer.name, failed=str(failure))

    def report(self, results, folder):
        rows = [[record["peer"], quantity(record.get("bytes_per_connection")) or record.get("failed", ""),
                 quantity(record["resident_bytes"] / 1024) if "resident_bytes" in record else ""]
                for record in results.of(self.name)]
        return [f"## {self.name}: {self.title}", "",
                "User-space memory, after one request on each; the kernel's is not in it. Goal: at most 512 "
                "bytes beyond its own buffers. The hand-written liburing server has room for 16,384 "
                "connections from its start.", "",
                *table(["peer", "bytes a connection", "resident KiB"], rows)]


class Sweep:
    """Throughput and CPU against the number of connections."""

    name = "connections"
    title = "throughput against connections, 1 to 10,000"
    counts = (1, 10, 100, 1000, 10_000)

    def run(self, settings, results):
        present = [peer for peer in peers.services(settings, "tcp")
                   if not peer.missing() and peer.name != peers.AGAIN]
        rounds = min(3, settings.rounds)
        for number in range(1, rounds + 1):
            for count in self.counts:
                print(f"    round {number} of {rounds}, {count} connections", flush=True)
                load = Service(self.name, "", [f"--connections={count}", "--warm-up=0.5"])
                for peer in present:
                    try:
                        results.add(self.name, peer=peer.name, connections=count, round=number,
                                    **load.measure(settings, peer))
                    except process.Failed as failure:
                        results.add(self.name, peer=peer.name, connections=count, failed=str(failure))

    def curve(self, results, key):
        curves = {}
        for name, records in by_peer(results, self.name).items():
            points = []
            for count in self.counts:
                values = [record[key] for record in records
                          if record.get("connections") == count and key in record]
                if values:
                    points.append((count, statistics.median(values)))
            curves[name] = points
        return curves

    def report(self, results, folder):
        throughput = self.curve(results, "requests_per_s")
        cpu = self.curve(results, "cpu_ns_per_request")
        if not plot.lines(folder / "connections.svg", "TCP echo of 64 bytes", "connections", "requests/s",
                          throughput, log_x=True):
            return []
        plot.lines(folder / "connections_cpu.svg", "TCP echo of 64 bytes: the server's CPU", "connections",
                   "CPU ns a request", cpu, log_x=True)
        rows = []
        for name, points in throughput.items():
            grows = statistics.exponent([(n, c) for n, c in cpu.get(name, []) if n >= 100])
            rows.append([name, *[quantity(dict(points).get(count)) for count in self.counts],
                         f"{grows:+.2f}" if grows is not None else ""])
        header = ["peer", *[f"{count:,}" for count in self.counts], "CPU exponent, 100 to 10,000"]
        return [f"## {self.name}: {self.title}", "", "![](connections.svg)", "",
                "![](connections_cpu.svg)", "", "Requests/s; CPU a request grows as connections to the power",
                "of the exponent.", "", *table(header, rows)]


class Latency:
    """The latency distribution at half of what hand-written epoll can do."""

    name = "latency"
    title = "latency at half load, 50 connections at a fixed rate"

    def run(self, settings, results):
        present = [peer for peer in peers.services(settings, "tcp")
                   if not peer.missing() and peer.name != peers.AGAIN]
        full = Service(self.name, "", ["--connections=50"])
        try:
            most = statistics.median([full.measure(settings, present[0])["requests_per_s"]
                                      for _ in range(3)])
        except process.Failed as failure:
            print(f"    {failure}")
            return
        rate = int(most / 2)
        print(f"    {rate} requests/s, half of what {present[0].name} can do", flush=True)
        at_rate = Service(self.name, "", ["--connections=50", f"--rate={rate}"], mode="rate")
        for number in range(1, settings.rounds + 1):
            for peer in present:
                try:
                    results.add(self.name, peer=peer.name, round=number, rate=rate,
                                **at_rate.measure(settings, peer))
                except process.Failed as failure:
                    results.add(self.name, peer=peer.name, failed=str(failure))

    def report(self, results, folder):
        quantiles = ("0.5", "0.9", "0.99", "0.999", "1")
        curves, rows, rate = {}, [], 0
        for name, records in by_peer(results, self.name).items():
            rounds = [record for record in records if "latency_ns" in record]
            if not rounds:
                continue
            rate = rounds[0]["rate"]
            at = {quantile: statistics.median([record["latency_ns"][quantile] for record in rounds]) / 1000
                  for quantile in rounds[0]["latency_ns"]}
            curves[name] = [(value, float(quantile)) for quantile, value in at.items() if quantile != "1"]
            rows.append([name, *[quantity(at[quantile]) for quantile in quantiles],
                         cell([record["cpu_ns_per_request"] for record in rounds], spread=False)])
        if not plot.lines(folder / "latency.svg", f"Latency at {rate} requests/s", "latency in µs",
                          "share of requests", curves, log_x=True, dots=False):
            return []
        header = ["peer", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "worst µs", "CPU ns/request"]
        return [f"## {self.name}: {self.title}", "", "![](latency.svg)", "",
                f"{rate} requests/s for every peer. A latency counts from when its request was meant to "
                "leave.", "", *table(header, rows)]


class Website(Service):
    """A page of 4 KiB from a folder, kept-alive connections, wrk."""

    page_bytes = 4096

    def __init__(self):
        super().__init__("website", "a page of 4 KiB, 100 kept-alive connections, wrk", [], kind="http",
                         goal="at least nginx with one worker, sendfile and keep-alive.")

    def site(self, folder):
        """A folder with the page. The page is left alone for a while, as pages are: whoever keeps what it
        has read may trust a file's time only once the clock that stamps it has moved on."""
        (folder / "www").mkdir()
        line = "<p>All work and no play makes a page of four kibibytes.</p>\n"
        text = ("<!doctype html>\n" + line * self.page_bytes)[: self.page_bytes - 1] + "\n"
        (folder / "www" / "index.html").write_text(text, encoding="utf-8")
        (folder / "www").chmod(0o755)
        folder.chmod(0o755)
        self.folder = folder
        time.sleep(2.5)

    @staticmethod
    def worker(pid):
        """nginx's worker is what serves; ours is the process itself."""
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        return int(children[0]) if children else pid

    def serving(self, settings, peer):
        port = process.free_port()
        configuration = (settings.root / "bench" / "peers" / "nginx.conf").read_text(encoding="utf-8")
        configuration = configuration.replace("@PORT@", str(port)).replace("@FOLDER@", str(self.folder))
        (self.folder / "nginx.conf").write_text(configuration, encoding="utf-8")
        uncached = configuration.replace("open_file_cache max=1000 inactive=60s;", "open_file_cache off;")
        (self.folder / "nginx-uncached.conf").write_text(uncached, encoding="utf-8")
        return port, process.server(peer.at(port, page=self.folder), "http", port)

    def wrk(self, port, seconds):
        url = f"http://127.0.0.1:{port}/index.html"
        said = process.run(["wrk", "-t1", "-c100", f"-d{max(1, round(seconds))}s", "--latency", url])
        errors = re.search(r"Non-2xx.*: (\d+)|Socket errors: (.*)", said)
        if errors:
            raise process.Failed(f"wrk: {errors.group(0)}")
        scale = {"us": 1e3, "ms": 1e6, "s": 1e9}
        latency = {}
        for percent, value, unit in re.findall(r"^ +(50|90|99)% +([\d.]+)(us|ms|s)", said, re.M):
            latency[f"{int(percent) / 100:g}"] = float(value) * scale[unit]
        return {
            "requests": int(re.search(r"(\d+) requests in", said).group(1)),
            "requests_per_s": float(re.search(r"Requests/sec: +([\d.]+)", said).group(1)),
            "latency_ns": latency,
        }

    def measure(self, settings, peer):
        port, serving = self.serving(settings, peer)
        with serving as running:
            pid = self.worker(running.pid)
            self.wrk(port, 1)
            before = process.cpu_seconds(pid)
            measured = self.wrk(port, settings.seconds * 2)
            used = process.cpu_seconds(pid) - before
            return {**measured, "cpu_ns_per_request": used * 1e9 / measured["requests"],
                    "resident_bytes": process.resident_bytes(pid)}

    def inspect(self, settings, peer):
        port, serving = self.serving(settings, peer)
        with serving as running:
            return inside.system_calls_of(self.worker(running.pid),
                                          lambda: self.wrk(port, 1)["requests"])

    def run(self, settings, results):
        if not shutil.which("wrk"):
            print("    skipped, needs wrk", flush=True)
            results.add(self.name, peer="wrk", skipped="needs wrk")
            return
        with tempfile.TemporaryDirectory() as name:
            self.site(pathlib.Path(name))
            super().run(settings, results)


ALL = [
    Service("echo-1", "TCP echo of 64 bytes, 1 connection", ["--connections=1"],
            goal="not below hand-written epoll."),
    Service("echo-50", "TCP echo of 64 bytes, 50 connections", ["--connections=50"], instructions=True,
            goal="at least 1.05 of hand-written epoll and 0.98 of hand-written liburing; user-space "
                 "instructions at most twice hand-written liburing's."),
    Service("echo-1000", "TCP echo of 64 bytes, 1,000 connections", ["--connections=1000"],
            goal="not below hand-written epoll."),
    Service("pipeline", "TCP echo of 64 bytes, 50 connections with 16 requests under way each",
            ["--connections=50", "--pipeline=16"]),
    Service("short", "short connections: connect, one request, close; 50 at a time", ["--connections=50"],
            mode="short", instructions=True, goal="at least 1.2 of hand-written epoll, or hand-written liburing if lower."),
    Udp("udp", "UDP echo of 64 bytes, 8 sockets with 8 datagrams under way each",
        ["--connections=8", "--pipeline=8"],
        goal="at least 1.2 of hand-written epoll, or hand-written liburing if lower."),
    Website(),
    Idle(),
    Sweep(),
    Latency(),
]
