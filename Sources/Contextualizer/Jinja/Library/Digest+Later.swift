/// BLAKE2 (RFC 7693) and SHA-3 (FIPS 202).
extension Digest {
    private static let mixing: [[Int]] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4], [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13], [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11], [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5], [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ]
    /// Columns, then diagonals.
    private static let lanes: [[Int]] = [
        [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13],
        [3, 4, 9, 14],
    ]

    private static func turned<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word, _ count: Word) -> Word {
        word >> count | word << (Word(Word.bitWidth) - count)
    }

    /// - Parameters:
    ///   - initial: The initial values of SHA-2 of the same word size.
    ///   - turns: How far words are rotated in the four steps.
    private static func blake2<Word: FixedWidthInteger & UnsignedInteger>(
        _ message: [UInt8], initial: [Word], rounds: Int, turns: [Word]
    ) -> [UInt8] {
        let size = Word.bitWidth / 8
        let block = size * 16
        var state = initial
        state[0] ^= Word(0x0101_0000) ^ Word(size * 8)
        var start = 0
        repeat {
            let part = message[start..<min(start + block, message.count)]
            start += block
            let isLast = start >= message.count
            let bytes = Array(part) + [UInt8](repeating: 0, count: block - part.count)
            let words = (0..<16).map { word in
                (0..<size).reduce(Word(0)) { $0 | Word(bytes[word * size + $1]) << Word($1 * 8) }
            }
            var v = state + initial
            v[12] ^= Word(truncatingIfNeeded: isLast ? message.count : start)
            if isLast { v[14] = ~v[14] }
            for round in 0..<rounds {
                let order = mixing[round % 10]
                for (index, lane) in lanes.enumerated() {
                    let (a, b, c, d) = (lane[0], lane[1], lane[2], lane[3])
                    for half in 0..<2 {
                        v[a] = v[a] &+ v[b] &+ words[order[index * 2 + half]]
                        v[d] = turned(v[d] ^ v[a], turns[half * 2])
                        v[c] = v[c] &+ v[d]
                        v[b] = turned(v[b] ^ v[c], turns[half * 2 + 1])
                    }
                }
            }
            for index in 0..<8 { state[index] ^= v[index] ^ v[index + 8] }
        } while start < message.count
        return state.flatMap { word in (0..<size).map { UInt8(truncatingIfNeeded: word >> Word($0 * 8)) } }
    }

    static func blake2b(_ message: [UInt8]) -> [UInt8] {
        blake2(message, initial: SHA2Constants.sha512, rounds: 12, turns: [32, 24, 16, 63])
    }

    static func blake2s(_ message: [UInt8]) -> [UInt8] {
        blake2(message, initial: SHA2Constants.sha256, rounds: 10, turns: [16, 12, 8, 7])
    }

    // MARK: SHA-3

    /// - Parameter size: Of the digest, in bytes.
    static func sha3(_ message: [UInt8], size: Int) -> [UInt8] {
        let rate = 200 - 2 * size
        var bytes = message + [0x06]
        bytes += [UInt8](repeating: 0, count: (rate - bytes.count % rate) % rate)
        bytes[bytes.count - 1] |= 0x80
        var state = [UInt64](repeating: 0, count: 25)
        for start in stride(from: 0, to: bytes.count, by: rate) {
            for index in 0..<rate / 8 {
                state[index] ^= (0..<8).reduce(UInt64(0)) {
                    $0 | UInt64(bytes[start + index * 8 + $1]) << UInt64($1 * 8)
                }
            }
            permute(&state)
        }
        return (0..<size).map { UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    private static func permute(_ state: inout [UInt64]) {
        var register: UInt8 = 1
        for _ in 0..<24 {
            let columns = (0..<5).map { x in (0..<5).reduce(UInt64(0)) { $0 ^ state[x + 5 * $1] } }
            for x in 0..<5 {
                let parity = columns[(x + 4) % 5] ^ turned(columns[(x + 1) % 5], 63)
                for y in 0..<5 { state[x + 5 * y] ^= parity }
            }
            var (x, y) = (1, 0)
            var moved = state[1]
            for step in 1...24 {
                (x, y) = (y, (2 * x + 3 * y) % 5)
                let next = state[x + 5 * y]
                let count = UInt64(step * (step + 1) / 2 % 64)
                state[x + 5 * y] = count == 0 ? moved : turned(moved, 64 - count)
                moved = next
            }
            for y in 0..<5 {
                let row = (0..<5).map { state[$0 + 5 * y] }
                for x in 0..<5 { state[x + 5 * y] = row[x] ^ ~row[(x + 1) % 5] & row[(x + 2) % 5] }
            }
            // The constant of the round comes out of a shift register.
            for bit in 0..<7 {
                if register & 1 == 1 { state[0] ^= 1 << UInt64((1 << bit) - 1) }
                register = register & 0x80 != 0 ? register << 1 ^ 0x71 : register << 1
            }
        }
    }
}
