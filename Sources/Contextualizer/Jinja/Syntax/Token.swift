/// A piece of a template.
struct Token: Sendable {
    enum Kind: Sendable, Equatable {
        case text(String)
        case variableBegin
        case variableEnd
        case blockBegin
        case blockEnd
        case name(String)
        case string(String)
        case int(Int)
        /// An integer of more than 64 bits.
        case big(JinjaValue)
        case double(Double)
        case symbol(String)
        case end
    }

    var kind: Kind
    var line: Int
    /// First byte and the byte after the last.
    var start: Int
    var end: Int

    /// The token as messages show it.
    var shown: String {
        switch kind {
        case .text: "template text"
        case .variableBegin: "begin of print statement"
        case .variableEnd: "end of print statement"
        case .blockBegin: "begin of statement block"
        case .blockEnd: "end of statement block"
        case .name(let name): name
        case .string(let text): JinjaValue.repr(of: text)
        case .int(let number): String(number)
        case .big(let number): number.text
        case .double(let number): JinjaValue.text(of: number)
        case .symbol(let symbol): symbol
        case .end: "end of template"
        }
    }
}
