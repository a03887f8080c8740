#!/usr/bin/env bash
# Makes decoder.wasm anew from minimp3.h, for whoever wants to see that it is what README.md says.
# Needs clang 14 with wasm-ld (Debian 12: clang, lld) and npm, from which the header comes.
# Usage: build.sh [FILE]; writes decoder.wasm beside itself unless a file is given.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
to=${1:-$here/decoder.wasm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(cd "$work" && npm pack --silent minimp3@1.0.0 >/dev/null && tar xzf minimp3-1.0.0.tgz)
cp "$work/package/lib/minimp3.h" "$work/minimp3.h"
echo "29af4551fa77fe4ed6b99762e734ab95a16f85f98384c728ba303c39050ade46  $work/minimp3.h" |
  sha256sum --check --quiet

# There is no C library where it runs: the header needs three functions, which the compiler has.
mkdir "$work/include"
echo '#include <stdint.h>' >"$work/include/iostream"
echo '#include <stddef.h>' >"$work/include/stdlib.h"
printf '#include <stddef.h>\n#define memcpy __builtin_memcpy\n#define memmove __builtin_memmove\n#define memset __builtin_memset\n' \
  >"$work/include/string.h"

clang --target=wasm32 -O3 -mbulk-memory -ffreestanding -nostdlib \
  -I"$work/include" -I"$work" -Wl,--no-entry -Wl,--strip-all -o "$to" "$here/decoder.c"
