import Contextualization
import Foundation

/// What the environment, and Ansible's file of settings, say in Ansible's names. Options and the inventory say it better.
struct AnsibleEnvironment {
    private let values: [String: String]

    /// - Parameter configuration: Holds where the environment says nothing.
    init(
        _ values: [String: String] = ProcessInfo.processInfo.environment,
        configuration: AnsibleConfiguration? = nil
    ) {
        self.values = (configuration?.values ?? [:]).merging(values.filter { !$0.value.isEmpty }) { _, own in own }
    }

    /// That of this process; what is not followed in the file of settings is told once.
    static var shared: AnsibleEnvironment { get throws { try read.get() } }

    private static let read = Result {
        let configuration = try AnsibleConfiguration.find()
        for warning in configuration?.warnings ?? [] { Terminal.warn(warning) }
        return AnsibleEnvironment(configuration: configuration)
    }

    func text(_ names: String...) -> (name: String, value: String)? {
        for name in names {
            if let value = values[name], !value.isEmpty { return (name, value) }
        }
        return nil
    }

    private func number(_ names: String..., in range: ClosedRange<Int>) throws -> Int? {
        for name in names {
            guard let (name, value) = text(name) else { continue }
            guard let number = Int(value), range.contains(number) else {
                throw UsageError("$\(name) is a number from \(range.lowerBound), not '\(value)'")
            }
            return number
        }
        return nil
    }

    private func flag(_ names: String...) throws -> Bool? {
        for name in names {
            guard let (name, value) = text(name) else { continue }
            switch value.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw UsageError("$\(name) is true or false, not '\(value)'")
            }
        }
        return nil
    }

    /// Where roles are, besides the playbook's own.
    var rolePaths: [String]? {
        text("ANSIBLE_ROLES_PATH")?.value.split(separator: ":").map { ($0.trimmingCharacters(in: .whitespaces)) }
    }

    /// Whether passwords are asked for.
    var asksPassword: Bool { get throws { try flag("ANSIBLE_ASK_PASS") ?? false } }
    var asksBecomePassword: Bool { get throws { try flag("ANSIBLE_BECOME_ASK_PASS") ?? false } }

    /// A way to become another user, with or without its collection.
    static func becomeMethod(_ value: String, _ name: String) throws -> String {
        let method = value.replacing(/^(ansible\.builtin|community\.general)\./, with: "")
        guard ["sudo", "su", "doas"].contains(method) else {
            throw UsageError("\(name) is sudo, su or doas, not '\(value)'")
        }
        return method
    }

    func apply(to options: inout RecipeRunner.Options) throws {
        options.rolePaths = rolePaths
        if let seconds = try number("ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT", in: 1...86400) {
            options.connectTimeout = .seconds(seconds)
        }
        if let retries = try number("ANSIBLE_SSH_RETRIES", in: 0...1000) { options.retries = retries }
        if let port = try number("ANSIBLE_REMOTE_PORT", in: 1...65535) { options.port = port }
        if let checks = try flag("ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING") {
            options.checksHostKeys = checks
        }
        if let forks = try number("ANSIBLE_FORKS", in: 1...100_000) { options.parallelism = forks }
        if let (name, value) = text("ANSIBLE_GATHERING") {
            guard let gathering = RecipeRunner.Options.Gathering(rawValue: value.lowercased()) else {
                throw UsageError("$\(name) is implicit, explicit or smart, not '\(value)'")
            }
            options.gathering = gathering
        }
        options.forcesHandlers = try flag("ANSIBLE_FORCE_HANDLERS") ?? false
        options.becomes = try flag("ANSIBLE_BECOME") ?? false
        options.becomeUser = text("ANSIBLE_BECOME_USER")?.value
        if let (name, value) = text("ANSIBLE_BECOME_METHOD") {
            options.becomeMethod = try Self.becomeMethod(value, "$\(name)")
        }
        options.user = text("ANSIBLE_REMOTE_USER")?.value
        options.privateKeyFiles = text("ANSIBLE_PRIVATE_KEY_FILE").map { [$0.value] }
        options.sshArguments = text("ANSIBLE_SSH_ARGS")?.value
        options.sshCommonArguments = text("ANSIBLE_SSH_COMMON_ARGS")?.value
        options.sshExtraArguments = text("ANSIBLE_SSH_EXTRA_ARGS")?.value
    }
}
