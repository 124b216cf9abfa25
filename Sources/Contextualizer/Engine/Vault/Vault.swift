import COpenSSL
package import Support

/// Ansible Vault: `$ANSIBLE_VAULT;1.1;AES256` and `1.2` with an id.
package struct Vault: Sendable {
    /// Why a text cannot be opened.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var description: String
        /// What was decrypted and is no text.
        var bytes: [UInt8]?

        init(description: String, bytes: [UInt8]? = nil) {
            self.description = description
            self.bytes = bytes
        }
    }

    /// By id; `default` where none is named. All are tried, that of the text's id first.
    package var passwords: [(id: String, password: Secret<String>)]

    package init(passwords: [(id: String, password: Secret<String>)]) { self.passwords = passwords }

    package static func isVault(_ text: some StringProtocol) -> Bool { text.hasPrefix("$ANSIBLE_VAULT;") }

    /// The plain bytes of a text.
    package func decrypt(_ text: String) throws(Failure) -> [UInt8] {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmed }
        guard let head = lines.first, head.hasPrefix("$ANSIBLE_VAULT;") else {
            throw Failure(description: "input is not vault encrypted data")
        }
        let fields = head.split(separator: ";").map(String.init)
        guard fields.count >= 3, ["1.1", "1.2"].contains(fields[1]), fields[2] == "AES256" else {
            throw Failure(description: "the vault format '\(head)' is not supported: only 1.1 and 1.2 with AES256 are")
        }
        guard !passwords.isEmpty else {
            throw Failure(description: "Attempting to decrypt but no vault secrets found")
        }
        let id = fields.count > 3 ? fields[3] : "default"
        let outer = Self.bytes(ofHexadecimal: lines.dropFirst().joined())
        let parts = outer.map { String(decoding: $0, as: UTF8.self).split(separator: "\n").map(String.init) } ?? []
        guard parts.count == 3, let salt = Self.bytes(ofHexadecimal: parts[0]),
            let code = Self.bytes(ofHexadecimal: parts[1]), let cipher = Self.bytes(ofHexadecimal: parts[2])
        else { throw Failure(description: "the vault's text is damaged") }
        for candidate in passwords.filter({ $0.id == id }) + passwords.filter({ $0.id != id }) {
            if let plain = try Self.open(cipher, code: code, salt: salt, password: candidate.password) { return plain }
        }
        throw Failure(description: "Decryption failed (no vault secrets were found that could decrypt)")
    }

    /// The plain text.
    package func decryptText(_ text: String) throws(Failure) -> String {
        let plain = try decrypt(text)
        guard let plainText = String(validating: plain, as: UTF8.self) else {
            throw Failure(description: "the decrypted content is no UTF-8", bytes: plain)
        }
        return plainText
    }

    /// Bytes under the first password; the id stands in the head unless it is `default`.
    ///
    /// - Parameter given: The salt; nil: a random one.
    package func encrypt(_ plain: [UInt8], salt given: [UInt8]? = nil) throws(Failure) -> String {
        guard let (id, password) = passwords.first.map({ ($0.id, $0.password) }) else {
            throw Failure(description: "A vault password is required to use Ansible's Vault")
        }
        var salt = given ?? [UInt8](repeating: 0, count: 32)
        let padding = 16 - plain.count % 16
        let padded = plain + [UInt8](repeating: UInt8(padding), count: padding)
        var cipher = [UInt8](repeating: 0, count: padded.count)
        var code = [UInt8](repeating: 0, count: 32)
        guard given != nil || gantry_random(&salt, salt.count) == 0, let keys = Self.keys(password, salt),
            gantry_aes256ctr(Array(keys[..<32]), Array(keys[64...]), padded, padded.count, &cipher) == 0,
            gantry_hmac_sha256(Array(keys[32..<64]), 32, cipher, cipher.count, &code) == 0
        else { throw Failure(description: "OpenSSL cannot encrypt with AES-256: check its installation") }
        let inner = [salt, code, cipher].map { Self.hexadecimal($0) }.joined(separator: "\n")
        let outer = Self.hexadecimal(Array(inner.utf8))
        var lines = [id == "default" ? "$ANSIBLE_VAULT;1.1;AES256" : "$ANSIBLE_VAULT;1.2;AES256;\(id)"]
        var rest = Substring(outer)
        while !rest.isEmpty {
            lines.append(String(rest.prefix(80)))
            rest = rest.dropFirst(80)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// As readers of YAML take it.
    package var reader: @Sendable (_ text: String) throws -> String {
        let vault = self
        return { text in try vault.decryptText(text) }
    }

    /// The same, which keeps what is to be masked.
    func reader(keeping secrets: LockedValue<[String]>) -> @Sendable (_ text: String) throws -> String {
        { [reader] text in
            let plain = try reader(text)
            // Whole files hold much that is no secret; values are.
            if !plain.contains("\n"), plain.utf8.count < 1000 { secrets.withLock { $0.append(plain) } }
            return plain
        }
    }

    private static func open(
        _ cipher: [UInt8], code: [UInt8], salt: [UInt8], password: Secret<String>
    ) throws(Failure) -> [UInt8]? {
        guard let keys = keys(password, salt) else {
            throw Failure(description: "OpenSSL offers no PBKDF2: check its installation")
        }
        var expected = [UInt8](repeating: 0, count: 32)
        guard code.count == 32,
            gantry_hmac_sha256(Array(keys[32..<64]), 32, cipher, cipher.count, &expected) == 0,
            gantry_equal_in_constant_time(expected, code, 32) == 1
        else { return nil }
        var plain = [UInt8](repeating: 0, count: cipher.count)
        guard gantry_aes256ctr(Array(keys[..<32]), Array(keys[64...]), cipher, cipher.count, &plain) == 0,
            let padding = plain.last, (1...16).contains(padding), plain.count >= Int(padding)
        else { throw Failure(description: "the vault's text is damaged") }
        return Array(plain.dropLast(Int(padding)))
    }

    /// Key of the cipher, key of the code, first counter.
    private static func keys(_ password: Secret<String>, _ salt: [UInt8]) -> [UInt8]? {
        let password = Array(password.expose().utf8)
        var keys = [UInt8](repeating: 0, count: 80)
        guard gantry_pbkdf2_sha256(password, password.count, salt, salt.count, 10000, &keys, 80) == 0 else {
            return nil
        }
        return keys
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func bytes(ofHexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x57
        case 0x41...0x46: digit - 0x37
        default: nil
        }
    }
}

extension StringProtocol {
    /// Without spaces around.
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
