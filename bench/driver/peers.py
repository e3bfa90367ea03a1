"""The peers: what runs for each kind of service, and why one is missing."""
import dataclasses
import shutil

# The baseline of every ratio; its second copy shows the noise of the measurement itself.
BASELINE = "epoll"
AGAIN = "epoll again (A/A)"


@dataclasses.dataclass
class Peer:
    name: str
    command: list  # {port} and {page} are filled in
    package: str = ""  # what to install when the program is missing
    when_slow: list = dataclasses.field(default_factory=list)  # added where it is slowed down to look inside

    def missing(self):
        program = self.command[0]
        if shutil.which(program):
            return ""
        return f"needs {self.package}" if self.package else f"{program} was not built"

    def at(self, port, **values):
        return [part.format(port=port, **values) for part in self.command]


def services(settings, kind):
    """The peers that serve `kind`: tcp, udp or http."""
    bench, peers = settings.build / "bench", settings.build / "bench" / "peers"
    if kind == "http":
        website = str(settings.build / "examples" / "website" / "website")
        return [
            Peer("nginx", ["nginx", "-p", "{page}", "-c", "nginx.conf"], "nginx-light"),
            # As it comes: every request opens the file anew.
            Peer("nginx, open_file_cache off", ["nginx", "-p", "{page}", "-c", "nginx-uncached.conf"],
                 "nginx-light"),
            Peer("sundog, io_uring", [website, *settings.website_options, "--poller=uring"]),
            Peer("sundog, epoll", [website, *settings.website_options, "--poller=epoll"]),
        ]
    service = {"tcp": "echo", "udp": "udp"}[kind]
    ours = {
        "tcp": [str(settings.build / "examples" / "echo" / "echo"), "--address=0.0.0.0:{port}", "--log=error"],
        "udp": [str(bench / "sundog" / "udp_echo"), "--port={port}"],
    }[kind]
    # The datagrams' server has no stall detector, nor the parameter.
    when_slow = ["--stall=0"] if kind == "tcp" else []
    return [
        Peer(BASELINE, [f"{peers}/epoll_{service}", "{port}"]),
        Peer(AGAIN, [f"{peers}/epoll_{service}", "{port}"]),
        Peer("liburing by hand", [f"{peers}/uring_{service}", "{port}"]),
        Peer("sundog, io_uring", [*ours, "--poller=uring"], when_slow=when_slow),
        Peer("sundog, epoll", [*ours, "--poller=epoll"], when_slow=when_slow),
        Peer("Asio", [f"{peers}/asio_{service}", "{port}"], "libasio-dev"),
        Peer("libuv", [f"{peers}/uv_{service}", "{port}"], "libuv1-dev"),
        Peer("Lwt", [f"{peers}/lwt_{service}", "{port}"], "liblwt-ocaml-dev ocaml-nox ocaml-findlib"),
    ]
