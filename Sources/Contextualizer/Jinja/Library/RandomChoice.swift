/// Random values. With a seed the choice is the same each time, and the same as Python's.
enum RandomChoice {
    static func filter(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        var source = try Source(seed: arguments.value(3, "seed"))
        if let end = arguments.subject.number, case .int(let end) = end {
            let start = try arguments.int(1, "start") ?? 0
            let given = try arguments.int(2, "step") ?? 1
            let step = given == 0 ? 1 : given
            let (width, isTooWide) = end.subtractingReportingOverflow(start)
            guard !isTooWide, step != .min else { throw JinjaError.value("the range for random is too wide") }
            let isEmpty = step > 0 ? width <= 0 : width >= 0
            guard !isEmpty else { throw JinjaError.value("empty range for random: \(start), \(end), \(step)") }
            let count = (step > 0 ? width - 1 : -width - 1) / abs(step) + 1
            return .int(start + step * source.number(below: count))
        }
        for (position, name) in [(1, "start"), (2, "step")] {
            guard arguments.value(position, name)?.isTrue != true else {
                throw JinjaError.value("start and step can only be used with integer values")
            }
        }
        let items = try context.items(of: arguments.subject)
        guard !items.isEmpty else { throw JinjaError.value("Cannot choose from an empty sequence") }
        return items[source.number(below: items.count)]
    }

    static func shuffle(_ arguments: JinjaArguments, _ context: JinjaContext) throws -> JinjaValue {
        var items = try context.items(of: arguments.subject)
        // A seed that is false is none, as with Ansible.
        let seed = arguments.value(1, "seed")
        var source = try Source(seed: seed?.isTrue == true ? seed : nil)
        for last in stride(from: items.count - 1, to: 0, by: -1) {
            items.swapAt(last, source.number(below: last + 1))
        }
        return .list(items)
    }

    /// The system's numbers, or those of a seed.
    private struct Source {
        private var twister: MersenneTwister?

        init(seed: JinjaValue?) throws(JinjaError) {
            switch seed {
            case nil, .some(.none): break
            case .string(let text)?:
                let bytes = Array(text.utf8)
                twister = MersenneTwister(bigEndian: bytes + Digest.sha512(bytes))
            case .double(let number)? where number.isFinite: twister = MersenneTwister(Self.hash(number))
            case let other?:
                guard case .int(let number)? = other.number else {
                    throw .type("The only supported seed types are: None, int, float, str, bytes, and bytearray.")
                }
                twister = MersenneTwister(UInt64(number.magnitude))
            }
        }

        /// A number from 0 on, with no preference: what is too large is drawn again.
        mutating func number(below limit: Int) -> Int {
            guard twister != nil else { return Int.random(in: 0..<limit) }
            let bits = Int.bitWidth - limit.leadingZeroBitCount
            while true {
                if let number = twister?.bits(bits), number < UInt64(limit) { return Int(number) }
            }
        }

        /// Python's `hash` of a float: its value modulo 2^61 - 1.
        private static func hash(_ number: Double) -> UInt64 {
            let prime: UInt64 = 1 << 61 - 1
            var rest = number.magnitude.significand / 2
            var exponent = number == 0 ? 0 : Int(number.exponent) + 1
            if number == 0 { rest = 0 }
            var sum: UInt64 = 0
            while rest != 0 {
                sum = sum << 28 & prime | sum >> 33
                rest *= 268_435_456
                exponent -= 28
                let whole = rest.rounded(.down)
                rest -= whole
                sum += UInt64(whole)
                if sum >= prime { sum -= prime }
            }
            let turn = UInt64(exponent >= 0 ? exponent % 61 : 60 - (-1 - exponent) % 61)
            sum = sum << turn & prime | sum >> (61 - turn)
            guard number < 0 else { return sum }
            return UInt64(bitPattern: sum == 1 ? -2 : -Int64(sum))
        }
    }
}

/// The generator MT19937 of Matsumoto and Nishimura, seeded and read as CPython's `random` does.
struct MersenneTwister {
    private static let size = 624
    private static let shift = 397
    private var state: [UInt32]
    private var position = Self.size

    /// Seeded with an integer of any size, most significant byte first.
    init(bigEndian bytes: [UInt8]) {
        var words: [UInt32] = []
        for start in stride(from: bytes.count, to: 0, by: -4) {
            words.append(bytes[max(0, start - 4)..<start].reduce(0) { $0 << 8 | UInt32($1) })
        }
        while words.count > 1, words.last == 0 { words.removeLast() }
        self.init(key: words.isEmpty ? [0] : words)
    }

    init(_ number: UInt64) {
        let high = UInt32(number >> 32)
        self.init(key: [UInt32(truncatingIfNeeded: number)] + (high == 0 ? [] : [high]))
    }

    private init(key: [UInt32]) {
        state = [19_650_218]
        for index in 1..<Self.size { state.append(1_812_433_253 &* Self.mixed(state[index - 1]) &+ UInt32(index)) }
        var (place, word) = (1, 0)
        for _ in 0..<max(Self.size, key.count) {
            let mixed = state[place] ^ Self.mixed(state[place - 1]) &* 1_664_525
            state[place] = mixed &+ key[word] &+ UInt32(word)
            word = (word + 1) % key.count
            advance(&place)
        }
        for _ in 1..<Self.size {
            let mixed = state[place] ^ Self.mixed(state[place - 1]) &* 1_566_083_941
            state[place] = mixed &- UInt32(place)
            advance(&place)
        }
        state[0] = 0x8000_0000
    }

    private static func mixed(_ word: UInt32) -> UInt32 { word ^ word >> 30 }

    private mutating func advance(_ place: inout Int) {
        place += 1
        guard place == Self.size else { return }
        state[0] = state[Self.size - 1]
        place = 1
    }

    /// A number of so many bits, at most 64; the lowest 32 are drawn first.
    mutating func bits(_ count: Int) -> UInt64 {
        if count <= 32 { return count <= 0 ? 0 : UInt64(next() >> UInt32(32 - count)) }
        let low = UInt64(next())
        return UInt64(next() >> UInt32(64 - count)) << 32 | low
    }

    private mutating func next() -> UInt32 {
        if position == Self.size {
            for index in 0..<Self.size {
                let joined = state[index] & 0x8000_0000 | state[(index + 1) % Self.size] & 0x7fff_ffff
                let twisted = state[(index + Self.shift) % Self.size] ^ joined >> 1
                state[index] = joined & 1 == 0 ? twisted : twisted ^ 0x9908_b0df
            }
            position = 0
        }
        var word = state[position]
        position += 1
        word ^= word >> 11
        word ^= word << 7 & 0x9d2c_5680
        word ^= word << 15 & 0xefc6_0000
        return word ^ word >> 18
    }
}
