import ContextualizationAPI
import Jinja

/// `user`: accounts.
package enum UserModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "user", summary: "Makes, changes and removes accounts.",
        parameters: [
            ModuleParameter("name", .string, aliases: ["user"], required: true, "The account."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("uid", .integer, "Its number."),
            ModuleParameter("non_unique", .boolean, default: false, "The number may be in use."),
            ModuleParameter("group", .string, "Main group."),
            ModuleParameter("groups", .list, "Other groups; an empty list removes all."),
            ModuleParameter("append", .boolean, default: false, "Keep groups that are not named."),
            ModuleParameter("comment", .string, "Full name."),
            ModuleParameter("home", .path, "Home folder."),
            ModuleParameter("create_home", .boolean, aliases: ["createhome"], default: true, "Make the home folder."),
            ModuleParameter("move_home", .boolean, default: false, "Move its content when home changes."),
            ModuleParameter("skeleton", .string, "Folder to copy into a new home."),
            ModuleParameter("shell", .path, "Login shell."),
            ModuleParameter("system", .boolean, default: false, "A system account."),
            ModuleParameter("password", .string, secret: true, "Hash as in /etc/shadow."),
            ModuleParameter("password_lock", .boolean, "Lock or unlock the password."),
            ModuleParameter(
                "update_password", .string, choices: ["always", "on_create"], default: "always", "When to set it."),
            ModuleParameter("remove", .boolean, default: false, "Remove the home folder too."),
            ModuleParameter("force", .boolean, default: false, "Remove even when logged in."),
            ModuleParameter("password_expire_max", .integer, "Days after which the password must be another."),
            ModuleParameter("password_expire_min", .integer, "Days before which the password stays."),
            ModuleParameter("password_expire_warn", .integer, "Days of warning before."),
            ModuleParameter(
                "password_expire_account_disable", .integer, "Days after which the account is no more, then."),
            ModuleParameter("umask", .string, "Of a new home folder."),
            ModuleParameter("uid_min", .integer, "Least number of a new account."),
            ModuleParameter("uid_max", .integer, "Greatest number of a new account."),
            ModuleParameter("seuser", .string, "The account's user of SELinux, when it is made."),
            ModuleParameter("local", .boolean, default: false, "Accepted: always local."),
            ModuleParameter("expires", .number, "Day of expiry in seconds since 1970; negative: never."),
            ModuleParameter("generate_ssh_key", .boolean, default: false, "Make a key pair if there is none."),
            ModuleParameter("ssh_key_bits", .integer, "Length of the key."),
            ModuleParameter("ssh_key_type", .string, default: "rsa", "Kind of the key."),
            ModuleParameter("ssh_key_file", .path, "Where, relative to home."),
            ModuleParameter("ssh_key_comment", .string, "Comment in the public key."),
            ModuleParameter("ssh_key_passphrase", .string, secret: true, "Not supported: refused when given."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        if arguments.string("ssh_key_passphrase") != nil {
            throw ModuleError(
                code: .invalidArgument,
                message: "ssh_key_passphrase is not supported: it would stand in the arguments of ssh-keygen")
        }
        let name = arguments.string("name") ?? ""
        guard !name.isEmpty, !name.contains(where: { $0 == ":" || $0 == "\n" || $0 == "/" }) else {
            throw ModuleError(code: .invalidArgument, message: "'\(name)' is no valid user name")
        }
        func word(_ key: String) -> String { ShellText.quote(arguments.string(key) ?? "") }
        func flag(_ key: String) -> Int { arguments.bool(key) == true ? 1 : 0 }
        let groups = arguments.list("groups").map { $0.filter { !$0.isEmpty } }
        let type = arguments.string("ssh_key_type") ?? "rsa"
        let file = arguments.string("ssh_key_file") ?? ".ssh/id_\(type)"
        let settings = [("UMASK", "umask"), ("UID_MIN", "uid_min"), ("UID_MAX", "uid_max")]
            .compactMap { key, name in arguments.string(name).map { "-K " + ShellText.quote("\(key)=\($0)") } }
        func number(_ key: String) -> String { arguments.int(key).map(String.init) ?? "''" }
        let lock = arguments.bool("password_lock").map { $0 ? "1" : "0" } ?? "''"
        let expires = arguments.value("expires").map { value -> String in
            let seconds = Double(value.text) ?? -1
            return seconds < 0 ? "-1" : String(Int(seconds) / 86400)
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                n=\(ShellText.quote(name));ui=\(arguments.int("uid").map(String.init) ?? "''");gr=\(word("group"));gs=\(groups == nil ? 0 : 1)
                set -- \((groups ?? []).map(ShellText.quote).joined(separator: " "))
                ap=\(flag("append"));co=\(word("comment"));hc=\(arguments.value("comment") == nil ? 0 : 1);ho=\(arguments.string("home").map(ShellText.path) ?? "''")
                cr=\(arguments.bool("create_home") == false ? 0 : 1);mv=\(flag("move_home"));sk=\(word("skeleton"));sh=\(arguments.string("shell").map(ShellText.path) ?? "''")
                sy=\(flag("system"));nu=\(flag("non_unique"));pw=\(word("password"));hp=\(arguments.value("password") == nil ? 0 : 1);al=\(arguments.string("update_password") == "on_create" ? 0 : 1)
                px=\(number("password_expire_max"));pm=\(number("password_expire_min"));pn=\(number("password_expire_warn"));pi=\(number("password_expire_account_disable"))
                mk(){ r useradd \(settings.map { $0 + " " }.joined())\(arguments.string("seuser").map { "-Z " + ShellText.quote($0) + " " } ?? "")"$@"; }
                lk=\(lock);rm=\(flag("remove"));fo=\(flag("force"));ex=\(expires ?? "''")
                kg=\(flag("generate_ssh_key"));kt=\(ShellText.quote(type));kb=\(arguments.int("ssh_key_bits").map(String.init) ?? "''");kf=\(ShellText.quote(file));kc=\(word("ssh_key_comment"))

                """ + AccountScripts.common
            + (arguments.string("state") == "absent" ? AccountScripts.removeUser : AccountScripts.user)
        let isAbsent = arguments.string("state") == "absent"
        return .run(
            ModuleInvocation(script: script, reads: ["user:\(name)"], writes: ["user:\(name)"]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                if result.failed, result.message?.hasSuffix(" does not exist") == true { return .finish(result) }
                result["name"] = .string(name)
                guard !result.failed else { return .finish(result) }
                result["state"] = .string(isAbsent ? "absent" : "present")
                addFlags(to: &result, arguments, isAbsent: isAbsent, wasThere: records.flag("was"))
                if let text = records["err"] {
                    result["err"] = nil
                    if !text.isEmpty { result.setErrors(text + "\n") }
                }
                for key in ["uid", "group"] {
                    if let number = records[key].flatMap({ Int($0) }) { result[key] = .int(number) }
                }
                if arguments.value("password") != nil { result["password"] = .string("NOT_LOGGING_PASSWORD") }
                if isPlain(arguments.string("password") ?? "") { result["warnings"] = [.string(plainPassword)] }
                if let groups { result["groups"] = .string(groups.joined(separator: ",")) }
                return .finish(result)
            })
    }
}

extension UserModule {
    private static let plainPassword =
        "The input password appears not to have been hashed. The 'password' argument must be encrypted for this module to "
        + "work properly."

    /// Whether a password is none that `/etc/shadow` may hold: no hash, and no mark of an account without one.
    private static func isPlain(_ password: String) -> Bool {
        !password.contains("$") && password.contains { !"*!".contains($0) } && password.utf8.count != 13
    }

    /// What was asked for, of that which matters to what was done.
    private static func addFlags(
        to result: inout ModuleResult, _ arguments: ModuleArguments, isAbsent: Bool, wasThere: Bool
    ) {
        let keys =
            switch (isAbsent, wasThere) {
            case (true, true): ["force", "remove"]
            case (true, false): [String]()
            case (false, true): ["append", "move_home"]
            case (false, false): ["create_home", "system"]
            }
        for key in keys { result[key] = .bool(arguments.bool(key) == true) }
    }
}

/// `group`: groups of accounts.
package enum GroupModule: Module {
    package static let documentation = ModuleDocumentation(
        name: "group", summary: "Makes and removes groups.",
        parameters: [
            ModuleParameter("name", .string, required: true, "The group."),
            ModuleParameter("state", .string, choices: ["absent", "present"], default: "present", "There or gone."),
            ModuleParameter("gid", .integer, "Its number."),
            ModuleParameter("gid_min", .integer, "Least number of a new group."),
            ModuleParameter("gid_max", .integer, "Greatest number of a new group."),
            ModuleParameter("system", .boolean, default: false, "A system group."),
            ModuleParameter("non_unique", .boolean, default: false, "The number may be in use."),
            ModuleParameter("force", .boolean, default: false, "Remove even a main group."),
            ModuleParameter("local", .boolean, default: false, "Accepted: always local."),
        ])

    package static func plan(
        _ arguments: ModuleArguments, _ context: ModuleContext
    ) throws(ModuleError) -> ModuleStep {
        let name = arguments.string("name") ?? ""
        let isAbsent = arguments.string("state") == "absent"
        func flag(_ key: String) -> Int { arguments.bool(key) == true ? 1 : 0 }
        let settings = ["gid_min", "gid_max"].compactMap { name in
            arguments.int(name).map { "-K \(name.uppercased())=\($0) " }
        }
        let script =
            ShellLibrary.prologue(isCheckMode: context.isCheckMode) + """
                mk(){ r groupadd \(settings.joined())"$@"; }
                n=\(ShellText.quote(name));gi=\(arguments.int("gid").map(String.init) ?? "''");sy=\(flag("system"));nu=\(flag("non_unique"));fo=\(flag("force"))

                """ + AccountScripts.common + (isAbsent ? AccountScripts.removeGroup : AccountScripts.group)
        return .run(
            ModuleInvocation(script: script, reads: ["group:\(name)"], writes: ["group:\(name)"]) { output in
                let records = Records(output.standardOutput)
                var result = ModuleResult(records: records, output: output)
                result["name"] = .string(name)
                if !result.failed {
                    result["state"] = .string(isAbsent ? "absent" : "present")
                    if !isAbsent { result["system"] = .bool(arguments.bool("system") == true) }
                    result["gid"] = records["gid"].flatMap { Int($0) }.map { .int($0) }
                } else {
                    result["rc"] = nil
                }
                return .finish(result)
            })
    }
}
