// Values with behaviour that templates make themselves. They hold a number only; what it stands for lives in the
// context, so that the values stay `Sendable` and die with the evaluation.

struct MacroDefinition {
    let syntax: MacroSyntax
    let frame: Frame
}

/// A macro, or the body of a call block.
final class MacroObject: JinjaObject {
    let name: String
    let slot: Int
    let token: ContextToken
    var typeName: String { "Macro" }

    init(name: String, slot: Int, token: ContextToken) {
        self.name = name
        self.slot = slot
        self.token = token
    }

    func attribute(_ name: String, in context: JinjaContext) -> JinjaValue? {
        guard token === context.token, context.macros.indices.contains(slot) else { return nil }
        let syntax = context.macros[slot].syntax
        return switch name {
        case "name": .string(syntax.name)
        case "arguments": .tuple(syntax.parameters.map { .string($0.name) })
        case "catch_varargs": .bool(syntax.usesVarargs)
        case "catch_kwargs": .bool(syntax.usesKwargs)
        case "caller": .bool(syntax.usesCaller)
        default: nil
        }
    }

    func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        guard token === context.token, context.macros.indices.contains(slot) else {
            throw JinjaError.value("macro '\(name)' was defined in another template")
        }
        return try context.callMacro(context.macros[slot], arguments)
    }
}

/// `namespace(…)`: the one thing that an inner block can change for the outer ones.
final class NamespaceObject: JinjaObject {
    let slot: Int
    let token: ContextToken
    var typeName: String { "Namespace" }

    init(slot: Int, token: ContextToken) {
        self.slot = slot
        self.token = token
    }

    func item(_ key: JinjaValue, in context: JinjaContext) -> JinjaValue? {
        guard token === context.token, case .string(let name) = key else { return nil }
        return context.namespaces[slot][name]
    }
}

extension JinjaContext {
    func makeNamespace(_ names: JinjaDict) -> JinjaValue {
        namespaces.append(names)
        return .object(JinjaReference(NamespaceObject(slot: namespaces.count - 1, token: token)))
    }

    func setNamespace(_ namespace: NamespaceObject, _ name: String, _ value: JinjaValue) throws(JinjaError) {
        guard namespace.token === token else { throw .value("a namespace belongs to one template") }
        namespaces[namespace.slot][name] = value
    }
}

/// `cycler(…)` and `joiner(…)`: give another value at each call.
final class SequenceObject: JinjaObject {
    let values: [JinjaValue]
    let isJoiner: Bool
    let slot: Int
    let token: ContextToken
    var typeName: String { isJoiner ? "Joiner" : "Cycler" }

    init(values: [JinjaValue], isJoiner: Bool, slot: Int, token: ContextToken) {
        self.values = values
        self.isJoiner = isJoiner
        self.slot = slot
        self.token = token
    }

    func attribute(_ name: String, in context: JinjaContext) -> JinjaValue? {
        guard !isJoiner, token === context.token else { return nil }
        switch name {
        case "current": return values[context.cyclers[slot] % values.count]
        case "next":
            return .function("next", JinjaFunction([]) { [self] _, context in next(in: context) })
        case "reset":
            return .function(
                "reset",
                JinjaFunction([]) { [self] _, context in
                    context.cyclers[slot] = 0
                    return .none
                })
        default: return nil
        }
    }

    func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        guard isJoiner, token === context.token else { throw JinjaError.type("'Cycler' object is not callable") }
        return next(in: context)
    }

    private func next(in context: JinjaContext) -> JinjaValue {
        guard token === context.token else { return .none }
        let index = context.cyclers[slot]
        context.cyclers[slot] += 1
        if isJoiner { return index == 0 ? .string("") : values[0] }
        return values[index % values.count]
    }
}

/// A method of a value that was named but not called yet: `{% set f = d.get %}`.
final class BoundMethod: JinjaObject {
    let receiver: JinjaValue
    let name: String
    var typeName: String { "builtin_function_or_method" }

    init(_ receiver: JinjaValue, _ name: String) {
        self.receiver = receiver
        self.name = name
    }

    func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        try Methods.call(name, on: receiver, arguments, context)
    }
}

/// What `import` binds: the names that a template has set.
final class ModuleObject: JinjaObject {
    let names: [String: JinjaValue]
    let text: String
    var typeName: String { "TemplateModule" }

    init(names: [String: JinjaValue], text: String) {
        self.names = names
        self.text = text
    }

    func item(_ key: JinjaValue, in context: JinjaContext) -> JinjaValue? { key.stringValue.flatMap { names[$0] } }
}

/// `super()` and `self.name()` of template inheritance.
final class BlockObject: JinjaObject {
    let name: String
    let level: Int
    /// Of the frame around the block, if that is not the template's.
    let slot: Int?
    var typeName: String { "BlockReference" }

    init(name: String, level: Int, slot: Int? = nil) {
        self.name = name
        self.level = level
        self.slot = slot
    }

    func call(_ arguments: JinjaArguments, in context: JinjaContext) throws -> JinjaValue {
        guard let chain = context.blocks[name], chain.indices.contains(level) else {
            throw JinjaError.undefined("there is no parent block called '\(name)'.")
        }
        let frame = slot.flatMap { context.scopedFrames.indices.contains($0) ? context.scopedFrames[$0] : nil }
        return .string(try context.renderBlock(name, level: level, parent: frame ?? context.rootFrame))
    }
}

/// `self` in a template with blocks.
final class SelfObject: JinjaObject {
    var typeName: String { "TemplateReference" }

    func attribute(_ name: String, in context: JinjaContext) -> JinjaValue? {
        context.blocks[name] == nil ? nil : .object(JinjaReference(BlockObject(name: name, level: 0)))
    }
}
