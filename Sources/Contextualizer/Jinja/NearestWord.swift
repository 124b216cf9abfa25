/// Finds the word that somebody meant.
public enum NearestWord {
    /// The known word with the smallest edit distance, if that is at most a third of the word's length (two at least).
    /// Of several the one with the same letters, or else the first in alphabetical order.
    public static func find(_ word: String, among known: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        var best: (word: String, distance: Int, letters: Int)?
        for candidate in known.sorted() where candidate != word {
            let distance = distance(word, candidate)
            guard distance <= limit, distance < candidate.count else { continue }
            let letters = differentLetters(word, candidate)
            if let current = best, (current.distance, current.letters) <= (distance, letters) { continue }
            best = (candidate, distance, letters)
        }
        return best?.word
    }

    /// How many letters one word has more often than the other.
    private static func differentLetters(_ left: String, _ right: String) -> Int {
        var counts: [UInt8: Int] = [:]
        for byte in left.utf8 { counts[byte, default: 0] += 1 }
        for byte in right.utf8 { counts[byte, default: 0] -= 1 }
        return counts.values.reduce(0) { $0 + abs($1) }
    }

    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard !left.isEmpty, !right.isEmpty, left.count < 200, right.count < 200 else {
            return max(left.count, right.count)
        }
        var row = Array(0...right.count)
        for (i, one) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, two) in right.enumerated() {
                let cost = min(row[j] + 1, row[j + 1] + 1, diagonal + (one == two ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[right.count]
    }
}
