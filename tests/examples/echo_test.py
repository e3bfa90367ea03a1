"""The echo example, on both pollers, from outside: many connections, large messages, half-closed
peers, resets, and an orderly stop."""
import re
import signal
import socket
import struct
import subprocess
import sys
import threading

PATTERN = bytes(range(256)) * 4096  # 1 MiB


def exchange(address, data):
    """Sends while it receives, finishes its side, and expects all of it back and then the end."""
    with socket.create_connection(address, timeout=30) as connection:
        def send():
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
        sender.join()
    assert bytes(received) == data, f'{len(received)} of {len(data)} bytes came back'


def reset(address):
    """A peer that vanishes in the middle must not concern the others."""
    connection = socket.create_connection(address)
    connection.sendall(PATTERN[:100000])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()


def check(program, poller):
    server = subprocess.Popen([program, '--address=127.0.0.1:0', '--poller=' + poller],
                              stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        found = re.fullmatch(r'listening on (127\.0\.0\.1):(\d+)\n', line)
        assert found, f'unexpected output: {line!r}'
        address = (found[1], int(found[2]))
        idle = socket.create_connection(address)
        sizes = [0, 1, 64, 4095, 4096, 4097, 100000, len(PATTERN)] * 4
        threads = [threading.Thread(target=exchange, args=(address, PATTERN[:size]))
                   for size in sizes]
        for thread in threads:
            thread.start()
            reset(address)
        for thread in threads:
            thread.join()
        exchange(address, b'still there')
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0, f'exit status {server.returncode}'
        assert idle.recv(1) == b'', 'the connection of an idle peer was not closed'
        idle.close()
    finally:
        server.kill()
        server.wait()


failures = []
threading.excepthook = lambda args: failures.append(args.exc_value)
for name in ('uring', 'epoll'):
    check(sys.argv[1], name)
if failures:
    raise failures[0]
print('both pollers echo')
