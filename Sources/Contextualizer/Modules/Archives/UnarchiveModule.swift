import ContextualizationAPI
import Jinja

/// `unarchive`: unpacks an archive.
package enum UnarchiveModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "unarchive", summary: "Unpacks an archive of the controller, of the machine or of an address.",
        parameters: FileParameters.all + [
            ModuleParameter("src", .path, required: true, "The archive."),
            ModuleParameter("dest", .path, required: true, "The folder, which must be there."),
            ModuleParameter("remote_src", .boolean, "`src` is on the machine, or an address."),
            ModuleParameter("copy", .boolean, "The contrary of remote_src."),
            ModuleParameter("creates", .path, "Nothing is done when this exists."),
            ModuleParameter("list_files", .boolean, default: false, "Answer the names."),
            ModuleParameter("include", .list, default: [], "Only these."),
            ModuleParameter("exclude", .list, default: [], "Without these."),
            ModuleParameter("keep_newer", .boolean, default: false, "Newer files stay."),
            ModuleParameter("extra_opts", .list, default: [], "Options for tar or unzip."),
            ModuleParameter("validate_certs", .boolean, default: true, "For an address."),
            ModuleParameter("decrypt", .boolean, default: true, "Decrypt an archive that is encrypted."),
            ModuleParameter("io_buffer_size", .integer, "Accepted, without effect."),
        ], exclusive: [["include", "exclude"], ["copy", "remote_src"]])

    private static func isRemote(_ arguments: ModuleArguments) -> Bool {
        arguments.bool("remote_src") ?? arguments.bool("copy").map { !$0 } ?? false
    }

    package static func sources(_ arguments: ModuleArguments) -> [SourceRequest] {
        guard !isRemote(arguments), let path = arguments.string("src"), !path.contains("://") else { return [] }
        return [SourceRequest(kind: .file, path: path, decrypts: arguments.bool("decrypt") ?? true)]
    }

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let source = arguments.string("src") ?? ""
        let attributes = try FileParameterValues(arguments)
        var files: [String: [UInt8]] = [:]
        var fetch = "s0=\(ShellText.path(source));sn=$s0\n"
        if source.contains("://") {
            guard isRemote(arguments) else {
                throw ModuleError(
                    code: .invalidArgument, message: "unarchive: an address needs remote_src: yes")
            }
            let get = try ModuleArguments(
                ["url": .string(source), "validate_certs": .bool(arguments.bool("validate_certs") ?? true)],
                for: URIModule.documentation)
            files["k"] = try HTTPRequest(get).configuration
            fetch = """
                sn=\(ShellText.quote(source))
                \(HTTPRequest.functions)\(HTTPRequest.needsCurl("unarchive"))[ $CK = 0 ]||{ ch=1;o src "$sn";o dest "$d";fin; }
                s0=$d/.gantry.unarchive.$$;t=$s0;umask 077;ht "$s0" "$GANTRY_FILES/k";umask 022
                [ -z "$he" ]&&[ "$hs" -lt 400 ]||die "Failure downloading $sn, ${he:-HTTP Error $hs: $(hl)}"

                """
        } else if !isRemote(arguments) {
            guard case .file(let payload, _)? = sources(arguments).first.flatMap({ context.sources[$0] })?.content
            else {
                throw ModuleError(
                    code: .missingSource,
                    message: "Could not find or access '\(source)' on the controller. Use `remote_src: yes` for an "
                        + "archive on the machine.")
            }
            // Where the file that it creates exists, or in check mode, the archive is sent in vain: that is rare.
            files["a"] = payload.bytes
            fetch = "s0=$GANTRY_FILES/a;sn=\(ShellText.quote(source))\n"
        }
        let isAttributed = attributes.owner != nil || attributes.group != nil || attributes.mode != nil
        let words = { (name: String) in (arguments.list(name) ?? []).map(ShellText.quote).joined(separator: " ") }
        let excluded = (arguments.list("exclude") ?? []).map { ShellText.quote("--exclude=\($0)") }.joined(
            separator: " ")
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + attributes.shell + DirectoryPlacement.ownership
                + """
                d=\(ShellText.path(arguments.string("dest") ?? ""));d=${d%/};[ -n "$d" ]||d=/;cr=\(arguments.string("creates").map(ShellText.path) ?? "''")
                [ -z "$cr" ]||[ ! -e "$cr" ]||{ o skipped 1;o msg "skipped, since $cr exists";fin; }
                [ -d "$d" ]||die "dest '$d' must be an existing dir"
                \(fetch)la=\(isAttributed ? 1 : 0);li=\(arguments.bool("list_files") == true ? 1 : 0);kn=\(arguments.bool("keep_newer") == true ? 1 : 0)
                xo(){ "$@" \(words("extra_opts")); }
                xt(){ "$@" \(words("extra_opts")) \(excluded) \((arguments.list("include") ?? []).isEmpty ? "" : "-- " + words("include")); }
                xz(){ "$@" \(words("include")) \((arguments.list("exclude") ?? []).isEmpty ? "" : "-x " + words("exclude")) -d "$w"; }

                """ + body
        let path = arguments.string("dest") ?? ""
        return .run(
            ModuleInvocation(script: script, files: files, reads: [source, path], writes: [path]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                result["path"] = nil
                result["skipped"] = nil
                if records.flag("skipped") { result.skipped = true }
                if let files = records["files"] {
                    result["files"] = .list(TextLines(Array(files.utf8)).lines.map { .string($0) })
                }
                return .finish(result)
            })
    }

    /// `tar` of GNU says itself what differs, and what members are called by its options; those that get no name, as the
    /// folder that `--strip-components` takes away, it cannot find. With any other one, and with `unzip`, the archive is unpacked beside its place
    /// and compared. A broken archive changes nothing: it is read through first.
    private static let body = #"""
        [ -e "$s0" ]||die "Source '$sn' does not exist";[ -r "$s0" ]||die "Source '$sn' not readable"
        \#(ShellLibrary.has)
        m=$(od -An -N6 -tx1 <"$s0"|tr -d ' \n')
        case $m in 504b0304*|504b0506*)h=ZipArchive;;1f8b*)h=TgzArchive;z=gzip;;425a68*)h=TarBzipArchive;z=bzip2;;fd377a585a00*)h=TarXzArchive;z=xz;;28b52ffd*)h=TarZstdArchive;z=zstd;;*)h=TarArchive;z=;;esac
        nh(){ die "Failed to find handler for \"$sn\". Make sure the required command to extract the file is installed. $1"; }
        o handler $h;o src "$sn";o dest "$d";w=$d/.gantry.unpack.$$
        cl(){ rm -rf "$w"; }
        # As the files of the folder w: what differs, and their copy.
        ov(){ c=0;[ -z "$(diff -rq "$w" "$d" 2>&1|awk -v d="Only in $d" -v w="Only in $w" 'index($0,d)!=1||index($0,w)==1')" ]||c=1
        [ $c = 0 ]||{ ch=1;[ $CK = 1 ]||{ chown "$(stat -c %u:%g "$d")" "$w";chmod "$(stat -c %a "$d")" "$w";if [ $kn = 1 ];then e=$(cp -Rpu "$w/." "$d/" 2>&1);else e=$(cp -Rpf "$w/." "$d/" 2>&1);fi||{ cl;die "failed to unpack $sn to $d: $e"; }; }; }
        n=$(cd "$w"&&find . -mindepth 1 -type d -exec printf '%s/\n' {} + -o -mindepth 1 -exec printf '%s\n' {} +|sed 's|^\./||'|LC_ALL=C sort);cl; }
        if [ $h = ZipArchive ];then hv unzip||nh "unzip is not on the machine"
        e=$(unzip -tq "$s0" 2>&1)||unzip -l "$s0" >/dev/null 2>&1||nh "$e"
        (umask 077;mkdir "$w")||die "could not make a folder in $d";trap 'cl;[ -z "$t" ]||rm -f "$t";fl' 0
        e=$(xo true;xz unzip -oq "$s0" 2>&1)||{ r=$?;[ $r -le 1 ]||{ cl;die "failed to unpack $sn to $d: $e"; }; };ov
        else hv tar||nh "tar is not on the machine";[ -z "$z" ]||hv $z||nh "$z is not on the machine"
        gt=;case $(tar --version 2>/dev/null) in *"GNU tar"*)gt=--show-transformed-names;;esac
        n=$(xt tar $gt -tf "$s0" 2>"$GANTRY_FILES/e")||nh "$(cat "$GANTRY_FILES/e")"
        case $gt in ?*)
        [ $kn = 0 ]||kn=--keep-newer-files;[ "$kn" != 0 ]||kn=--overwrite
        q=$(xt tar --diff -C "$d" -f "$s0" 2>&1|grep -v -e ': : Warning: Cannot stat: ' -e ': Cannot stat: *$' -e '^tar: Exiting'|if [ $la = 1 ];then grep -v -e ': Mode differs$' -e ': [UG]id differs$';elif [ "$(id -u)" != 0 ];then grep -v ': [UG]id differs$';else cat;fi)
        if [ -n "$q" ];then ch=1;if [ $CK = 0 ];then e=$(xt tar $kn -C "$d" -xf "$s0" 2>&1)||die "failed to unpack $sn to $d: $e";fi;fi;;
        *)(umask 077;mkdir "$w")||die "could not make a folder in $d";trap 'cl;[ -z "$t" ]||rm -f "$t";fl' 0
        e=$(xt tar -C "$w" -xf "$s0" 2>&1)||{ cl;die "failed to unpack $sn to $d: $e"; };ov;;esac
        fi
        if [ $la = 1 ]&&[ $CK = 0 ];then set -f;IFS='
        ';for f in $n;do unset IFS;f=$d/${f#./};f=${f%/};if [ -L "$f" ];then ho "$f";elif [ -e "$f" ];then at "$f";fi;done;unset IFS;set +f;fi
        [ $li = 0 ]||o files "$(printf '%s\n' "$n"|sed 's|^/||')"
        s=$(stat -c '%a %u %g %U %G %s %F' "$d")&&o stat "$s";fin

        """#
}
