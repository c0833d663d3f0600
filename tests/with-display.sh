#!/bin/sh
# with-display.sh COMMAND [ARGUMENT...]
# Runs a test in a display and a session bus of its own, drawing on the CPU.
# Where they cannot be had, prints a TAP line that skips the test.

for tool in dbus-run-session xvfb-run xauth; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "1..0 # SKIP $tool is not installed"
    exit 0
  fi
done

unset WAYLAND_DISPLAY
export GDK_BACKEND=x11 GSK_RENDERER=cairo LIBGL_ALWAYS_SOFTWARE=1
export GSETTINGS_BACKEND=memory GTK_THEME=Adwaita NO_AT_BRIDGE=0
# Its own run-time folder too: the accessibility bus of another test must not be mistaken for ours.
XDG_RUNTIME_DIR=$(mktemp -d) || exit 1
export XDG_RUNTIME_DIR
trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
# The command alone writes to our output: what daemons of the session have to say is not TAP.
dbus-run-session -- xvfb-run -a -s '-screen 0 1280x800x24 -nolisten tcp' \
  sh -c 'exec "$@" >&3 3>&-' sh "$@" 3>&1 >&2
