/// Message digests, so that these need no library. For files and protocols the project uses libcrypto.
enum Digest {
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count * 2)
        for byte in bytes { output += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: output, as: UTF8.self)
    }

    private static func padded(_ message: [UInt8], block: Int, isBigEndian: Bool) -> [UInt8] {
        let lengthSize = block / 8
        var bytes = message + [0x80]
        while bytes.count % block != block - lengthSize { bytes.append(0) }
        var length = [UInt8](repeating: 0, count: lengthSize)
        var bits = UInt64(message.count) * 8
        for index in 0..<8 {
            length[isBigEndian ? lengthSize - 1 - index : index] = UInt8(bits & 255)
            bits >>= 8
        }
        return bytes + length
    }

    // MARK: MD5 (RFC 1321)

    private static let md5Shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
    private static let md5Constants: [UInt32] = (0..<64).map { UInt32(abs(sine(Double($0 + 1))) * 4_294_967_296) }

    static func md5(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476]
        let bytes = padded(message, block: 64, isBigEndian: false)
        for start in stride(from: 0, to: bytes.count, by: 64) {
            let words = (0..<16).map { word in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + word * 4 + $1]) << UInt32($1 * 8) }
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            for round in 0..<64 {
                let mixed: UInt32
                let word: Int
                switch round / 16 {
                case 0: (mixed, word) = (b & c | ~b & d, round)
                case 1: (mixed, word) = (d & b | ~d & c, (5 * round + 1) % 16)
                case 2: (mixed, word) = (b ^ c ^ d, (3 * round + 5) % 16)
                default: (mixed, word) = (c ^ (b | ~d), 7 * round % 16)
                }
                let sum = a &+ mixed &+ md5Constants[round] &+ words[word]
                let shift = md5Shifts[round / 16 * 4 + round % 4]
                (a, d, c, b) = (d, c, b, b &+ rotateLeft(sum, shift))
            }
            state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
        }
        return state.flatMap { word in (0..<4).map { UInt8(word >> UInt32($0 * 8) & 255) } }
    }

    private static func rotateLeft(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
    private static func rotateRight(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
    private static func rotateRight(_ word: UInt64, _ count: UInt64) -> UInt64 { word >> count | word << (64 - count) }

    private static func words(_ bytes: [UInt8], _ start: Int) -> [UInt32] {
        (0..<16).map { word in (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[start + word * 4 + $1]) } }
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in (0..<4).map { UInt8(word >> UInt32(24 - $0 * 8) & 255) } }
    }

    // MARK: SHA-1 and SHA-2 (FIPS 180-4)

    static func sha1(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        let input = padded(message, block: 64, isBigEndian: true)
        for start in stride(from: 0, to: input.count, by: 64) {
            var schedule = words(input, start)
            for index in 16..<80 {
                schedule.append(
                    rotateLeft(
                        schedule[index - 3] ^ schedule[index - 8] ^ schedule[index - 14] ^ schedule[index - 16], 1))
            }
            var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
            for (index, word) in schedule.enumerated() {
                let (mixed, constant): (UInt32, UInt32)
                switch index / 20 {
                case 0: (mixed, constant) = (b & c | ~b & d, 0x5a82_7999)
                case 1: (mixed, constant) = (b ^ c ^ d, 0x6ed9_eba1)
                case 2: (mixed, constant) = (b & c | b & d | c & d, 0x8f1b_bcdc)
                default: (mixed, constant) = (b ^ c ^ d, 0xca62_c1d6)
                }
                let sum = rotateLeft(a, 5) &+ mixed &+ e &+ constant &+ word
                (e, d, c, b, a) = (d, c, rotateLeft(b, 30), a, sum)
            }
            for (index, value) in [a, b, c, d, e].enumerated() { state[index] = state[index] &+ value }
        }
        return bytes(state)
    }

    static func sha256(_ message: [UInt8]) -> [UInt8] { sha256(message, initial: SHA2Constants.sha256) }
    static func sha224(_ message: [UInt8]) -> [UInt8] {
        Array(sha256(message, initial: SHA2Constants.sha224).prefix(28))
    }

    private static func sha256(_ message: [UInt8], initial: [UInt32]) -> [UInt8] {
        var state = initial
        let constants = SHA2Constants.rounds.prefix(64).map { UInt32($0 >> 32) }
        let input = padded(message, block: 64, isBigEndian: true)
        for start in stride(from: 0, to: input.count, by: 64) {
            var schedule = words(input, start)
            for index in 16..<64 {
                let (two, fifteen) = (schedule[index - 2], schedule[index - 15])
                let s1 = rotateRight(two, 17) ^ rotateRight(two, 19) ^ two >> 10
                let s0 = rotateRight(fifteen, 7) ^ rotateRight(fifteen, 18) ^ fifteen >> 3
                schedule.append(schedule[index - 16] &+ s0 &+ schedule[index - 7] &+ s1)
            }
            var v = state
            for index in 0..<64 {
                let s1 = rotateRight(v[4], 6) ^ rotateRight(v[4], 11) ^ rotateRight(v[4], 25)
                let one = v[7] &+ s1 &+ (v[4] & v[5] ^ ~v[4] & v[6]) &+ constants[index] &+ schedule[index]
                let s0 = rotateRight(v[0], 2) ^ rotateRight(v[0], 13) ^ rotateRight(v[0], 22)
                let two = s0 &+ (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
                v = [one &+ two, v[0], v[1], v[2], v[3] &+ one, v[4], v[5], v[6]]
            }
            for index in 0..<8 { state[index] = state[index] &+ v[index] }
        }
        return bytes(state)
    }

    static func sha512(_ message: [UInt8]) -> [UInt8] { sha512(message, initial: SHA2Constants.sha512) }
    static func sha384(_ message: [UInt8]) -> [UInt8] {
        Array(sha512(message, initial: SHA2Constants.sha384).prefix(48))
    }

    private static func sha512(_ message: [UInt8], initial: [UInt64]) -> [UInt8] {
        var state = initial
        let input = padded(message, block: 128, isBigEndian: true)
        for start in stride(from: 0, to: input.count, by: 128) {
            var schedule = (0..<16).map { word in
                (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(input[start + word * 8 + $1]) }
            }
            for index in 16..<80 {
                let (two, fifteen) = (schedule[index - 2], schedule[index - 15])
                let s1 = rotateRight(two, 19) ^ rotateRight(two, 61) ^ two >> 6
                let s0 = rotateRight(fifteen, 1) ^ rotateRight(fifteen, 8) ^ fifteen >> 7
                schedule.append(schedule[index - 16] &+ s0 &+ schedule[index - 7] &+ s1)
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            var (e, f, g, h) = (state[4], state[5], state[6], state[7])
            for index in 0..<80 {
                let s1 = rotateRight(e, 14) ^ rotateRight(e, 18) ^ rotateRight(e, 41)
                let one = h &+ s1 &+ (e & f ^ ~e & g) &+ SHA2Constants.rounds[index] &+ schedule[index]
                let s0 = rotateRight(a, 28) ^ rotateRight(a, 34) ^ rotateRight(a, 39)
                let two = s0 &+ (a & b ^ a & c ^ b & c)
                (h, g, f, e, d, c, b, a) = (g, f, e, d &+ one, c, b, a, one &+ two)
            }
            for (index, value) in [a, b, c, d, e, f, g, h].enumerated() { state[index] = state[index] &+ value }
        }
        return state.flatMap { word in (0..<8).map { UInt8(word >> UInt64(56 - $0 * 8) & 255) } }
    }
}

/// The constants of SHA-2: fractional parts of roots of primes. Those of SHA-256 are the upper halves of SHA-512's.
enum SHA2Constants {
    static let sha512 = (0..<8).map { root(primes[$0], cube: false) }
    static let sha256 = sha512.map { UInt32($0 >> 32) }
    static let sha384 = (8..<16).map { root(primes[$0], cube: false) }
    static let sha224 = sha384.map { UInt32($0 & 0xffff_ffff) }
    static let rounds = (0..<80).map { root(primes[$0], cube: true) }

    private static let primes: [UInt64] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 80 {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes
    }()

    /// The first 64 bits of the fraction of a square or cube root, by bisection in exact integers.
    private static func root(_ number: UInt64, cube: Bool) -> UInt64 {
        // The whole part is at most 20; find the largest x with x^n <= number * 2^(64 n), x = whole * 2^64 + fraction.
        var whole: UInt64 = 1
        while cube ? (whole + 1) * (whole + 1) * (whole + 1) <= number : (whole + 1) * (whole + 1) <= number {
            whole += 1
        }
        var fraction: UInt64 = 0
        for bit in (0..<64).reversed() {
            let candidate = fraction | 1 << UInt64(bit)
            if isAtMost(whole, candidate, number, cube: cube) { fraction = candidate }
        }
        return fraction
    }

    /// Whether (whole + fraction / 2^64) to the power of 2 or 3 is at most `number`.
    private static func isAtMost(_ whole: UInt64, _ fraction: UInt64, _ number: UInt64, cube: Bool) -> Bool {
        let value: [UInt64] = [fraction, whole]
        var power = multiply(value, value)
        if cube { power = multiply(power, value) }
        // The limit is number * 2^(64 n): all limbs below the n-th are zero.
        let exponent = cube ? 3 : 2
        for index in (exponent..<power.count).reversed() {
            let limit = index == exponent ? number : 0
            if power[index] != limit { return power[index] < limit }
        }
        return power[..<exponent].allSatisfy { $0 == 0 }
    }

    private static func multiply(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: left.count + right.count)
        for (i, one) in left.enumerated() {
            var carry: UInt64 = 0
            for (j, two) in right.enumerated() {
                let product = one.multipliedFullWidth(by: two)
                let first = result[i + j].addingReportingOverflow(product.low)
                let second = first.partialValue.addingReportingOverflow(carry)
                result[i + j] = second.partialValue
                carry = product.high + (first.overflow ? 1 : 0) + (second.overflow ? 1 : 0)
            }
            result[i + right.count] = carry
        }
        return result
    }
}
