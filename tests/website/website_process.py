"""The website program as a child process: started on a free port, ready when it has printed its address."""
import re
import select
import signal
import subprocess
import time

START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30


class Website:
    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, "--port=0", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True)
        self.url = self._printed_url()

    def _printed_url(self):
        """The program prints one line with its address, once it can be reached there."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.1)
            line = self.process.stdout.readline() if ready else ""
            found = re.search(r"http://\S+", line)
            if found:
                return found.group()
            if ready and not line:
                break
        self.process.kill()
        raise RuntimeError("the website program did not print its address")

    def stop(self, with_signal=signal.SIGTERM):
        """Asks it to stop; gives its exit status."""
        self.process.send_signal(with_signal)
        try:
            return self.process.wait(timeout=STOP_SECONDS_MAX)
        finally:
            self.process.kill()
            self.process.stdout.close()
