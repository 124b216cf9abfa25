import ContextualizationAPI
import Jinja

/// `rpm_key`: keys that sign packages of the Red Hat family. No gpg is needed.
package enum RpmKeyModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "rpm_key", summary: "Adds and removes keys that sign packages of the Red Hat family.",
        parameters: [
            ModuleParameter("key", .string, required: true, "An address, a path on the machine, or an id."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("fingerprint", .list, "Fingerprints, of which the key must have one."),
            ModuleParameter("validate_certs", .boolean, default: true, "Whether the certificate is looked at."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let key = arguments.string("key") ?? ""
        let isPresent = arguments.string("state") != "absent"
        // The folder for what is fetched and read is there when a program has files.
        var files: [String: [UInt8]] = ["none": []]
        let fingerprints = (arguments.list("fingerprint") ?? []).map { text in
            text.uppercased().filter { !$0.isWhitespace }
        }
        var id = key.uppercased().filter { !$0.isWhitespace }
        if id.hasPrefix("0X") { id = String(id.dropFirst(2)) }
        var get: String
        if key.contains("://") {
            let request = try ModuleArguments(
                ["url": .string(key), "validate_certs": .bool(arguments.bool("validate_certs") ?? true)],
                for: URIModule.documentation)
            files["k"] = try HTTPRequest(request).configuration
            get =
                HTTPRequest.functions + HTTPRequest.needsCurl("rpm_key") + """
                    c_=$GANTRY_FILES/key;ht "$c_" "$GANTRY_FILES/k"
                    [ -z "$he" ]&&[ "$hs" -lt 400 ]||die "failed to fetch key at "\(ShellText.quote(key))" , error was: ${he:-HTTP Error $hs: $(hl)}"
                    fpr "$c_"||die "Not a public key: "\(ShellText.quote(key))

                    """
        } else if id.count >= 8, id.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            get = "c_=;fp=\(id)\n"
        } else {
            let path = ShellText.path(key)
            get = "c_=\(path);[ -f \"$c_\" ]&&fpr \"$c_\"||die \"Not a valid key \"\(ShellText.quote(key))\n"
        }
        if !fingerprints.isEmpty {
            let shown = fingerprints.map { "'\($0)'" }.joined(separator: ", ")
            get += """
                if [ -n "$c_" ];then m_=0;for x in $fp;do case ' \(fingerprints.joined(separator: " ")) ' in *" $x "*)m_=1;;esac;done
                [ $m_ = 1 ]||die "The specified fingerprint, '{\(shown)}', does not match any key fingerprints in '{'$(printf %s "$fp"|sed "s/ /', '/g")'}'";fi

                """
        }
        let body =
            isPresent
            ? #"""
            if ! is ${fp%% *};then [ -n "$c_" ]||die "When importing a key, a valid file must be given"
            ch=1;[ $CK = 1 ]||e=$(rpm --import "$c_" 2>&1)||die "$e";fi;fin

            """#
            : #"""
            for p in $(l_ ${fp%% *});do ch=1;[ $CK = 1 ]||e=$(rpm --erase --allmatches "$p" 2>&1)||die "$e";done;fin

            """#
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + ShellLibrary.has + "\n" + OpenPGPKeys.functions
                + #"""
                hv rpm||die "Failed to find required executable \"rpm\" on the machine"
                l_(){ zk=${1#"${1%????????}"};rpm -q gpg-pubkey 2>/dev/null|grep -i "^gpg-pubkey-[0-9a-f]*$zk-"; }
                is(){ [ -n "$(l_ "$1")" ]; }

                """# + get + body
        return .run(
            ModuleInvocation(script: script, files: files, reads: ["rpm-key"], writes: ["rpm-key"]) { output in
                .finish(ModuleResult(records: Records(output.standardOutput), output: output))
            })
    }
}
