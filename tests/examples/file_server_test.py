"""The file server: the website's service, told by its configuration to serve a folder."""
import http.client
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop()


class Server:
    """A running file server, on one of the two pollers."""

    def __init__(self, root, *arguments, user=None, before=None):
        self.process = subprocess.Popen([PROGRAM, '--port=0', f'--root={root}', *arguments],
                                        stdout=subprocess.PIPE, text=True, user=user, preexec_fn=before)
        line = self.process.stdout.readline()
        self.port = int(re.fullmatch(r'http://127.0.0.1:(\d+)/', line.strip())[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def ask(self, path, method='GET', **fields):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        connection.request(method, path, headers={k.replace('_', '-'): v for k, v in fields.items()})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def connect(self, request):
        connection = socket.create_connection(('127.0.0.1', self.port), timeout=30)
        connection.sendall(request)
        return connection

    def resident_kib(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+)', status)[1])


def read_all(connection):
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b''.join(parts)


class FileServer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.content = bytes(range(256)) * 300
        (self.root / 'data.bin').write_bytes(self.content)
        (self.root / 'index.html').write_text('<p>home</p>')

    def on_each_poller(self, test, *arguments):
        for poller in 'uring', 'epoll':
            with self.subTest(poller), Server(self.root, f'--poller={poller}', *arguments) as server:
                test(server)

    def test_it_describes_a_folder(self):
        described = subprocess.run([PROGRAM, '--describe'], capture_output=True, text=True, check=True)
        self.assertIn('Folder', described.stdout)
        self.assertNotIn('Embedded', described.stdout)

    def test_files_are_served_as_they_are_now(self):
        with Server(self.root) as server:
            self.assertEqual(server.ask('/').body, b'<p>home</p>')
            self.assertEqual(server.ask('/data.bin').body, self.content)
            (self.root / 'later.txt').write_text('written while it runs')
            self.assertEqual(server.ask('/later.txt').body, b'written while it runs')
            self.assertIn(server.ask('/../etc/passwd').status, (400, 404))
            self.assertEqual(server.stop(), 0)

    def test_a_root_that_cannot_be_served_is_told_at_the_start(self):
        missing = subprocess.run([PROGRAM, '--root=/no/such/folder'], capture_output=True, text=True)
        self.assertEqual(missing.returncode, 1)
        self.assertIn('/no/such/folder', missing.stderr)
        locked = self.root / 'locked'
        locked.mkdir(mode=0)
        user = 65534 if os.geteuid() == 0 else None
        self.root.chmod(0o755)
        refused = subprocess.run([PROGRAM, f'--root={locked}'], capture_output=True, text=True,
                                 user=user, timeout=60)
        self.assertEqual(refused.returncode, 1)
        self.assertIn('chmod', refused.stderr)
        self.assertIn('Permission denied', refused.stderr)

    def test_what_may_not_be_read_is_forbidden(self):
        self.root.chmod(0o755)
        (self.root / 'data.bin').chmod(0)
        (self.root / 'inner').mkdir(mode=0)
        user = 65534 if os.geteuid() == 0 else None
        with Server(self.root, user=user) as server:
            for path in '/data.bin', '/inner/file', '/inner/':
                self.assertEqual(server.ask(path).status, 403, path)
            self.assertEqual(server.ask('/').status, 200)

    def test_any_name_that_a_file_can_have_is_served(self):
        root = os.fsencode(self.root)
        names = {b'back\\slash': '/back%5Cslash', b'latin\xe9': '/latin%e9', b'line\nend': '/line%0Aend',
                 b'sp ace': '/sp%20ace', b'ques?tion': '/ques%3ftion', 'ü'.encode(): '/%c3%bc'}
        for name in names:
            with open(root + b'/' + name, 'wb') as file:
                file.write(name)
        (self.root / '.well-known').mkdir()
        (self.root / '.well-known' / 'x').write_text('known')
        (self.root / '.hidden').write_text('hidden')
        with Server(self.root) as server:
            for name, path in names.items():
                self.assertEqual(server.ask(path).body, name)
            for path in '//index.html', '/x/../index.html', '/./', '/x/..':
                self.assertEqual(server.ask(path).body, b'<p>home</p>', path)
            self.assertEqual(server.ask('/.well-known/x').body, b'known')
            self.assertEqual(server.ask('/.hidden').status, 404)

    def test_a_large_file_costs_what_is_sent_of_it(self):
        with open(self.root / 'large', 'wb') as file:
            file.write(b'begin')
            file.truncate(300 << 20)

        def test(server):
            head = server.ask('/large', method='HEAD')
            self.assertEqual(head.status, 200)
            self.assertEqual(head.getheader('Content-Length'), str(300 << 20))
            part = server.ask('/large', Range='bytes=0-4')
            self.assertEqual((part.status, part.body), (206, b'begin'))
            before = server.resident_kib()
            idle = [server.connect(b'GET /large HTTP/1.1\r\nHost: h\r\n\r\n') for _ in range(20)]
            for connection in idle:
                connection.recv(1)
            for _ in range(10):
                self.assertEqual(server.ask('/').status, 200)
            # 64 KiB and what a connection has, each; a sanitizer adds its own.
            self.assertLess(server.resident_kib() - before, 20 * 1024)
            for connection in idle:
                connection.close()
            whole = server.ask('/large')
            self.assertEqual(len(whole.body), 300 << 20)

        self.on_each_poller(test)

    def test_a_file_that_grows_is_what_it_was_and_one_that_is_cut_ends_the_connection(self):
        path = self.root / 'changing'

        def begin(server):
            path.write_bytes(b'x' * (32 << 20))
            connection = server.connect(b'GET /changing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
            return connection, connection.recv(1000)

        def test(server):
            connection, start = begin(server)
            with open(path, 'ab') as file:
                file.write(b'more')
            content = (start + read_all(connection)).partition(b'\r\n\r\n')[2]
            self.assertEqual(content, b'x' * (32 << 20))
            connection.close()
            connection, start = begin(server)
            os.truncate(path, 1000)
            try:
                cut = start + read_all(connection)
            except ConnectionResetError:
                cut = b''
            self.assertLess(len(cut), 32 << 20)
            connection.close()
            # A log to which somebody writes all the time.
            for _ in range(50):
                with open(path, 'ab', buffering=0) as file:
                    file.write(b'line\n')
                self.assertEqual(server.ask('/changing').status, 200)

        self.on_each_poller(test)

    def test_a_stop_answers_everybody_whose_connection_is_made(self):
        def test(server):
            server.ask('/')
            server.process.send_signal(signal.SIGSTOP)
            clients = [server.connect(b'GET / HTTP/1.1\r\nHost: h\r\n\r\n') for _ in range(100)]
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGCONT)
            answers = [read_all(client) for client in clients]
            self.assertEqual([answer[:15] for answer in answers], [b'HTTP/1.1 200 OK'] * 100)
            self.assertEqual(server.process.wait(timeout=30), 0)

        self.on_each_poller(test)

    def test_a_listener_that_is_handed_over_loses_nobody_between_two_servers(self):
        with socket.create_server(('127.0.0.1', 0), backlog=100) as listener:
            port = listener.getsockname()[1]

            def start():
                script = f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"'
                server = subprocess.Popen(['sh', '-c', script, 'sh', PROGRAM, f'--root={self.root}'],
                                          stdout=subprocess.PIPE, text=True,
                                          pass_fds=[listener.fileno()])
                self.assertIn(str(port), server.stdout.readline())
                return server

            def connect():
                client = socket.create_connection(('127.0.0.1', port), timeout=30)
                client.sendall(b'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
                return client

            for _ in range(2):
                server = start()
                clients = [connect() for _ in range(20)]
                self.assertTrue(all(b'200 OK' in read_all(client) for client in clients))
                server.send_signal(signal.SIGTERM)
                clients = [connect() for _ in range(20)]
                self.assertEqual(server.wait(timeout=30), 0)
                clients += [connect() for _ in range(20)]  # nobody is there
                server.stdout.close()
                server = start()
                answers = [read_all(client) for client in clients]
                self.assertTrue(all(b'200 OK' in answer for answer in answers), answers)
                server.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(timeout=30), 0)
                server.stdout.close()

    def test_with_few_descriptors_fewer_are_let_in_and_all_are_answered(self):
        if b'__ubsan_handle_dynamic_type_cache_miss' in pathlib.Path(PROGRAM).read_bytes():
            self.skipTest('the sanitizer needs descriptors itself, and calls it an error to have none')
        (self.root / 'large').write_bytes(b'x' * (1 << 20))

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

        for poller in 'uring', 'epoll':
            with self.subTest(poller), Server(self.root, f'--poller={poller}', before=limit) as server:
                clients = []
                for i in range(120):
                    path = b'/large' if i % 2 else b'/data.bin'
                    clients.append(server.connect(b'GET ' + path + b' HTTP/1.1\r\nHost: h\r\n\r\n'))
                # Each is answered in its turn; then it is idle, and makes room.
                for i, client in enumerate(clients):
                    size = 1 << 20 if i % 2 else len(self.content)
                    answer = b''
                    while len(answer) < size:
                        part = client.recv(1 << 20)
                        self.assertTrue(part, f'client {i} was cut off: {answer[:100]}')
                        answer += part
                    self.assertTrue(answer.startswith(b'HTTP/1.1 200 OK'), answer[:100])
                for client in clients:
                    client.close()
                self.assertEqual(server.ask('/').status, 200)


if __name__ == '__main__':
    unittest.main()
