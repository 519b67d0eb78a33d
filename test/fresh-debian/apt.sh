# shellcheck shell=sh
# How apt of another Debian gets at packages on this machine, for those who make one by debootstrap.

# Prints the mirrors that apt has for this machine's Debian, as sources of the other one; nothing where it has none.
# shellcheck disable=SC2016  # apt's own $(…)
sources_of() { # suite
  own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    grep -E " $own(-updates|-security)? main\$" | sed "s/ $own/ $1/" | sort -u
}

# Prints which of these sources debootstrap takes.
mirror_of() { # suite file
  sed -n "s/^deb \([^ ]*\) $1 main$/\1/p" "$2" | head -n 1
}

# What it takes to reach the mirrors is as on this machine.
set_up_apt() { # root file
  cp "$2" "$1/etc/apt/sources.list"
  apt-config dump | grep -E '^Acquire::(Check-|https?::)' >"$1/etc/apt/apt.conf.d/99as-on-the-host" || true
}
