/// How many columns of a terminal characters take.
enum TerminalWidth {
    /// 2 for those of East Asian scripts and pictures, 0 for those that join the one before, else 1.
    static func columns(of scalar: Unicode.Scalar) -> Int {
        guard scalar.value >= 0x300 else { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        case .format: return scalar.value == 0x200D ? 0 : 1
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    private static func isWide(_ code: UInt32) -> Bool {
        switch code {
        // Hangul initials; radicals, kana, ideographs, syllables; compatibility and full-width forms; pictures; further
        // ideographs.
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1FAFF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
