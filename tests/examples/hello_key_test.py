"""What hello_key says to its parameters, right and wrong: hello_key_test.py PROGRAM"""
import re
import signal
import subprocess
import sys
import time
import unittest

program = sys.argv.pop(1)


def run(*parameters):
    return subprocess.run([program, *parameters], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=30)


class HelloKey(unittest.TestCase):
    def test_it_says_what_it_is_told(self):
        result = run("--hello=Good morning", "--count", "2", "--pause=1ms", "--log=error")
        self.assertEqual((result.returncode, result.stdout), (0, "Good morning\nGood morning\n"))

    def test_help_lists_every_parameter_with_type_default_and_doc(self):
        result = run("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for line in ("Says something, again and again.", "what to say",
                     "a text; default: Hello World!", "a whole number from 1 to 1000; default: 4",
                     "default: 250ms"):
            self.assertIn(line, result.stdout)
        own, built_in = result.stdout.split("Every program takes these:")
        self.assertIn("--hello", own)
        for name in ("--help", "--describe", "--log", "--stall", "--poller"):
            self.assertIn(name, built_in)

    def test_an_unknown_parameter_ends_it_with_status_2_and_the_nearest_name(self):
        result = run("--helo=x")
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(result.stderr, "hello_key: --helo=x: there is no parameter --helo; "
                                        "did you mean --hello?\n")

    def test_everything_wrong_is_told_at_once(self):
        result = run("--count=0", "--poller=select", "hello", "--log=loud")
        self.assertEqual(result.returncode, 2)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertIn("expected a whole number from 1 to 1000, as in --count=4", lines[0])
        self.assertIn("expected auto, uring or epoll, as in --poller=auto", lines[1])
        self.assertIn("hello: not understood; write --name=value", lines[2])
        self.assertIn("--log=loud: unknown log level `loud'", lines[3])

    def test_either_poller_can_be_forced(self):
        for poller in ("uring", "epoll"):
            result = run(f"--poller={poller}", "--count=1", "--stall=0")
            if poller == "uring" and result.returncode == 1:
                # Forbidden here, as in many containers: then it must say so.
                self.assertIn("hello_key has failed: ", result.stderr)
                continue
            self.assertEqual((result.returncode, result.stdout), (0, "Hello World!\n"))

    def test_it_describes_itself(self):
        text = run("--describe").stdout
        for part in ("hello_key\nSays something", "platform\n  Unix", "devices\n  none",
                     "--pause"):
            self.assertIn(part, text)
        self.assertTrue(run("--describe=svg").stdout.startswith("<svg "))

    def test_a_failure_of_the_main_task_is_logged_and_gives_status_1(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([program], stdout=full, stderr=subprocess.PIPE, text=True,
                                    timeout=30)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} error sundog: "
                                        r"hello_key has failed: standard output: ")

    def test_sigusr1_prints_who_waits_for_what_and_the_program_goes_on(self):
        with subprocess.Popen([program, "--count=2", "--pause=2s"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            time.sleep(0.2)
            process.send_signal(signal.SIGUSR1)
            out, dump = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out), (0, "Hello World!\n"))  # the second one
        self.assertRegex(dump, re.compile(r"^main loop\n.*waiting: sleep \(for \d+ ms\)\n"
                                          r".*hello_key/main\.cpp:\d+", re.DOTALL))


unittest.main()
