/// An integer that does not fit into 64 bits. Python's have no bound; here it is that of Python's own texts of
/// integers, 4300 digits.
final class BigInteger: PythonObject {
    /// Least significant first; no zero at the end.
    let magnitude: [UInt32]
    let isNegative: Bool
    let typeName = "int"

    private static let maximumLimbs = 447

    private init(_ magnitude: [UInt32], isNegative: Bool) {
        self.magnitude = magnitude
        self.isNegative = isNegative
    }

    convenience init(_ number: Int) {
        let bits = UInt64(number.magnitude)
        self.init(Limbs.trimmed([UInt32(truncatingIfNeeded: bits), UInt32(bits >> 32)]), isNegative: number < 0)
    }

    /// - Parameter digits: Letters and digits of the radix alone, with a minus before them or not.
    convenience init?(digits: some StringProtocol, radix: Int = 10) {
        let isNegative = digits.hasPrefix("-")
        let text = digits.utf8.dropFirst(isNegative || digits.hasPrefix("+") ? 1 : 0)
        guard !text.isEmpty, text.count <= 20_000 else { return nil }
        var magnitude: [UInt32] = []
        for byte in text {
            guard let digit = Character(Unicode.Scalar(byte)).hexOrLetterValue, digit < radix else { return nil }
            magnitude = Limbs.add(Limbs.multiply(magnitude, UInt32(radix)), [UInt32(digit)])
            guard magnitude.count <= Self.maximumLimbs else { return nil }
        }
        self.init(magnitude, isNegative: isNegative && !magnitude.isEmpty)
    }

    /// The integer that a value is.
    static func of(_ value: JinjaValue) -> BigInteger? {
        switch value {
        case .int(let number): BigInteger(number)
        case .bool(let flag): BigInteger(flag ? 1 : 0)
        case .object(let reference): reference.object as? BigInteger
        default: nil
        }
    }

    /// As a value: of 64 bits where it fits.
    var value: JinjaValue {
        if magnitude.count <= 2 {
            let bits = magnitude.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (32 * UInt64($1.offset)) }
            if !isNegative, bits <= UInt64(Int.max) { return .int(Int(bits)) }
            if isNegative, bits <= UInt64(Int.max) + 1 { return .int(Int(truncatingIfNeeded: 0 &- bits)) }
        }
        return .python(self)
    }

    /// What a text of digits means, of whatever size; `nil` where it is too long.
    static func value(of digits: some StringProtocol, radix: Int = 10) -> JinjaValue? {
        Int(digits, radix: radix).map { .int($0) } ?? BigInteger(digits: digits, radix: radix)?.value
    }

    var text: String { text(radix: 10) }

    func text(radix: Int) -> String { (isNegative ? "-" : "") + Limbs.digits(magnitude, radix: UInt32(radix)) }

    var double: Double {
        let size = Limbs.double(magnitude)
        return isNegative ? -size : size
    }

    /// The quotient, rounded once.
    private static func quotient(_ left: BigInteger, _ right: BigInteger) -> Double {
        let surplus = Limbs.bitCount(right.magnitude) - Limbs.bitCount(left.magnitude) + 66
        let shift = max(0, (surplus + 31) / 32)
        let (whole, rest) = Limbs.divide([UInt32](repeating: 0, count: shift) + left.magnitude, right.magnitude)
        // What is left over decides between two neighbours.
        var limbs = whole
        if !rest.isEmpty, !limbs.isEmpty { limbs[0] |= 1 }
        let size = Double(sign: .plus, exponent: -32 * shift, significand: Limbs.double(limbs))
        return left.isNegative != right.isNegative ? -size : size
    }

    /// The whole part of a number.
    convenience init?(_ number: Double) {
        guard number.isFinite else { return nil }
        let size = abs(number.rounded(.towardZero))
        let exponent = size == 0 ? 0 : Int(size.exponent)
        guard exponent > 52 else {
            self.init(Int(number))
            return
        }
        var limbs = [UInt32](repeating: 0, count: exponent / 32 + 2)
        let bits = size.significandBitPattern | 1 << 52
        for bit in 0..<53 where bits >> UInt64(bit) & 1 == 1 {
            let place = bit + exponent - 52
            limbs[place / 32] |= 1 << UInt32(place % 32)
        }
        self.init(Limbs.trimmed(limbs), isNegative: number < 0)
    }

    // MARK: - Comparing and calculating

    func order(to other: JinjaValue) -> Int? {
        if case .double(let number) = other {
            return number.isNaN ? nil : double < number ? -1 : double > number ? 1 : 0
        }
        guard let other = Self.of(other) else { return nil }
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let order = Limbs.order(magnitude, other.magnitude)
        return isNegative ? -order : order
    }

    func apply(
        _ operation: ArithmeticOperator, _ other: JinjaValue, isLeft: Bool
    ) throws(JinjaError) -> JinjaValue? {
        if case .double(let number) = other {
            let pair: (JinjaNumber, JinjaNumber) =
                isLeft ? (.double(double), .double(number)) : (.double(number), .double(double))
            return try Arithmetic.apply(operation, pair.0, pair.1)
        }
        guard let other = Self.of(other) else { return nil }
        return try isLeft ? Self.apply(operation, self, other) : Self.apply(operation, other, self)
    }

    static func apply(
        _ operation: ArithmeticOperator, _ left: BigInteger, _ right: BigInteger
    ) throws(JinjaError) -> JinjaValue {
        switch operation {
        case .add: return try sum(left, right).value
        case .subtract: return try sum(left, right.negated).value
        case .multiply:
            return try checked(
                Limbs.multiply(left.magnitude, right.magnitude), left.isNegative != right.isNegative
            ).value
        case .divide:
            guard !right.magnitude.isEmpty else { throw .value("division by zero") }
            return .double(quotient(left, right))
        case .floorDivide:
            guard !right.magnitude.isEmpty else { throw .value("integer division or modulo by zero") }
            return try division(left, right).quotient.value
        case .modulo:
            guard !right.magnitude.isEmpty else { throw .value("integer modulo by zero") }
            return try division(left, right).rest.value
        case .power: return try power(left, right)
        }
    }

    var negated: BigInteger { BigInteger(magnitude, isNegative: !isNegative && !magnitude.isEmpty) }

    private static func checked(_ magnitude: [UInt32], _ isNegative: Bool) throws(JinjaError) -> BigInteger {
        guard magnitude.count <= maximumLimbs else { throw .value("an integer of more than 4300 digits") }
        return BigInteger(magnitude, isNegative: isNegative && !magnitude.isEmpty)
    }

    private static func sum(_ left: BigInteger, _ right: BigInteger) throws(JinjaError) -> BigInteger {
        if left.isNegative == right.isNegative {
            return try checked(Limbs.add(left.magnitude, right.magnitude), left.isNegative)
        }
        if Limbs.order(left.magnitude, right.magnitude) >= 0 {
            return try checked(Limbs.subtract(left.magnitude, right.magnitude), left.isNegative)
        }
        return try checked(Limbs.subtract(right.magnitude, left.magnitude), right.isNegative)
    }

    /// Rounded down, as Python does.
    private static func division(
        _ left: BigInteger, _ right: BigInteger
    ) throws(JinjaError) -> (quotient: BigInteger, rest: BigInteger) {
        let (quotient, rest) = Limbs.divide(left.magnitude, right.magnitude)
        let isNegative = left.isNegative != right.isNegative
        guard isNegative, !rest.isEmpty else {
            return (try checked(quotient, isNegative), try checked(rest, left.isNegative))
        }
        return (
            try checked(Limbs.add(quotient, [1]), true),
            try checked(Limbs.subtract(right.magnitude, rest), right.isNegative)
        )
    }

    private static func power(_ base: BigInteger, _ exponent: BigInteger) throws(JinjaError) -> JinjaValue {
        guard !exponent.isNegative else { return .double(realPower(base.double, exponent.double)) }
        guard case .int(var count) = exponent.value else { throw .value("an integer of more than 4300 digits") }
        guard count < maximumLimbs * 32 || base.magnitude == [1] || base.magnitude.isEmpty else {
            throw .value("an integer of more than 4300 digits")
        }
        if base.magnitude == [1] { return .int(base.isNegative && count % 2 == 1 ? -1 : 1) }
        var result = BigInteger(1)
        var factor = base
        while count > 0 {
            if count & 1 == 1 {
                result = try checked(
                    Limbs.multiply(result.magnitude, factor.magnitude), result.isNegative != factor.isNegative)
            }
            count >>= 1
            if count > 0 { factor = try checked(Limbs.multiply(factor.magnitude, factor.magnitude), false) }
        }
        return result.value
    }
}

extension Character {
    /// The value of a digit or letter in numbers of a radix up to 36.
    fileprivate var hexOrLetterValue: Int? {
        guard let byte = asciiValue else { return nil }
        switch byte {
        case 0x30...0x39: return Int(byte) - 0x30
        case 0x41...0x5a: return Int(byte) - 0x37
        case 0x61...0x7a: return Int(byte) - 0x57
        default: return nil
        }
    }
}

/// Calculation with natural numbers of 32-bit limbs, as in school.
enum Limbs {
    static func trimmed(_ limbs: [UInt32]) -> [UInt32] {
        var limbs = limbs
        while limbs.last == 0 { limbs.removeLast() }
        return limbs
    }

    static func bitCount(_ limbs: [UInt32]) -> Int {
        limbs.last.map { limbs.count * 32 - $0.leadingZeroBitCount } ?? 0
    }

    /// The nearest number of 53 bits.
    static func double(_ limbs: [UInt32]) -> Double {
        let surplus = max(0, bitCount(limbs) - 64)
        var top: UInt64 = 0
        var isExact = true
        for (index, limb) in limbs.enumerated() {
            let place = index * 32 - surplus
            if place >= 0 {
                top |= UInt64(limb) << UInt64(place)
            } else if place > -32 {
                top |= UInt64(limb) >> UInt64(-place)
                isExact = isExact && UInt64(limb) << UInt64(32 + place) & 0xffff_ffff == 0
            } else {
                isExact = isExact && limb == 0
            }
        }
        return Double(sign: .plus, exponent: surplus, significand: Double(isExact ? top : top | 1))
    }

    static func order(_ left: [UInt32], _ right: [UInt32]) -> Int {
        guard left.count == right.count else { return left.count < right.count ? -1 : 1 }
        for (one, two) in zip(left, right).reversed() where one != two { return one < two ? -1 : 1 }
        return 0
    }

    static func add(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var carry: UInt64 = 0
        for index in 0..<max(left.count, right.count) {
            let sum =
                UInt64(index < left.count ? left[index] : 0) + UInt64(index < right.count ? right[index] : 0) + carry
            result.append(UInt32(truncatingIfNeeded: sum))
            carry = sum >> 32
        }
        if carry > 0 { result.append(UInt32(carry)) }
        return trimmed(result)
    }

    /// `left` must not be less than `right`.
    static func subtract(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var borrow: Int64 = 0
        for index in left.indices {
            var rest = Int64(left[index]) - Int64(index < right.count ? right[index] : 0) - borrow
            borrow = rest < 0 ? 1 : 0
            if rest < 0 { rest += 1 << 32 }
            result.append(UInt32(rest))
        }
        return trimmed(result)
    }

    static func multiply(_ limbs: [UInt32], _ factor: UInt32) -> [UInt32] { multiply(limbs, [factor]) }

    static func multiply(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        var result = [UInt32](repeating: 0, count: left.count + right.count)
        for (i, one) in left.enumerated() {
            var carry: UInt64 = 0
            for (j, two) in right.enumerated() {
                let sum = UInt64(one) * UInt64(two) + UInt64(result[i + j]) + carry
                result[i + j] = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
            result[i + right.count] = UInt32(carry)
        }
        return trimmed(result)
    }

    /// `right` must not be zero.
    static func divide(_ left: [UInt32], _ right: [UInt32]) -> (quotient: [UInt32], rest: [UInt32]) {
        guard order(left, right) >= 0 else { return ([], left) }
        if right.count == 1 {
            let (quotient, rest) = divide(left, by: right[0])
            return (quotient, rest == 0 ? [] : [rest])
        }
        // Bit by bit: numbers are short, and this is plainly right.
        var quotient = [UInt32](repeating: 0, count: left.count)
        var rest: [UInt32] = []
        for bit in (0..<left.count * 32).reversed() {
            rest = doubled(rest, adding: left[bit / 32] >> UInt32(bit % 32) & 1)
            if order(rest, right) >= 0 {
                rest = subtract(rest, right)
                quotient[bit / 32] |= 1 << UInt32(bit % 32)
            }
        }
        return (trimmed(quotient), rest)
    }

    private static func doubled(_ limbs: [UInt32], adding bit: UInt32) -> [UInt32] {
        var result = limbs
        var carry = bit
        for index in result.indices {
            let next = result[index] >> 31
            result[index] = result[index] << 1 | carry
            carry = next
        }
        if carry > 0 { result.append(carry) }
        return result
    }

    private static func divide(_ limbs: [UInt32], by divisor: UInt32) -> (quotient: [UInt32], rest: UInt32) {
        var quotient = limbs
        var rest: UInt64 = 0
        for index in limbs.indices.reversed() {
            let part = rest << 32 | UInt64(limbs[index])
            quotient[index] = UInt32(part / UInt64(divisor))
            rest = part % UInt64(divisor)
        }
        return (trimmed(quotient), UInt32(rest))
    }

    static func digits(_ limbs: [UInt32], radix: UInt32) -> String {
        guard !limbs.isEmpty else { return "0" }
        // As many digits at once as fit into a limb.
        var (chunk, width) = (radix, 1)
        while UInt64(chunk) * UInt64(radix) <= UInt64(UInt32.max) {
            chunk *= radix
            width += 1
        }
        var parts: [String] = []
        var rest = limbs
        while !rest.isEmpty {
            let (quotient, last) = divide(rest, by: chunk)
            let text = String(last, radix: Int(radix))
            parts.append(quotient.isEmpty ? text : String(repeating: "0", count: width - text.utf8.count) + text)
            rest = quotient
        }
        return parts.reversed().joined()
    }
}

extension JinjaValue {
    /// The integer that digits mean, of whatever size; `nil` where they are too many, or no digits of the radix.
    package static func integer(_ digits: some StringProtocol, radix: Int = 10) -> JinjaValue? {
        BigInteger.value(of: digits, radix: radix)
    }

    /// The digits of an integer of more than 64 bits; `nil`: it is none.
    package var digitsOfBigInteger: String? { (python as? BigInteger)?.text }
}
