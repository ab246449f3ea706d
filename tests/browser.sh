#!/bin/sh
# Brings along what the tests of pages need: a Chromium. Says so where it cannot.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the tests of pages ..."
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; } >/dev/null 2>&1; then
    exit 0
  fi
fi
echo "There is no Chromium here and it could not be installed: the tests of pages will be shown as skipped." >&2
