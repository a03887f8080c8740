#!/usr/bin/env bash
# Puts an Asterisk into FOLDER without installing it: Debian packages fetched with apt and unpacked.
# Root is not needed, and nothing outside FOLDER is written. A folder that is done is left as it is.
#
#   unpack.sh FOLDER      exit 0: FOLDER/root holds it; 3: it cannot be had here, and why is said
set -euo pipefail

folder=$1
[[ -e $folder/done ]] && exit 0
cannot() { printf '%s\n' "$*" >&2; exit 3; }
command -v apt-get >/dev/null || cannot "this machine has no apt-get"
command -v dpkg-deb >/dev/null || cannot "this machine has no dpkg-deb"

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d "$folder/unpacking.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,archives/partial,root}

# apt with state of its own. What is already installed counts as there, and is not fetched.
own=(
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache::archives=$work/archives"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=true
  -o APT::Sandbox::User=root -o Acquire::Languages=none
  -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20
)
has() { [[ $(LC_ALL=C apt-cache "${own[@]}" policy asterisk 2>/dev/null) =~ Candidate:\ [0-9] ]]; }
update() { timeout 90 apt-get "${own[@]}" -qq update >"$work/said" 2>&1; }

update || true
if ! has; then
  # Debian 12 and 13 have none. Debian 11's runs beside their libraries.
  uri=$( { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null || true; } |
    grep -vE '^[[:space:]]*#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ')
  [[ -n $uri ]] || cannot "no package source of this machine has asterisk"
  suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  { [[ -z $suite ]] || printf 'deb %s %s main\n' "$uri" "$suite"; printf 'deb %s bullseye main\n' "$uri"; } >"$work/sources"
  own+=(-o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=/dev/null)
  rm -rf "$work/lists" && mkdir -p "$work/lists/partial"
  update || true
  has || cannot "no package source within reach has asterisk: $(tail -n 1 "$work/said")"
fi

timeout 240 apt-get "${own[@]}" -qq -y --no-install-recommends --download-only install asterisk \
  >"$work/said" 2>&1 || cannot "its packages cannot be fetched: $(tail -n 1 "$work/said")"
for package in "$work"/archives/*.deb; do dpkg-deb -x "$package" "$work/root"; done
[[ -x $work/root/usr/sbin/asterisk ]] || cannot "the packages hold no asterisk"
rm -rf "$folder/root" && mv "$work/root" "$folder/root"
touch "$folder/done"
