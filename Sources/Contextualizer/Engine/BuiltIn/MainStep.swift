import ContextualizationAPI
import Jinja
import Modules
import Support

/// The tasks of the step `main`: `/etc/hosts`, the owner's token, disks, packages of applications.
enum MainStep {
    static func tasks(for machine: ContextualizationMachine) -> [BuiltInTask] {
        var tasks: [BuiltInTask] = []
        if !machine.basics.hostsEntries.isEmpty { tasks.append(hosts(machine.basics.hostsEntries)) }
        if let token = machine.basics.token { tasks.append(self.token(token)) }
        for disk in machine.basics.disks { tasks.append(self.disk(disk)) }
        for package in machine.basics.packages { tasks.append(self.package(package)) }
        for index in tasks.indices { tasks[index].path = "main.\(index)" }
        return tasks
    }

    /// The machine's own content is kept in `/etc/hosts.orig`; ours follows it.
    private static func hosts(_ entries: [String]) -> BuiltInTask {
        BuiltInTask(
            path: "", name: "Write /etc/hosts", module: "hosts",
            script: BuiltInShell.prologue + """
                [ -e /etc/hosts.orig ]||{ cp -p /etc/hosts /etc/hosts.orig 2>/dev/null||: >/etc/hosts.orig||die "could not keep /etc/hosts as /etc/hosts.orig"; }
                w=/etc/.hosts.gantry.$$;{ cat /etc/hosts.orig;[ -z "$(tail -c 1 /etc/hosts.orig)" ]||echo;cat "$GANTRY_FILES/hosts"; } >$w||die "could not write $w"
                cmp -s $w /etc/hosts||put $w /etc/hosts $(stat -c %a /etc/hosts 2>/dev/null||echo 644);rm -f $w;fin

                """, files: ["hosts": Array((entries.joined(separator: "\n") + "\n").utf8)])
    }

    /// Programs of users and services find it there. The token of an earlier run is replaced.
    ///
    /// - Parameter folder: Other than `/etc` in tests.
    static func token(_ token: Secret<String>, folder: String = "/etc") -> BuiltInTask {
        BuiltInTask(
            path: "", name: "Write the owner's token to /etc/environment", module: "environment",
            script: BuiltInShell.prologue + """
                f=\(folder)/environment;w=\(folder)/.environment.gantry.$$
                { [ ! -e $f ]||grep -v '^BEARER_TOKEN=' $f;cat "$GANTRY_FILES/line"; } >$w||die "could not write $w"
                cmp -s $w $f||put $w $f $(stat -c %a $f 2>/dev/null||echo 644);rm -f $w;fin

                """, files: ["line": line(of: token)], secrets: [token.expose()])
    }

    static func line(of token: Secret<String>) -> [UInt8] { Array("BEARER_TOKEN=\(token.expose())\n".utf8) }

    /// A disk is known by a serial number. Without one it is given by full name, by its last letter (`*db`), or by a name
    /// that the machine may spell another way (`hdb`, `vdb`, `xvdb`, `nvme1n1`). One that has neither is told, as no error:
    /// IM makes nothing of it. It is mounted by its UUID: names change from boot to boot.
    ///
    /// - Parameter folder: Other than `/dev` in tests.
    static func disk(_ disk: MachineBasics.Disk, folder: String = "/dev") -> BuiltInTask {
        // Virtual disks show the first 20 characters; EBS leaves out the dash of `vol-…`.
        let serials = disk.serials.flatMap { [String($0.prefix(20)), $0.replacing("-", with: "")] }
        return BuiltInTask(
            path: "", name: "Make the disk \(disk.device ?? String(disk.number))", module: "disk",
            script: BuiltInShell.prologue + """
                d=\(folder);no=\(disk.number);dev=\(ShellText.quote(disk.device ?? ""));fs=\(ShellText.quote(disk.filesystem));mp=\(ShellText.quote(disk.mountPath ?? ""))
                set -- \(serials.map { ShellText.quote($0) }.joined(separator: " "))

                """ + #"""
                    b=;for s in "$@";do for c in "$d"/disk/by-id/*[-_]"$s" "$d/disk/by-id/$s";do
                    [ -n "$b" ]||[ ! -b "$c" ]||b=$(readlink -f "$c");done;done
                    dev=${dev#/dev/};l=$(printf %s "$dev"|tail -c 1)
                    i=$(printf %d "'$l" 2>/dev/null)&&i=$((i-97))||i=-1
                    [ -n "$b" ]||[ -z "$dev" ]||for c in "$d/$dev" "$d/disk/by-id/$dev" "$d/disk/by-id/virtio-$dev" "$d/xvd$l" "$d/vd$l" "$d/sd$l" "$d/nvme${i}n1";do
                    [ ! -b "$c" ]||{ b=$(readlink -f "$c");break; };done
                    [ -n "$b" ]||die "the disk ${dev:-$no} is not on this machine: nothing in $d/disk/by-id has its serial number${dev:+, and none of its usual names is a block device}"
                    case $b in *[0-9])p=${b}p1;;*)p=${b}1;;esac
                    if [ ! -b "$p" ]&&[ -z "$(blkid -o value -s TYPE "$b" 2>/dev/null)" ];then ch=1
                    if hv parted;then e=$(parted -s "$b" mklabel gpt mkpart primary 0% 100% 2>&1)||die "could not partition $b: $e"
                    elif hv sfdisk;then e=$(printf 'label: gpt\n,\n'|sfdisk -q "$b" 2>&1)||die "could not partition $b: $e"
                    else die "could not partition $b: neither parted nor sfdisk is on this machine";fi
                    n=0;while [ ! -b "$p" ]&&[ $n -lt 20 ];do sleep 1;n=$((n+1));! hv udevadm||udevadm settle 2>/dev/null;done;fi
                    [ -b "$p" ]||p=$b
                    t=$(blkid -o value -s TYPE "$p" 2>/dev/null)
                    id(){ u=$(blkid -o value -s UUID "$p" 2>/dev/null);q=${u:+UUID=$u};q=${q:-$p}; }
                    if [ "$fs" = swap ];then
                    [ "$t" = swap ]||{ [ -z "$t" ]||die "$p holds a $t file system already: it is not overwritten";ch=1;e=$(mkswap "$p" 2>&1)||die "could not make swap on $p: $e"; }
                    grep -q "^$p " /proc/swaps||{ ch=1;e=$(swapon "$p" 2>&1)||die "could not use swap on $p: $e"; }
                    id;grep -qE "^($p|$q) " /etc/fstab||{ ch=1;echo "$q none swap sw 0 0" >>/etc/fstab; };fin;fi
                    [ -n "$t" ]||{ ch=1;hv "mkfs.$fs"||die "could not format $p: mkfs.$fs is not on this machine";e=$("mkfs.$fs" "$p" 2>&1 </dev/null)||die "could not format $p: $e"; }
                    [ -n "$mp" ]||fin
                    [ -d "$mp" ]||{ ch=1;mkdir -p "$mp"||die "could not make $mp"; }
                    grep -q "^[^#]*[[:space:]]$mp[[:space:]]" /etc/fstab||{ ch=1;id;echo "$q $mp ${t:-$fs} defaults,nofail 0 2" >>/etc/fstab; }
                    grep -q " $mp " /proc/mounts||{ ch=1;e=$(mount "$mp" 2>&1)||die "could not mount $p on $mp: $e"; }
                    fin

                    """#, isOptional: disk.device == nil)
    }

    private static func package(_ name: String) -> BuiltInTask {
        BuiltInTask(
            path: "", name: "Install \(name)", module: "package", script: packageScript(name), isOptional: true)
    }

    private static func packageScript(_ name: String) -> String {
        guard
            let arguments = try? ModuleArguments(
                ["name": .string(name), "state": "present", "update_cache": true], for: PackageModule.documentation),
            case .run(let invocation)? = try? PackageModule.plan(arguments, ModuleContext())
        else { return BuiltInShell.prologue + "die \"'\(ShellText.quote(name))' is no name of a package\"\n" }
        return invocation.script
    }
}
