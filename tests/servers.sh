#!/usr/bin/env bash
# The programs the tests run against: installs what is missing on Debian where it may, else says what to install.
set -euo pipefail
need=()
have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
have mosquitto || need+=(mosquitto)
have chromium || have chromium-browser || need+=(chromium)
have influxd || need+=(influxdb)
{ command -v fc-list >/dev/null 2>&1 && fc-list :lang=zh 2>/dev/null | grep -q .; } || need+=(fontconfig fonts-noto-cjk)
[ "${#need[@]}" -gt 0 ] || exit 0
sudo=()
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then sudo=(sudo -n); else sudo=(none); fi
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "${sudo[*]}" = none ]; then
  echo "测试需要以下程序，请先安装 · the tests need these programs, please install them first: ${need[*]}" >&2
  echo "    sudo apt-get install --no-install-recommends ${need[*]}" >&2
  exit 1
fi
echo "安装测试所需程序 · installing what the tests need: ${need[*]}"
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"
