#!/usr/bin/env python3
"""Records what real ansible-core says about distributions, and which facts it gathers when asked for some, for FactTests.swift.

Runs as root with the Python of an environment that has ansible-core. Each distribution is the files in /etc that it has (as
its release packages and images have them), shown to `setup` in a mount namespace in place of this machine's.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = os.path.join(HERE, "facts", "distributions.json")
SUBSETS_OUTPUT = os.path.join(HERE, "facts", "subsets.json")
# Values of gather_subset.
SUBSETS = [
    "all", "min", "!all", "!min", "!all,!min", "hardware", "network", "virtual", "!hardware", "all,!hardware",
    "all,!network,!virtual", "!all,!min,network", "!all,!min,hardware", "!all,!min,virtual", "!all,!min,mounts",
    "!all,!min,pkg_mgr", "!all,!min,service_mgr", "!all,!min,date_time,env", "!all,!min,user_id", "!all,!min,chroot",
    "all,!mounts", "all,!hardware,mounts", "!all,default_ipv4", "!all,!min,loadavg", "all,!facter,!nosuch", "nosuch",
]
KEPT = ["distribution", "distribution_version", "distribution_major_version", "distribution_release", "os_family"]


def release(name, version, identity, like, number, pretty, **more):
    lines = [("NAME", name), ("VERSION", version), ("ID", identity), ("ID_LIKE", like), ("VERSION_ID", number),
             ("PRETTY_NAME", pretty)] + list(more.items())
    return "".join('%s="%s"\n' % (key, value) for key, value in lines if value)


SYSTEMS = {
    "Debian 12": {
        "os-release": release("Debian GNU/Linux", "12 (bookworm)", "debian", "", "12", "Debian GNU/Linux 12 (bookworm)",
                              VERSION_CODENAME="bookworm"), "debian_version": "12.9\n"},
    "Debian 11": {
        "os-release": release("Debian GNU/Linux", "11 (bullseye)", "debian", "", "11", "Debian GNU/Linux 11 (bullseye)",
                              VERSION_CODENAME="bullseye"), "debian_version": "11.11\n"},
    "Debian testing": {
        "os-release": release("Debian GNU/Linux", "", "debian", "", "", "Debian GNU/Linux forky/sid",
                              VERSION_CODENAME="forky"), "debian_version": "forky/sid\n"},
    "Ubuntu 22.04": {
        "os-release": release("Ubuntu", "22.04.3 LTS (Jammy Jellyfish)", "ubuntu", "debian", "22.04", "Ubuntu 22.04.3 LTS",
                              VERSION_CODENAME="jammy", UBUNTU_CODENAME="jammy"),
        "lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\n"
                       "DISTRIB_DESCRIPTION=\"Ubuntu 22.04.3 LTS\"\n", "debian_version": "bookworm/sid\n"},
    "Ubuntu 24.04": {
        "os-release": release("Ubuntu", "24.04.1 LTS (Noble Numbat)", "ubuntu", "debian", "24.04", "Ubuntu 24.04.1 LTS",
                              VERSION_CODENAME="noble", UBUNTU_CODENAME="noble"),
        "lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=24.04\nDISTRIB_CODENAME=noble\n"
                       "DISTRIB_DESCRIPTION=\"Ubuntu 24.04.1 LTS\"\n", "debian_version": "trixie/sid\n"},
    "Raspbian 11": {
        "os-release": release("Raspbian GNU/Linux", "11 (bullseye)", "raspbian", "debian", "11",
                              "Raspbian GNU/Linux 11 (bullseye)", VERSION_CODENAME="bullseye"), "debian_version": "11.8\n"},
    "CentOS 7": {
        "os-release": release("CentOS Linux", "7 (Core)", "centos", "rhel fedora", "7", "CentOS Linux 7 (Core)"),
        "redhat-release": "CentOS Linux release 7.9.2009 (Core)\n",
        "centos-release": "CentOS Linux release 7.9.2009 (Core)\n",
        "system-release": "CentOS Linux release 7.9.2009 (Core)\n"},
    "CentOS Stream 9": {
        "os-release": release("CentOS Stream", "9", "centos", "rhel fedora", "9", "CentOS Stream 9"),
        "redhat-release": "CentOS Stream release 9\n", "centos-release": "CentOS Stream release 9\n"},
    "RHEL 8.10": {
        "os-release": release("Red Hat Enterprise Linux", "8.10 (Ootpa)", "rhel", "fedora", "8.10",
                              "Red Hat Enterprise Linux 8.10 (Ootpa)"),
        "redhat-release": "Red Hat Enterprise Linux release 8.10 (Ootpa)\n"},
    "Rocky 9.6": {
        "os-release": release("Rocky Linux", "9.6 (Blue Onyx)", "rocky", "rhel centos fedora", "9.6",
                              "Rocky Linux 9.6 (Blue Onyx)"),
        "redhat-release": "Rocky Linux release 9.6 (Blue Onyx)\n", "rocky-release": "Rocky Linux release 9.6 (Blue Onyx)\n"},
    "AlmaLinux 9.5": {
        "os-release": release("AlmaLinux", "9.5 (Teal Serval)", "almalinux", "rhel centos fedora", "9.5",
                              "AlmaLinux 9.5 (Teal Serval)"),
        "redhat-release": "AlmaLinux release 9.5 (Teal Serval)\n",
        "almalinux-release": "AlmaLinux release 9.5 (Teal Serval)\n"},
    "Oracle Linux 8.9": {
        "os-release": release("Oracle Linux Server", "8.9", "ol", "fedora", "8.9", "Oracle Linux Server 8.9"),
        "redhat-release": "Red Hat Enterprise Linux release 8.9 (Ootpa)\n",
        "oracle-release": "Oracle Linux Server release 8.9\n"},
    "Fedora 37": {
        "os-release": release("Fedora Linux", "37 (Workstation Edition)", "fedora", "", "37",
                              "Fedora Linux 37 (Workstation Edition)"),
        "redhat-release": "Fedora release 37 (Thirty Seven)\n", "fedora-release": "Fedora release 37 (Thirty Seven)\n"},
    "Amazon Linux 2": {
        "os-release": release("Amazon Linux", "2", "amzn", "centos rhel fedora", "2", "Amazon Linux 2"),
        "system-release": "Amazon Linux release 2 (Karoo)\n"},
    "Amazon Linux 2023": {
        "os-release": release("Amazon Linux", "2023", "amzn", "fedora", "2023", "Amazon Linux 2023.6.20241010"),
        "system-release": "Amazon Linux release 2023.6.20241010 (Amazon Linux)\n"},
    "openSUSE Leap 15.6": {
        "os-release": release("openSUSE Leap", "15.6", "opensuse-leap", "suse opensuse", "15.6", "openSUSE Leap 15.6",
                              CPE_NAME="cpe:/o:opensuse:leap:15.6")},
    "openSUSE Tumbleweed": {
        "os-release": release("openSUSE Tumbleweed", "", "opensuse-tumbleweed", "opensuse suse", "20241001",
                              "openSUSE Tumbleweed", CPE_NAME="cpe:/o:opensuse:tumbleweed:20241001")},
    "SLES 15 SP5": {
        "os-release": release("SLES", "15-SP5", "sles", "suse", "15.5", "SUSE Linux Enterprise Server 15 SP5",
                              CPE_NAME="cpe:/o:suse:sles:15:sp5")},
    "Alpine 3.20": {
        "os-release": "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n",
        "alpine-release": "3.20.3\n"},
}

SHOW = """\
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" overlay /etc
rm -f /etc/os-release /etc/lsb-release /etc/debian_version /etc/*-release
cp "$2"/* /etc
exec "$3" -m setup -a 'gather_subset=!all,!min,distribution' -c local -i localhost, -e "ansible_python_interpreter=$4" localhost
"""


def record(name, files, folder):
    os.makedirs(folder + "/files")
    os.makedirs(folder + "/over")
    for file, text in files.items():
        with open(folder + "/files/" + file, "w") as output:
            output.write(text)
    text = subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", SHOW, "sh", folder + "/over", folder + "/files",
         os.path.join(os.path.dirname(sys.executable), "ansible"), sys.executable],
        env=dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_HOME=folder + "/home"), check=True, text=True,
        stdout=subprocess.PIPE).stdout
    facts = json.loads(text[text.index("{"):])["ansible_facts"]
    return {"name": name, "files": files, "facts": {key: facts["ansible_" + key] for key in KEPT}}


def subset(words, folder):
    """The names of the facts, without the prefix; of one that there is none of, what is said."""
    text = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "ansible"), "-m", "setup", "-a", "gather_subset=" + words, "-c", "local",
         "-i", "localhost,", "-e", "ansible_python_interpreter=" + sys.executable, "localhost"],
        env=dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_HOME=folder + "/home"), text=True, stdout=subprocess.PIPE).stdout
    result = json.loads(text[text.index("=> {") + 3:])
    names = sorted(name[8:] for name in result.get("ansible_facts", {}) if name.startswith("ansible_"))
    return {"subset": words.split(","), "names": names, "failed": result.get("msg", "")}


if __name__ == "__main__":
    import tempfile
    import ansible.release
    with tempfile.TemporaryDirectory() as top:
        subsets = [subset(words, top) for words in SUBSETS]
    with open(SUBSETS_OUTPUT, "w") as file:
        json.dump({"version": "ansible-core " + ansible.release.__version__, "subsets": subsets}, file, indent=1)
        file.write("\n")
    if sys.argv[1:] == ["subsets"]:
        sys.exit()
    with tempfile.TemporaryDirectory() as top:
        systems = [record(name, files, "%s/%d" % (top, number)) for number, (name, files) in enumerate(SYSTEMS.items())]
    os.makedirs(os.path.dirname(OUTPUT), exist_ok=True)
    with open(OUTPUT, "w") as file:
        json.dump({"version": "ansible-core " + ansible.release.__version__, "systems": systems}, file, indent=1)
        file.write("\n")
