/// A regular expression that takes time linear in the text, whatever the author wrote: no back references, no
/// lookaround. Matches whole texts, or is found somewhere in one.
package struct LinearPattern: Sendable {
    private indirect enum Piece: Sendable {
        case empty
        case set(CharacterSet)
        case sequence([Piece])
        case choice([Piece])
        case many(Piece, minimum: Int, maximum: Int?)
        case start
        case end
    }

    private struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>] = []
        var isInverted = false

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            ranges.contains { $0.contains(scalar.value) } != isInverted
        }
    }

    private enum Instruction: Sendable {
        case set(CharacterSet)
        case split(Int, Int)
        case jump(Int)
        case start
        case end
        case match
    }

    private let maximumInstructions: Int
    private var program: [Instruction] = []

    /// Nil for what is no expression, one that this reader does not know, or one that is too long.
    /// - Parameter instructions: How many steps it has at most; each may be taken for every character.
    package init?(_ text: String, instructions: Int = 4000) {
        maximumInstructions = instructions
        guard text.utf8.count <= 2000 else { return nil }
        var reader = Reader(scalars: Array(text.unicodeScalars))
        guard let piece = reader.choice(depth: 0), reader.place == reader.scalars.count else { return nil }
        guard compile(piece) else { return nil }
        program.append(.match)
    }

    /// Whether the whole text matches.
    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current: Set<Int> = []
        follow(0, &current, 0, scalars.count)
        for (place, scalar) in scalars.enumerated() {
            var next: Set<Int> = []
            for instruction in current {
                if case .set(let set) = program[instruction], set.contains(scalar) {
                    follow(instruction + 1, &next, place + 1, scalars.count)
                }
            }
            if next.isEmpty { return false }
            current = next
        }
        return current.contains(program.count - 1)
    }

    /// Whether some part of the text matches.
    package func isFound(in text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = States(count: program.count)
        var next = States(count: program.count)
        for place in 0...scalars.count {
            // A match may begin at every place.
            if add(0, to: &current, place, scalars.count) { return true }
            guard place < scalars.count else { return false }
            for state in current.members {
                guard case .set(let set) = program[state], set.contains(scalars[place]) else { continue }
                if add(state + 1, to: &next, place + 1, scalars.count) { return true }
            }
            swap(&current, &next)
            next.removeAll()
        }
        return false
    }

    /// A set of states that is emptied in no time.
    private struct States {
        private(set) var members: [Int] = []
        private var isMember: [Bool]

        init(count: Int) { isMember = Array(repeating: false, count: count) }

        mutating func insert(_ state: Int) -> Bool {
            guard !isMember[state] else { return false }
            isMember[state] = true
            members.append(state)
            return true
        }

        mutating func removeAll() {
            for state in members { isMember[state] = false }
            members.removeAll(keepingCapacity: true)
        }
    }

    /// Whether the end of the expression is reached.
    private func add(_ start: Int, to states: inout States, _ place: Int, _ end: Int) -> Bool {
        var pending = [start]
        while let state = pending.popLast() {
            guard states.insert(state) else { continue }
            switch program[state] {
            case .split(let first, let second): pending += [second, first]
            case .jump(let target): pending.append(target)
            case .start: if place == 0 { pending.append(state + 1) }
            case .end: if place == end { pending.append(state + 1) }
            case .set: break
            case .match: return true
            }
        }
        return false
    }

    private func follow(_ start: Int, _ states: inout Set<Int>, _ place: Int, _ end: Int) {
        var pending = [start]
        while let state = pending.popLast() {
            guard states.insert(state).inserted else { continue }
            switch program[state] {
            case .split(let first, let second): pending += [second, first]
            case .jump(let target): pending.append(target)
            case .start: if place == 0 { pending.append(state + 1) }
            case .end: if place == end { pending.append(state + 1) }
            case .set, .match: break
            }
        }
    }

    // MARK: Compiling

    private mutating func compile(_ piece: Piece) -> Bool {
        guard program.count < maximumInstructions else { return false }
        switch piece {
        case .empty: return true
        case .set(let set): program.append(.set(set))
        case .start: program.append(.start)
        case .end: program.append(.end)
        case .sequence(let pieces): return pieces.allSatisfy { compile($0) }
        case .choice(let pieces):
            var ends: [Int] = []
            for (number, piece) in pieces.enumerated() {
                let split = program.count
                if number < pieces.count - 1 { program.append(.split(split + 1, 0)) }
                guard compile(piece) else { return false }
                if number < pieces.count - 1 {
                    ends.append(program.count)
                    program.append(.jump(0))
                    program[split] = .split(split + 1, program.count)
                }
            }
            for end in ends { program[end] = .jump(program.count) }
        case .many(let piece, let minimum, let maximum):
            for _ in 0..<minimum { guard compile(piece) else { return false } }
            if let maximum {
                for _ in minimum..<max(minimum, maximum) {
                    let split = program.count
                    program.append(.split(split + 1, 0))
                    guard compile(piece) else { return false }
                    program[split] = .split(split + 1, program.count)
                }
            } else {
                let split = program.count
                program.append(.split(split + 1, 0))
                guard compile(piece) else { return false }
                program.append(.jump(split))
                program[split] = .split(split + 1, program.count)
            }
        }
        return true
    }

    // MARK: Reading

    private struct Reader {
        let scalars: [Unicode.Scalar]
        var place = 0

        init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

        private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

        mutating func choice(depth: Int) -> Piece? {
            guard depth < 50 else { return nil }
            var pieces: [Piece] = []
            repeat {
                if !pieces.isEmpty { place += 1 }
                guard let piece = sequence(depth: depth) else { return nil }
                pieces.append(piece)
            } while next == "|"
            return pieces.count == 1 ? pieces[0] : .choice(pieces)
        }

        private mutating func sequence(depth: Int) -> Piece? {
            var pieces: [Piece] = []
            while let scalar = next, scalar != "|", scalar != ")" {
                guard let atom = atom(depth: depth), let piece = repetition(of: atom) else { return nil }
                pieces.append(piece)
            }
            return pieces.isEmpty ? .empty : .sequence(pieces)
        }

        private mutating func repetition(of atom: Piece) -> Piece? {
            var piece = atom
            while let scalar = next {
                switch scalar {
                case "*": piece = .many(piece, minimum: 0, maximum: nil)
                case "+": piece = .many(piece, minimum: 1, maximum: nil)
                case "?": piece = .many(piece, minimum: 0, maximum: 1)
                case "{":
                    guard let end = scalars[place...].firstIndex(of: "}") else { return nil }
                    let text = String(String.UnicodeScalarView(scalars[(place + 1)..<end]))
                    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
                    guard let low = parts.first.map({ $0.isEmpty ? 0 : Int($0) ?? -1 }), (0...1000).contains(low),
                        parts.count <= 2
                    else { return nil }
                    let high = parts.count == 1 ? low : parts[1].isEmpty ? nil : Int(parts[1]) ?? -1
                    if let high, high < low || high > 1000 { return nil }
                    piece = .many(piece, minimum: low, maximum: high)
                    place = end
                default: return piece
                }
                place += 1
                // Greedy or not makes no difference for whole texts.
                if next == "?" { place += 1 }
            }
            return piece
        }

        private mutating func atom(depth: Int) -> Piece? {
            guard let scalar = next else { return nil }
            place += 1
            switch scalar {
            case "^": return .start
            case "$": return .end
            case ".": return .set(CharacterSet(ranges: [10...10], isInverted: true))
            case "(":
                if next == "?" {
                    guard place + 1 < scalars.count, scalars[place + 1] == ":" else { return nil }
                    place += 2
                }
                guard let piece = choice(depth: depth + 1), next == ")" else { return nil }
                place += 1
                return piece
            case "[": return set()
            case "\\": return escape().map(Piece.set)
            case "*", "+", "?", "{": return nil
            default: return .set(CharacterSet(ranges: [scalar.value...scalar.value]))
            }
        }

        private mutating func escape() -> CharacterSet? {
            guard let scalar = next else { return nil }
            place += 1
            let digits: [ClosedRange<UInt32>] = [48...57]
            let word: [ClosedRange<UInt32>] = [48...57, 65...90, 95...95, 97...122]
            let space: [ClosedRange<UInt32>] = [9...13, 32...32]
            switch scalar {
            case "d": return CharacterSet(ranges: digits)
            case "D": return CharacterSet(ranges: digits, isInverted: true)
            case "w": return CharacterSet(ranges: word)
            case "W": return CharacterSet(ranges: word, isInverted: true)
            case "s": return CharacterSet(ranges: space)
            case "S": return CharacterSet(ranges: space, isInverted: true)
            case "n": return CharacterSet(ranges: [10...10])
            case "t": return CharacterSet(ranges: [9...9])
            case "r": return CharacterSet(ranges: [13...13])
            default:
                let isLetter = (97...122).contains(scalar.value | 0x20) || (48...57).contains(scalar.value)
                return isLetter ? nil : CharacterSet(ranges: [scalar.value...scalar.value])
            }
        }

        private mutating func set() -> Piece? {
            var set = CharacterSet()
            if next == "^" {
                set.isInverted = true
                place += 1
            }
            var isFirst = true
            while let scalar = next, scalar != "]" || isFirst {
                isFirst = false
                place += 1
                var low = scalar.value
                if scalar == "\\" {
                    guard let escaped = escape(), !escaped.isInverted else { return nil }
                    guard escaped.ranges.count == 1, escaped.ranges[0].count == 1 else {
                        set.ranges += escaped.ranges
                        continue
                    }
                    low = escaped.ranges[0].lowerBound
                }
                var high = low
                if next == "-", place + 1 < scalars.count, scalars[place + 1] != "]" {
                    place += 1
                    high = scalars[place].value
                    place += 1
                    if high == 92 {
                        guard let escaped = escape(), escaped.ranges.count == 1 else { return nil }
                        high = escaped.ranges[0].lowerBound
                    }
                    guard high >= low else { return nil }
                }
                set.ranges.append(low...high)
            }
            guard next == "]" else { return nil }
            place += 1
            return .set(set)
        }
    }
}
