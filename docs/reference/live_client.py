#!/usr/bin/env python3
"""Streams made-up squats to a running `agoge serve` and prints what it hears: a skeleton, or with --sensor what a sensor on the right thigh feels of them.

    pip install websockets
    agoge serve &
    python3 live_client.py [--sensor]
"""
import asyncio
import json
import math
import sys

import websockets

JOINTS = ["left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_shoulder", "right_shoulder"]


def bend_of(t):
    """Knee flexion, 0 to 110 degrees: two seconds of standing, then a squat every three seconds."""
    return math.radians(55 * (1 - math.cos(2 * math.pi * (t - 2) / 3))) if t > 2 else 0.0


def thigh(t):
    """What a sensor on the thigh feels: acceleration with gravity (m/s2), turning (deg/s); x to the side, y along the thigh."""
    tilt, step = 0.7 * bend_of(t), 1e-3
    turning = math.degrees(0.7 * (bend_of(t + step) - bend_of(t - step)) / (2 * step))
    return [0.0, 9.80665 * math.cos(tilt), -9.80665 * math.sin(tilt), turning, 0.0, 0.0]


def squat(t):
    """Where the joints are at a time, metres, Y up, facing x."""
    bend = bend_of(t)
    shank, thigh, trunk = 0.42, 0.43, 0.5
    lean = 0.32 * bend
    knee = (shank * math.sin(0.3 * bend), 0.08 + shank * math.cos(0.3 * bend))
    hip = (knee[0] - thigh * math.sin(0.7 * bend), knee[1] + thigh * math.cos(0.7 * bend))
    shoulder = (hip[0] + trunk * math.sin(lean), hip[1] + trunk * math.cos(lean))
    sides = [(-0.12, hip), (0.12, hip), (-0.12, knee), (0.12, knee), (-0.12, (0, 0.08)), (0.12, (0, 0.08)), (-0.2, shoulder), (0.2, shoulder)]
    return [[x, y, z] for z, (x, y) in sides]


async def main():
    async with websockets.connect("ws://127.0.0.1:8420/live") as socket:
        worn = "--sensor" in sys.argv[1:]
        skeleton = {"joints": JOINTS, "space": "3d", "movement": "squat"}
        await socket.send(json.dumps({"sensor": {"part": "right_thigh", "rate_hz": 60}} if worn else skeleton))

        async def hear():
            async for text in socket:
                event = json.loads(text)
                if event["event"] != "metric":
                    print(event)

        hearing = asyncio.create_task(hear())
        for frame in range(30 * 17):
            t = frame / 30
            what = {"sensor": [thigh(t), thigh(t + 1 / 60)]} if worn else {"joints": squat(t)}
            await socket.send(json.dumps({"t": t, **what}))
            await asyncio.sleep(1 / 30)
        await socket.send(json.dumps({"end": True}))
        await hearing


asyncio.run(main())
