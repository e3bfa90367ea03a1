"""Runs the tests of images on a real Xen: run.py BUILD_FOLDER SOURCE_FOLDER [NAME...]

Boots the lab (io/xen/lab) once and runs every test in it, or those whose name contains a NAME. Speaks the Test Anything
Protocol, so that each test is reported by its name; all are reported as skipped, with the reason, when the lab's packages cannot
be had.
"""

import pathlib
import re
import sys
import time
import traceback

sys.dont_write_bytecode = True  # the source folder stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "io/xen/lab"))
import image  # noqa: E402
import lab as laboratory  # noqa: E402
import packages  # noqa: E402

EXAMPLES = ["hello", "sleep", "heads", "timeout", "hello_key", "monads"]
TESTS = []


def test(name):
    """Registers a function of the lab as a test; its docstring is the reader's."""
    def register(function):
        TESTS.append((name, function))
        return function
    return register


class Images:
    """The images of one build folder."""

    def __init__(self, build, source):
        self.build, self.source = pathlib.Path(build), pathlib.Path(source)

    def example(self, name):
        return image.packed(self.build / "examples" / name / name)

    def guest(self, name):
        return image.packed(self.build / "tests/xen" / f"guest_{name}")


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_lines(console, *lines):
    """The console holds these lines, in this order, others between them allowed."""
    rest = console.splitlines()
    for line in lines:
        if line not in rest:
            raise AssertionError(f"no line {line!r} (in order) in:\n{console}")
        rest = rest[rest.index(line) + 1:]


def state(lab, name):
    """The domain's row of `xl list`: (state letters, CPU seconds)."""
    row = lab.run(f"xl list {name}").splitlines()[-1].split()
    return row[4], float(row[5])


def await_console(lab, name, text, timeout_s=90):
    deadline = time.monotonic() + timeout_s
    while text not in lab.console(name):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{text!r} is not on {name}'s console:\n{lab.console(name)}")
        time.sleep(0.3)


def add_example(name):
    @test(f"example {name} prints what it prints on Unix")
    def run_example(lab, images):
        expected = (images.source / "examples" / name / "expected").read_text()
        lab.create(name.replace("_", "-"), images.example(name), "--stall=0")
        console = lab.await_end(name.replace("_", "-"))
        expect(console == expected, f"expected:\n{expected}\ngot:\n{console}")


for example in EXAMPLES:
    add_example(example)


@test("sleepers wake in the order of their deadlines, none early; 100,000 of them too")
def sleepers(lab, images):
    lab.create("sleepers", images.guest("sleepers"), "100000", memory_mib=64)
    console = lab.await_end("sleepers", 120)
    expect_lines(console, "first", "second", "third", "100000 sleepers, 0 early, 0 out of order")


@test("an idle domain is blocked and uses no processor time; it can be paused, rebooted and shut down")
def idle(lab, images):
    lab.create("idle", images.guest("idle"))
    await_console(lab, "idle", "idle")
    time.sleep(1)
    letters, before = state(lab, "idle")
    expect("b" in letters, f"the idle domain is not blocked but {letters}")
    time.sleep(10)
    letters, after = state(lab, "idle")
    expect(after == before, f"it used {after - before} s of processor time in 10 s")
    lab.run("xl pause idle")
    expect("p" in state(lab, "idle")[0], "the domain is not paused")
    lab.run("xl unpause idle")
    expect("b" in state(lab, "idle")[0], "the domain is not blocked after unpause")
    first = lab.run("xl domid idle").strip()
    lab.run("xl reboot -w idle; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; "
            f'[ "$(xl domid idle 2>/dev/null)" != {first} ] && xl domid idle && break; done', 60)
    time.sleep(2)
    second = lab.run("xl domid idle").strip()
    expect(second.isdigit() and second != first, f"after xl reboot the domain's number is {second}")
    await_console(lab, "idle", "idle")
    lab.run("xl shutdown -w idle", 60)
    expect("asks for poweroff" in lab.await_end("idle"), lab.console("idle"))


def console_of(name):
    return f"/var/log/xen/console/guest-{name}.log"


def control_key(lab, name):
    return f"/local/domain/{lab.run(f'xl domid {name}').strip()}/control/shutdown"


@test("xl shutdown and xl reboot let the program finish and are acknowledged; a suspend is refused, with the reason")
def stop(lab, images):
    # Each domain stays on its rule's "preserve" alone, so that the reason is seen to be the right one.
    lab.create("stop", images.guest("stop"), extra='on_poweroff = "preserve"\non_reboot = "destroy"')
    await_console(lab, "stop", "serving")
    key = control_key(lab, "stop")
    lab.run(f"xenstore-write {key} suspend")
    await_console(lab, "stop", "asks for suspend: refused, this image cannot do it")
    expect(lab.run(f"xenstore-read {key}").strip() == "", "the refused suspend is not acknowledged")
    lab.run("xl shutdown stop")
    await_console(lab, "stop", "finishing")
    expect(lab.run(f"xenstore-read {key}").strip() == "", "the shutdown is not acknowledged")
    await_console(lab, "stop", "finished")
    time.sleep(1)
    expect("s" in state(lab, "stop")[0], f"after xl shutdown the domain is {state(lab, 'stop')[0]}")
    lab.run("xl destroy stop")
    lab.create("stop", images.guest("stop"), extra='on_poweroff = "preserve"\non_reboot = "destroy"')
    await_console(lab, "stop", "serving")
    lab.run("xl reboot stop")
    expect_lines(lab.await_end("stop"), "serving", "finishing", "finished")


@test("parameters come from the guest's command line; unknown ones are warned of, and the program runs")
def parameters(lab, images):
    lab.create("greeter", images.example("hello_key"), '--hello="Good morning" root=/dev/xvda1 --count=2 --coumt=5')
    expect_lines(lab.await_end("greeter"), "sundog: --coumt=5: there is no parameter --coumt; did you mean --count? "
                 "(ignored)", "Good morning", "Good morning")


@test("a program that prints more than the console takes is not held up, and what was dropped is counted to the byte")
def flood(lab, images):
    lab.create("flood", images.guest("flood"), memory_mib=16)
    console = lab.await_end("flood")
    dropped = [int(count) for count in re.findall(r"\n\[(\d+) bytes of output dropped", console)]
    expect(dropped, f"nothing was dropped:\n{console[-500:]}")
    raw = lab.run(f"tr -d '\\n' < {console_of('flood')} | wc -c; tr -d -c '\\n' < {console_of('flood')} | wc -c").split()
    said = "".join(re.findall(r"\n\[\d+ bytes of output dropped: the console is slower than the program\]\n|"
                              r"flooded in \d+ ms\n", console))
    shown = sum(map(int, raw)) - len(said) - said.count("\n")  # each line feed has a carriage return
    expect(shown + sum(dropped) == 3000 * 101, f"{shown} bytes shown and {dropped} dropped of {3000 * 101}")


@test("grants between two domains: copied, mapped, refused where they must be; a page in use is freed only later")
def grants(lab, images):
    lab.create("user", images.guest("grants"), "user")
    user = f"/local/domain/{lab.run('xl domid user').strip()}/data"
    lab.create("owner", images.guest("grants"), f"owner {lab.run('xl domid user').strip()}")
    owner_id = lab.run("xl domid owner").strip()
    owner = f"/local/domain/{owner_id}/data"

    def carry(source, key, target, prefix=""):
        wait = f"i=0; until xenstore-read {source}/{key} >/run/word 2>/dev/null || [ $((i += 1)) -gt 300 ]; do sleep 0.1; done"
        lab.run(f'{wait}; xenstore-write {target}/{key} "{prefix}$(cat /run/word)"')

    carry(owner, "grants", user, owner_id + " ")
    carry(user, "mapped", owner)
    carry(owner, "ended", user)
    carry(user, "unmapped", owner)
    carry(owner, "freed", user)
    expect_lines(lab.await_end("user"), "copied: hello from the owner", "copy to a read-only page: refused",
                 "copy beyond the page: refused", "mapped 1000 times, 0 bytes lost", "mapped: hello from the owner",
                 "still mapped: hello from the owner", "copy after the end: refused")
    lab.run(f"xenstore-write {owner}/end 1")
    expect_lines(lab.await_end("owner"), "seen: from the user, by mapping", "ended while mapped: 1 in use, 0 bytes freed",
                 "unmapped: 0 in use, 4096 bytes freed")


@test("xenstore: reads, writes, lists, errors, a transaction in conflict, a watch fired from dom0")
def xenstore(lab, images):
    lab.create("store", images.guest("store"))
    await_console(lab, "store", "ready")
    path = f"/local/domain/{lab.run('xl domid store').strip()}/data"
    expect(lab.run(f"xenstore-read {path}/greeting") == "hello from the guest\n", "the greeting differs")
    lab.run(f"xenstore-write {path}/word ''; sleep 1; xenstore-write {path}/word 'from dom0'")
    expect_lines(lab.await_end("store"), "name store", "long 2000", "entry greeting", "entry long",
                 "missing No such file or directory", "forbidden Permission denied",
                 "conflict: 2 tries, counter 6", "ready", "word from dom0")


@test("where the processor has no random numbers, the toolstack gives a seed, which is used once; without one the image says so")
def seed(lab, images):
    masked, warning = 'cpuid = "host,rdrand=0"', "this processor has no random numbers"
    lab.create("unseeded", images.example("hello"), extra=masked)
    expect_lines(lab.await_end("unseeded"), "sundog: this processor has no random numbers, and data/seed holds no seed: what "
                 "should be secret can be guessed", "hello")
    for name, extra in (("seeded", masked), ("rich", "")):
        lab.create(name, images.guest("idle"), extra=extra, paused=True)
        key = f"/local/domain/{lab.run(f'xl domid {name}').strip()}/data/seed"
        lab.run(f"xenstore-write {key} $(head -c 32 /dev/urandom | base64 -w 0); xl unpause {name}")
        await_console(lab, name, "idle")
        expect(warning not in lab.console(name), lab.console(name))
        left = lab.run(f"xenstore-exists {key} && echo left || true").strip() == "left"
        expect(left == (name == "rich"), f"{name}: the seed is {'left' if left else 'gone'}")
        lab.run(f"xl destroy {name}")


@test("random bytes for keys never come twice, from the processor or from a seed; with neither they are refused, and why")
def random_bytes(lab, images):
    masked = 'cpuid = "host,rdrand=0"'
    lab.create("poor", images.guest("random"), extra=masked)
    console = lab.await_end("poor")
    for text in ("not enough randomness for keys: 0 bits of 256", "xenstore-write /local/domain/$(xl domid NAME)/data/seed",
                 "getrandom: refused"):
        expect(text in console, f"no {text!r} in:\n{console}")
    expect("drawn" not in console, console)
    drawn = []
    for name, extra in (("rich", ""), ("seeded", masked), ("seeded-too", masked)):
        lab.create(name, images.guest("random"), extra=extra, paused=True)
        if extra:
            key = f"/local/domain/{lab.run(f'xl domid {name}').strip()}/data/seed"
            lab.run(f"xenstore-write {key} $(head -c 48 /dev/urandom | base64 -w 0)")
        lab.run(f"xl unpause {name}")
        console = lab.await_end(name)
        drawn += re.findall(r"drawn ([0-9a-f]{64})", console)
        expect(len(drawn) % 3 == 0, console)
    expect(len(set(drawn)) == 9, f"drawn twice: {drawn}")


@test("an image's wall clock is dom0's, and follows when dom0's is set: forwards, backwards, and beyond 2106")
def wall_clock(lab, images):
    right = int(lab.run("date +%s"))
    lab.create("clock", images.guest("wall_clock"))

    def compare(moment):
        """The image's latest line, and dom0's time before and after it was read."""
        time.sleep(2)
        words = lab.run(f"date +%s; tail -n 1 {console_of('clock')}; date +%s").split()
        expect(words[1] == "time" and len(words) == 5, f"{moment}: {words}")
        before, device, library, after = int(words[0]), int(words[2]), int(words[3]), int(words[4])
        for seen in (device, library):
            expect(before - 3 <= seen <= after + 1, f"{moment}: the image says {seen}, dom0 {before} to {after}")

    try:
        await_console(lab, "clock", "time ")
        compare("at boot")
        for moment, to in (("a day on", right + 86_400), ("a week back", right - 7 * 86_400), ("after 2106", 5_680_281_600)):
            lab.run(f"date -s @{to}")
            compare(moment)
    finally:
        lab.run(f"date -s @{right + 60}; xl shutdown clock", check=False)
    lab.await_end("clock")


@test("all that a domain shares with Xen can be set up again, as after a resume, and works on")
def again(lab, images):
    lab.create("again", images.guest("again"))
    await_console(lab, "again", "waiting")
    lab.run("xl shutdown -w again", 60)
    expect_lines(lab.await_end("again"), *(f"round {number}, grant first, slept" for number in (1, 2, 3)), "waiting",
                 "info xen: the toolstack asks for poweroff", "stopped")


# A network of dom0 and guests, apart from the one that QEMU gives, which answers for whom it does not know.
DOM0_ADDRESS = "10.0.9.1/24"
BRIDGE = "vif = ['bridge=xenbr1']"


def create_on_network(lab, images, name, address, parameters="", vif=BRIDGE, memory_mib=8):
    """Starts a guest that answers on the network, without waiting for it."""
    lab.run(f"[ -e /sys/class/net/xenbr1 ] || brctl addbr xenbr1; /sbin/ip link set xenbr1 up; "
            f"/sbin/ip addr replace {DOM0_ADDRESS} dev xenbr1")
    lab.create(name, images.guest("network"), f"--stall=0 --address={address}/24 {parameters}", memory_mib, vif)


def ping(lab, address, size=56, count=3):
    """Whether as many echoes came back as were sent."""
    return lab.run(f"ping -q -c {count} -W 5 -s {size} {address}", check=False)


def expect_ping(lab, address, size=56, count=3):
    text = ping(lab, address, size, count)
    expect(f"{count} packets received" in text, f"ping of {size} bytes:\n{text}")


def expect_echo(lab, address, size):
    """A datagram of so many bytes comes back from the guest's echo port as it was."""
    lab.run(f"""bash -c 'exec 3<>/dev/udp/{address}/7
head -c {size} /dev/urandom > /run/sent
dd if=/run/sent bs={size} count=1 >&3 2>/dev/null
timeout 10 dd bs=65536 count=1 <&3 >/run/back 2>/dev/null
cmp /run/sent /run/back'""")


@test("a network interface: pings and datagrams of all sizes, from dom0 and to it, in 8 MiB")
def network(lab, images):
    create_on_network(lab, images, "net", "10.0.9.2")
    await_console(lab, "net", "link up")
    for size in (56, 1472, 1473, 20000, 60000):
        expect_ping(lab, "10.0.9.2", size)
    for size in (1, 100, 1472, 1473, 4096, 20000, 60000):
        expect_echo(lab, "10.0.9.2", size)
    lab.run("xl shutdown -w net", 60)
    console = lab.await_end("net")
    expect("lost 0 wrong 0" in console, console)


@test("two domains send datagrams of 1 to 60,000 bytes to each other")
def network_of_two(lab, images):
    create_on_network(lab, images, "answers", "10.0.9.2")
    await_console(lab, "answers", "link up")
    create_on_network(lab, images, "asks", "10.0.9.3", "--ask=10.0.9.2")
    await_console(lab, "asks", "serving", 180)
    console = lab.console("asks")
    expect(console.count("came back") == 7 and "lost\n" not in console, console)
    lab.run("xl shutdown -w answers; xl shutdown -w asks", 120)
    lab.await_end("answers")
    lab.await_end("asks")


@test("a network interface that is taken away and added again is used again")
def network_detach(lab, images):
    create_on_network(lab, images, "net", "10.0.9.2", vif="vif = ['bridge=xenbr1,mac=00:16:3e:00:09:02']")
    await_console(lab, "net", "link up")
    expect_ping(lab, "10.0.9.2")
    for round in (1, 2):
        lab.run("xl network-detach net 0", 60)
        await_console(lab, "net", "link down")
        text = ping(lab, "10.0.9.2", count=1)
        expect("bytes from" not in text and "1 packets received" not in text, f"there is an answer without interface:\n{text}")
        lab.run("xl network-attach net bridge=xenbr1 mac=00:16:3e:00:09:02", 60)
        deadline = time.monotonic() + 60
        while lab.console("net").count("link up") <= round:
            expect(time.monotonic() < deadline, lab.console("net"))
            time.sleep(0.3)
        expect_ping(lab, "10.0.9.2")
        expect_echo(lab, "10.0.9.2", 20000)
    lab.run("xl shutdown -w net", 60)
    lab.await_end("net")


@test("a domain without network interface says so in one line, and uses the one that it is given")
def network_missing(lab, images):
    create_on_network(lab, images, "net", "10.0.9.2", vif="")
    await_console(lab, "net", "this domain has no vif 0")
    time.sleep(3)
    expect(lab.console("net").count("no vif") == 1, lab.console("net"))
    lab.run("xl network-attach net bridge=xenbr1", 60)
    await_console(lab, "net", "link up")
    expect_ping(lab, "10.0.9.2")
    lab.run("xl shutdown -w net", 60)
    lab.await_end("net")


@test("what is typed at xl console reaches the program")
def console_input(lab, images):
    lab.create("input", images.guest("input"))
    await_console(lab, "input", "say something")
    lab.run("(sleep 1; echo good day; sleep 3) | timeout 20 xenconsole --interactive $(xl domid input) || true")
    expect_lines(lab.await_end("input"), "you said: good day")


def crash_report(lab, images, how, *texts):
    name = "crash-" + how
    lab.create(name, images.guest("failure"), how, extra='on_crash = "preserve"')
    await_console(lab, name, texts[-1])
    console = lab.console(name)
    for text in texts:
        expect(text in console, f"no {text!r} in:\n{console}")
    expect("c" in state(lab, name)[0], f"the domain is not crashed but {state(lab, name)[0]}")
    lab.run(f"xl destroy {name}")


def add_crash(how, *texts):
    @test(f"a crash says its cause: {how}")
    def run_crash(lab, images):
        crash_report(lab, images, how, *texts)


add_crash("null", "page fault", "write to 0000000000000000: a null pointer", "rip ", "backtrace: ",
          "main loop\n", "task made at ", "running")
add_crash("stack", "page fault", ": the stack is used up", "backtrace: ")
add_crash("text", "page fault", "write to 0000000000100000: the page forbids it", "backtrace: ")
add_crash("rodata", "page fault", ": the page forbids it", "backtrace: ")
add_crash("data", "page fault", "execution of ", ": the page forbids it", "backtrace: ")
add_crash("throw", "an exception had no handler: this program is meant to fail", "backtrace: ")
add_crash("noexcept", "an exception had no handler: out of a noexcept function", "backtrace: ")
add_crash("all-memory", "an exception had no handler: std::bad_alloc")


@test("exceptions of all kinds arrive where they are caught, and what lies between is destroyed")
def exceptions(lab, images):
    lab.create("exceptions", images.guest("exceptions"))
    # Casts and catches up, down, across, ambiguous and private ones: as on Unix.
    expect_lines(lab.await_end("exceptions"), "base 2, 0 alive", "virtual base 2", "pointer to base 2", "anything, 0 alive",
                 "again: from below", "kept 42", "kept 42", "out of range, 1 caught meanwhile", "bad call",
                 "out of the string", "casts 111110 000100, caught 011000, null 01110", "awaited: in a task, 0 alive",
                 "10000 more, 0 alive, 0 bytes lost")


@test("blocks of all sizes keep apart, and every page comes back; a block that was freed twice ends the domain")
def allocator(lab, images):
    lab.create("memory", images.guest("memory"))
    expect_lines(lab.await_end("memory"), "0 damaged, 0 misaligned, 0 not zero, 0 bytes lost", "too much: refused")
    crash_report(lab, images, "free-twice", "free() of what malloc() did not give", "backtrace: ")


@test("out of memory is a bad_alloc, and memory given back can be used again")
def out_of_memory(lab, images):
    lab.create("memory", images.guest("failure"), "memory")
    expect_lines(lab.await_end("memory"), "bad_alloc for 1000000 bytes", "bad_alloc for 1000 bytes",
                 "and memory again")


@test("a system call that is not answered says its name, once, and the program goes on")
def system_call(lab, images):
    lab.create("asking", images.guest("failure"), "system-call")
    console = lab.await_end("asking")
    expect_lines(console, "sundog: there is no system call socket on Xen", "went on")
    expect(console.count("there is no system call") == 1, console)


@test("an exit status other than 0 is on the console, and the domain counts as crashed")
def exit_status(lab, images):
    lab.create("status", images.guest("failure"), "not status", extra='on_crash = "preserve"')
    await_console(lab, "status", "sundog: the program left with status 7")
    expect("c" in state(lab, "status")[0], "the domain is not crashed")
    lab.run("xl destroy status")


@test("a domain of 2 MiB runs hello, one of 4 MiB the sleepers")
def small(lab, images):
    lab.create("small", images.guest("sleepers"), "100", memory_mib=4)
    expect_lines(lab.await_end("small"), "100 sleepers, 0 early, 0 out of order")
    lab.create("smallest", images.example("hello"), "--stall=0", memory_mib=2)
    expect(lab.await_end("smallest") == (images.source / "examples/hello/expected").read_text(),
           lab.console("smallest"))


@test("two domains run at once")
def two(lab, images):
    lab.create("one", images.guest("idle"))
    lab.create("two", images.guest("idle"))
    await_console(lab, "one", "idle")
    await_console(lab, "two", "idle")
    lab.run("xl shutdown one; xl shutdown two")
    lab.await_end("one")
    lab.await_end("two")


@test("the first task runs within 1/200 of the time that Linux needs to its init; a sleep costs two hypercalls at most")
def figures(lab, images):
    lab.create("figures", images.guest("figures"))
    console = lab.await_end("figures", 300)
    figure = {key: int(value) for key, value in (line.split() for line in console.splitlines() if len(line.split()) == 2)}
    lab.create_linux("linux")
    linux = lab.await_end("linux", 300)
    linux_us = float(linux.split("uptime", 1)[1].split()[0]) * 1e6
    print(f"# first task after {figure['boot_us']} us and {figure['boot_hypercalls']} hypercalls; Linux's init after "
          f"{linux_us:.0f} us; {figure['turn_hypercalls_percent']} hypercalls in 100 sleeps, more than 2 in "
          f"{figure['turns_above_2_in_10000']} of 10000", flush=True)
    expect(figure["boot_us"] * 200 <= linux_us, f"{figure['boot_us']} us is more than 1/200 of {linux_us:.0f} us")
    # Emulated processors have clocks that jump against each other: at each jump one wait may end early, and ask again.
    expect(figure["turn_hypercalls_percent"] <= 200, f"{figure['turn_hypercalls_percent']} hypercalls in 100 sleeps")
    expect(figure["turns_above_2_in_10000"] <= 1000, f"{figure['turns_above_2_in_10000']} of 10000 sleeps took more than 2")


@test("without Xen the image says why it stops")
def no_xen(lab, images):
    text = lab.boot_without_xen(images.guest("idle"))
    expect("there is no Xen below" in text, text)


def main(build, source, *names):
    tests = [(name, function) for name, function in TESTS
             if not names or any(wanted in name for wanted in names)]
    images = Images(build, source)
    print(f"1..{len(tests)}", flush=True)
    try:
        with laboratory.Lab(pathlib.Path(build) / "xen-lab") as lab:
            for number, (name, function) in enumerate(tests, 1):
                start = time.monotonic()
                try:
                    function(lab, images)
                    print(f"ok {number} - {name} # {time.monotonic() - start:.0f} s", flush=True)
                except Exception:  # each test's failure is its own
                    print(f"not ok {number} - {name}", flush=True)
                    print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="", flush=True)
                    lab.run("for i in $(xl list | tail -n +3 | tr -s ' ' | cut -d' ' -f2); do xl destroy $i; done", check=False)
    except packages.Unavailable as why:
        for number, (name, _) in enumerate(tests, 1):
            print(f"ok {number} - {name} # SKIP {why}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
