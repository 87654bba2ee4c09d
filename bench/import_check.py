"""Holds an import against PyTorch: python bench/import_check.py target/release/agoge

Writes the encoder of docs/reference/models.md in plain PyTorch with random weights, saves its state_dict as safetensors, imports it with a map of keys, and compares what both say of
random tokens. Needs torch and safetensors. Ends with 1 if an output differs by more than 1e-4.
"""
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from torch import nn

MOST = 1e-4
WIDTH, HEADS, BLOCKS, WIDE, MOVEMENTS = 24, 2, 2, 40, ["squat", "lunge", "reach"]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x, hidden=None, angles=None):
        """x [..., token, width]; hidden [..., 1, token]; angles [..., token, pair]."""
        heads = lambda y: y.unflatten(-1, (HEADS, -1)).transpose(-2, -3)
        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        if angles is not None:
            q, k = turned(q, angles), turned(k, angles)
        energy = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if hidden is not None:
            energy = energy.masked_fill(hidden.unsqueeze(-3), -1e9)
        return self.out((energy.softmax(-1) @ v).transpose(-2, -3).flatten(-2))


def turned(x, angles):
    a, b = x.chunk(2, -1)
    return torch.cat([a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()], -1)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.n1, self.n2, self.n3 = (nn.LayerNorm(WIDTH) for _ in range(3))
        self.parts, self.time = Attention(), Attention()
        self.ff = nn.Sequential(nn.Linear(WIDTH, WIDE), nn.GELU(), nn.Linear(WIDE, WIDTH))

    def forward(self, x, hidden, angles):
        x = x + self.parts(self.n1(x), hidden=hidden)
        x = x + self.time(self.n2(x).transpose(1, 2), angles=angles).transpose(1, 2)
        return x + self.ff(self.n3(x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(21, WIDTH)
        self.place = nn.Parameter(torch.randn(17, WIDTH))
        self.felt = nn.Linear(228, WIDTH)
        self.worn = nn.Parameter(torch.randn(1, WIDTH))
        self.layers = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.last = nn.LayerNorm(WIDTH)
        self.head_a, self.head_b = nn.Linear(2 * WIDTH, len(MOVEMENTS)), nn.Linear(2 * WIDTH, len(MOVEMENTS))

    def forward(self, tokens, sensor, carrier, hidden, seconds):
        pairs = WIDTH // HEADS // 2
        fastest, slowest = 2 * math.pi / 0.25, 2 * math.pi / 16
        speeds = fastest * (slowest / fastest) ** (torch.arange(pairs) / (pairs - 1))
        angles = (seconds[:, :, None] * speeds)[:, None, None]
        x = self.embed(tokens) + self.place
        y = self.felt(sensor) + (self.place[carrier] + self.worn)[:, None]
        x = torch.cat([x, y[:, :, None]], 2)
        for layer in self.layers:
            x = layer(x, hidden[:, None, None, :], angles)
        x = self.last(x)
        seen = x[:, :, :, :].masked_fill(hidden[:, None, :, None], 0)
        mean = seen.sum((1, 2)) / ((~hidden).sum(1, keepdim=True) * x.shape[1])
        most = x.masked_fill(hidden[:, None, :, None], -1e4).amax((1, 2))
        embedding = torch.cat([mean, most], 1)
        return {
            "embedding": embedding,
            "movement": self.head_a(embedding).softmax(1),
            "quality": self.head_b(embedding).sigmoid(),
        }


def keys():
    norm = lambda ours, theirs: {f"{ours}.gamma": f'"{theirs}.weight"', f"{ours}.beta": f'"{theirs}.bias"'}
    linear = lambda ours, theirs: {
        f"{ours}.weight": f'{{ from = ["{theirs}.weight"], transpose = true }}',
        f"{ours}.bias": f'"{theirs}.bias"',
    }

    def attention(ours, theirs):
        names = lambda of: ", ".join(f'"{theirs}.{part}.{of}"' for part in "qkv")
        return {
            f"{ours}.joined.weight": f'{{ from = [{names("weight")}], transpose = true }}',
            f"{ours}.joined.bias": f'{{ from = [{names("bias")}] }}',
            **linear(f"{ours}.out", f"{theirs}.out"),
        }

    own, their = "blocks.{i}.", "layers.{i}."
    return {
        **linear("input", "embed"),
        "parts": '"place"',
        **linear("sensor", "felt"),
        "worn": '"worn"',
        **norm(own + "part_norm", their + "n1"),
        **attention(own + "part_attention", their + "parts"),
        **norm(own + "time_norm", their + "n2"),
        **attention(own + "time_attention", their + "time"),
        **norm(own + "norm", their + "n3"),
        **linear(own + "wide", their + "ff.0"),
        **linear(own + "narrow", their + "ff.2"),
        **norm("norm", "last"),
        **linear("movement", "head_a"),
        **linear("quality", "head_b"),
    }


def main(agoge):
    torch.manual_seed(1)
    model = Encoder().eval()
    for parameter in model.parameters():
        # Biases and gains of their own, so that none may be forgotten.
        nn.init.normal_(parameter, std=0.3) if parameter.dim() == 1 else None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / "theirs.safetensors")
        size = f"[size]\nwidth = {WIDTH}\nheads = {HEADS}\nblocks = {BLOCKS}\nfeed_forward = {WIDE}\n"
        card = f"[card]\nmovements = {MOVEMENTS}\n[keys]\n"
        lines = "".join(f'"{ours}" = {theirs}\n' for ours, theirs in keys().items())
        (folder / "keys.toml").write_text(size + card + lines)
        run = lambda *arguments: subprocess.run([pathlib.Path(agoge).resolve(), "model", *arguments], cwd=folder, check=True)
        run("import", "theirs.safetensors", "--map", "keys.toml", "--out", "ours.safetensors")
        run("export", "ours.safetensors", "--check", "check.safetensors")
        given = load_file(folder / "check.safetensors")
    with torch.no_grad():
        said = model(*(given[name] for name in ("tokens", "sensor", "carrier", "hidden", "seconds")))
    worst = 0.0
    for output, value in said.items():
        off = (value - given[output]).abs().max().item()
        print(f"{output:10} largest difference {off:.2e}")
        worst = max(worst, off)
    print("equal" if worst <= MOST else f"NOT equal to {MOST}")
    return worst > MOST


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
