/// SHA-crypt, the hashes of `/etc/shadow`, by Ulrich Drepper's specification.
enum PasswordHash {
    private static let alphabet = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    static func hash(
        _ password: String, kind: String, salt: String?, saltSize: Int? = nil, rounds: Int?, _ context: JinjaContext
    ) throws(JinjaError) -> String {
        let size = saltSize ?? 16
        guard (1...16).contains(size) else { throw .value("salt_size must be from 1 to 16") }
        let salt = salt ?? String((0..<size).map { _ in alphabet.randomElement() ?? "." })
        guard !salt.isEmpty, salt.count <= 16, salt.allSatisfy(alphabet.contains) else {
            throw .value("the salt must be 1 to 16 characters of ./0-9A-Za-z")
        }
        guard password.utf8.count <= 1024 else { throw .value("the password is longer than 1024 bytes") }
        // Ansible's defaults; 5000 is what the format takes when no number is written.
        let kind = kind.hasSuffix("_crypt") ? String(kind.dropLast(6)) : kind
        let count = rounds ?? (kind == "sha256" ? 535_000 : 656_000)
        guard (1000...2_000_000).contains(count) else { throw .value("rounds must be from 1000 to 2000000") }
        try context.count(count)
        let mark = count == 5000 ? "" : "rounds=\(count)$"
        switch kind {
        case "sha512":
            let digest = mix(Array(password.utf8), Array(salt.utf8), count, Digest.sha512)
            return "$6$\(mark)\(salt)$\(encode(digest, order: sha512Order))"
        case "sha256":
            let digest = mix(Array(password.utf8), Array(salt.utf8), count, Digest.sha256)
            return "$5$\(mark)\(salt)$\(encode(digest, order: sha256Order))"
        default: throw .value("password_hash supports sha512 and sha256, not '\(kind)'")
        }
    }

    private static func fill(_ bytes: [UInt8], _ length: Int) -> [UInt8] {
        (0..<length).map { bytes[$0 % bytes.count] }
    }

    private static func mix(
        _ password: [UInt8], _ salt: [UInt8], _ rounds: Int, _ hash: ([UInt8]) -> [UInt8]
    ) -> [UInt8] {
        let other = hash(password + salt + password)
        var input = password + salt + fill(other, password.count)
        var bits = password.count
        while bits > 0 {
            input += bits & 1 == 1 ? other : password
            bits >>= 1
        }
        var digest = hash(input)
        let passwordHash = hash((0..<password.count).flatMap { _ in password })
        let passwordBytes = password.isEmpty ? [] : fill(passwordHash, password.count)
        let saltHash = hash((0..<(16 + Int(digest[0]))).flatMap { _ in salt })
        let saltBytes = fill(saltHash, salt.count)
        for round in 0..<rounds {
            var next = round % 2 == 1 ? passwordBytes : digest
            if round % 3 != 0 { next += saltBytes }
            if round % 7 != 0 { next += passwordBytes }
            next += round % 2 == 1 ? digest : passwordBytes
            digest = hash(next)
        }
        return digest
    }

    /// Groups of three bytes, the first one highest; the last group is shorter.
    private static func encode(_ digest: [UInt8], order: [[Int]]) -> String {
        var output = ""
        for group in order {
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32(digest[$1]) }
            for _ in 0..<(group.count * 8 + 5) / 6 {
                output.append(alphabet[Int(bits & 63)])
                bits >>= 6
            }
        }
        return output
    }

    private static let sha512Order: [[Int]] =
        (0..<21).map { index in
            let group = [index, index + 21, index + 42]
            let shift = index % 3
            return (0..<3).map { group[($0 + shift) % 3] }
        } + [[63]]

    private static let sha256Order: [[Int]] =
        (0..<10).map { index in
            let group = [index, index + 10, index + 20]
            let shift = (3 - index % 3) % 3
            return (0..<3).map { group[($0 + shift) % 3] }
        } + [[31, 30]]
}
