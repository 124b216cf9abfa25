/// The state of a running `for`.
struct LoopState {
    let syntax: LoopSyntax
    let items: [JinjaValue]
    let depth: Int
    let frame: Frame
    var index = 0
    var lastChanged: [JinjaValue]?
}

/// The variable `loop`.
final class LoopObject: JinjaObject {
    let slot: Int
    let token: ContextToken
    var typeName: String { "LoopContext" }

    init(slot: Int, token: ContextToken) {
        self.slot = slot
        self.token = token
    }

    func attribute(_ name: String, in context: JinjaContext) -> JinjaValue? {
        guard token === context.token, let state = context.loops[slot] else { return nil }
        let (index, count) = (state.index, state.items.count)
        switch name {
        case "index": return .int(index + 1)
        case "index0": return .int(index)
        case "revindex": return .int(count - index)
        case "revindex0": return .int(count - index - 1)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == count - 1)
        case "length": return .int(count)
        case "depth": return .int(state.depth + 1)
        case "depth0": return .int(state.depth)
        case "previtem": return index > 0 ? state.items[index - 1] : .undefined("there is no previous item")
        case "nextitem": return index + 1 < count ? state.items[index + 1] : .undefined("there is no next item")
        case "cycle":
            return .function(
                "cycle",
                JinjaFunction(nil) { arguments, _ in
                    guard !arguments.positional.isEmpty else { throw JinjaError.type("no items for cycling given") }
                    return arguments.positional[index % arguments.positional.count]
                })
        case "changed":
            let slot = slot
            return .function(
                "changed",
                JinjaFunction(nil, acceptsUndefined: true) { arguments, context in
                    let isSame = context.loops[slot]?.lastChanged == arguments.positional
                    context.loops[slot]?.lastChanged = arguments.positional
                    return .bool(!isSame)
                })
        default: return nil
        }
    }

    /// `loop(items)` in a recursive loop.
    func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        guard token === context.token, let state = context.loops[slot] else {
            throw JinjaError.value("'loop' is used outside of its loop")
        }
        guard state.syntax.isRecursive else {
            throw JinjaError.type("The loop must have the 'recursive' marker to be called recursively.")
        }
        guard let items = arguments.positional.first else { throw JinjaError.type("loop() needs the items") }
        return .string(try context.recurse(state, items))
    }
}
