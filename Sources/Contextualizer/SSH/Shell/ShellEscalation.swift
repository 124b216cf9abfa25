import ContextualizationAPI

/// How a shell of another user is started from the first one, and what its refusals mean.
struct ShellEscalation: Sendable {
    private let escalation: Escalation
    private let nonce: String

    init(_ escalation: Escalation, nonce: String) {
        self.escalation = escalation
        self.nonce = nonce
    }

    /// It may ask for a password; then ``readyMark`` tells that the shell runs.
    var mayAsk: Bool { escalation.password != nil && escalation.method != .doas }

    /// Printed on standard output by the new shell where a password may be asked.
    var readyMark: String { "R\(nonce)\n" }

    /// Printed on both streams by the login user's own shell: what comes before it are words of profiles.
    var loginMark: String { "L\(nonce)\n" }

    private var prompt: String { "P\(nonce):" }

    /// Refuses a name that no user has, and that the shell might take for something else.
    static func check(user: String, machine: String) throws(CommunicatorError) {
        let allowed = user.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "@"), UInt8(ascii: "$"):
                true
            default: byte >= 0x80
            }
        }
        guard allowed, !user.isEmpty, !user.hasPrefix("-") else {
            throw CommunicatorError(
                code: .escalationFailed,
                message: "\"\(user)\" cannot be the name of a user on \(machine): correct become_user")
        }
    }

    /// The line that turns the first shell into one of the other user.
    ///
    /// The password is not in it: it follows on the stream, after the prompt. The name has passed ``check(user:machine:)``.
    /// The new shell starts in the login user's home, where none of sudo, su and doas leaves it.
    var command: String { "echo L\(nonce); echo L\(nonce) >&2; \(ShellLoop.goHome)" + change }

    private var change: String {
        let user = escalation.user
        let reader = mayAsk ? "echo R\(nonce); \(ShellLoop.reader)" : ShellLoop.reader
        let shell = "/bin/sh -c '\(reader)'"
        // A root shell needs no sudo, which small images lack.
        let asRoot = "if [ \"$(id -u)\" = 0 ]; then exec su -s /bin/sh '\(user)' -c '\(reader)'; fi; "
        let program = Self.quoted(escalation.program ?? escalation.method.rawValue)
        switch escalation.method {
        case .sudo:
            let asking = mayAsk ? "-S -p '\(prompt)'" : "-n"
            return "command -v \(program) >/dev/null || { \(asRoot)}; "
                + "exec \(program) \(flags(usual: ["-H"]))\(asking) -u '\(user)' -- \(shell)\n"
        case .doas:
            return "command -v \(program) >/dev/null || { \(asRoot)}; "
                + "exec \(program) \(flags(usual: []))-n -u '\(user)' -- \(shell)\n"
        case .su:
            return "exec \(program) \(flags(usual: []))-s /bin/sh '\(user)' -c '\(reader)'\n"
        }
    }

    /// Options with a blank behind each. Those of sudo that ask for a password or forbid to are ours.
    private func flags(usual: [String]) -> String {
        let asking: Set<String> = ["-n", "--non-interactive", "-S", "--stdin"]
        return (escalation.flags ?? usual).filter { !asking.contains($0) }.map { Self.quoted($0) + " " }.joined()
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || [0x2d, 0x2e, 0x2f, 0x3d, 0x5f].contains(byte)
        }
        return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    /// Whether what stands on standard error is the question for the password. `su` has no prompt of our choice, but asks
    /// in whatever language without an end of line.
    func asks(_ error: [UInt8]) -> Bool {
        switch escalation.method {
        case .sudo: error.firstPlace(of: Array(prompt.utf8)) != nil
        case .su: error.last.map { $0 != 0x0a } ?? false
        case .doas: false
        }
    }

    /// The error for a refusal.
    func refusal(machine: String, said: String) -> CommunicatorError {
        let method = escalation.method.rawValue
        let text = said.lowercased()
        let (what, next): (String, String)
        if text.contains("not found") || text.contains("no such file") {
            what = "\(method) is not installed there"
            next = "install it, log in as \(escalation.user), or set become_method"
        } else if text.contains("password was refused") || text.contains("authentication failure")
            || text.contains("incorrect password") || text.contains("sorry, try again")
        {
            what = "the password was refused"
            next = "correct the login user's password"
        } else if text.contains("password is required") || text.contains("authentication required")
            || text.contains("a terminal is required")
        {
            what = "a password is needed"
            next =
                escalation.method == .doas
                ? "permit the user with nopass in doas.conf"
                : "give the login user's password (in RADL disk.0.os.credentials.password, in an inventory "
                    + "ansible_become_password) or allow the user NOPASSWD in sudoers"
        } else if text.contains("must have a tty") {
            what = "it wants a terminal there"
            next = "take 'Defaults requiretty' out of sudoers, or add 'Defaults !requiretty' for the login user"
        } else if text.contains("account is currently not available") {
            what = "\(escalation.user) has no shell there"
            next = "give it one (usermod -s /bin/sh) or become another user"
        } else if text.contains("not in the sudoers") || text.contains("not allowed")
            || text.contains("operation not permitted")
        {
            what = "the user is not allowed to"
            next = "permit it there or log in as another user"
        } else if text.contains("unknown user") || text.contains("does not exist") {
            what = "there is no user \(escalation.user)"
            next = "correct become_user or create the user first"
        } else {
            what = "it failed"
            next = "try it there by hand"
        }
        return CommunicatorError(
            code: .escalationFailed,
            message: "\(method) to \(escalation.user) on \(machine): \(what)"
                + (said.isEmpty || said == what ? "" : " (\(said))") + "; \(next)")
    }
}
