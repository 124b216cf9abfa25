/// Finds the word that somebody probably meant.
enum Vocabulary {
    /// A word as it is compared: in small letters.
    struct Word {
        let text: String
        fileprivate let letters: [UInt8]
        fileprivate let marks: UInt64

        init(_ text: String) {
            self.text = text
            letters = Vocabulary.letters(of: text)
            marks = Vocabulary.marks(of: letters)
        }
    }

    private static let longest = 80

    /// The nearest of some words, if one is near enough: another case, or few letters changed, added, left out or
    /// swapped (one in words up to five letters, else two).
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = letters(of: word)
        guard !letters.isEmpty, letters.count <= longest else { return nil }
        let marks = marks(of: letters)
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            // Letters of other scripts may have another length in small.
            guard abs(candidate.utf8.count - letters.count) <= 8 else { continue }
            let other = Self.letters(of: candidate)
            let limit = limit(letters.count, other.count)
            guard mayBeNear(letters.count, marks, other.count, Self.marks(of: other), limit) else { continue }
            let distance = distance(letters, other)
            if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Whether one of some words is near enough.
    ///
    /// - Parameter letters: A word in small letters.
    static func isNear(_ letters: [UInt8], among words: [Word]) -> Bool {
        guard !letters.isEmpty, letters.count <= longest else { return false }
        let marks = marks(of: letters)
        return words.contains { word in
            let limit = limit(letters.count, word.letters.count)
            return mayBeNear(letters.count, marks, word.letters.count, word.marks, limit)
                && distance(letters, word.letters) <= limit
        }
    }

    private static func letters(of text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return bytes.contains { $0 >= 0x80 } ? Array(text.lowercased().utf8) : small(bytes[...])
    }

    /// A word of ASCII in small letters; others stay.
    static func small(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
    }

    private static func limit(_ left: Int, _ right: Int) -> Int { min(left, right) <= 5 ? 1 : 2 }

    /// Which letters occur, as bits.
    private static func marks(of letters: [UInt8]) -> UInt64 {
        var marks: UInt64 = 0
        for letter in letters { marks |= 1 << UInt64(letter & 63) }
        return marks
    }

    /// False where the words are not near: an edit changes the length by one, and which letters occur by two.
    private static func mayBeNear(_ left: Int, _ leftMarks: UInt64, _ right: Int, _ rightMarks: UInt64, _ limit: Int)
        -> Bool
    {
        abs(left - right) <= limit && (leftMarks ^ rightMarks).nonzeroBitCount <= 2 * limit
    }

    /// Number of edits between two words; two swapped neighbours are one.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left == right { return 0 }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        var current = last
        for row in 1...max(1, left.count) where !left.isEmpty {
            current[0] = row
            for column in 1...max(1, right.count) where !right.isEmpty {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var edits = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    edits = min(edits, beforeLast[column - 2] + 1)
                }
                current[column] = edits
            }
            (beforeLast, last, current) = (last, current, beforeLast)
        }
        return last[right.count]
    }
}
