"""Makes the force plates that the tests of agoge-formats are held against: four C3D files, a plate of type 1, 2, 3 and 4 each, and what ezc3d reads from them.

    pip install ezc3d
    python bench/peers/plates.py crates/agoge-formats/tests/plates
    cargo test --workspace --locked --test plates

Channels are seeded noise around a load, so that every term of every formula counts. Plates are turned and their z points down, as in a laboratory. Beside each file stands a table of
what ezc3d makes of it, a row a sample: force, centre of pressure and free moment in the axes of the file, in its units (N, mm, N·mm). ezc3d keeps the sign of the file.
"""
import os
import sys

import ezc3d
import numpy

RATE, SAMPLES, FRAMES = 100.0, 4, 6
random = numpy.random.default_rng(1996)


def corners():
    """A plate of 400 x 600 mm, turned by 30 degrees about the vertical, its z downwards."""
    angle = numpy.radians(30.0)
    x = numpy.array([numpy.cos(angle), numpy.sin(angle), 0.0])
    y = numpy.cross([0.0, 0.0, -1.0], x)
    middle = numpy.array([250.0, -130.0, 5.0])
    signs = [(1, 1), (-1, 1), (-1, -1), (1, -1)]
    return numpy.array([middle + 200.0 * a * x + 300.0 * b * y for a, b in signs]).T


def around(means, spread=0.1):
    means = numpy.array(means, dtype=float)[:, None]
    return means * (1.0 + spread * random.standard_normal((len(means), FRAMES * SAMPLES)))


def plate(kind):
    """Channels with their units, origin, and the calibration matrix."""
    none = numpy.zeros((6, 6, 1))
    if kind == 1:
        return around([60.0, -40.0, 700.0, 55.0, -80.0, 5000.0]), ["N"] * 3 + ["mm"] * 2 + ["Nmm"], [0, 0, 0], none
    if kind == 2:
        wrench = [60.0, -40.0, 700.0, -56000.0, -38500.0, 5000.0]
        return around(wrench), ["N"] * 3 + ["Nmm"] * 3, [1.5, -2.5, -41.0], none
    if kind == 3:
        return around([35.0, 25.0, -15.0, -25.0, 150.0, 180.0, 190.0, 180.0]), ["N"] * 8, [120.0, 200.0, -48.0], none
    matrix = numpy.diag([150.0, 150.0, 600.0, 60000.0, 40000.0, 30000.0]) + 5.0 * random.standard_normal((6, 6))
    return around([0.4, -0.3, 1.2, -0.9, -0.9, 0.2]), ["V"] * 6, [0.5, 1.0, -38.0], matrix[:, :, None]


def write(kind, path):
    analogs, units, origin, matrix = plate(kind)
    c3d = ezc3d.c3d()
    parameters = c3d["parameters"]
    parameters["POINT"]["RATE"]["value"] = [RATE]
    parameters["POINT"]["LABELS"]["value"] = ["LKNE", "LANK"]
    parameters["POINT"]["UNITS"]["value"] = ["mm"]
    points = numpy.ones((4, 2, FRAMES))
    points[:3, 0] = numpy.array([[0.0], [0.0], [500.0]])
    points[:3, 1] = numpy.array([[0.0], [0.0], [90.0]])
    c3d["data"]["points"] = points
    c3d["data"]["analogs"] = analogs[None, :, :]
    parameters["ANALOG"]["RATE"]["value"] = [RATE * SAMPLES]
    parameters["ANALOG"]["LABELS"]["value"] = [f"channel{k + 1}" for k in range(len(units))]
    c3d.add_parameter("ANALOG", "UNITS", units)
    plates = parameters["FORCE_PLATFORM"]
    plates["USED"]["value"] = [1]
    plates["TYPE"]["value"] = [kind]
    plates["ZERO"]["value"] = [1, 0]
    plates["CORNERS"]["value"] = corners()[:, :, None]
    plates["ORIGIN"]["value"] = numpy.array(origin, dtype=float)[:, None]
    plates["CHANNEL"]["value"] = numpy.arange(1, len(units) + 1)[:, None]
    plates["CAL_MATRIX"]["value"] = matrix
    c3d.write(path)


def main(folder):
    os.makedirs(folder, exist_ok=True)
    for kind in [1, 2, 3, 4]:
        path = os.path.join(folder, f"type{kind}.c3d")
        write(kind, path)
        read = ezc3d.c3d(path, extract_forceplat_data=True)["data"]["platform"][0]
        rows = numpy.vstack([read["force"], read["center_of_pressure"], read["Tz"]]).T
        names = [f"{name}_{axis}" for name in ["force", "point", "moment"] for axis in "xyz"]
        numpy.savetxt(os.path.join(folder, f"type{kind}.csv"), rows, "%.9g", ",", header=",".join(names), comments="")


main(sys.argv[1])
