# shellcheck shell=bash
# The tool's verbs on a project of somebody's own, which lives outside of Sundog's tree. Read by the tool, whose functions
# these use.
#
# A project is a folder with a meson.build or CMakeLists.txt that asks for Sundog. Its program is named like the project,
# and the program that simulates it, if there is one, `simulation`. What is made goes under the project's build/.

project_help() {
  cat <<'EOF'
sundog VERB ...                           each verb does the ones before it when they are missing

  new NAME [--cmake]                      write a service of your own, in a folder of its name

and in the folder of a project that uses Sundog, with meson or CMake:

  build [--unix|--xen]                    compile it, for Unix by default
  run [--unix|--xen] [its parameters]     run it; --help lists its parameters
  test [NAME...]                          run its tests
  sim ...                                 run its program `simulation`: --seed=17 --trace, ...
  describe [--svg]                        show its devices and parameters, as text or as a drawing
  xl                                      write its xl configuration, for a machine that has Xen
  depend                                  install the Debian packages that are needed
  help                                    print this
EOF
}

# Sets `project` to the project that the current folder is in, or the one that its own ./sundog names.
find_project() {
  local folder=${SUNDOG_PROJECT:-$PWD}
  project=''
  while [[ $folder != "$root" ]]; do
    if grep -Eqs '^ *project *\(' "$folder/meson.build" "$folder/CMakeLists.txt" &&
      grep -Eqsi 'dependency\(.sundog|find_package *\( *sundog' "$folder/meson.build" "$folder/CMakeLists.txt"; then
      project=$folder
      return
    fi
    [[ -n $folder && $folder != / ]] || return 1
    folder=$(dirname "$folder")
  done
  return 1
}

# Sets `sundog_prefix` to where Sundog is installed for the platform: from a tree it is, below build/.
find_sundog() {
  if in_tree; then
    sundog_prefix=$build_root/prefix
    install_for "$1" "$sundog_prefix"
  else
    sundog_prefix=$root
    [[ $1 != xen || -e $root/lib/sundog/xen/toolchain.cmake ]] ||
      fail build "Sundog is installed in $root without what images for Xen are made of" \
        "In Sundog's tree: ./sundog install $root"
  fi
}

project_depend() {
  depend_on "${packages_to_build[@]}"
  [[ -e $project/meson.build ]] || depend_on cmake
  [[ $1 != xen ]] || depend_on "${packages_for_xen[@]}"
}

setup_with_meson() {
  local platform=$1 folder=$2
  local -a options=()
  local packages
  packages=$(dirname "$(find "$sundog_prefix"/lib* -path "$sundog_prefix/lib/sundog" -prune -o -name sundog.pc -print -quit)")
  if [[ $platform == xen ]]; then
    packages=$sundog_prefix/lib/sundog/xen/lib/pkgconfig
    options=(--native-file "$kit/io/xen/native.ini")
  fi
  CXX=$compiler CXX_LD=${CXX_LD:-$(linker)} PKG_CONFIG_PATH=$packages${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} \
    meson setup "$folder" "$project" "${options[@]}" >&2 </dev/null
}

setup_with_cmake() {
  local platform=$1 folder=$2
  local -a options=(-DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_PREFIX_PATH=$sundog_prefix")
  [[ $platform != xen ]] || options=(--toolchain "$sundog_prefix/lib/sundog/xen/toolchain.cmake")
  cmake -G Ninja -S "$project" -B "$folder" "-DCMAKE_CXX_COMPILER=$compiler" "${options[@]}" >&2 </dev/null
}

# project_configure PLATFORM: once, and again when the compiler or the place of Sundog changes.
project_configure() {
  local platform=$1 folder=$project/build/$1 with=cmake
  [[ ! -e $project/meson.build ]] || with=meson
  project_depend "$platform"
  find_sundog "$platform"
  local stamp=$folder/sundog-arguments arguments="$with $compiler $sundog_prefix"
  if [[ ! -e $folder/build.ninja || ! -e $stamp || $(<"$stamp") != "$arguments" ]]; then
    step "Configuring $folder"
    rm -rf "$folder"
    mkdir -p "$project/build"
    "setup_with_$with" "$platform" "$folder" ||
      fail "configuring $folder" "the message of $with is above"
    printf '%s' "$arguments" >"$stamp"
  fi
  mkdir -p "$project/build/configured"
  printf '%s\n' "$platform" >"$project/build/configured/platform"
}

project_platform() { cat "$project/build/configured/platform" 2>/dev/null || echo unix; }

# project_program PLATFORM [NAME]: the path of the program that is named like the project, or as told.
project_program() {
  local folder=$project/build/$1 name=${2-} found
  if [[ -z $name && -e $project/meson.build ]]; then
    name=$(meson introspect --projectinfo "$folder" |
      python3 -c 'import json, sys; print(json.load(sys.stdin)["descriptive_name"])')
  elif [[ -z $name ]]; then
    name=$(sed -n 's/^CMAKE_PROJECT_NAME:STATIC=//p' "$folder/CMakeCache.txt")
  fi
  found=$(find "$folder" -name CMakeFiles -prune -o -name "$name" -type f -perm -u+x -print -quit)
  [[ -n $found ]] || fail run "the project makes no program named $name" \
    "The tool looks for a program of the project's name, and for one named simulation to simulate it."
  printf '%s' "$found"
}

project_build() {
  local program
  project_configure "${1:-$(project_platform)}"
  compile_in "$project/build/$(project_platform)"
  [[ $(project_platform) == xen ]] || return 0
  program=$(project_program xen)
  python3 "$xen_boot" image "$project/build/xen" "$program"
}

# run [PARAMETER...]
project_run() {
  local platform program
  project_build "$1"
  shift
  platform=$(project_platform)
  program=$(project_program "$platform")
  [[ $platform != xen ]] || exec python3 "$xen_boot" run "$labs" "$program" "$@"
  exec "$program" "$@"
}

project_describe() {
  local option=--describe program
  case ${1-} in
    '') ;;
    --svg) option=--describe=svg ;;
    *) fail describe "it does not know the option $1" "sundog describe [--svg]" ;;
  esac
  project_build unix
  program=$(project_program unix)
  exec "$program" "$option"
}

project_test() {
  local folder=$project/build/unix
  project_build unix
  step "Testing in $folder"
  if [[ -e $project/meson.build ]]; then
    exec meson test -C "$folder" --no-rebuild --print-errorlogs "$@"
  fi
  exec ctest --test-dir "$folder" --output-on-failure --no-tests=error "${@/#/--tests-regex=}"
}

project_sim() {
  local program
  project_build unix
  program=$(project_program unix simulation)
  exec "$program" "$@"
}

project_xl() {
  local program
  project_build xen
  program=$(project_program xen)
  exec python3 "$xen_boot" xl "$project/build/xen" "$program"
}

# VERB ARGUMENT... on a project. The project's own name may stand where an example's does in Sundog's tree.
on_project() {
  local verb=$1 platform=''
  shift
  [[ ${1-} != --@(unix|xen) ]] || { platform=${1#--} && shift; }
  [[ ${1-} != "$(basename "$project")" ]] || shift
  [[ ${1-} != --@(unix|xen) ]] || { platform=${1#--} && shift; }
  case $verb in
    configure | build)
      (($# == 0)) || fail "$verb" "it does not take $1; parameters of the program go to run" "sundog $verb [--unix|--xen]"
      "project_$verb" "${platform:-$(project_platform)}"
      ;;
    run) project_run "$platform" "$@" ;;
    *) "project_$verb" "$@" ;;
  esac
}

# --- new ---

# Words of the language, and names of targets that meson or CMake keep for themselves.
reserved_names=" alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t \
class compl concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default \
delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable \
namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires \
return short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try \
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq \
all benchmark build clean coverage dist help install package phony PHONY reconfigure scan simulation sundog test tests \
uninstall "

require_new_name() {
  local usage="sundog new NAME [--cmake]"
  [[ -n $2 ]] || fail new "which name shall it have?" "$usage"
  LC_ALL=C
  [[ $1 =~ ^[A-Za-z][A-Za-z0-9_]*$ && $1 != *__* ]] ||
    fail new "$1 is no name for a C++ program: letters, digits and single _ only, a letter first" "$usage"
  [[ $reserved_names != *" $1 "* ]] || fail new "$1 means something already, in C++ or to the build" "$usage"
  [[ ! -e $2 && ! -L $2 ]] || fail new "$2 exists already" "Remove it, or choose another name."
  [[ -d $(dirname "$2") ]] || fail new "there is no folder $(dirname "$2")" "mkdir -p $(dirname "$2")"
  [[ -w $(dirname "$2") ]] || fail new "nothing can be written in $(dirname "$2")" "Go to a folder of your own first."
}

# new [FOLDER/]NAME [--cmake]: a service of one's own, in a folder of its name.
new() {
  local place='' with=meson argument name file
  for argument in "$@"; do
    case $argument in
      --cmake) with=cmake ;;
      -*) fail new "it does not know the option $argument" "sundog new NAME [--cmake]" ;;
      *)
        [[ -z $place ]] || fail new "one name at a time, not $place and $argument" "sundog new NAME [--cmake]"
        place=${argument%/}
        ;;
    esac
  done
  name=$(basename -- "$place")
  require_new_name "$name" "$place"
  mkdir "$place" "$place/tests"
  for file in main.cpp service.hpp settings.hpp tests/simulation.cpp sundog; do
    write_new "$file" "$place/$file"
  done
  write_new gitignore "$place/.gitignore"
  write_new README.md "$place/README.md"
  if [[ $with == meson ]]; then
    write_new meson.build "$place/meson.build"
  else
    write_new CMakeLists.txt "$place/CMakeLists.txt"
  fi
  chmod +x "$place/sundog"
  step "Wrote $place: cd $place, then ./sundog run, ./sundog test, ./sundog run --xen"
}

# write_new TEMPLATE TARGET: a template is the file, with the words in it that are replaced here.
write_new() {
  local text build=meson by_hand
  by_hand="PKG_CONFIG_PATH=PREFIX/lib/pkgconfig CXX=$compiler meson setup build/unix && meson test -C build/unix"
  if [[ $with == cmake ]]; then
    build=CMake
    by_hand="cmake -B build/unix -DCMAKE_CXX_COMPILER=$compiler -DCMAKE_PREFIX_PATH=PREFIX && cmake --build build/unix"
  fi
  text=$(<"$kit/io/outside/new/$1.in")
  text=${text//@name@/"$name"} # in quotes: there may be an & in it
  text=${text//@build@/"$build"}
  text=${text//@by_hand@/"$by_hand"}
  text=${text//@tool@/"$tool"}
  printf '%s\n' "$text" >"$2"
}
