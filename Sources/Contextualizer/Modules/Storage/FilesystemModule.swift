import ContextualizationAPI
import Jinja

/// `filesystem`: a file system on a device.
package enum FilesystemModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "filesystem", collections: ["community.general"], summary: "Makes file systems on devices.",
        parameters: [
            ModuleParameter("dev", .path, aliases: ["device"], required: true, "The device."),
            ModuleParameter(
                "fstype", .string, aliases: ["type"],
                choices: [
                    "bcachefs", "btrfs", "ext2", "ext3", "ext4", "ext4dev", "f2fs", "lvm", "ocfs2", "reiserfs", "xfs",
                    "vfat",
                    "swap", "ufs",
                ], "Which."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("force", .boolean, default: false, "Overwrite what is there."),
            ModuleParameter("resizefs", .boolean, default: false, "Grow it to the device's size."),
            ModuleParameter("opts", .string, "Options for the program that makes it."),
            ModuleParameter("uuid", .string, "Not supported: refused when given."),
        ], requirements: [.init("state", "present", ["fstype"])])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.string("uuid") != nil {
            throw ModuleError(code: .invalidArgument, message: "filesystem: uuid is not supported; give it in opts")
        }
        let type = arguments.string("fstype") ?? ""
        guard !["bcachefs", "ocfs2", "reiserfs", "ufs"].contains(type) else {
            throw ModuleError(code: .invalidArgument, message: "filesystem: fstype \(type) is not supported")
        }
        let options = try CommandLine.split(arguments.string("opts") ?? "").map(ShellText.quote).joined(separator: " ")
        let program: String
        switch type {
        case "lvm": program = "pvcreate -f"
        case "swap": program = "mkswap -f"
        case "vfat": program = "mkfs.vfat"
        case "ext2", "ext3", "ext4", "ext4dev": program = "mkfs.\(type) -F"
        default: program = "mkfs.\(type) -f"
        }
        let isPresent = arguments.string("state") != "absent"
        let known = type == "lvm" ? "LVM2_member" : type
        let grow = arguments.bool("resizefs") == true ? grow(type) : "fin"
        let body =
            isPresent
            ? """
            if [ "$f_" = \(known) ];then \(grow)
            elif [ -n "$f_" ]&&[ \(arguments.bool("force") == true ? 1 : 0) = 0 ];then o rc 0;die "'$d' is already used as $f_, use force=true to overwrite";fi
            ch=1;[ $CK = 0 ]||fin
            set -- \(program);command -v "$1" >/dev/null 2>&1||die "Failed to find required executable \\"$1\\" on the machine"
            e=$("$@" \(options) "$d" 2>&1 </dev/null)||die "could not make the file system on $d: $e"
            """
            : """
            [ -n "$f_" ]||fin
            ch=1;[ $CK = 1 ]||e=$(wipefs --all "$d" 2>&1)||die "could not remove the file system of $d: $e"
            """
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                d=\(ShellText.path(arguments.string("dev") ?? ""))
                [ -e "$d" ]||{ [ \(isPresent ? 0 : 1) = 0 ]||fin;die "Device $d not found."; }
                f_=$(blkid -c /dev/null -o value -s TYPE "$d" 2>/dev/null)||f_=
                \(body)
                fin

                """
        let device = arguments.string("dev") ?? ""
        return .run(
            ModuleInvocation(script: script, reads: [device], writes: [device]) { output in
                .finish(ModuleResult(records: Records(output.standardOutput), output: output))
            })
    }

    private static func grow(_ type: String) -> String {
        switch type {
        case "ext2", "ext3", "ext4", "ext4dev":
            return
                #"[ $CK = 0 ]||fin;e=$(resize2fs "$d" 2>&1)||die "could not grow $d: $e";case $e in *"Nothing to do"*);;*)ch=1;;esac;fin"#
        case "lvm":
            return
                #"a_=$(pvs --noheadings -o pv_size "$d" 2>/dev/null);[ $CK = 0 ]||fin;e=$(pvresize "$d" 2>&1)||die "could not grow $d: $e";[ "$a_" = "$(pvs --noheadings -o pv_size "$d" 2>/dev/null)" ]||ch=1;fin"#
        case "xfs", "btrfs":
            let command = type == "xfs" ? "xfs_growfs \"$m_\"" : "btrfs filesystem resize max \"$m_\""
            return
                #"m_=$(awk -v d="$(readlink -f "$d")" '{p=$1}p==d{print $2;exit}' /proc/mounts);[ -n "$m_" ]||die "$d needs to be mounted for resizefs";[ $CK = 0 ]||fin;a_=$(df -P "$m_"|tail -n 1|awk '{print $2}');e=$("#
                + command
                + #" 2>&1)||die "could not grow $d: $e";[ "$a_" = "$(df -P "$m_"|tail -n 1|awk '{print $2}')" ]||ch=1;fin"#
        default: return "die 'module does not support resizing \(type) filesystem yet'"
        }
    }
}
