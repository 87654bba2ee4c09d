"""Talks to `agoge serve`: fetches pages, and streams recordings through its WebSocket.

The events of a session come from two sides: most at once, those of finished repetitions from a
worker. To get the same events from every run, a frame is sent only after the metric of the last
one has arrived, and events are sorted by the time of their frame.
"""
import base64
import json
import math
import os
import socket
import threading
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
# How long to wait for the server to start, and for an event that must come.
PATIENCE_S = 30.0
# While a movement is being recognised, the answer may arrive between any two frames. After each
# second of the recording the client waits this long, so that it always arrives at the same one.
PAUSE_S = 0.5
# Opcodes of RFC 6455.
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

RECORDED_PAGES = {
    "start.html": "/",
    "watch.html": "/watch",
    "athletes.html": "/athletes",
    "athlete.html": "/athletes/1",
    "load.html": "/athletes/2/load",
    "plan.html": "/athletes/1/plan",
    "analysis.html": "/library/analyses/1",
    "label.html": "/label",
    "models.html": "/models",
    "openapi.json": "/openapi.json",
    "movements.json": "/api/movements",
    "simulated.json": "/api/simulated",
}

KINECT_JOINTS = 25
KINECT_VALUES = 7  # of a joint: position and quaternion
FRAMES_PER_SECOND = 30
PICTURE_SIZE = (1920, 1080)


def find_port():
    """A port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def fetch_page(port, path):
    """The content of a page, also if the server answers with an error."""
    request = urllib.request.Request(f"http://{HOST}:{port}{path}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=PATIENCE_S) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        return b"%d\n%s" % (error.code, error.read())


def wait_ready(server, port):
    """Waits until a server that was just started answers."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and server.poll() is None:
        try:
            fetch_page(port, "/healthz")
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("agoge serve does not answer")


class LiveClient:
    """A WebSocket client (RFC 6455) whose events are collected by a thread."""

    def __init__(self, port):
        self.socket = socket.create_connection((HOST, port), timeout=PATIENCE_S)
        self.reader = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /live HTTP/1.1\r\nHost: {HOST}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        status = self.reader.readline()
        if b" 101 " not in status:
            raise RuntimeError(f"no WebSocket: {status.decode().strip()}")
        while self.reader.readline().strip():
            pass
        self.texts = []
        self.metrics = 0
        self.closed = False
        self.arrived = threading.Condition()
        threading.Thread(target=self.collect_texts, daemon=True).start()

    def send_frame(self, opcode, payload):
        """Sends one masked frame, as a client must."""
        length = len(payload)
        if length < 126:
            head = bytes([0x80 | opcode, 0x80 | length])
        else:
            head = bytes([0x80 | opcode, 0x80 | 126]) + length.to_bytes(2, "big")
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def send_message(self, message):
        """Sends a message as JSON."""
        self.send_frame(TEXT, json.dumps(message).encode())

    def read_frame(self):
        """The opcode and payload of the next frame; the server sends each message in one."""
        opcode, length = self.read_exactly(2)
        length &= 0x7F
        if length == 126:
            length = int.from_bytes(self.read_exactly(2), "big")
        elif length == 127:
            length = int.from_bytes(self.read_exactly(8), "big")
        return opcode & 0x0F, self.read_exactly(length)

    def read_exactly(self, count):
        """So many bytes; an error if the connection ends before."""
        content = self.reader.read(count)
        if len(content) < count:
            raise EOFError
        return content

    def collect_texts(self):
        """Collects messages until the server closes the connection."""
        try:
            while True:
                opcode, payload = self.read_frame()
                if opcode == CLOSE:
                    break
                if opcode == PING:
                    self.send_frame(PONG, payload)
                if opcode == TEXT:
                    with self.arrived:
                        self.texts.append(payload)
                        self.metrics += json.loads(payload)["event"] == "metric"
                        self.arrived.notify_all()
        except (EOFError, OSError):
            pass
        with self.arrived:
            self.closed = True
            self.arrived.notify_all()

    def wait_until(self, condition):
        """Waits for a condition, or for the end of the connection."""
        with self.arrived:
            if not self.arrived.wait_for(lambda: self.closed or condition(), PATIENCE_S):
                raise RuntimeError("the server does not answer a live session")


def stream_messages(port, hello, messages):
    """The events of a session, one JSON text a line, sorted by the time of their frame."""
    client = LiveClient(port)
    client.send_message(hello)
    client.wait_until(lambda: client.texts)
    recognised = "joints" in messages[0] and hello.get("movement") == "auto"
    next_pause = messages[0]["t"] + 1.0
    for sent, message in enumerate(messages, 1):
        client.send_message(message)
        # Of a worn sensor alone nothing comes from a worker: its events need no waiting.
        if "joints" in message:
            client.wait_until(lambda: client.metrics >= sent)
        if recognised and message["t"] >= next_pause:
            next_pause += 1.0
            time.sleep(PAUSE_S)
    client.send_message({"end": True})
    client.wait_until(lambda: False)
    client.socket.close()

    def frame_time(text):
        """The time of an event's frame; the first and the last message have none."""
        event = json.loads(text)
        return event.get("t", -math.inf if event["event"] == "ready" else math.inf)

    return b"".join(text + b"\n" for text in sorted(client.texts, key=frame_time))


def list_sessions(data, simulated):
    """The sessions to record: for each name the hello and the messages after it."""
    unnamed = {**simulated["hello"], "movement": "auto"}
    return {
        "kinect": read_kinect(data / "keraal/G3-Kinect-RTK-P1T1-Unknown-C-0.txt"),
        "blazepose": read_blazepose(data / "keraal/G3-BP-CTK-P1T1-Unknown-C-0.json"),
        "simulated-squats": (simulated["hello"], simulated["frames"]),
        "simulated-squats-unnamed": (unnamed, simulated["frames"]),
        "sensor": make_sensor(),
    }


def read_kinect(path):
    """A recording of Keraal by the Kinect: 25 joints in metres."""
    messages = []
    for frame, line in enumerate(path.read_text().splitlines()):
        values = [float(value) for value in line.split()]
        starts = range(0, KINECT_JOINTS * KINECT_VALUES, KINECT_VALUES)
        joints = [values[start : start + 3] for start in starts]
        messages.append({"t": frame / FRAMES_PER_SECOND, "joints": joints})
    return {"skeleton": "kinect_25", "space": "3d", "movement": "shoulder_abduction"}, messages


def read_blazepose(path):
    """A recording of Keraal by one camera: 33 joints as shares of the picture."""
    frames = json.loads(path.read_text())["positions"]
    names = list(next(iter(frames.values())))
    messages = []
    for number, positions in frames.items():
        joints = [positions.get(name) for name in names]
        in_pixels = [
            joint and [joint[0] * PICTURE_SIZE[0], joint[1] * PICTURE_SIZE[1]] for joint in joints
        ]
        messages.append({"t": float(number) / FRAMES_PER_SECOND, "joints": in_pixels})
    return {"skeleton": "mediapipe_33", "space": "2d", "movement": "overhead_reach"}, messages


def make_sensor():
    """Made-up squats as a sensor on the right thigh feels them, two samples a message."""
    rate_hz, seconds = 60, 17

    def knee_flexion(t):
        """Two seconds of standing, then a squat every three seconds, rad."""
        return math.radians(55 * (1 - math.cos(2 * math.pi * (t - 2) / 3))) if t > 2 else 0.0

    def sample_thigh(t):
        """Acceleration with gravity (m/s²) and turning (deg/s); y along the thigh."""
        tilt, step = 0.7 * knee_flexion(t), 1e-3
        turning = 0.7 * (knee_flexion(t + step) - knee_flexion(t - step)) / (2 * step)
        gravity = 9.80665
        acceleration = [0.0, gravity * math.cos(tilt), -gravity * math.sin(tilt)]
        return [*acceleration, math.degrees(turning), 0.0, 0.0]

    times = [2 * index / rate_hz for index in range(rate_hz * seconds // 2)]
    messages = [{"t": t, "sensor": [sample_thigh(t), sample_thigh(t + 1 / rate_hz)]} for t in times]
    return {"sensor": {"part": "right_thigh", "rate_hz": rate_hz}}, messages
