#!/usr/bin/env python3
"""Streams made-up squats to a running `agoge serve` and prints what it hears.

    pip install websockets
    agoge serve &
    python3 live_client.py
"""
import asyncio
import json
import math

import websockets

JOINTS = ["left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_shoulder", "right_shoulder"]


def squat(t):
    """Where the joints are at a time, metres, Y up, facing x: a squat every three seconds."""
    bend = math.radians(55 * (1 - math.cos(2 * math.pi * t / 3)))  # knee flexion, 0 to 110 degrees
    shank, thigh, trunk = 0.42, 0.43, 0.5
    lean = 0.32 * bend
    knee = (shank * math.sin(0.3 * bend), 0.08 + shank * math.cos(0.3 * bend))
    hip = (knee[0] - thigh * math.sin(0.7 * bend), knee[1] + thigh * math.cos(0.7 * bend))
    shoulder = (hip[0] + trunk * math.sin(lean), hip[1] + trunk * math.cos(lean))
    sides = [(-0.12, hip), (0.12, hip), (-0.12, knee), (0.12, knee), (-0.12, (0, 0.08)), (0.12, (0, 0.08)), (-0.2, shoulder), (0.2, shoulder)]
    return [[x, y, z] for z, (x, y) in sides]


async def main():
    async with websockets.connect("ws://127.0.0.1:8420/live") as socket:
        await socket.send(json.dumps({"joints": JOINTS, "space": "3d", "movement": "squat"}))

        async def hear():
            async for text in socket:
                event = json.loads(text)
                if event["event"] != "metric":
                    print(event)

        hearing = asyncio.create_task(hear())
        for frame in range(30 * 15):
            await socket.send(json.dumps({"t": frame / 30, "joints": squat(frame / 30)}))
            await asyncio.sleep(1 / 30)
        await socket.send(json.dumps({"end": True}))
        await hearing


asyncio.run(main())
