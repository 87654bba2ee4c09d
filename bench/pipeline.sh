#!/usr/bin/env bash
# Time and memory of `agoge analyze` on simulated MediaPipe recordings of 1, 10 and 60 minutes; the table of docs/results/performance.md, "Pipeline".
# Needs GNU time. The least of three runs is taken: other programs only ever make a run slower.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -p agoge-cli
cargo build --release --locked -p agoge-motion --example mediapipe_set
target="${CARGO_TARGET_DIR:-target}/release"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
printf '| recording | file | elapsed | processor time | peak memory |\n|---|---|---|---|---|\n'
for minutes in 1 10 60; do
    file="$folder/$minutes.json"
    "$target/examples/mediapipe_set" $((60 * minutes)) "$file"
    best="$(for _ in 1 2 3; do
        /usr/bin/time -f '%e %U %S %M' "$target/agoge" analyze "$file" --movement squat --out "$folder/out" --quiet 2>&1
    done | sort -n | head -n 1)"
    read -r elapsed user system peak <<<"$best"
    awk -v m="$minutes" -v b="$(stat -c %s "$file")" -v e="$elapsed" -v u="$user" -v s="$system" -v p="$peak" \
        'BEGIN { printf "| %d min | %.1f MB | %.2f s | %.2f s | %.0f MB |\n", m, b / 1e6, e, u + s, p / 1024 }'
done
