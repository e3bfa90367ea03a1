"""http_fetch --output: pages into files, and on from where an earlier try ended: http_fetch_output_test.py PROGRAM"""
import os
import pathlib
import pty
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

program = sys.argv.pop(1)


class Server:
    """A server for one file, whose connections break after some bytes."""

    def __init__(self, content, tag='"v1"', breaks_after=None, parts=True, status='200 OK'):
        self.content, self.tag, self.breaks_after, self.parts, self.status = content, tag, breaks_after, parts, status
        self.requests = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self.listener.getsockname()[1]}/file'
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                request = b''
                while b'\r\n\r\n' not in request:
                    part = connection.recv(4096)
                    if not part:
                        break
                    request += part
                if request:
                    self.requests.append(request.decode())
                    self.answer(connection, request.decode())

    def answer(self, connection, request):
        wanted = re.search(r'Range: bytes=(\d+)-\r\n', request)
        may_be_part = wanted and self.parts and f'If-Range: {self.tag}\r\n' in request
        first, size = int(wanted[1]) if may_be_part else 0, len(self.content)
        if may_be_part and first >= size:
            connection.sendall(f'HTTP/1.1 416 No\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n\r\n'.encode())
            return
        head = f'HTTP/1.1 {self.status}\r\n'
        if first:
            head = f'HTTP/1.1 206 Part\r\nContent-Range: bytes {first}-{size - 1}/{size}\r\n'
        head += f'ETag: {self.tag}\r\nContent-Length: {size - first}\r\n\r\n'
        end = size if self.breaks_after is None else min(size, first + self.breaks_after)
        connection.sendall(head.encode() + self.content[first:end])


class Output(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / 'file'
        self.part = pathlib.Path(folder.name) / 'file.part'
        self.version = pathlib.Path(folder.name) / 'file.part.version'
        self.content = bytes(range(256)) * 3000

    def serve(self, *arguments, **named):
        server = Server(*arguments, **named)
        self.addCleanup(server.listener.close)
        return server

    def fetch(self, server):
        return subprocess.run([program, f'--url={server.url}', f'--output={self.file}'], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)

    def assert_complete(self, content):
        self.assertEqual(self.file.read_bytes(), content)
        self.assertFalse(self.part.exists())
        self.assertFalse(self.version.exists())

    def test_a_page_goes_to_a_file(self):
        done = self.fetch(self.serve(self.content))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '', ''))
        self.assert_complete(self.content)

    def test_a_connection_that_breaks_is_made_again_for_the_rest(self):
        server = self.serve(self.content, breaks_after=300_000)
        done = self.fetch(server)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_complete(self.content)
        self.assertEqual(len(server.requests), 3)
        self.assertIn('Range: bytes=300000-\r\n', server.requests[1])
        self.assertIn('If-Range: "v1"\r\n', server.requests[1])
        self.assertIn('trying again', done.stderr)

    def test_what_an_earlier_run_left_is_completed(self):
        self.part.write_bytes(self.content[:1000])
        self.version.write_text('"v1"')
        server = self.serve(self.content)
        self.assertEqual(self.fetch(server).returncode, 0)
        self.assert_complete(self.content)
        self.assertIn('Range: bytes=1000-\r\n', server.requests[0])

    def test_a_part_of_another_version_is_thrown_away(self):
        self.part.write_bytes(b'x' * 1_000_000)
        self.version.write_text('"v0"')
        self.assertEqual(self.fetch(self.serve(self.content)).returncode, 0)
        self.assert_complete(self.content)

    def test_a_part_of_no_known_version_is_thrown_away(self):
        self.part.write_bytes(b'x' * 1_000_000)
        server = self.serve(self.content)
        self.assertEqual(self.fetch(server).returncode, 0)
        self.assert_complete(self.content)
        self.assertNotIn('Range', server.requests[0])

    def test_a_server_that_does_no_parts_sends_the_whole(self):
        self.part.write_bytes(self.content[:1000])
        self.version.write_text('"v1"')
        self.assertEqual(self.fetch(self.serve(self.content, parts=False)).returncode, 0)
        self.assert_complete(self.content)

    def test_a_part_that_was_all_of_it_is_complete(self):
        self.part.write_bytes(self.content)
        self.version.write_text('"v1"')
        self.assertEqual(self.fetch(self.serve(self.content)).returncode, 0)
        self.assert_complete(self.content)

    def test_an_empty_page_is_an_empty_file(self):
        self.assertEqual(self.fetch(self.serve(b'')).returncode, 0)
        self.assert_complete(b'')

    def test_an_error_is_no_page(self):
        server = self.serve(b'not here', status='404 Not Found')
        done = self.fetch(server)
        self.assertEqual(done.returncode, 1)
        self.assertIn('404 Not Found', done.stderr)
        self.assertFalse(self.file.exists())
        self.assertEqual(len(server.requests), 1)

    def test_a_connection_that_brings_nothing_is_not_tried_for_ever(self):
        server = self.serve(self.content, breaks_after=0)
        self.assertEqual(self.fetch(server).returncode, 1)
        self.assertFalse(self.file.exists())
        self.assertEqual(len(server.requests), 1)

    def test_how_far_it_is_is_shown_on_a_terminal(self):
        leader, follower = pty.openpty()
        command = [program, f'--url={self.serve(self.content).url}', f'--output={self.file}']
        with subprocess.Popen(command, stderr=follower) as process:
            self.assertEqual(process.wait(timeout=60), 0)
        os.close(follower)
        shown = os.read(leader, 100_000).decode()
        os.close(leader)
        self.assertIn('] 100%  750.0 KiB of 750.0 KiB', shown)


unittest.main()
