/// Finds the word that somebody meant.
public enum NearestWord {
    /// The known word with the smallest edit distance, if that is at most a third of the word's length (two at least).
    /// Of several the first in alphabetical order.
    public static func find(_ word: String, among known: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in known.sorted() where candidate != word {
            let distance = distance(word, candidate)
            if distance <= limit, distance < candidate.count, distance < best?.distance ?? Int.max {
                best = (candidate, distance)
            }
        }
        return best?.word
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
