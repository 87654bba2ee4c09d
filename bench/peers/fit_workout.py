"""Reads the FIT workouts of a plan with python-fitparse, and holds every step against plan.json.

    pip install fitparse
    agoge plan make request.toml --workouts --out agoge-plan
    python bench/peers/fit_workout.py agoge-plan
"""
import datetime
import json
import pathlib
import re
import sys

import fitparse

PARTS = {"warm_up": "warmup", "work": "active", "rest": "rest", "cool_down": "cooldown"}


def expected(session):
    """The steps that a device should go through, one after the other: kind of length, its amount, intensity, power."""
    for step in session["steps"]:
        for time in range(step["times"]):
            if step.get("minutes") is not None:
                length = ("time", round(60 * step["minutes"]))
            elif step.get("metres") is not None:
                length = ("distance", step["metres"])
            elif step.get("repetitions") is not None:
                length = ("reps", step["repetitions"])
            else:
                length = ("open", None)
            power = step.get("threshold") if session["sport"] == "cycling" else None
            yield (*length, PARTS[step["part"]], power)
            if step["rest"] > 0 and time + 1 < step["times"]:
                yield ("time", round(60 * step["rest"]), "rest", None)


def found(steps):
    """The same from the file, repeats unrolled."""
    done = []
    for step in steps:
        if step["duration_type"] == "repeat_until_steps_cmplt":
            first = step.get("duration_step", step.get("duration_value"))
            times = step.get("repeat_steps", step.get("target_value"))
            done.append(("repeat", first, times))
            continue
        kind = {29: "reps"}.get(step["duration_type"], step["duration_type"])
        amount = {"time": step.get("duration_time"), "distance": step.get("duration_distance"), "reps": step.get("duration_reps", step.get("duration_value"))}.get(kind)
        power = None
        if step["target_type"] == "power":
            power = [step.get("custom_target_power_low", step.get("custom_target_value_low")), step.get("custom_target_power_high", step.get("custom_target_value_high"))]
        done.append((kind, amount, step["intensity"], power))
    unrolled, places = [], []
    for step in done:
        places.append(len(unrolled))
        if step[0] == "repeat":
            unrolled += unrolled[places[step[1]]:] * (step[2] - 1)
        else:
            unrolled.append(step)
    return unrolled


def main():
    folder = pathlib.Path(sys.argv[1])
    plan = json.loads((folder / "plan.json").read_text())
    failed = files = steps = 0
    for session in plan["sessions"]:
        if not session["steps"]:
            continue
        name = re.sub(r"[^\w-]", "_", session["name"])
        path = folder / "workouts" / f"{session['day']}-{name}-{session['minutes']:.0f}.fit"
        # Checksums are looked at by fitparse.
        messages = [(m.name, m.get_values()) for m in fitparse.FitFile(str(path), check_crc=True).get_messages()]
        of = lambda kind: [values for own, values in messages if own == kind]
        (identity,), (workout,), own = of("file_id"), of("workout"), of("workout_step")
        wanted, read = list(expected(session)), found(own)
        same = len(wanted) == len(read) and all(
            a[0] == b[0] and a[2] == b[2] and (a[1] is None or abs(a[1] - b[1]) < 1e-9) and (a[3] is None) == (b[3] is None) and (a[3] is None or [round(x) for x in a[3]] == list(b[3]))
            for a, b in zip(wanted, read)
        )
        sound = (
            identity["type"] == "workout"
            and identity["time_created"].date() == datetime.date.fromisoformat(session["day"])
            and workout["wkt_name"] == session["title"]
            and workout["num_valid_steps"] == len(own)
            and [step["message_index"] for step in own] == list(range(len(own)))
            and same
        )
        files, steps, failed = files + 1, steps + len(read), failed + (not sound)
        if not sound:
            print(f"{path.name}: DIFFERENT\n  {wanted}\n  {read}")
    print(f"{files} workouts, {steps} steps compared, {failed} files differ")
    sys.exit(bool(failed) or not files)


main()
