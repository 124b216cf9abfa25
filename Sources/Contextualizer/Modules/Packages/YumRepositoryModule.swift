import Jinja

/// `yum_repository`: a file of `/etc/yum.repos.d`.
package enum YumRepositoryModule: Module {
    private static let flags = [
        "countme", "enabled", "enablegroups", "gpgcheck", "module_hotfixes", "protect", "repo_gpgcheck", "s3_enabled",
        "skip_if_unavailable", "ssl_check_cert_permissions", "sslverify",
    ]
    private static let texts = [
        "bandwidth", "cost", "deltarpm_metadata_percentage", "deltarpm_percentage", "failovermethod", "gpgcakey",
        "http_caching", "include", "ip_resolve", "keepcache", "metadata_expire", "metadata_expire_filter", "metalink",
        "mirrorlist", "mirrorlist_expire", "priority", "proxy", "proxy_username", "retries", "throttle", "timeout",
        "ui_repoid_vars", "username",
    ]

    package static let documentation = ModuleDocumentation(
        name: "yum_repository", summary: "Adds and removes package repositories of the Red Hat family.",
        parameters: FileParameters.all + [
            ModuleParameter("name", .string, required: true, "The repository's id."),
            ModuleParameter("description", .string, "Its name."),
            ModuleParameter("baseurl", .list, "Addresses."),
            ModuleParameter("gpgkey", .list, "Addresses of keys."),
            ModuleParameter("exclude", .list, aliases: ["excludepkgs"], "Packages to leave out."),
            ModuleParameter("includepkgs", .list, "Packages to use."),
            ModuleParameter("file", .string, "Name of the file without .repo."),
            ModuleParameter("reposdir", .path, default: "/etc/yum.repos.d", "The folder."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("password", .string, secret: true, "Password."),
            ModuleParameter("proxy_password", .string, secret: true, "Password of the proxy."),
            ModuleParameter("sslcacert", .string, aliases: ["ca_cert"], "Certificates to trust."),
            ModuleParameter("sslclientcert", .string, aliases: ["client_cert"], "Certificate of the client."),
            ModuleParameter("sslclientkey", .string, aliases: ["client_key"], "Its key."),
            ModuleParameter("async", .boolean, "Accepted, without effect."),
            ModuleParameter("keepalive", .boolean, "Accepted, without effect."),
        ]
            + flags.map {
                ModuleParameter($0, .boolean, aliases: $0 == "sslverify" ? ["validate_certs"] : [], "As of dnf.conf.")
            }
            + texts.map { ModuleParameter($0, .string, "As of dnf.conf.") },
        requirements: [
            .init("state", "present", ["baseurl", "mirrorlist", "metalink"], any: true),
            .init("state", "present", ["description"]),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        let file = arguments.string("file") ?? name
        guard !file.contains("/"), !name.contains("]"), !name.contains(where: \.isNewline) else {
            throw ModuleError(code: .invalidArgument, message: "yum_repository: name and file must be plain names")
        }
        let isPresent = arguments.string("state") != "absent"
        var options: [String: String] = [:]
        for key in flags { options[key] = arguments.bool(key).map { $0 ? "1" : "0" } }
        for key in texts + ["password", "proxy_password", "sslcacert", "sslclientcert", "sslclientkey"] {
            options[key] = arguments.string(key)
        }
        options["name"] = arguments.string("description")
        for key in ["baseurl", "gpgkey"] { options[key] = arguments.list(key)?.joined(separator: "\n\t") }
        for key in ["exclude", "includepkgs"] { options[key] = arguments.list(key)?.joined(separator: " ") }
        let section = options.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        let prologue = """
            f_=\(ShellText.path(arguments.string("reposdir") ?? "/etc/yum.repos.d"))
            [ -d "$f_" ]||die "Repo directory '$f_' does not exist."

            """
        var edit = try TextEdit(
            path: "\(arguments.string("reposdir") ?? "")/\(file).repo", word: "$f_/\(ShellText.quote(file)).repo",
            context,
            attributes: try FileParameterValues(arguments), prologue: prologue
        ) { content in
            let old = TextLines(content ?? []).lines
            var sections = self.sections(of: old)
            let index = sections.firstIndex { $0.name == name }
            if isPresent {
                let wanted = (name: name, lines: section)
                if let index { sections[index] = wanted } else { sections.append(wanted) }
            } else if let index {
                sections.remove(at: index)
            } else {
                return .unchanged("", [:])
            }
            if sections.isEmpty { return .removed("", [:]) }
            let lines = sections.flatMap { ["[\($0.name)]"] + $0.lines + [""] }
            guard lines != old else { return .unchanged("", [:]) }
            return .changed(Array(lines.map { $0 + "\n" }.joined().utf8), "", [:])
        }
        edit.finish = { result in
            guard !result.failed else { return }
            let difference = result["diff"]
            result = ModuleResult(
                changed: result.changed,
                values: ["repo": .string(name), "state": .string(isPresent ? "present" : "absent")])
            result["diff"] = difference
        }
        return edit.step
    }

    private static func sections(of lines: [String]) -> [(name: String, lines: [String])] {
        var sections: [(name: String, lines: [String])] = []
        for line in lines {
            let trimmed = line.trimmingBlanks()
            if trimmed.hasPrefix("["), let end = trimmed.firstIndex(of: "]") {
                sections.append((String(trimmed[trimmed.index(after: trimmed.startIndex)..<end]), []))
            } else if !trimmed.isEmpty, !sections.isEmpty {
                sections[sections.count - 1].lines.append(line)
            }
        }
        return sections
    }
}
