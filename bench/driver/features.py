"""What single features of io_uring are worth, by hand-written programs: the reasons for what the runtime does
with them, and from when on."""
from driver import peers, process, services, statistics
from driver.table import cell, quantity, table


class Receives(services.Service):
    """One receive at a time into the connection's own buffer, against multishot and shared buffers; ordinary
    descriptors against direct ones."""

    def everyone(self, settings):
        folder = settings.build / "bench" / "peers"
        once = f"{folder}/uring_once_echo"
        return [
            peers.Peer("a receive at a time", [once, "{port}"]),
            peers.Peer("again (A/A)", [once, "{port}"]),
            peers.Peer("direct descriptors", [once, "{port}", "direct"]),
            peers.Peer("direct descriptors, multishot receive", [f"{folder}/uring_echo", "{port}"]),
        ]


class ZeroCopy:
    name = "zero_copy"
    title = "a write without a copy, by its size, over loopback"

    def run(self, settings, results):
        program = settings.build / "bench" / "peers" / "uring_send"
        for number in range(1, (1 if settings.quick else settings.rounds) + 1):
            try:
                for record in process.run_json([program], cpu=None, timeout_s=60):
                    results.add(self.name, peer="liburing by hand", round=number, **record)
            except process.Failed as failure:
                print(f"    {failure}")
                results.add(self.name, peer="liburing by hand", failed=str(failure))

    def report(self, results, folder):
        records = [record for record in results.of(self.name) if "bytes" in record]
        rows = []
        for size in sorted({record["bytes"] for record in records}):
            def of(key, zero_copy, size=size):
                return [record[key] for record in records
                        if record["bytes"] == size and record["zero_copy"] == zero_copy]

            copied, free = (statistics.median(of("cpu_ns_per_kib", zero_copy)) for zero_copy in (False, True))
            rows.append([f"{size >> 10} KiB", cell(of("cpu_ns_per_kib", False)), cell(of("cpu_ns_per_kib", True)),
                         f"{free / copied:.2f}", quantity(statistics.median(of("bytes_per_s", False)) / 1e6),
                         quantity(statistics.median(of("bytes_per_s", True)) / 1e6)])
        return [f"## {self.name}: {self.title}", "",
                "The sender's CPU; over loopback the copy is made by the reader in any case.", "",
                *table(["a write of", "copied, CPU ns/KiB", "not copied", "ratio", "copied, MB/s", "not copied"],
                       rows)]


ALL = [
    Receives("receives-50", "what receives and descriptors cost, 50 connections", ["--connections=50"]),
    Receives("receives-1000", "what receives and descriptors cost, 1,000 connections", ["--connections=1000"]),
    ZeroCopy(),
]
