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
        var files: [String: [UInt8]] = [:]
        var get = ""
        var source: String?
        if let data = arguments.string("data") {
            files["key"] = Array((data + (data.hasSuffix("\n") ? "" : "\n")).utf8)
            get = "c_=$GANTRY_FILES/key\n"
            source = data
        } else if let file = arguments.string("file") {
            get = "c_=\(ShellText.path(file));[ -f \"$c_\" ]||die \"Failed to read the key file $c_\"\n"
            source = file
        } else if let url = try address(arguments, id) {
            let request = try ModuleArguments(
                ["url": .string(url), "validate_certs": .bool(arguments.bool("validate_certs") ?? true)],
                for: URIModule.documentation)
            files["k"] = try HTTPRequest(request).configuration
            get =
                HTTPRequest.functions + HTTPRequest.needsCurl("apt_key") + """
                    c_=$GANTRY_FILES/key;ht "$c_" "$GANTRY_FILES/k"
                    [ -z "$he" ]&&[ "$hs" -lt 400 ]||die "Failed to download key at \(url): ${he:-HTTP Error $hs: $(hl)}"

                    """
            source = url
        }
        if isPresent, source == nil {
            throw ModuleError(
                code: .missingParameter, message: "one of the following is required: data, file, keyserver, url")
        }
        if !isPresent, id.isEmpty, source == nil {
            throw ModuleError(code: .missingParameter, message: "id is required with state=absent")
        }
        let name = id.isEmpty ? "gantry-" + Payload(Array((source ?? "").utf8)).checksum.prefix(16) : "gantry-" + id
        let ring = arguments.string("keyring")
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + FileParameterValues(mode: .octal(0o644)).shell
            + (try ShellLibrary.write()) + ShellLibrary.checksum + """
                n_=/etc/apt/trusted.gpg.d/\(name);r_=\(ring.map(ShellText.path) ?? "''")
                hk(){ command -v apt-key >/dev/null 2>&1&&command -v gpg >/dev/null 2>&1; }
                old(){ if [ -n "$r_" ];then [ -e "$r_" ]&&f_=$r_&&return 0;else for f_ in "$n_.asc" "$n_.gpg";do [ ! -e "$f_" ]||return 0;done;fi;f_=
                [ -n "$i_" ]&&hk&&apt-key ${r_:+--keyring "$r_"} adv --list-public-keys --with-colons --fingerprint 2>/dev/null|grep -q ":[0-9A-F]*$i_:"; }
                i_=\(id);o key_id "$i_"

                """
            + (isPresent ? get.isEmpty ? "" : present(hasID: !id.isEmpty, get: get) : absent)
        return .run(
            ModuleInvocation(
                script: script, files: files, reads: ["apt-key:\(name)"], writes: ["apt-key:\(name)", "apt-cache"]
            ) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                result["id"] = arguments.value("id")
                return .finish(result)
            })
    }

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

    private static func present(hasID: Bool, get: String) -> String {
        // A key whose id is known and there is not asked for again.
        (hasID ? "if old&&[ -z \"$r_\" ];then fin;fi\n" : "") + get + #"""
            [ -s "$c_" ]||die "the key is empty"
            if grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$c_" 2>/dev/null;then e_=.asc;else case $(od -An -N1 -tx1 <"$c_"|tr -d ' ') in 99|98|c6|c7)e_=.gpg;;*)die "this is no OpenPGP key";;esac;fi
            d=$r_;[ -n "$d" ]||d=$n_$e_
            case $d in *.gpg)if [ $e_ = .asc ];then awk '/^-----BEGIN/{b=1;next}/^-----END/{b=0}b==1&&/^\r?$/{b=2;next}b==2&&!/^=/{print}' "$c_"|tr -d '\r'|base64 -d >"$GANTRY_FILES/raw"||die "the key is damaged";c_=$GANTRY_FILES/raw;fi;;esac
            if [ -f "$d" ]&&cmp -s "$c_" "$d";then at "$d";else p_=${d%/*};[ $CK = 1 ]||{ [ -d "$p_" ]||mkdir -p "$p_";wr "$c_" "$d"; };ch=1;fi
            o path "$d";fin

            """#
    }

    private static let absent = #"""
        if old;then ch=1;if [ $CK = 0 ];then if [ -n "$f_" ];then e=$(rm -f "$f_" 2>&1)||die "could not remove $f_: $e"
        else e=$(apt-key del "$i_" 2>&1)||die "error removing key_id $i_: $e";fi;fi;fi
        fin

        """#
}
