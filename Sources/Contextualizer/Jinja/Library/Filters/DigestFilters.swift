extension BuiltIns {
    static let digestFilters: [String: JinjaFunction] = [
        "hash": JinjaFunction(["data", "hashtype"]) { arguments, context in
            let kind = try arguments.text(1, "hashtype") ?? "sha1"
            return .string(try digest(arguments.subject.text, kind, context))
        },
        "checksum": JinjaFunction(["data"]) { arguments, context in
            .string(try digest(arguments.subject.text, "sha1", context))
        },
        "sha1": JinjaFunction(["data"]) { arguments, context in
            .string(try digest(arguments.subject.text, "sha1", context))
        },
        "md5": JinjaFunction(["data"]) { arguments, context in
            .string(try digest(arguments.subject.text, "md5", context))
        },
        "password_hash": JinjaFunction(
            ["password", "hashtype", "salt", "salt_size", "rounds", "ident"]
        ) { arguments, context in
            .string(
                try PasswordHash.hash(
                    arguments.subject.text, kind: try arguments.text(1, "hashtype") ?? "sha512",
                    salt: try arguments.text(2, "salt"), saltSize: try arguments.int(3, "salt_size"),
                    rounds: try arguments.int(4, "rounds"), ident: try arguments.text(5, "ident"), context))
        },
        "to_uuid": JinjaFunction(["string", "namespace"]) { arguments, _ in
            let namespace = try arguments.text(1, "namespace") ?? "361E6D51-FAEC-444A-9079-341386DA8E2E"
            let digits = Array(namespace.filter { $0 != "-" })
            guard digits.count == 32 else { throw JinjaError.value("Invalid value '\(namespace)' for 'namespace'") }
            var bytes: [UInt8] = []
            for index in stride(from: 0, to: 32, by: 2) {
                guard let byte = UInt8(String(digits[index...(index + 1)]), radix: 16) else {
                    throw JinjaError.value("Invalid value '\(namespace)' for 'namespace'")
                }
                bytes.append(byte)
            }
            var hash = Array(Digest.sha1(bytes + Array(arguments.subject.text.utf8)).prefix(16))
            hash[6] = hash[6] & 0x0f | 0x50
            hash[8] = hash[8] & 0x3f | 0x80
            let text = Array(Digest.hexadecimal(hash))
            let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }
            return .string(parts.joined(separator: "-"))
        },
    ]

    private static func digest(_ text: String, _ kind: String, _ context: JinjaContext) throws(JinjaError) -> String {
        let bytes = Array(text.utf8)
        try context.count(bytes.count / 16)
        switch kind {
        case "md5": return Digest.hexadecimal(Digest.md5(bytes))
        case "sha1": return Digest.hexadecimal(Digest.sha1(bytes))
        case "sha224": return Digest.hexadecimal(Digest.sha224(bytes))
        case "sha256": return Digest.hexadecimal(Digest.sha256(bytes))
        case "sha384": return Digest.hexadecimal(Digest.sha384(bytes))
        case "sha512": return Digest.hexadecimal(Digest.sha512(bytes))
        case "blake2b": return Digest.hexadecimal(Digest.blake2b(bytes))
        case "blake2s": return Digest.hexadecimal(Digest.blake2s(bytes))
        case "sha3_224", "sha3-224": return Digest.hexadecimal(Digest.sha3(bytes, size: 28))
        case "sha3_256", "sha3-256": return Digest.hexadecimal(Digest.sha3(bytes, size: 32))
        case "sha3_384", "sha3-384": return Digest.hexadecimal(Digest.sha3(bytes, size: 48))
        case "sha3_512", "sha3-512": return Digest.hexadecimal(Digest.sha3(bytes, size: 64))
        default: throw .value("unsupported hash type \(kind)")
        }
    }
}
