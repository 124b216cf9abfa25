import ContextualizationAPI
import Jinja

/// Copies a folder of the controller: checksums of all files first, then the files that differ.
enum DirectoryPlacement {
    static func step(
        _ arguments: ModuleArguments, _ context: ModuleContext, entries: [ModuleSource.Entry], source: String,
        destination: String
    ) throws(ModuleError) -> ModuleStep {
        let attributes = try FileParameterValues(arguments)
        let library =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode)
            + attributes.shell + (try ShellLibrary.write(backup: arguments.bool("backup") ?? false))
            + ShellLibrary.checksum + ownership
        var root = ShellText.path(destination)
        if !source.hasSuffix("/"), let name = source.split(separator: "/").last {
            root += "/" + ShellText.quote(String(name))
        }
        let directoryMode = try arguments.string("directory_mode").map { text throws(ModuleError) in
            try FileMode(text)
        }
        let makes = folders(mode: directoryMode)
        let job = Job(
            library: library + makes, root: root, entries: entries, isCheckMode: context.isCheckMode,
            preservesMode: attributes.preservesMode, destination: destination)
        return .run(job.invocation(sending: []))
    }

    /// `ho PATH` gives a folder or a link itself, which `at` would follow, its wanted owner and group; not the mode, which
    /// is meant for files.
    static let ownership = #"""
        ho(){ s=$(stat -c '%u %g %U %G' "$1" 2>/dev/null)||return 0;zp=$1;set -- $s
        if [ -n "$ow" ]&&[ "$ow" != "$1" ]&&[ "$ow" != "$3" ];then ch=1;[ $CK = 1 ]||e=$(chown -h "$ow" "$zp" 2>&1)||die "chown failed: $e";fi
        if [ -n "$gr" ]&&[ "$gr" != "$2" ]&&[ "$gr" != "$4" ];then ch=1;[ $CK = 1 ]||e=$(chgrp -h "$gr" "$zp" 2>&1)||die "chgrp failed: $e";fi; }

        """#

    /// `mf PATH` makes a folder with all above it; what is made gets the mode and the owner, what was there stays.
    static func folders(mode: FileMode?) -> String {
        let mode = mode.map { "D=1;m=0755;\($0.shellArithmetic);chmod \"0000$(printf %o $m)\" \"$zf\";" } ?? ""
        return #"""
            mf(){ [ ! -d "$1" ]||return 0;ch=1;[ $CK = 0 ]||return 0;zl=;zq=$1
            while [ ! -d "$zq" ];do zl="$zq
            $zl";zr=${zq%/};case $zr in */*)zq=${zr%/*};[ -n "$zq" ]||zq=/;;*)zq=.;;esac;done
            e=$(mkdir -p "$1" 2>&1)||die "could not make a folder: $e"
            set -f;IFS='
            ';for zf in $zl;do unset IFS;\#(mode)ho "$zf";done;unset IFS;set +f; }

            """#
    }

    private struct Job: Sendable {
        var library: String
        var root: String
        var entries: [ModuleSource.Entry]
        var isCheckMode: Bool
        var preservesMode: Bool
        var destination: String

        func invocation(sending wanted: Set<Int>) -> ModuleInvocation {
            var script = library + "r=\(root)\nmf \"$r\"\n"
            var files: [String: [UInt8]] = [:]
            for (index, entry) in entries.enumerated() {
                let path = "$r/"
                if entry.isDirectory {
                    script += "d=$r/\(ShellText.quote(entry.path))\nmf \"$d\";ho \"$d\"\n"
                    continue
                }
                if let link = entry.link {
                    script += "d=$r/\(ShellText.quote(entry.path));l=\(ShellText.quote(link))\n" + Self.link
                    continue
                }
                let change: String
                if isCheckMode {
                    change = "ch=1"
                } else if wanted.contains(index) {
                    files["f\(index)"] = entry.content.bytes
                    change = "wr \"$GANTRY_FILES/f\(index)\" \"$d\""
                } else {
                    change = "o need \(index)"
                }
                let keep = preservesMode ? "nm(){ printf %o \(entry.mode); };" : ""
                script += """
                    d="\(path)"\(ShellText.quote(entry.path));\(keep)
                    if [ -f "$d" ]&&{ sum "$d";[ "$x" = \(entry.content.checksum) ]; };then at "$d";else \(change);fi

                    """
            }
            script += "o dest \"$r\";rs \"$r\";fin\n"
            return ModuleInvocation(
                script: script, files: files, reads: [destination], writes: [destination]
            ) { output in
                let records = Records(output.standardOutput)
                let needed = Set((records.values["need"] ?? []).compactMap { Int($0) })
                guard needed.isEmpty else {
                    // What the first program changed already (folders, modes) counts for the whole task.
                    return .run(invocation(sending: needed).markingChanged())
                }
                return .finish(ModuleResult(records: records, output: output))
            }
        }

        private static let link = #"""
            if [ -h "$d" ]&&[ "$(readlink "$d")" = "$l" ];then :
            elif [ -d "$d" ]&&[ ! -h "$d" ];then die "the folder $d is where a link shall be"
            else ch=1;[ $CK = 1 ]||e=$(ln -sfn -- "$l" "$d" 2>&1)||die "could not link $d: $e";fi
            ho "$d"

            """#
    }
}

extension ModuleInvocation {
    /// The same program, whose successful result is `changed` in any case.
    func markingChanged() -> ModuleInvocation {
        var copy = self
        let decode = self.decode
        copy.decode = { output in
            let step = decode(output)
            switch step {
            case .run(let next): return .run(next.markingChanged())
            case .wait, .sleep, .save: return step
            case .finish(var result):
                if !result.failed { result.changed = true }
                return .finish(result)
            }
        }
        return copy
    }
}
