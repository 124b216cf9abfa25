/// The encodings of texts that filters and `template` know, by Python's names.
package enum TextEncoding {
    case utf8, ascii, latin1
    /// `isBigEndian` nil: a mark of the order goes before, and decides on reading.
    case utf16(isBigEndian: Bool?)
    case utf32(isBigEndian: Bool?)

    package init(named name: String) throws(JinjaError) {
        let plain = String(name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
        switch plain {
        case "utf8", "u8": self = .utf8
        case "ascii", "usascii", "646": self = .ascii
        case "latin1", "iso88591", "l1", "cp819", "8859", "latin": self = .latin1
        case "utf16", "u16": self = .utf16(isBigEndian: nil)
        case "utf16le": self = .utf16(isBigEndian: false)
        case "utf16be": self = .utf16(isBigEndian: true)
        case "utf32", "u32": self = .utf32(isBigEndian: nil)
        case "utf32le": self = .utf32(isBigEndian: false)
        case "utf32be": self = .utf32(isBigEndian: true)
        default: throw .value("unknown encoding: \(name)")
        }
    }

    /// - Throws: ``JinjaError`` with Python's words for a character that the encoding does not have.
    package func bytes(of text: String) throws(JinjaError) -> [UInt8] {
        switch self {
        case .utf8: return Array(text.utf8)
        case .ascii, .latin1:
            let limit: UInt32 = if case .ascii = self { 0x80 } else { 0x100 }
            var bytes: [UInt8] = []
            for (position, scalar) in text.unicodeScalars.enumerated() {
                guard scalar.value < limit else {
                    throw .value(
                        "'\(limit == 0x80 ? "ascii" : "latin-1")' codec can't encode character "
                            + "'\(scalar.pythonEscape)' in position \(position): ordinal not in range(\(limit))")
                }
                bytes.append(UInt8(scalar.value))
            }
            return bytes
        case .utf16(let isBigEndian):
            let units = (isBigEndian == nil ? [0xfeff] : []) + Array(text.utf16)
            return units.flatMap { Self.bytes(of: UInt32($0), count: 2, isBigEndian: isBigEndian ?? false) }
        case .utf32(let isBigEndian):
            let units = (isBigEndian == nil ? [0xfeff] : []) + text.unicodeScalars.map(\.value)
            return units.flatMap { Self.bytes(of: $0, count: 4, isBigEndian: isBigEndian ?? false) }
        }
    }

    private static func bytes(of unit: UInt32, count: Int, isBigEndian: Bool) -> [UInt8] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: unit >> UInt32($0 * 8)) }
        return isBigEndian ? bytes.reversed() : bytes
    }

    /// The text; what is not of the encoding becomes U+FFFD.
    func text(of bytes: [UInt8]) -> String {
        switch self {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .ascii: return String(scalars: bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : "\u{fffd}" })
        case .latin1: return String(scalars: bytes.map { Unicode.Scalar($0) })
        case .utf16(let isBigEndian):
            let units = Self.units(of: bytes, count: 2, isBigEndian: isBigEndian)
            return String(decoding: units.map { UInt16(truncatingIfNeeded: $0) }, as: UTF16.self)
        case .utf32(let isBigEndian):
            let units = Self.units(of: bytes, count: 4, isBigEndian: isBigEndian)
            return String(scalars: units.map { Unicode.Scalar($0) ?? "\u{fffd}" })
        }
    }

    private static func units(of bytes: [UInt8], count: Int, isBigEndian: Bool?) -> [UInt32] {
        func units(_ isBigEndian: Bool) -> [UInt32] {
            stride(from: 0, to: bytes.count, by: count).map { start in
                guard start + count <= bytes.count else { return 0xfffd }
                let unit = bytes[start..<(start + count)]
                return (isBigEndian ? Array(unit) : unit.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
        if let isBigEndian { return units(isBigEndian) }
        let little = units(false)
        guard let mark = little.first else { return [] }
        if mark == 0xfeff { return Array(little.dropFirst()) }
        let isSwapped = count == 2 ? mark == 0xfffe : mark == 0xfffe_0000
        return isSwapped ? Array(units(true).dropFirst()) : little
    }
}
