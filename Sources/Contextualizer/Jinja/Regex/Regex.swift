/// Python's regular expressions over code points. Time is bounded: each step of the machine counts against the limits
/// of the evaluation.
struct PythonRegex {
    /// Where the groups of a match are; group 0 is the whole.
    struct Match {
        let slots: [Int]

        var range: Range<Int> { slots[0]..<slots[1] }

        func range(of group: Int) -> Range<Int>? {
            guard group * 2 + 1 < slots.count, slots[group * 2] >= 0, slots[group * 2 + 1] >= slots[group * 2] else {
                return nil
            }
            return slots[group * 2]..<slots[group * 2 + 1]
        }
    }

    let program: RegexProgram

    init(_ pattern: String, ignoresCase: Bool = false, isMultiline: Bool = false) throws(JinjaError) {
        var flags = RegexParser.Flags()
        flags.ignoresCase = ignoresCase
        flags.isMultiline = isMultiline
        program = try RegexProgram(pattern, flags: flags)
    }

    var groupCount: Int { program.groupCount }

    func number(ofGroup name: String) -> Int? {
        if let number = Int(name) { return number <= groupCount ? number : nil }
        return program.groupNames[name]
    }

    /// The first match at or behind `start`.
    ///
    /// - Parameters:
    ///   - isAnchored: whether only a match exactly at `start` counts.
    ///   - forbiddenEmpty: a place where an empty match does not count.
    func firstMatch(
        in text: [Unicode.Scalar], from start: Int = 0, isAnchored: Bool = false, forbiddenEmpty: Int? = nil,
        _ context: JinjaContext
    ) throws(JinjaError) -> Match? {
        var machine = RegexMachine(program: program, text: text, context: context)
        var position = start
        while position <= text.count {
            if let slots = try machine.run(at: position, forbiddenEmpty: forbiddenEmpty) { return Match(slots: slots) }
            if isAnchored { return nil }
            position += 1
        }
        return nil
    }

    /// All matches, as Python's `finditer` gives them.
    func matches(in text: [Unicode.Scalar], limit: Int = 0, _ context: JinjaContext) throws(JinjaError) -> [Match] {
        var matches: [Match] = []
        var position = 0
        var forbiddenEmpty: Int?
        while limit == 0 || matches.count < limit,
            let match = try firstMatch(in: text, from: position, forbiddenEmpty: forbiddenEmpty, context)
        {
            matches.append(match)
            position = match.range.upperBound
            forbiddenEmpty = match.range.isEmpty ? position : nil
        }
        return matches
    }
}

/// Runs a program on a text. The stack is an array, so that no pattern can exhaust the thread's.
private struct RegexMachine {
    private enum Frame {
        case branch(pc: Int, position: Int)
        case slot(Int, Int)
        case register(Int, Int)
    }

    private static let maximumStack = 4_000_000

    let program: RegexProgram
    let text: [Unicode.Scalar]
    let context: JinjaContext
    private var slots: [Int]
    private var registers: [Int]
    private var stack: [Frame] = []
    private var uncounted = 0

    init(program: RegexProgram, text: [Unicode.Scalar], context: JinjaContext) {
        self.program = program
        self.text = text
        self.context = context
        slots = Array(repeating: -1, count: (program.groupCount + 1) * 2)
        registers = Array(repeating: -1, count: program.registerCount)
    }

    mutating func run(at start: Int, forbiddenEmpty: Int?) throws(JinjaError) -> [Int]? {
        for index in slots.indices { slots[index] = -1 }
        stack.removeAll(keepingCapacity: true)
        guard let end = try run(pc: 0, position: start, forbiddenEmpty: forbiddenEmpty) else { return nil }
        slots[0] = start
        slots[1] = end
        return slots
    }

    private mutating func step() throws(JinjaError) {
        uncounted += 1
        guard uncounted == 64 else { return }
        uncounted = 0
        try context.count(32)
        guard stack.count <= Self.maximumStack else { throw .limit("the regular expression needs too much memory") }
    }

    /// Goes back to the last choice above `base`; `nil` when there is none.
    private mutating func backtrack(to base: Int) -> (pc: Int, position: Int)? {
        while stack.count > base, let frame = stack.popLast() {
            switch frame {
            case .branch(let pc, let position): return (pc, position)
            case .slot(let index, let old): slots[index] = old
            case .register(let index, let old): registers[index] = old
            }
        }
        return nil
    }

    /// The end of a match from here; `nil` for none. `start` of the run is `position`.
    private mutating func run(pc: Int, position: Int, forbiddenEmpty: Int?) throws(JinjaError) -> Int? {
        let start = position
        let base = stack.count
        var (pc, position) = (pc, position)
        while true {
            try step()
            var succeeds = true
            switch program.instructions[pc] {
            case .character(let wanted, let ignoresCase):
                succeeds =
                    position < text.count
                    && (ignoresCase ? text[position].folded == wanted : text[position] == wanted)
                position += 1
            case .set(let set, let ignoresCase):
                succeeds = position < text.count && contains(set, text[position], ignoresCase)
                position += 1
            case .any(let includingNewline):
                succeeds = position < text.count && (includingNewline || text[position] != "\n")
                position += 1
            case .split(let first, let second):
                stack.append(.branch(pc: second, position: position))
                pc = first - 1
            case .jump(let target): pc = target - 1
            case .save(let slot):
                stack.append(.slot(slot, slots[slot]))
                slots[slot] = position
            case .mark(let register):
                stack.append(.register(register, registers[register]))
                registers[register] = position
            case .failIfUnmoved(let register): succeeds = registers[register] != position
            case .look(let end, let isAhead, let isNegative, let width):
                succeeds = try look(pc + 1, isAhead ? position : position - width, isAhead, position) != isNegative
                pc = end - 1
            case .backreference(let group, let ignoresCase):
                if let length = backreferenceLength(group, at: position, ignoresCase) {
                    position += length
                } else {
                    succeeds = false
                }
            case .assertion(let assertion): succeeds = holds(assertion, at: position)
            case .match:
                if position == start, start == forbiddenEmpty { succeeds = false } else { return position }
            }
            if succeeds {
                pc += 1
            } else if let choice = backtrack(to: base) {
                (pc, position) = choice
            } else {
                return nil
            }
        }
    }

    private func contains(_ set: RegexSet, _ scalar: Unicode.Scalar, _ ignoresCase: Bool) -> Bool {
        guard ignoresCase else { return set.contains(scalar) }
        var plain = set
        plain.isNegative = false
        let upper = scalar.properties.uppercaseMapping.unicodeScalars
        let isMember =
            plain.contains(scalar) || plain.contains(scalar.folded)
            || (upper.count == 1 && upper.first.map(plain.contains) == true)
        return isMember != set.isNegative
    }

    private mutating func look(
        _ pc: Int, _ from: Int, _ isAhead: Bool, _ position: Int
    ) throws(JinjaError) -> Bool {
        guard from >= 0 else { return false }
        let base = stack.count
        let end = try run(pc: pc, position: from, forbiddenEmpty: nil)
        // A look-around is never entered again: its choices go, what it captured stays restorable.
        stack = Array(stack[..<base]) + stack[base...].filter { if case .branch = $0 { false } else { true } }
        guard let end else { return false }
        return isAhead || end == position
    }

    private func backreferenceLength(_ group: Int, at position: Int, _ ignoresCase: Bool) -> Int? {
        let (start, end) = (slots[group * 2], slots[group * 2 + 1])
        guard start >= 0, end >= start, position + (end - start) <= text.count else { return nil }
        for offset in 0..<(end - start) {
            let (one, two) = (text[start + offset], text[position + offset])
            guard ignoresCase ? one.folded == two.folded : one == two else { return nil }
        }
        return end - start
    }

    private func holds(_ assertion: RegexAssertion, at position: Int) -> Bool {
        switch assertion {
        case .start: position == 0
        case .end: position == text.count
        case .lineStart: position == 0 || text[position - 1] == "\n"
        case .lineEnd: position == text.count || text[position] == "\n"
        case .endOrLastNewline:
            position == text.count || (position == text.count - 1 && text[position] == "\n")
        case .wordBoundary: isBoundary(position)
        case .noWordBoundary: !isBoundary(position)
        }
    }

    private func isBoundary(_ position: Int) -> Bool {
        let before = position > 0 && text[position - 1].isWord
        let after = position < text.count && text[position].isWord
        return before != after
    }
}
