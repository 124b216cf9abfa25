import ContextualizationAPI
import Jinja

/// `deb822_repository`: a file `.sources` of apt.
package enum Deb822RepositoryModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "deb822_repository", summary: "Adds and removes package repositories of Debian in the newer form.",
        parameters: [
            ModuleParameter("name", .string, required: true, "The repository's name."),
            ModuleParameter("types", .list, choices: ["deb", "deb-src"], default: ["deb"], "What kinds."),
            ModuleParameter("uris", .list, "Addresses."),
            ModuleParameter("suites", .list, "Suites."),
            ModuleParameter("components", .list, "Components."),
            ModuleParameter("architectures", .list, "Architectures."),
            ModuleParameter("signed_by", .string, "A key, its address, or its path on the machine."),
            ModuleParameter("exclude", .list, "Packages to leave out."),
            ModuleParameter("include", .list, "Packages to use."),
            ModuleParameter("languages", .list, "Languages."),
            ModuleParameter("targets", .list, "Files to download."),
            ModuleParameter("date_max_future", .integer, "Seconds."),
            ModuleParameter("inrelease_path", .string, "Path of InRelease."),
            ModuleParameter("allow_downgrade_to_insecure", .boolean, "As of sources.list."),
            ModuleParameter("allow_insecure", .boolean, "As of sources.list."),
            ModuleParameter("allow_weak", .boolean, "As of sources.list."),
            ModuleParameter("by_hash", .boolean, "As of sources.list."),
            ModuleParameter("check_date", .boolean, "As of sources.list."),
            ModuleParameter("check_valid_until", .boolean, "As of sources.list."),
            ModuleParameter("enabled", .boolean, "As of sources.list."),
            ModuleParameter("pdiffs", .boolean, "As of sources.list."),
            ModuleParameter("trusted", .boolean, "As of sources.list."),
            ModuleParameter("mode", .mode, default: "0644", "Permissions of the file."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter(
                "install_python_debian", .boolean, default: false, "Accepted: nothing of Python is needed."),
        ])

    /// What a parameter is called in the file.
    private static let titles = [
        "uris": "URIs", "name": "X-Repolib-Name", "inrelease_path": "InRelease-Path",
    ]

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        let isPresent = arguments.string("state") != "absent"
        let slug = name.lowercased().split(whereSeparator: { !($0.isLetter || $0.isNumber || "._-".contains($0)) })
            .joined(separator: "-").replacing("_", with: "-")
        guard !slug.isEmpty else { throw ModuleError(code: .invalidArgument, message: "name must hold letters") }
        var signed = arguments.string("signed_by")
        var files: [String: [UInt8]] = [:]
        let destination = "/etc/apt/sources.list.d/\(slug).sources"
        var download = "kf_=\n"
        if isPresent, let address = signed, address.contains("://") {
            let request = try ModuleArguments(["url": .string(address)], for: URIModule.documentation)
            files["k"] = try HTTPRequest(request).configuration
            download =
                HTTPRequest.functions + HTTPRequest.needsCurl("deb822_repository") + """
                    kf_=;for f in /etc/apt/keyrings/\(slug).asc /etc/apt/keyrings/\(slug).gpg;do [ ! -f "$f" ]||kf_=$f;done
                    ht "$GANTRY_FILES/key" "$GANTRY_FILES/k";[ -z "$he" ]&&[ "$hs" -lt 400 ]||die "Could not fetch signed_by key: ${he:-HTTP Error $hs: $(hl)}"
                    if grep -q 'BEGIN PGP' "$GANTRY_FILES/key" 2>/dev/null;then kf_=/etc/apt/keyrings/\(slug).asc;else kf_=/etc/apt/keyrings/\(slug).gpg;fi
                    kc=0;cmp -s "$GANTRY_FILES/key" "$kf_"||{ kc=1;ch=1;[ $CK = 1 ]||{ mkdir -p /etc/apt/keyrings;wr "$GANTRY_FILES/key" "$kf_"; }; };d=\(destination)
                    sed "s|@KEY@|$kf_|" "$GANTRY_FILES/c0" >"$GANTRY_FILES/c"

                    """
            signed = "@KEY@"
        }
        let content = isPresent ? text(arguments, signed) : ""
        files[download.hasPrefix("kf_") ? "c" : "c0"] = Array(content.utf8)
        let mode = try FileMode(arguments.string("mode") ?? "0644")
        let work =
            isPresent
            ? download + """
                if [ -f "$d" ]&&cmp -s "$GANTRY_FILES/c" "$d";then at "$d";else df before "$d";df after "$GANTRY_FILES/c";[ $CK = 1 ]||wr "$GANTRY_FILES/c" "$d";ch=1;fi
                o repo "$(cat "$GANTRY_FILES/c")";o key_filename "$kf_";rs "$d"
                """
            : """
            kf_=/etc/apt/keyrings/\(slug).gpg;for f in "$d" /etc/apt/keyrings/\(slug).asc /etc/apt/keyrings/\(slug).gpg;do [ ! -e "$f" ]||{ ch=1;[ $CK = 1 ]||e=$(rm -f "$f" 2>&1)||die "could not remove $f: $e"; };done
            o key_filename "$kf_"
            """
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode, wantsDifference: context.wantsDifference)
            + FileParameterValues(mode: mode).shell + (try ShellLibrary.write()) + """
                d=\(destination)
                \(work)
                o dest "$d";fin

                """
        return .run(
            ModuleInvocation(
                script: script, files: files, reads: [destination], writes: [destination, "apt-cache"]
            ) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                guard !result.failed else { return .finish(result) }
                result["repo"] = records["repo"].map { .string($0 + "\n") } ?? JinjaValue.none
                result["key_filename"] =
                    records["key_filename"].flatMap { $0.isEmpty ? nil : .string($0) } ?? JinjaValue.none
                result["path"] = nil
                result.addDifference(records)
                return .finish(result)
            })
    }

    private static func text(_ arguments: ModuleArguments, _ signed: String?) -> String {
        var lines: [String] = []
        for parameter in documentation.parameters.sorted(by: { $0.name < $1.name })
        where !["mode", "state", "install_python_debian"].contains(parameter.name) {
            guard
                let value = parameter.name == "signed_by"
                    ? signed.map({ .string($0) }) : arguments.value(parameter.name)
            else { continue }
            let title =
                titles[parameter.name]
                ?? parameter.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(
                    separator: "-")
            var content: String
            if let flag = value.boolValue {
                content = flag ? "yes" : "no"
            } else if let list = value.listValue {
                content = list.map(\.text).joined(separator: " ")
            } else {
                content = value.text
            }
            if content.contains("\n") {
                content =
                    "\n"
                    + TextLines(Array(content.utf8)).lines.map { "    " + ($0.trimmingBlanks().isEmpty ? "." : $0) }
                    .joined(separator: "\n")
                lines.append("\(title):\(content)")
            } else {
                lines.append("\(title): \(content)")
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
