#!/usr/bin/env bash
# Brings Stoplight Prism and Twilio's published OpenAPI description into build/twilio, for `make contract-twilio`.
# Twilio ships the description in its own npm package; where that is not to be had, GitHub has it. Where neither can be
# reached it says so in one line and ends well: the tests then skip.
set -uo pipefail
cd "$(dirname "$0")/.."
home=build/twilio
prism=$home/node_modules/.bin/prism
inside=package/src/services/twilio-api/twilio_api_v2010.json
description=$home/twilio_api_v2010.json
github=https://raw.githubusercontent.com/twilio/twilio-oai/main/spec/json/twilio_api_v2010.json
without() { echo "跳过 Twilio 契约测试 · Twilio contract tests are skipped: $1"; exit 0; }
command -v npm >/dev/null 2>&1 || without "npm 未安装 · npm is not installed"
mkdir -p "$home"
if [ ! -x "$prism" ]; then
  timeout 300 npm install --silent --no-fund --no-audit --prefix "$home" @stoplight/prism-cli@5 >/dev/null 2>&1 \
    || without "无法从 npm 取得 Prism · Prism cannot be had from npm"
fi
[ -f "$description" ] && exit 0
packed=$(cd "$home" && timeout 120 npm pack --silent @twilio/cli-core@8 2>/dev/null) || packed=
if [ -n "$packed" ] && tar xzf "$home/$packed" -C "$home" "$inside"; then
  mv "$home/$inside" "$description" && rm -rf "${home:?}/$packed" "${home:?}/package"
else
  curl -fsS --max-time 60 -o "$description" "$github" 2>/dev/null \
    || without "无法取得 Twilio 的接口描述 · Twilio's description cannot be reached"
fi
