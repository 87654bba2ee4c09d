"""Reads FIT files with python-fitparse and with `agoge bench workouts`, and compares every number of every record.

    pip install fitparse
    python bench/peers/fit.py target/release/agoge FOLDER

Files that fitparse refuses must be refused by Agoge (and the other way round). Times are paired: for each file fitparse, then Agoge, in one run.
"""
import datetime
import glob
import json
import math
import subprocess
import sys
import time

import fitparse

EPOCH = datetime.datetime(1970, 1, 1)
SEMICIRCLES = 2**31 / 180
# Agoge's columns for fitparse's fields; the finer of two fields of one quantity comes first.
SAME = {
    "heart_rate": ["heart_rate"],
    "power": ["power"],
    "speed": ["enhanced_speed", "speed"],
    "distance": ["distance"],
    "cadence": ["cadence"],
    "altitude": ["enhanced_altitude", "altitude"],
    "latitude": ["position_lat"],
    "longitude": ["position_long"],
}
# Fields with a meaning that fitparse turns into words, and raw ones that stand behind others.
WORDS = {"activity_type", "stroke_type", "left_right_balance", "device_index"}


def peer(path):
    began = time.perf_counter()
    records = [message.fields for message in fitparse.FitFile(path).get_messages() if message.name == "record"]
    return records, (time.perf_counter() - began) * 1e3


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compare(records, workouts):
    """Numbers that differ, and how many were compared."""
    rows = []
    for workout in workouts:
        for row in range(len(workout["columns"]["time"])):
            sample = {name: values[row] for name, values in workout["columns"].items()}
            sample["time"] = None if sample["time"] is None else sample["time"] + workout["start_unix_s"]
            rows.append(sample)
    if len(rows) != len(records):
        return [f"{len(rows)} samples where fitparse has {len(records)}"], 0
    wrong, compared = [], 0
    for index, (record, sample) in enumerate(zip(records, rows)):
        fields = {}
        for field in record:
            if field.value is not None or field.name not in fields:
                fields[field.name] = field.value
        stamp = fields.get("timestamp")
        # fitparse leaves times that count from when a device was switched on as plain numbers.
        expected = {"time": (stamp - EPOCH).total_seconds() if isinstance(stamp, datetime.datetime) else stamp + 631065600 if number(stamp) else None}
        for own, names in SAME.items():
            values = [fields[name] for name in names if fields.get(name) is not None]
            expected[own] = values[0] if values else None
        taken = {name for names in SAME.values() for name in names} | {"timestamp"} | WORDS
        for name, value in fields.items():
            if name not in taken and not name.startswith("unknown_") and number(value):
                expected[name] = value
        for name, value in expected.items():
            found = sample.get(name)
            if name in ("latitude", "longitude") and found is not None:
                found = round(found * SEMICIRCLES)
            compared += 1
            if value is None and found is None:
                continue
            if value is None or found is None or not math.isclose(value, found, rel_tol=1e-12, abs_tol=1e-9):
                wrong.append(f"record {index} {name}: {found} where fitparse has {value}")
    return wrong, compared


def main():
    agoge, folder = sys.argv[1:3]
    files = sorted(glob.glob(folder + "/*.[fF][iI][tT]"))
    total, failed, peer_ms, own_ms = 0, 0, 0.0, 0.0
    for path in files:
        try:
            records, spent = peer(path)
            refused = None
        except Exception as error:  # fitparse has many ways to say no
            records, refused = None, f"{type(error).__name__}: {error}"
        run = subprocess.run([agoge, "bench", "workouts", path, "--values"], capture_output=True, text=True, check=True)
        own = json.loads(run.stdout)
        # Read once for nothing and once to be timed, as fitparse has its profile in memory by then.
        timed = [json.loads(line) for line in subprocess.run([agoge, "bench", "workouts", path, path], capture_output=True, text=True, check=True).stdout.splitlines()]
        name = path.rsplit("/", 1)[-1]
        if "error" in own:
            why = own["error"].split("; hint")[0]
            agree = refused is not None or not records
            failed += not agree
            print(f"{name}: refused: {why}; fitparse: {refused or 'no records'}{'' if agree else '  DIFFERENT'}")
            continue
        if refused:
            failed += 1
            print(f"{name}: read, fitparse refused: {refused}  DIFFERENT")
            continue
        wrong, compared = compare(records, own["workouts"])
        total += compared
        failed += bool(wrong)
        peer_ms += spent
        own_ms += timed[1]["ms"]
        print(f"{name}: {len(records)} records, {compared} values, {len(wrong)} differ {wrong[:3] if wrong else ''}; {spent:.0f} ms, {timed[1]['ms']:.2f} ms: {spent / timed[1]['ms']:.0f} times")
    print(f"{len(files)} files, {total} values compared, {failed} files differ; together {peer_ms:.0f} ms and {own_ms:.1f} ms: {peer_ms / own_ms:.0f} times as fast")
    sys.exit(bool(failed))


main()
