/// Finds the word that somebody probably meant.
enum Vocabulary {
    /// The nearest of some words, if one is near enough: another case, or few letters changed, added, left out or
    /// swapped (one in words up to five letters, else two).
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let letters = Array(word.lowercased().utf8)
        guard !letters.isEmpty, letters.count <= 80 else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8)
            let limit = min(letters.count, other.count) <= 5 ? 1 : 2
            guard abs(letters.count - other.count) <= limit else { continue }
            let distance = distance(letters, other)
            if distance <= limit, distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Number of edits between two words; two swapped neighbours are one.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        if left == right { return 0 }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...max(1, left.count) where !left.isEmpty {
            var current = [row] + [Int](repeating: 0, count: right.count)
            for column in stride(from: 1, through: right.count, by: 1) {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                current[column] = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    current[column] = min(current[column], beforeLast[column - 2] + 1)
                }
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
