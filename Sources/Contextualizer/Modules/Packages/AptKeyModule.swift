import ContextualizationAPI
import Jinja

/// `apt_key`: keys that sign packages.
///
/// A key becomes a file of `/etc/apt/trusted.gpg.d`, as apt wants it since `apt-key` is gone; no gpg is needed.
package enum AptKeyModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "apt_key", summary: "Adds and removes keys that sign Debian packages.",
        parameters: [
            ModuleParameter("id", .string, "The key's id."),
            ModuleParameter("data", .string, "The key itself."),
            ModuleParameter("file", .path, "A file on the machine with the key."),
            ModuleParameter("url", .string, "An address of the key."),
            ModuleParameter("keyserver", .string, "A server to ask for the id."),
            ModuleParameter("keyring", .path, "The file that gets it."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("validate_certs", .boolean, default: true, "Whether the certificate is looked at."),
        ], exclusive: [["data", "file", "keyserver", "url"]])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        var id = (arguments.string("id") ?? "").uppercased().filter { !$0.isWhitespace }
        if id.hasPrefix("0X") { id = String(id.dropFirst(2)) }
        guard id.isEmpty || id.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw ModuleError(code: .invalidArgument, message: "Invalid key_id")
        }
        let isPresent = arguments.string("state") != "absent"
        // The folder for what is fetched and read is there when a program has files.
        var files: [String: [UInt8]] = ["none": []]
        var get = ""
        var source: String?
        if let data = arguments.string("data") {
            files["key"] = Array((data + (data.hasSuffix("\n") ? "" : "\n")).utf8)
            get = "c_=$GANTRY_FILES/key\n"
            source = "inline data"
        } else if let file = arguments.string("file") {
            get = "c_=\(ShellText.path(file))\n"
            source = file
        } else if let url = try address(arguments, id) {
            let request = try ModuleArguments(
                ["url": .string(url), "validate_certs": .bool(arguments.bool("validate_certs") ?? true)],
                for: URIModule.documentation)
            files["k"] = try HTTPRequest(request).configuration
            get =
                HTTPRequest.functions + HTTPRequest.needsCurl("apt_key") + """
                    c_=$GANTRY_FILES/key;ht "$c_" "$GANTRY_FILES/k"
                    [ -z "$he" ]&&[ "$hs" -lt 400 ]||die "Failed to download key at "\(ShellText.quote(url))": ${he:-HTTP Error $hs: $(hl)}"

                    """
            source = url
        }
        guard let source = source ?? (isPresent ? nil : "") else {
            throw ModuleError(
                code: .missingParameter, message: "one of the following is required: data, file, keyserver, url")
        }
        guard !source.isEmpty || !id.isEmpty else {
            throw ModuleError(code: .missingParameter, message: "Invalid key_id")
        }
        // A key whose id is known and there is not asked for again.
        let known = isPresent && !id.isEmpty && arguments.string("keyring") == nil ? "if old;then fin;fi;kn=1\n" : ""
        if !get.isEmpty {
            get += "fpr \"$c_\"||die \"Unable to extract key from '\"\(ShellText.quote(source))\"'\"\n"
            get += id.isEmpty ? "i_=${fp%% *};i_=${i_#\"${i_%????????????????}\"}\n" : ""
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + FileParameterValues(mode: .octal(0o644)).shell
            + (try ShellLibrary.write()) + OpenPGPKeys.functions
            + "r_=\(arguments.string("keyring").map(ShellText.path) ?? "''");i_=\(id)\n" + Self.functions
            + (isPresent ? known + get + present : (id.isEmpty ? get : "") + absent)
        return .run(
            ModuleInvocation(script: script, files: files, reads: ["apt-key"], writes: ["apt-key", "apt-cache"]) {
                output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                if let key = records["key_id"] {
                    result["id"] = arguments.value("id") ?? .string(key)
                    result["fp"] = .string(String(key.suffix(16)))
                    result["short_id"] = .string(String(key.suffix(8)))
                }
                return .finish(result)
            })
    }

    /// `old` sets `f_` to the file that holds the key `i_`, and `zo` to all keys of that, or fails. Keys that stand elsewhere
    /// are told by apt-key, where the machine has it and gpg; `f_` is empty then. `fin` tells the id.
    private static let functions = #"""
        fin(){ o key_id "$i_";o changed $ch;o end 1;fl;exit 0; }
        hk(){ command -v apt-key >/dev/null 2>&1&&command -v gpg >/dev/null 2>&1; }
        sf(){ zn=16;[ ${#i_} -ge 16 ]||zn=8;printf %s "$i_"|tail -c $zn; }
        old(){ if [ -n "$r_" ];then set -- "$r_";else set -- /etc/apt/trusted.gpg.d/gantry-*;fi;zw=$(sf)
        zf=${fp-};for f_;do if [ -f "$f_" ]&&fpr "$f_";then for x in $fp;do case $x in *"$zw")zo=$fp;fp=$zf;return 0;;esac;done;fi;done;f_=;fp=$zf
        hk&&apt-key ${r_:+--keyring "$r_"} adv --list-public-keys --with-colons --fingerprint 2>/dev/null|grep -q ":[0-9A-F]*$i_:"; }

        """#

    private static func address(_ arguments: ModuleArguments, _ id: String) throws(ModuleError) -> String? {
        if let url = arguments.string("url") { return url }
        guard let server = arguments.string("keyserver") else { return nil }
        guard !id.isEmpty else {
            throw ModuleError(code: .missingParameter, message: "Missing key_id, required with keyserver.")
        }
        var base = server
        if base.hasPrefix("hkp://") {
            base = "http://" + base.dropFirst(6)
            if !base.dropFirst(7).contains(":") { base += ":11371" }
        } else if base.hasPrefix("hkps://") {
            base = "https://" + base.dropFirst(7)
        } else if !base.contains("://") {
            base = "https://" + base
        }
        return base + "/pks/lookup?op=get&options=mr&search=0x" + id
    }

    private static let present = #"""
        case " $fp" in *"$(sf)"|*"$(sf) "*);;*)die "apt-key did not return an error, but failed to add the key (check that the id is correct and *not* a subkey)";;esac
        [ -n "${kn-}" ]||! old||fin
        if grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$c_" 2>/dev/null;then e_=.asc;else e_=.gpg;fi
        d=$r_;[ -n "$d" ]||d=/etc/apt/trusted.gpg.d/gantry-$(sf)$e_
        kr "$c_";case $d in *.gpg)c_=$GANTRY_FILES/kr;[ ! -s "$d" ]||{ cat "$d" "$c_" >"$GANTRY_FILES/ring";c_=$GANTRY_FILES/ring; };;esac
        p_=${d%/*};[ $CK = 1 ]||{ [ -d "$p_" ]||mkdir -p "$p_";wr "$c_" "$d"; };ch=1;o path "$d";fin

        """#

    private static let absent = #"""
        if old;then ch=1;if [ $CK = 0 ];then if [ -n "$f_" ]&&[ "${zo#* }" = "$zo" ];then e=$(rm -f "$f_" 2>&1)||die "could not remove $f_: $e"
        else hk||die "$f_ holds other keys, too: apt-key and gpg are needed to take one away"
        e=$(apt-key ${r_:+--keyring "$r_"} del "$i_" 2>&1)||die "error removing key_id $i_: $e";fi;fi;fi
        fin

        """#
}
