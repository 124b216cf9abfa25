import ContextualizationAPI
import Jinja
import Modules
import Support

extension TaskRun {
    /// How the task becomes another user; nil: it does not. As in Ansible, variables of the machine that does it
    /// (`ansible_become`, `ansible_become_user`, …) come before the keywords.
    func escalation(_ scope: TaskScope, machine: ContextualizationMachine) throws -> Escalation? {
        let environment = runner.context.environment
        func setting(_ keyword: JinjaValue?, _ names: String...) throws -> JinjaValue? {
            for name in names {
                if let value = try variable(name, scope), !value.isNone { return value }
            }
            let value = try keyword.map { try environment.resolve($0, scope: scope) }
            return value.flatMap { $0.isNone || $0.isOmitted ? nil : $0 }
        }
        let becomes = try setting(task.become, "ansible_become", "ansible_sudo").map { value in
            value.boolValue ?? ["yes", "true", "on", "1"].contains(value.text.lowercased())
        }
        guard becomes ?? runner.context.settings.becomes else { return nil }
        let method = try setting(task.becomeMethod, "ansible_become_method")?.text ?? "sudo"
        guard let known = Escalation.Method(rawValue: method.shortModuleName) else {
            throw TaskFailure(message: "become_method '\(method)' is not supported: use sudo, su or doas")
        }
        let user =
            try setting(task.becomeUser, "ansible_become_user", "ansible_\(known.rawValue)_user")?.text ?? "root"
        guard user != machine.target.user else { return nil }
        let flags = try setting(task.becomeFlags, "ansible_become_flags", "ansible_\(known.rawValue)_flags")
        let program = try setting(task.becomeExe, "ansible_become_exe", "ansible_\(known.rawValue)_exe")?.text
        let password = try setting(
            nil, "ansible_become_password", "ansible_become_pass", "ansible_\(known.rawValue)_pass"
        )
        .map { Secret($0.text) }
        if let password { runner.context.masker.add([password.expose()]) }
        return Escalation(
            method: known, user: user, password: password ?? machine.escalationPassword,
            program: program.flatMap { $0.isEmpty ? nil : $0 }, flags: try flags.map { try CommandLine.split($0.text) })
    }

    /// A variable of the machine that does the task.
    private func variable(_ name: String, _ scope: TaskScope) throws -> JinjaValue? {
        do {
            return try (delegateScope ?? scope).defined(name)
        } catch let error as JinjaError {
            throw TaskFailure(message: "\(name): \(error)")
        }
    }
}

extension String {
    /// A name without the collection before it.
    fileprivate var shortModuleName: String { split(separator: ".").last.map(String.init) ?? self }
}
