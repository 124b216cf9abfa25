/// What a template has written so far: one value of any type, or, from the second piece on, text. Where `none` prints
/// nothing it is no piece, so that a value beside it keeps its type.
struct Output {
    private var first: JinjaValue?
    private var hasNone = false
    private var text = ""
    private var isText = false
    let noneText: String

    init(noneText: String) { self.noneText = noneText }

    /// The result in its native type; the empty string when nothing was written.
    var value: JinjaValue {
        guard !isText else { return .string(text) }
        // By itself a range is the list of its numbers.
        if case .object(let reference)? = first, let range = reference.object as? RangeObject { return range.items }
        return first ?? (hasNone ? .none : .string(""))
    }

    /// Whether nothing was written, not even `none`.
    var isEmpty: Bool { first == nil && !hasNone }

    var asText: String { isText ? text : first.map { $0.isOmitted ? $0.text : shown($0) } ?? "" }

    var size: Int { text.utf8.count }

    mutating func append(_ value: JinjaValue) {
        if noneText.isEmpty, value.isNone {
            hasNone = true
        } else if isText {
            text += shown(value)
        } else if let first {
            text = shown(first) + shown(value)
            isText = true
        } else {
            first = value
        }
    }

    private func shown(_ value: JinjaValue) -> String {
        switch value {
        // Beside other text, what is left out writes nothing.
        case .omit: ""
        case .string(let text): text
        case .none: noneText
        default: value.text
        }
    }
}
