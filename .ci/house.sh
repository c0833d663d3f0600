# shellcheck shell=bash disable=SC2034
# What ./run and ./check share: packages, a build folder, one clear line on failure.
# The caller sets LOG to the file that takes everything too long to show.

say () { printf '%s\n' "$*"; }
die () { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The compilers (C++ for the host's side of device code, and for running it in tests), meson, GTK with
# what it needs to draw, and the libraries of compute/.
BUILD_PACKAGES=(
  build-essential g++ meson pkgconf libgtk-4-dev libcglm-dev libjson-glib-dev
  libnifti2-dev zlib1g-dev libexpat1-dev libjansson-dev libmeshoptimizer-dev
  libgl1-mesa-dri libegl1 librsvg2-common dconf-gsettings-backend fonts-dejavu-core
)

# What the tests of the window and of the installed files use, and the other readers of the formats
# that ours are compared with.
TEST_PACKAGES=(
  xvfb xauth dbus at-spi2-core python3-gi gir1.2-atspi-2.0 xdotool
  desktop-file-utils appstream libxml2-utils
  python3-numpy python3-vtk9 python3-nibabel python3-meshio
)

# Prints those of the packages named that are not installed.
missing_packages () {
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status}:${Package}\n' "$@" 2>/dev/null) || true
  local package
  for package; do
    grep -qxF "installed:$package" <<<"$installed" || printf '%s ' "$package"
  done
}

# Prints where the CUDA compiler is; fails if there is none.
find_nvcc () {
  command -v nvcc || { [ -x /usr/local/cuda/bin/nvcc ] && echo /usr/local/cuda/bin/nvcc; }
}

as_root () {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

apt () {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400 "$@" \
    >>"$LOG" 2>&1 </dev/null
}

# install_packages PACKAGE...: installs what is missing; fails with one line if it cannot.
install_packages () {
  local missing
  if ! command -v dpkg-query >/dev/null; then
    without_dpkg
    return
  fi
  read -ra missing <<<"$(missing_packages "$@")"
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "install these packages: ${missing[*]}"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "neither root nor sudo; as root: apt-get install ${missing[*]}"
  fi
  say "Installing ${missing[*]}"
  apt update || say "The package lists cannot be refreshed; trying with those at hand."
  apt install -y --no-install-recommends "${missing[@]}" \
    || die "cannot install ${missing[*]}; see $LOG"
}

# On a system without Debian's packages: go on if the tools and libraries are there all the same.
without_dpkg () {
  local tool
  for tool in cc meson ninja pkg-config; do
    command -v "$tool" >/dev/null \
      || die "this is not Debian: please install $tool (a C compiler, meson, ninja, pkg-config," \
             "GTK >= 4.8, libepoxy, cglm, json-glib, libnifti2 and zlib, with their headers)"
  done
  pkg-config --exists 'gtk4 >= 4.8' epoxy cglm json-glib-1.0 zlib \
    || die "this is not Debian: please install GTK >= 4.8, libepoxy, cglm, json-glib and zlib," \
           "with their headers"
}

# configure FOLDER OPTION...: makes the build folder, or makes it anew if it is not from this place,
# these options and this compiler, or was left half made.
configure () {
  local folder=$1 stamp
  shift
  stamp="$PWD $* ${CC:-cc} $(${CC:-cc} -dumpfullversion 2>/dev/null) $(meson --version)"
  if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ]; then
    return
  fi
  clear_folder "$folder"
  say "Configuring $folder"
  meson setup "$folder" "$@" >>"$LOG" 2>&1 </dev/null \
    || die "meson cannot configure $folder: $(grep -m1 -oE 'ERROR: .*' "$LOG" || true); see $LOG"
  printf '%s\n' "$stamp" >"$folder/.stamp"
}

clear_folder () {
  find "$1" -mindepth 1 -maxdepth 1 ! -path "$LOG" -exec rm -rf {} + 2>/dev/null || true
  mkdir -p "$1"
}

# build FOLDER OPTION...: compiles. A folder that is broken, rather than sources, is made anew once.
build () {
  local folder=$1
  configure "$@"
  compile "$folder" && return
  if ! grep -qE '(error|ERROR): ' "$LOG" \
      || grep -qE 'file format not recognized|file truncated|^ninja: error: |not a meson' "$LOG"; then
    say "$folder is damaged; making it anew"
    rm -f "$folder/.stamp"
    configure "$@"
    compile "$folder" && return
  fi
  die "it does not compile: $(first_error); see $LOG"
}

compile () {
  local plan status
  plan=$(ninja -C "$1" -n 2>&1)
  [ "${plan##*ninja: }" = 'no work to do.' ] && return
  say "Building $1"
  ninja -C "$1" >"$LOG.ninja" 2>&1 </dev/null
  status=$?
  cat "$LOG.ninja" >>"$LOG"
  rm -f "$LOG.ninja"
  return $status
}

first_error () {
  grep -m1 -E '(error|ERROR): |undefined reference' "$LOG" || echo "no message"
}
