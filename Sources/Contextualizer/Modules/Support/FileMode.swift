import Jinja

/// A wanted file mode: octal, or symbolic such as `u=rw,go=r` or `a+rX`.
package enum FileMode: Sendable, Hashable {
    case octal(Int)
    case symbolic([Clause])

    /// One part of a symbolic mode.
    package struct Clause: Sendable, Hashable {
        package var users: Set<Character>
        /// No user was named: the umask applies.
        package var isMasked: Bool
        package var operation: Character
        package var permissions: [Character]
    }

    /// Reads the text of a `mode` parameter.
    package init(_ text: String) throws(ModuleError) {
        if let number = Int(text.hasPrefix("0o") ? String(text.dropFirst(2)) : text, radix: 8), number >= 0,
            number <= 0o7777
        {
            self = .octal(number)
            return
        }
        var clauses: [Clause] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let users = part.prefix { "ugoa".contains($0) }
            var rest = part.dropFirst(users.count)
            guard !rest.isEmpty else { throw Self.malformed(text) }
            while let operation = rest.first {
                guard "+-=".contains(operation) else { throw Self.malformed(text) }
                let permissions = rest.dropFirst().prefix { !"+-=".contains($0) }
                guard permissions.allSatisfy({ "rwxXstugo".contains($0) }) else { throw Self.malformed(text) }
                let named = users.isEmpty || users.contains("a") ? Set("ugo") : Set(users)
                clauses.append(
                    Clause(
                        users: named, isMasked: users.isEmpty, operation: operation,
                        permissions: Array(permissions)))
                rest = rest.dropFirst(1 + permissions.count)
            }
        }
        guard !clauses.isEmpty else { throw Self.malformed(text) }
        self = .symbolic(clauses)
    }

    private static func malformed(_ text: String) -> ModuleError {
        ModuleError(
            code: .invalidArgument, message: "mode must be in octal or symbolic form",
            values: ["details": .string("bad symbolic permission for mode: \(text)")])
    }

    /// Shell statements that turn the number in `m` into the wanted one; `D` is 1 for a folder.
    package var shellArithmetic: String {
        switch self {
        case .octal(let number):
            return "m=0\(String(number, radix: 8))"
        case .symbolic(let clauses):
            return clauses.map(Self.arithmetic).joined(separator: ";")
        }
    }

    private static func arithmetic(_ clause: Clause) -> String {
        var terms: [String] = []
        var cleared = 0
        for user in clause.users.sorted() {
            let shift = ["u": 6, "g": 3, "o": 0][user] ?? 0
            cleared |= 7 << shift
            if user == "u" { cleared |= 0o4000 }
            if user == "g" { cleared |= 0o2000 }
            if user == "o" { cleared |= 0o1000 }
            for permission in clause.permissions {
                switch permission {
                case "r": terms.append("0\(String(4 << shift, radix: 8))")
                case "w": terms.append("0\(String(2 << shift, radix: 8))")
                case "x": terms.append("0\(String(1 << shift, radix: 8))")
                case "X": terms.append("(x*0\(String(1 << shift, radix: 8)))")
                case "s" where user == "u": terms.append("04000")
                case "s" where user == "g": terms.append("02000")
                case "t" where user == "o": terms.append("01000")
                case "u": terms.append("(((m>>6)&7)<<\(shift))")
                case "g": terms.append("(((m>>3)&7)<<\(shift))")
                case "o": terms.append("((m&7)<<\(shift))")
                default: break
                }
            }
        }
        var bits = terms.isEmpty ? "0" : terms.joined(separator: "|")
        if clause.isMasked { bits = "(\(bits))&~$(umask)" }
        let prepare = clause.permissions.contains("X") ? "x=$((D==1||(m&0111)!=0));" : ""
        switch clause.operation {
        case "+": return prepare + "m=$((m|(\(bits))))"
        case "-": return prepare + "m=$((m&~(\(bits))))"
        default: return prepare + "m=$(((m&~0\(String(cleared, radix: 8)))|(\(bits))))"
        }
    }
}
