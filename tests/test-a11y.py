#!/usr/bin/python3
"""The window as assistive technology sees it: found, read and driven from outside.

usage: test-a11y.py MONGE
Prints TAP. Every check is made on the running program through AT-SPI; keys go through xdotool."""
import os
import re
import shutil
import subprocess
import sys
import time

WAIT_S = 20.0


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


try:
    import gi

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib
except (ImportError, ValueError):
    skip("python3-gi or gir1.2-atspi-2.0 is not installed")
if "DISPLAY" not in os.environ:
    skip("no display")

count = 0
failed = 0


def check(ok, what, detail=""):
    global count, failed
    count += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {count} - {what}", flush=True)
    if not ok and detail:
        print(f"# {detail}", flush=True)
    return ok


def wait_for(condition):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            value = condition()
        except GLib.Error:
            value = None
        if value:
            return value
        time.sleep(0.05)
    return None


def walk(node):
    yield node
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child is not None:
            yield from walk(child)


def find(root, role, name):
    for node in walk(root):
        if node.get_role_name() == role and node.get_name() == name:
            return node
    return None


def find_application(pid):
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(i)
        if child is not None and child.get_process_id() == pid:
            return child
    return None


def labels(root):
    return [n.get_name() or "" for n in walk(root) if n.get_role_name() == "label"]


def read_step(root):
    for text in labels(root):
        match = re.fullmatch(r"Step ([\d,]+)", text)
        if match:
            return int(match.group(1).replace(",", ""))
    return None


def click(node):
    return Atspi.Action.do_action(node, 0)


def press(*keys):
    subprocess.run(["xdotool", "key", *keys], check=True)


INTERACTIVE = {"push button", "toggle button", "check box", "radio button", "slider", "entry",
               "combo box", "text", "spin button"}


def is_nameless(node):
    name = node.get_name() or ""
    return node.get_role_name() in INTERACTIVE and (not name or name.startswith("Gtk"))


def describe(node):
    names = []
    while node is not None and len(names) < 5:
        names.append(f"{node.get_role_name()}“{node.get_name()}”")
        node = node.get_parent()
    return " < ".join(names)


def drive(process):
    app = wait_for(lambda: find_application(process.pid))
    if not check(app is not None, "the program is found"):
        return
    play = wait_for(lambda: find(app, "push button", "Play"))
    check(play is not None, "there is a button called Play")
    ready = wait_for(lambda: "Ready: press play" in labels(app))
    check(bool(ready), "the status line says that it is ready", str(labels(app)))
    nameless = [describe(n) for n in walk(app) if is_nameless(n)]
    check(not nameless, "everything that can be used has a name", "; ".join(nameless[:6]))

    check(click(play), "Play can be clicked")
    check(bool(wait_for(lambda: (read_step(app) or 0) >= 2)), "the steps are counted")
    check(bool(wait_for(lambda: any("marginal error" in t for t in labels(app)))),
          "the status line says the marginal error", str(labels(app)))

    drive_list(app)
    blur = find(app, "slider", "Blur")
    if check(blur is not None, "there is a slider called Blur"):
        value = Atspi.Value
        wanted = 0.5 * (value.get_minimum_value(blur) + value.get_maximum_value(blur))
        value.set_current_value(blur, wanted)
        check(bool(wait_for(lambda: abs(value.get_current_value(blur) - wanted) < 0.01)),
              "the slider goes where it is set",
              f"{value.get_current_value(blur)} instead of {wanted}")
    balanced = find(app, "check box", "Balanced")
    if check(balanced is not None, "there is a check called Balanced"):
        reach = find(app, "slider", "Reach")
        sensitive = Atspi.StateType.SENSITIVE
        check(not reach.get_state_set().contains(sensitive), "balanced: no reach to set")
    if shutil.which("xdotool"):
        drive_by_keys(app)
    process.terminate()
    check(process.wait(10) in (0, -15), "it ends when asked to")


def drive_list(app):
    """The shapes and the tabs below them."""
    rows = [n for n in walk(app) if n.get_role_name() == "list item"]
    names = [n.get_name() for n in rows]
    check("seahorse0" in names and "seahorse1" in names, "the shapes are listed by name", str(names))
    eye = find(app, "push button", "Show seahorse1")
    if check(eye is not None, "each shape has a button that says what it shows"):
        pressed = Atspi.StateType.PRESSED
        click(eye)
        check(bool(wait_for(lambda: not eye.get_state_set().contains(pressed))), "which hides it")
        click(eye)
    colour = [n.get_name() or "" for n in walk(app)]
    check(any(t.startswith("Colour of seahorse0: ") for t in colour), "colours have names")
    check(any(t == "Role of seahorse0: Source" for t in colour), "roles are said")
    for tab in ("Details", "Prepare"):
        nodes = [n for n in walk(app) if n.get_name() == tab and n.get_role_name() != "label"]
        check(bool(nodes), f"there is a tab called {tab}")


def drive_by_keys(app):
    # Without a window manager nobody gives the focus.
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^Monge"],
                           capture_output=True, text=True, check=False).stdout.split()
    if found:
        subprocess.run(["xdotool", "windowfocus", "--sync", found[0]], check=False)
    reach = find(app, "slider", "Reach")
    press("b")
    check(bool(wait_for(lambda: reach.get_state_set().contains(Atspi.StateType.SENSITIVE))),
          "the key B unbalances")
    press("Home")
    press("space")
    check(bool(wait_for(lambda: find(app, "push button", "Pause")
                        or find(app, "push button", "Play"))), "Space plays and pauses")
    press("F1")
    check(bool(wait_for(lambda: any(t == "Play or pause" for t in labels(app)))),
          "F1 shows the keys")
    press("Escape")


def main():
    arguments = [sys.argv[1], "example:seahorse0", "example:seahorse1"]
    environment = dict(os.environ, G_DEBUG="fatal-criticals")
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        drive(process)
    finally:
        if process.poll() is None:
            process.kill()
    noise = [line for line in process.stderr.read().splitlines() if "WARNING" in line
             or "CRITICAL" in line]
    check(not noise, "nothing was complained about on the terminal", "; ".join(noise[:4]))
    print(f"1..{count}")
    sys.exit(1 if failed else 0)


main()
