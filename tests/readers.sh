#!/bin/sh
# Brings along the other programs that read our workbooks in the tests: SheetJS and exceljs (on node), LibreOffice.
# Says so where it cannot.
if command -v npm >/dev/null 2>&1; then
  if [ ! -d tests/node/node_modules/exceljs ] || [ ! -d tests/node/node_modules/xlsx ]; then
    echo "Installing SheetJS and exceljs for the tests of workbooks ..."
    (cd tests/node && npm install --no-package-lock --no-audit --no-fund --silent) >/dev/null 2>&1 ||
      echo "SheetJS and exceljs could not be installed: their tests will be shown as skipped." >&2
  fi
else
  echo "There is no node here: the tests that read workbooks with SheetJS and exceljs will be shown as skipped." >&2
fi
command -v soffice >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing LibreOffice for the tests of workbooks ..."
  if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libreoffice-calc; } >/dev/null 2>&1; then
    exit 0
  fi
fi
echo "There is no LibreOffice here and it could not be installed: its tests will be shown as skipped." >&2
