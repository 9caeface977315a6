# shellcheck shell=bash
# What Yike needs of Debian or Ubuntu, by name, and whether it is there. Read by ./yike, which installs
# it, and by the installer of `./yike bundle`, which names it. Nothing here changes the system.

PYTHON_PACKAGES=(python3 python3-venv)
SERVER_PACKAGES=('postgresql-{major}' 'postgresql-{major}-postgis-3')
FONT_PACKAGES=(fonts-noto-cjk)
PANGO_PACKAGES=(libpango-1.0-0 libpangoft2-1.0-0)

# The releases supported, and the PostgreSQL each offers. Later ones are asked for theirs.
RELEASES=('debian 12 15' 'debian 13 17' 'ubuntu 24.04 16')

is_supported() { # Debian from 12 on, Ubuntu from 24.04 on
    (
        # shellcheck disable=SC1091
        . /etc/os-release 2>/dev/null || exit 1
        case ${ID:-} in
            debian) [[ ${VERSION_ID:-99} -ge 12 ]] ;;
            ubuntu) [[ ${VERSION_ID%%.*} -ge 24 ]] ;;
            *) exit 1 ;;
        esac
    ) && command -v apt-get >/dev/null
}

# --- what is there --------------------------------------------------------------------------

find_python() { # the first Python that can make a working environment, of the versions given or from 3.11 on
    local candidate
    for candidate in python3 python3.{11,12,13,14} /usr/bin/python3; do
        if "$candidate" -c 'import sys, ensurepip, venv
version = "%d.%d" % sys.version_info[:2]
(version in sys.argv[1:] if sys.argv[1:] else sys.version_info >= (3, 11)) or sys.exit(1)
print(getattr(sys, "_base_executable", sys.executable))' "$@" 2>/dev/null; then return; fi
    done
    return 1
}

has_server() { # PostgreSQL from 15 on with PostGIS
    local programs major
    for programs in /usr/lib/postgresql/*/bin; do
        major=$(basename "$(dirname "$programs")")
        if [[ -x $programs/initdb && $major -ge 15 && -e /usr/share/postgresql/$major/extension/postgis.control ]]; then
            return
        fi
    done
    command -v initdb >/dev/null && command -v pg_config >/dev/null &&
        [[ -e $(pg_config --sharedir)/extension/postgis.control ]]
}

has_font() {
    compgen -G '/usr/share/fonts/*/noto*/NotoSansCJK*' >/dev/null ||
        { command -v fc-list >/dev/null && [[ -n $(fc-list :lang=zh-cn family) ]]; }
}

has_library() { # by the start of its file's name, wherever the distribution keeps libraries
    compgen -G "/usr/lib/*/$1*" >/dev/null || compgen -G "/usr/lib64/$1*" >/dev/null ||
        compgen -G "/usr/lib/$1*" >/dev/null
}

has_pango() { has_library libpango-1.0.so.0 && has_library libpangoft2-1.0.so.0; }

# --- what to install ------------------------------------------------------------------------

server_packages() { # of the newest PostgreSQL installed already, else the newest offered, else the release's
    local majors major
    majors=$(apt-cache pkgnames postgresql- 2>/dev/null | sed -nE 's/^postgresql-([0-9]+)-postgis-3$/\1/p' | sort -rn)
    for major in $majors; do
        if [[ -x /usr/lib/postgresql/$major/bin/initdb && $major -ge 15 ]]; then break; fi
        major=""
    done
    major=${major:-${majors%%$'\n'*}}
    # Without package lists the release is known by name.
    [[ -n $major ]] || major=$(release_major)
    [[ -n $major && $major -ge 15 ]] || return 1
    echo "${SERVER_PACKAGES[*]//'{major}'/$major}"
}

release_major() { # the PostgreSQL of this release; nothing where it is not known
    (
        # shellcheck disable=SC1091
        . /etc/os-release 2>/dev/null || exit 0
        for release in "${RELEASES[@]}"; do
            if [[ $release == "${ID:-} ${VERSION_ID:-} "* ]]; then echo "${release##* }"; fi
        done
    )
}

runtime_packages() { # all of them, for a PostgreSQL of the major version given
    local names=("${PYTHON_PACKAGES[@]}" "${SERVER_PACKAGES[@]//'{major}'/$1}" "${FONT_PACKAGES[@]}" "${PANGO_PACKAGES[@]}")
    printf '%s\n' "${names[@]}"
}
