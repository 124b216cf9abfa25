/// A regular expression as instructions of a small machine that backtracks on its own stack.
struct RegexProgram {
    enum Instruction {
        case character(Unicode.Scalar, ignoresCase: Bool)
        case set(RegexSet, ignoresCase: Bool)
        case any(includingNewline: Bool)
        /// Goes on at the first, and at the second if that fails.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        /// Remembers the position in a register.
        case mark(Int)
        /// Fails when nothing was consumed since the mark: a loop of empty matches ends.
        case failIfUnmoved(Int)
        case look(end: Int, isAhead: Bool, isNegative: Bool, width: Int)
        case backreference(Int, ignoresCase: Bool)
        case assertion(RegexAssertion)
        case match
    }

    static let maximumInstructions = 50_000

    private(set) var instructions: [Instruction] = []
    private(set) var registerCount = 0
    let groupCount: Int
    let groupNames: [String: Int]

    init(_ pattern: String, flags: RegexParser.Flags) throws(JinjaError) {
        var parser = RegexParser(pattern, flags: flags)
        let node = try parser.parse()
        groupCount = parser.groupCount
        groupNames = parser.groupNames
        try compile(node)
        try emit(.match)
    }

    private mutating func emit(_ instruction: Instruction) throws(JinjaError) {
        guard instructions.count < Self.maximumInstructions else { throw .limit("the regular expression is too large") }
        instructions.append(instruction)
    }

    private mutating func compile(_ node: RegexNode) throws(JinjaError) {
        switch node {
        case .empty: break
        case .character(let scalar, let ignoresCase):
            try emit(.character(ignoresCase ? scalar.folded : scalar, ignoresCase: ignoresCase))
        case .set(let set, let ignoresCase): try emit(.set(set, ignoresCase: ignoresCase))
        case .any(let includingNewline): try emit(.any(includingNewline: includingNewline))
        case .sequence(let items): for item in items { try compile(item) }
        case .alternatives(let branches): try compile(alternatives: branches)
        case .group(let body, let number):
            if let number { try emit(.save(number * 2)) }
            try compile(body)
            if let number { try emit(.save(number * 2 + 1)) }
        case .repeat(let body, let minimum, let maximum, let isLazy):
            for _ in 0..<minimum { try compile(body) }
            if let maximum {
                try compile(optional: body, times: maximum - minimum, isLazy: isLazy)
            } else {
                try compile(star: body, isLazy: isLazy)
            }
        case .lookaround(let body, let isAhead, let isNegative):
            var width = 0
            if !isAhead {
                guard let fixed = Self.width(of: body) else { throw .value("look-behind requires fixed-width pattern") }
                width = fixed
            }
            let place = instructions.count
            try emit(.match)
            try compile(body)
            try emit(.match)
            instructions[place] = .look(
                end: instructions.count, isAhead: isAhead, isNegative: isNegative, width: width)
        case .backreference(let number, let ignoresCase):
            try emit(.backreference(number, ignoresCase: ignoresCase))
        case .assertion(let assertion): try emit(.assertion(assertion))
        }
    }

    private mutating func compile(alternatives branches: [RegexNode]) throws(JinjaError) {
        var ends: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try compile(branch)
                break
            }
            let split = instructions.count
            try emit(.match)
            try compile(branch)
            ends.append(instructions.count)
            try emit(.match)
            instructions[split] = .split(split + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func compile(optional body: RegexNode, times: Int, isLazy: Bool) throws(JinjaError) {
        var splits: [Int] = []
        for _ in 0..<times {
            splits.append(instructions.count)
            try emit(.match)
            try compile(body)
        }
        for split in splits {
            instructions[split] =
                isLazy ? .split(instructions.count, split + 1) : .split(split + 1, instructions.count)
        }
    }

    private mutating func compile(star body: RegexNode, isLazy: Bool) throws(JinjaError) {
        let register = registerCount
        registerCount += 1
        let split = instructions.count
        try emit(.match)
        try emit(.mark(register))
        try compile(body)
        try emit(.failIfUnmoved(register))
        try emit(.jump(split))
        instructions[split] = isLazy ? .split(instructions.count, split + 1) : .split(split + 1, instructions.count)
    }

    /// The number of characters that a pattern always matches; `nil` when it varies.
    private static func width(of node: RegexNode) -> Int? {
        switch node {
        case .empty, .lookaround, .assertion: return 0
        case .character, .set, .any: return 1
        case .sequence(let items):
            return items.reduce(0) { sum, item in
                guard let sum, let width = width(of: item) else { return nil }
                return sum + width
            }
        case .alternatives(let branches):
            let widths = Set(branches.map { width(of: $0) })
            return widths.count == 1 ? widths.first ?? nil : nil
        case .group(let body, _): return width(of: body)
        case .repeat(let body, let minimum, let maximum, _):
            guard minimum == maximum, let width = width(of: body) else { return nil }
            return width * minimum
        case .backreference: return nil
        }
    }
}
