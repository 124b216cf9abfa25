/// Bytes with their checksum, counted once however many machines get them.
package final class Payload: Sendable {
    package let bytes: [UInt8]
    /// SHA-1 in hexadecimal, as Ansible's `checksum`.
    package let checksum: String

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.checksum = SHA1.hexadecimal(bytes)
    }
}

/// The way in which `known_hosts` hides names: HMAC-SHA-1 of the name under a salt.
package enum HashedName {
    package static func digest(_ name: String, salt: [UInt8]) -> [UInt8] {
        var key = salt.count > 64 ? SHA1.digest(salt) : salt
        key += Array(repeating: 0, count: 64 - key.count)
        let inner = SHA1.digest(key.map { $0 ^ 0x36 } + Array(name.utf8))
        return SHA1.digest(key.map { $0 ^ 0x5c } + inner)
    }
}

/// SHA-1, only to compare contents (the value that `sha1sum` prints): no security rests on it.
enum SHA1 {
    static func hexadecimal(_ message: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest(message).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
            0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0
        )
        let fullBlocks = message.count / 64
        message.withUnsafeBufferPointer { buffer in
            for block in 0..<fullBlocks { process(buffer, block * 64, &state) }
        }
        var tail = Array(message[(fullBlocks * 64)...])
        tail.append(0x80)
        while tail.count % 64 != 56 { tail.append(0) }
        let bits = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) { tail.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        tail.withUnsafeBufferPointer { buffer in
            for block in 0..<(tail.count / 64) { process(buffer, block * 64, &state) }
        }
        return [state.0, state.1, state.2, state.3, state.4].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    private static func process(
        _ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int,
        _ state: inout (UInt32, UInt32, UInt32, UInt32, UInt32)
    ) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
            for index in 0..<16 {
                let at = offset + index * 4
                words[index] =
                    UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8
                    | UInt32(bytes[at + 3])
            }
            for index in 16..<80 {
                let value = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
                words[index] = value << 1 | value >> 31
            }
            var (a, b, c, d, e) = state
            for index in 0..<80 {
                let mixed: UInt32
                let constant: UInt32
                switch index {
                case 0..<20: (mixed, constant) = ((b & c) | (~b & d), 0x5A82_7999)
                case 20..<40: (mixed, constant) = (b ^ c ^ d, 0x6ED9_EBA1)
                case 40..<60: (mixed, constant) = ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (mixed, constant) = (b ^ c ^ d, 0xCA62_C1D6)
                }
                let next = (a << 5 | a >> 27) &+ mixed &+ e &+ constant &+ words[index]
                (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
            }
            state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d, state.4 &+ e)
        }
    }
}
