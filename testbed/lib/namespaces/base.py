"""The root file system that all hosts share: Debian 12 with sshd and sudo, and an archive of its own."""
import hashlib
import os
import shutil

from .system import Failure, cache_folder, clean_path, locked, read, run, write

SUITE = "bookworm"
INSTALLED = "openssh-server,sudo,iproute2,netbase,procps,busybox,passwd"
# More packages, comma-separated: another list is another root, cached beside the common one.
if os.environ.get("GANTRY_TESTBED_INSTALL"):
    INSTALLED += "," + os.environ["GANTRY_TESTBED_INSTALL"]
# What recipes may install on the hosts, with all it needs: the hosts reach no other archive.
ARCHIVE = [
    "nginx", "curl", "hello", "tree", "postgresql", "nfs-kernel-server", "nfs-common", "nftables",
    "prometheus-node-exporter", "docker.io", "e2fsprogs"]
USER = "cloudadm"

SSHD = """\
UseDNS no
UsePAM no
PrintMotd no
PidFile none
MaxStartups 100:30:200
MaxSessions 50
HostKey /etc/ssh/ssh_host_ed25519_key
"""

LEAN = [
    '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/info/*",
]

# The archive's packages are fetched while the root still names the mirror; its own index comes after.
FETCH = (
    'mkdir -p "$1/srv/repo/partial" && chroot "$1" apt-get -qq -y --download-only --no-install-recommends '
    "-o Dir::Cache::archives=/srv/repo -o APT::Sandbox::User=root install " + " ".join(ARCHIVE))

# In a mount namespace of its own, so that no mount outlives a build that is killed, and in memory: dpkg waits for
# the disk after every package, which takes longer than all else (102 s against 45 s).
BUILD = """\
set -e
target=$1 include=$2 suite=$3 mirror=$4 fetch=$5 user=$6
shift 6
mkdir -p "$target"
mount -t tmpfs -o size=1g,mode=755 tmpfs /mnt
mmdebstrap -q --variant=apt --mode=root --include="$include" "$@" --customize-hook="$fetch" "$suite" /mnt/root "$mirror"
cd /mnt/root
chroot . useradd -m -s /bin/bash "$user"
rm -rf etc/ssh/ssh_host_* var/cache/apt/archives/*.deb var/log/* srv/repo/partial srv/repo/lock
mkdir -p var/log/apt run/sshd
rm -f usr/sbin/policy-rc.d etc/apt/sources.list.d/*
(cd srv/repo && dpkg-scanpackages -m . >Packages 2>/dev/null)
echo 'deb [trusted=yes] file:/srv/repo ./' >etc/apt/sources.list
rm -rf var/lib/apt/lists/*
chroot . apt-get -qq -o APT::Sandbox::User=root update
cp -a --one-file-system . "$target"
"""


def mirror():
    """The archive that this machine's own apt sources give ($MIRROR overrides it)."""
    if os.environ.get("MIRROR"):
        return os.environ["MIRROR"]
    rows = run(
        "apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT) $(RELEASE) $(CODENAME)",
        "Created-By: Packages").splitlines()
    for row in rows:
        uri, component, *names = row.split()
        if component == "main" and SUITE in names:
            return uri
    raise Failure(f"the apt sources of this machine do not name {SUITE} main: set MIRROR to an archive")


def base_folder():
    recipe = repr((SUITE, INSTALLED, ARCHIVE, USER, SSHD, LEAN, FETCH, BUILD))
    return os.path.join(clean_path(cache_folder()), "hosts-" + hashlib.sha256(recipe.encode()).hexdigest()[:10])


def ensure_base(force=False):
    """(folder, whether it was built now). Built beside and moved into place: a broken build leaves nothing."""
    folder = base_folder()
    if os.path.isdir(folder) and not force:
        return folder, False
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with locked(folder + ".lock"):
        if os.path.isdir(folder) and not force:
            return folder, False
        build = folder + ".new"
        shutil.rmtree(build, ignore_errors=True)
        try:
            run("unshare", "--mount", "sh", "-c", BUILD, "sh", build, INSTALLED, SUITE, mirror(), FETCH, USER, *LEAN)
            write(build + "/etc/ssh/sshd_config.d/testbed.conf", SSHD)
            if not os.listdir(build + "/srv/repo") or f"{USER}:" not in read(build + "/etc/passwd"):
                raise Failure("the root file system came out incomplete: run testbed/hosts base again")
        except BaseException:
            shutil.rmtree(build, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(build, folder)
    return folder, True
