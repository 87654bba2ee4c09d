"""Agoge's landmark networks against LiteRT (TensorFlow Lite) on the same crops: how far apart, and how long a pass takes.

    pip install ai-edge-litert numpy
    python bench/peers/pose.py AGOGE VIDEO [--pose lite full heavy] [--rounds 21] [--iters 8]

AGOGE is the program; the weights are those of `agoge setup` (folder: $AGOGE_DATA or ~/.local/share/agoge). Both run on one thread. Every round asks both, in
random order, and the ratio is taken round by round, so that it holds on a noisy machine; below 1 Agoge is faster. Differences of landmarks are in pixels of
the network's 256 and as a part of them, of world landmarks in metres.
"""
import argparse, os, pathlib, random, statistics, subprocess, tempfile, time
import numpy as np
from ai_edge_litert.interpreter import Interpreter

p = argparse.ArgumentParser()
p.add_argument('agoge'); p.add_argument('video')
p.add_argument('--pose', nargs='+', default=['lite', 'full', 'heavy'])
p.add_argument('--rounds', type=int, default=21); p.add_argument('--iters', type=int, default=8)
a = p.parse_args()
data = pathlib.Path(os.environ.get('AGOGE_DATA', pathlib.Path.home() / '.local/share/agoge')) / 'pose'
SEEN, SAID = 256 * 256 * 3, 195 + 1 + 117


def ask(server, n):
    print('pose', n, file=server.stdin, flush=True)
    return statistics.median(map(float, server.stdout.readline().split()[1:]))


for pose in a.pose:
    with tempfile.TemporaryDirectory() as folder:
        file = f'{folder}/passes'
        command = [a.agoge, 'bench', 'pose', a.video, '--pose', pose, '--passes', file]
        ours = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert ours.stdout.readline() == 'READY\n'
        rows = np.fromfile(file, '<f4').reshape(-1, SEEN + SAID)
    peer = Interpreter(str(data / f'{pose}.tflite'), num_threads=1)
    peer.allocate_tensors()
    into = peer.get_input_details()[0]['index']
    outputs = [peer.get_output_details()[k]['index'] for k in (0, 1, 4)]

    def run(row):
        peer.set_tensor(into, row[:SEEN].reshape(1, 256, 256, 3))
        start = time.perf_counter()
        peer.invoke()
        return 1e3 * (time.perf_counter() - start)

    apart = np.zeros((len(rows), SAID))
    for k, row in enumerate(rows):
        run(row)
        apart[k] = np.abs(np.concatenate([peer.get_tensor(o).ravel() for o in outputs]) - row[SEEN:])
    # Of each landmark x, y and z are pixels; the two after them are logits.
    pixels = apart[:, :195].reshape(-1, 39, 5)[:, :33, :3]
    print(f'{pose}: {len(rows)} crops; landmarks at most {pixels.max():.2e} px apart, {pixels.max() / 256:.1e} of the input; '
          f'presence {apart[:, 195].max():.1e}; world {apart[:, 196:].max():.1e} m')
    ms, peer_ms, at = [], [], 0
    ask(ours, a.iters)
    for _ in range(a.rounds):
        def one():
            ms.append(ask(ours, a.iters))
        def other():
            peer_ms.append(statistics.median(run(rows[(at + k) % len(rows)]) for k in range(a.iters)))
        turn = [one, other]
        random.shuffle(turn)
        for f in turn:
            f()
        at += a.iters
    r = sorted(x / y for x, y in zip(ms, peer_ms))
    n = len(r)
    print(f'{pose}: agoge {statistics.median(ms):.2f} ms, LiteRT {statistics.median(peer_ms):.2f} ms, '
          f'ratio {statistics.median(r):.3f} [{r[n // 4]:.3f}-{r[3 * n // 4]:.3f}]', flush=True)
    print('quit', file=ours.stdin, flush=True)
    ours.wait()
