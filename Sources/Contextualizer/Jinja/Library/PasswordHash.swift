import CCrypt

/// The hashes of `/etc/shadow`, made by the system's libcrypt: 656,000 rounds take a second in a debug build, too.
enum PasswordHash {
    private static let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    /// A scheme, with Ansible's defaults.
    private struct Scheme {
        var mark: String
        /// Characters of the salt; bcrypt takes just so many.
        var saltSize: ClosedRange<Int>
        /// nil: the scheme has none.
        var rounds: (standard: Int, allowed: ClosedRange<Int>)?
    }

    private static let schemes: [String: Scheme] = [
        "sha512": Scheme(mark: "6", saltSize: 1...16, rounds: (656_000, 1000...2_000_000)),
        "sha256": Scheme(mark: "5", saltSize: 1...16, rounds: (535_000, 1000...2_000_000)),
        "md5": Scheme(mark: "1", saltSize: 1...8),
        "blowfish": Scheme(mark: "2b", saltSize: 22...22, rounds: (12, 4...16)),
    ]

    static func hash(
        _ password: String, kind: String, salt: String?, saltSize: Int? = nil, rounds: Int?, ident: String? = nil,
        _ context: JinjaContext
    ) throws(JinjaError) -> String {
        let name = kind == "bcrypt" ? "blowfish" : kind.hasSuffix("_crypt") ? String(kind.dropLast(6)) : kind
        guard let scheme = schemes[name] else {
            throw .value("password_hash supports sha512, sha256, md5 and blowfish, not '\(kind)'")
        }
        let size = saltSize ?? scheme.saltSize.upperBound
        guard scheme.saltSize.contains(size) else {
            throw .value("salt_size must be \(words(scheme.saltSize))")
        }
        var salt =
            salt.flatMap { $0.isEmpty ? nil : $0 } ?? String((0..<size).map { _ in alphabet.randomElement() ?? "." })
        guard scheme.saltSize.contains(salt.count), salt.allSatisfy(alphabet.contains) else {
            throw .value("the salt must be \(words(scheme.saltSize)) characters of ./0-9A-Za-z")
        }
        guard password.utf8.count <= 512 else { throw .value("the password is longer than 512 bytes") }
        guard !password.utf8.contains(0) else { throw .value("the password has a zero byte in it") }
        var count: Int?
        if let known = scheme.rounds {
            let asked = rounds.flatMap { $0 == 0 ? nil : $0 } ?? known.standard
            guard known.allowed.contains(asked) else { throw .value("rounds must be \(words(known.allowed))") }
            count = asked
        } else if rounds != nil {
            throw .value("\(name) has no rounds")
        }
        let setting: String
        if name == "blowfish", let count {
            try context.count(200 << count)
            let mark = ident ?? scheme.mark
            guard ["2", "2a", "2b", "2y"].contains(mark) else { throw .value("'\(mark)' is no ident of bcrypt") }
            salt = repaired(salt)
            setting = "$\(mark)$\(count < 10 ? "0" : "")\(count)$\(salt)"
        } else {
            try context.count(count ?? 1000)
            // 5000 is what the format takes when no number is written.
            let written = count.flatMap { $0 == 5000 ? nil : $0 }.map { "rounds=\($0)$" } ?? ""
            setting = "$\(scheme.mark)$\(written)\(salt)$"
        }
        var output = [CChar](repeating: 0, count: 256)
        guard gantry_crypt(password, setting, &output, output.count) == 0 else {
            throw .value("the system's libcrypt makes no hash of the kind '\(kind)'")
        }
        return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }

    /// Of the last of bcrypt's 22 characters only two bits count; the others are zero.
    private static func repaired(_ salt: String) -> String {
        let order = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        guard let last = salt.last, let value = order.firstIndex(of: last) else { return salt }
        return salt.dropLast() + String(order[value & 0b11_0000])
    }
}
