// Execution of statements.

extension JinjaContext {
    enum Flow { case next, leave, again }

    /// Runs a template to its end, with the templates it extends.
    func execute(_ template: JinjaTemplate) throws(JinjaError) -> Output {
        try executeInPlace(template)
        return output
    }

    private func executeInPlace(_ template: JinjaTemplate) throws(JinjaError) {
        var current = template
        let (outerTemplate, outerBlocks, outerParent) = (self.template, blocks, parentTemplate)
        defer { (self.template, blocks, parentTemplate) = (outerTemplate, outerBlocks, outerParent) }
        blocks = [:]
        if !template.blocks.isEmpty { frame.set("self", .object(JinjaReference(SelfObject()))) }
        var chain = 0
        while true {
            self.template = current
            parentTemplate = nil
            for (name, block) in current.blocks { blocks[name, default: []].append(block) }
            let saved = output
            _ = try execute(current.body)
            guard let parent = parentTemplate else { return }
            // What a child writes outside of its blocks is dropped.
            output = saved
            current = parent
            chain += 1
            guard chain <= environment.limits.maximumDepth else {
                throw .limit("templates extend each other in a circle")
            }
        }
    }

    func execute(_ statements: [Statement]) throws(JinjaError) -> Flow {
        for statement in statements {
            do throws(JinjaError) {
                let flow = try execute(statement)
                guard flow == .next else { return flow }
            } catch {
                guard error.line == nil else { throw error }
                var placed = error
                placed.line = statement.position.line
                placed.excerpt = template?.excerpt(statement.position)
                throw placed
            }
        }
        return .next
    }

    private func write(_ value: JinjaValue) throws(JinjaError) {
        output.append(value)
        try checkSize(output.size)
    }

    /// A value on its way out of the template.
    private func leaving(_ value: JinjaValue) -> JinjaValue {
        guard options.usesNativeTypes, Self.holdsTuple(value) else { return value }
        switch value {
        case .list(let items), .tuple(let items): return .list(items.map(leaving))
        case .dict(let dict): return .dict(JinjaDict(dict.map { ($0.key, leaving($0.value)) }))
        default: return value
        }
    }

    private static func holdsTuple(_ value: JinjaValue) -> Bool {
        switch value {
        case .tuple: true
        case .list(let items): items.contains(where: holdsTuple)
        case .dict(let dict): dict.contains { holdsTuple($0.value) }
        default: false
        }
    }

    private func execute(_ statement: Statement) throws(JinjaError) -> Flow {
        switch statement.kind {
        case .text(let text): try write(.string(text))
        case .output(let expression):
            lastMacroIsEmpty = false
            let value = try evaluate(expression)
            // A macro that writes nothing is no piece of what is written.
            if lastMacroIsEmpty, case .call = expression, value == "" { break }
            if case .object(let reference) = value, reference.object is RangeObject {
                try write(value)
                break
            }
            try write(value == .silentUndefined ? .string("") : leaving(try finalize(value)))
        case .conditional(let branches, let otherwise):
            for (test, body) in branches where try isTrue(try evaluate(test)) { return try execute(body) }
            return try execute(otherwise)
        case .loop(let syntax): try runLoop(syntax, try evaluate(syntax.sequence), depth: 0)
        case .set(let target, let expression): try bind(target, try evaluate(expression))
        case .setBlock(let target, let filter, let body):
            let value = try captureValue { (context) throws(JinjaError) in try context.inFrame(body) }
            try bind(target, try filtered(value, filter))
        case .macro(let syntax): frame.set(syntax.name, define(syntax, frame))
        case .call(let syntax, let call): try write(try runCallBlock(syntax, call))
        case .filter(let filter, let body):
            let value = try captureValue { (context) throws(JinjaError) in try context.inFrame(body) }
            try write(try finalize(try filtered(value, filter)))
        case .with(let assignments, let body):
            var values: [(AssignmentTarget, JinjaValue)] = []
            for (target, expression) in assignments { values.append((target, try evaluate(expression))) }
            return try withFrame(Frame(parent: frame)) { (context) throws(JinjaError) in
                for (target, value) in values { try context.bind(target, value) }
                return try context.execute(body)
            }
        case .scope(let body): return try inFrame(body)
        case .evaluate(let expression): _ = try defined(try evaluate(expression))
        case .breakLoop: return .leave
        case .continueLoop: return .again
        case .include(let name, let ignoreMissing, let withContext):
            try runInclude(try evaluate(name), ignoreMissing: ignoreMissing, withContext: withContext)
        case .importModule(let name, let alias, let withContext):
            frame.set(alias, .object(JinjaReference(try importModule(try evaluate(name), withContext: withContext))))
        case .importNames(let template, let names, let withContext):
            let module = try importModule(try evaluate(template), withContext: withContext)
            for (name, alias) in names {
                frame.set(
                    alias, module.names[name] ?? .undefined("the template does not export the requested name '\(name)'")
                )
            }
        case .extends(let name):
            guard parentTemplate == nil else { throw .value("extended multiple times") }
            parentTemplate = try loadTemplate(try evaluate(name))
        case .block(let block):
            guard parentTemplate == nil else { return .next }
            let parent = block.isScoped ? frame : rootFrame
            let text = try renderBlock(block.name, level: 0, parent: parent)
            if !text.isEmpty { try write(.string(text)) }
        }
        return .next
    }

    // MARK: Frames and captures

    func withFrame<Result>(
        _ inner: Frame, _ body: (JinjaContext) throws(JinjaError) -> Result
    ) throws(JinjaError) -> Result {
        let outer = frame
        frame = inner
        defer { frame = outer }
        return try body(self)
    }

    @discardableResult
    private func inFrame(_ body: [Statement]) throws(JinjaError) -> Flow {
        try withFrame(Frame(parent: frame)) { (context) throws(JinjaError) in try context.execute(body) }
    }

    /// The text that a part of the template writes.
    private func capture(_ body: (JinjaContext) throws(JinjaError) -> Flow) throws(JinjaError) -> String {
        try captureOutput(body).asText
    }

    /// The same in its native type.
    private func captureValue(
        _ body: (JinjaContext) throws(JinjaError) -> Flow
    ) throws(JinjaError) -> JinjaValue {
        let output = try captureOutput(body)
        return options.usesNativeTypes ? output.value : .string(output.asText)
    }

    private func captureOutput(_ body: (JinjaContext) throws(JinjaError) -> Flow) throws(JinjaError) -> Output {
        let outer = output
        output = Output(noneText: outer.noneText)
        defer { output = outer }
        _ = try body(self)
        return output
    }

    private func filtered(_ value: JinjaValue, _ filter: Expression?) throws(JinjaError) -> JinjaValue {
        guard let filter else { return value }
        let outer = captured
        captured = value
        defer { captured = outer }
        return try evaluate(filter)
    }

    func bind(_ target: AssignmentTarget, _ value: JinjaValue) throws(JinjaError) {
        switch target {
        case .name(let name): frame.set(name, value)
        case .attribute(let name, let attribute):
            guard case .object(let reference) = try lookupName(name),
                let namespace = reference.object as? NamespaceObject
            else { throw .value("cannot assign attribute on non-namespace object") }
            try setNamespace(namespace, attribute, value)
        case .tuple(let targets):
            let items = try items(of: value)
            guard items.count == targets.count else {
                throw .value(
                    items.count > targets.count
                        ? "too many values to unpack (expected \(targets.count))"
                        : "not enough values to unpack (expected \(targets.count), got \(items.count))")
            }
            for (target, item) in zip(targets, items) { try bind(target, item) }
        }
    }

    // MARK: Loops

    private func runLoop(_ syntax: LoopSyntax, _ sequence: JinjaValue, depth: Int) throws(JinjaError) {
        let inner = Frame(parent: frame)
        var items = try items(of: sequence)
        if let filter = syntax.filter { items = try filtered(items, syntax.target, filter) }
        guard !items.isEmpty else {
            _ = try inFrame(syntax.otherwise)
            return
        }
        lastLoop += 1
        let slot = lastLoop
        loops[slot] = LoopState(syntax: syntax, items: items, depth: depth, frame: frame)
        defer { loops[slot] = nil }
        let loop = JinjaValue.object(JinjaReference(LoopObject(slot: slot, token: token)))
        try withFrame(inner) { (context) throws(JinjaError) in
            for (index, item) in items.enumerated() {
                inner.removeAll()
                inner.set("loop", loop)
                if index > 0 { context.loops[slot]?.index = index }
                try context.bind(syntax.target, item)
                try context.count()
                if try context.execute(syntax.body) == .leave { break }
            }
        }
    }

    private func filtered(
        _ items: [JinjaValue], _ target: AssignmentTarget, _ filter: Expression
    ) throws(JinjaError) -> [JinjaValue] {
        try withFrame(Frame(parent: frame)) { (context) throws(JinjaError) in
            var kept: [JinjaValue] = []
            for item in items {
                try context.bind(target, item)
                if try context.isTrue(try context.evaluate(filter)) { kept.append(item) }
            }
            return kept
        }
    }

    func recurse(_ state: LoopState, _ items: JinjaValue) throws(JinjaError) -> String {
        try deeper { () throws(JinjaError) in
            try capture { (context) throws(JinjaError) in
                try context.withFrame(state.frame) { (context) throws(JinjaError) in
                    try context.runLoop(state.syntax, items, depth: state.depth + 1)
                    return .next
                }
            }
        }
    }

    // MARK: Macros

    private func define(_ syntax: MacroSyntax, _ frame: Frame) -> JinjaValue {
        macros.append(MacroDefinition(syntax: syntax, frame: frame))
        return .object(JinjaReference(MacroObject(name: syntax.name, slot: macros.count - 1, token: token)))
    }

    func callMacro(_ macro: MacroDefinition, _ arguments: JinjaArguments) throws(JinjaError) -> JinjaValue {
        let syntax = macro.syntax
        let inner = Frame(parent: macro.frame)
        var named = arguments.named
        for (index, (name, fallback)) in syntax.parameters.enumerated() {
            if index < arguments.positional.count {
                guard !named.contains(where: { $0.name == name }) else {
                    throw .type("macro '\(syntax.name)' got multiple values for argument '\(name)'")
                }
                inner.set(name, arguments.positional[index])
            } else if let place = named.lastIndex(where: { $0.name == name }) {
                inner.set(name, named.remove(at: place).value)
            } else if let fallback {
                let value = try withFrame(inner) { (context) throws(JinjaError) in try context.evaluate(fallback) }
                inner.set(name, value)
            } else {
                inner.set(name, .undefined("parameter '\(name)' was not provided"))
            }
        }
        if let place = named.lastIndex(where: { $0.name == "caller" }),
            syntax.usesCaller || syntax.name == "caller"
        {
            inner.set("caller", named.remove(at: place).value)
        } else if syntax.usesCaller, !syntax.parameters.contains(where: { $0.name == "caller" }) {
            inner.set("caller", .undefined("No caller defined"))
        }
        let surplus = arguments.positional.dropFirst(syntax.parameters.count)
        if syntax.usesVarargs {
            inner.set("varargs", .tuple(Array(surplus)))
        } else if !surplus.isEmpty {
            throw .type(
                "macro '\(syntax.name)' takes not more than \(syntax.parameters.count) argument(s)")
        }
        if syntax.usesKwargs {
            inner.set("kwargs", .dict(JinjaDict(named.map { (.string($0.name), $0.value) })))
        } else if let unknown = named.first {
            throw .type("macro '\(syntax.name)' takes no keyword argument '\(unknown.name)'")
        }
        let output = try deeper { () throws(JinjaError) in
            try captureOutput { (context) throws(JinjaError) in
                try context.withFrame(inner) { (context) throws(JinjaError) in try context.execute(syntax.body) }
            }
        }
        lastMacroIsEmpty = options.usesNativeTypes && output.isEmpty
        return options.usesNativeTypes ? output.value : .string(output.asText)
    }

    private func runCallBlock(_ syntax: MacroSyntax, _ call: Expression) throws(JinjaError) -> JinjaValue {
        guard case .call(let callee, let callSyntax) = call else { throw .type("expected call") }
        let caller = define(syntax, Frame(parent: frame))
        let macro = try evaluate(callee)
        var arguments = try arguments(callSyntax)
        arguments.named.append(("caller", caller))
        return try finalize(try self.call(macro, arguments))
    }

    // MARK: Other templates

    private func loadTemplate(_ name: JinjaValue) throws(JinjaError) -> JinjaTemplate {
        guard case .string(let name) = try plain(name) else { throw .type("a template's name must be a string") }
        do {
            guard let text = try environment.loader?(name) else {
                throw JinjaError(.notFound, "template '\(name)' was not found")
            }
            return try environment.template(text, name: name)
        } catch {
            throw JinjaError.wrapping(error)
        }
    }

    private func runInclude(
        _ name: JinjaValue, ignoreMissing: Bool, withContext: Bool
    ) throws(JinjaError) {
        let candidates = name.listValue ?? [name]
        var found: JinjaTemplate?
        for candidate in candidates {
            do throws(JinjaError) {
                found = try loadTemplate(candidate)
                break
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
        guard let found else {
            if ignoreMissing { return }
            throw JinjaError(
                .notFound, "template \(candidates.map(\.repr).joined(separator: ", ")) was not found")
        }
        let inner = Frame(parent: withContext ? frame : nil, seesScope: withContext)
        let outerRoot = rootFrame
        rootFrame = inner
        defer { rootFrame = outerRoot }
        let text = try deeper { () throws(JinjaError) in
            try capture { (context) throws(JinjaError) in
                try context.withFrame(inner) { (context) throws(JinjaError) in
                    try context.executeInPlace(found)
                    return .next
                }
            }
        }
        if !text.isEmpty { try write(.string(text)) }
    }

    private func importModule(_ name: JinjaValue, withContext: Bool) throws(JinjaError) -> ModuleObject {
        let imported = try loadTemplate(name)
        let inner = Frame(parent: withContext ? frame : nil, seesScope: withContext)
        let outerRoot = rootFrame
        rootFrame = inner
        defer { rootFrame = outerRoot }
        let text = try deeper { () throws(JinjaError) in
            try capture { (context) throws(JinjaError) in
                try context.withFrame(inner) { (context) throws(JinjaError) in
                    try context.executeInPlace(imported)
                    return .next
                }
            }
        }
        return ModuleObject(names: inner.names.filter { !$0.key.hasPrefix("_") }, text: text)
    }

    func renderBlock(_ name: String, level: Int, parent: Frame) throws(JinjaError) -> String {
        guard let chain = blocks[name], chain.indices.contains(level) else { return "" }
        let block = chain[level]
        if block.isRequired, level == 0 { throw .value("Required block '\(name)' not found") }
        let inner = Frame(parent: parent)
        // What it overrides sees the same names, those of a loop around a scoped block as well.
        let slot = parent === rootFrame ? nil : scopedFrames.count
        if slot != nil { scopedFrames.append(parent) }
        inner.set("super", .object(JinjaReference(BlockObject(name: name, level: level + 1, slot: slot))))
        return try deeper { () throws(JinjaError) in
            try capture { (context) throws(JinjaError) in
                try context.withFrame(inner) { (context) throws(JinjaError) in try context.execute(block.body) }
            }
        }
    }
}
