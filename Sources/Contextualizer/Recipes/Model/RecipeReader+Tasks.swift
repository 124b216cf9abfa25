import Jinja

extension RecipeReader {
    /// The members of a list of tasks.
    mutating func nodes(_ value: PositionedValue, of keyword: String) -> [RecipeNode] {
        if value.scalar?.isNone == true { return [] }
        guard let items = value.items else {
            error("'\(keyword)' must be a list of tasks, not a \(Self.kind(value))", at: value.position)
            return []
        }
        return items.compactMap { item -> RecipeNode? in
            if item.scalar?.isNone == true { return nil }
            guard item.entries != nil else {
                error("a task must be a mapping, not a \(Self.kind(item))", at: item.position)
                return nil
            }
            return nested(item.position, nil) { $0.node(item) }
        }
    }

    private mutating func node(_ item: PositionedValue) -> RecipeNode? {
        if item["block"] != nil { return .block(block(item)) }
        guard let task = task(item) else { return nil }
        return Keywords.includes.contains(task.module) ? include(task) : .task(task)
    }

    private mutating func block(_ item: PositionedValue) -> RecipeBlock {
        var block = RecipeBlock(at: item.position)
        for entry in item.entries ?? [] {
            switch Self.shortKey(entry) {
            case "block": block.tasks = nodes(entry.value, of: "block")
            case "rescue": block.rescue = nodes(entry.value, of: "rescue")
            case "always": block.always = nodes(entry.value, of: "always")
            case let keyword:
                if read(entry, keyword, into: &block.attributes) { continue }
                unknown(
                    entry, in: "Block", among: Keywords.common.union(Keywords.conditional).union(Keywords.block))
            }
        }
        return block
    }

    // MARK: Tasks

    private mutating func task(_ item: PositionedValue) -> RecipeTask? {
        var task = RecipeTask(module: "", at: item.position)
        var action: PositionedValue.Entry?
        var candidates: [PositionedValue.Entry] = []
        var extra: PositionedValue?
        for entry in item.entries ?? [] {
            let keyword = entry.key.text
            switch keyword {
            case "action", "local_action":
                if let action {
                    error("conflicting action statements: \(action.key.text), \(keyword)", at: entry.keyPosition)
                }
                action = entry
            case "args": extra = entry.value
            default:
                if read(task: entry, keyword, into: &task) { continue }
                if read(entry, keyword, into: &task.attributes) { continue }
                candidates.append(entry)
            }
        }
        if let action {
            for entry in candidates { unknownInTask(entry) }
            readAction(action, extra, into: &task)
        } else {
            guard let module = chooseModule(candidates, of: item) else { return nil }
            for entry in candidates where entry != module { unknownInTask(entry) }
            task.call(module.key.text)
            task.modulePosition = module.keyPosition
            task.arguments = arguments(module.value, of: task.module)
            addArguments(extra, to: &task)
        }
        return task.module.isEmpty ? nil : task
    }

    private mutating func unknownInTask(_ entry: PositionedValue.Entry) {
        unknown(
            entry, in: "Task", among: Keywords.common.union(Keywords.conditional).union(Keywords.task))
    }

    /// The key that names the module. With several unknown keys, one that is a known module is meant.
    private mutating func chooseModule(
        _ candidates: [PositionedValue.Entry], of item: PositionedValue
    ) -> PositionedValue.Entry? {
        guard !candidates.isEmpty else {
            error("no module/action detected in task.", at: item.position)
            return nil
        }
        let modules = candidates.filter {
            let name = $0.key.text
            return Keywords.knownModules.contains(Keywords.shortModuleName(name)) || name.contains(".")
        }
        if modules.count > 1 {
            error(
                "conflicting action statements: \(modules.map(\.key.text).joined(separator: ", "))",
                at: modules[1].keyPosition)
            return nil
        }
        return modules.first ?? candidates.first
    }

    private mutating func readAction(
        _ action: PositionedValue.Entry, _ extra: PositionedValue?, into task: inout RecipeTask
    ) {
        task.isLocalAction = action.key.text == "local_action"
        task.modulePosition = action.value.position
        if case .dict(let entries) = action.value.content {
            guard let module = action.value["module"], let name = text(module, of: "module") else {
                error("'\(action.key.text)' needs the key 'module'", at: action.value.position)
                return
            }
            task.call(name)
            let rest = entries.filter { $0.key != .string("module") }
            task.arguments = arguments(PositionedValue(.dict(rest), at: action.value.position), of: task.module)
        } else if let line = text(action.value, of: action.key.text) {
            let line = line.trimmingSpaces()
            let end = line.firstIndex { $0 == " " || $0 == "\n" } ?? line.endIndex
            task.call(String(line[..<end]))
            let rest = String(line[end...]).trimmingSpaces()
            let value = PositionedValue(.scalar(rest.isEmpty ? .none : .string(rest)), at: action.value.position)
            task.arguments = arguments(value, of: task.module)
        }
        addArguments(extra, to: &task)
    }

    /// The arguments of `args:`, under those that the module was given directly.
    private mutating func addArguments(_ extra: PositionedValue?, to task: inout RecipeTask) {
        guard let extra else { return }
        if case .string(let text)? = extra.scalar, JinjaTemplate.isTemplate(text) {
            task.arguments.variable = text
            return
        }
        let more: RecipeArguments
        if case .string? = extra.scalar {
            more = arguments(extra, of: "")
        } else {
            more = RecipeArguments(dict(extra, of: "args"), positionsOf: extra)
        }
        var merged = more.parameters
        merged.merge(task.arguments.parameters)
        task.arguments.parameters = merged
        task.arguments.positions.merge(more.positions) { own, _ in own }
    }

    private mutating func read(
        task entry: PositionedValue.Entry, _ keyword: String, into task: inout RecipeTask
    ) -> Bool {
        let value = entry.value
        switch keyword {
        case "register": task.register = variableName(value, of: keyword)
        case "listen": task.listen = list(value).compactMap { text($0, of: keyword) }
        case "changed_when": task.changedWhen = conditions(value, of: keyword)
        case "failed_when": task.failedWhen = conditions(value, of: keyword)
        case "until":
            var retry = task.retry ?? RecipeRetry()
            retry.until = conditions(value, of: keyword)
            task.retry = retry
        case "retries":
            var retry = task.retry ?? RecipeRetry()
            retry.retries = value.value
            task.retry = retry
        case "delay":
            var retry = task.retry ?? RecipeRetry()
            retry.delay = value.value
            task.retry = retry
        case "async": task.asyncSeconds = value.value
        case "poll": task.poll = value.value
        case "loop": setLoop(.list(value.value), entry, &task)
        case "loop_control": task.loopControl = loopControl(value)
        case _ where keyword.hasPrefix("with_"):
            setLoop(.lookup(String(keyword.dropFirst(5)), terms: value.value), entry, &task)
        default: return false
        }
        return true
    }

    private mutating func setLoop(
        _ source: RecipeLoop.Source, _ entry: PositionedValue.Entry, _ task: inout RecipeTask
    ) {
        if task.loop != nil { error("duplicate loop in task: \(entry.key.text)", at: entry.keyPosition) }
        task.loop = RecipeLoop(source: source, position: entry.value.position)
    }

    private mutating func variableName(_ value: PositionedValue, of keyword: String) -> String? {
        guard let name = text(value, of: keyword) else { return nil }
        let scalars = name.unicodeScalars
        let isName =
            !scalars.isEmpty && scalars.first?.properties.numericType == nil
            && scalars.allSatisfy {
                $0 == "_" || ($0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil))
            }
        if !isName, !JinjaTemplate.isTemplate(name) {
            error("invalid variable name in '\(keyword)' specified: '\(name)'", at: value.position)
        }
        return name
    }

    private mutating func loopControl(_ value: PositionedValue) -> RecipeLoopControl {
        var control = RecipeLoopControl()
        guard let entries = value.entries else {
            error("'loop_control' must be a mapping", at: value.position)
            return control
        }
        let known = ["loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"]
        for entry in entries {
            switch entry.key.text {
            case "loop_var": control.loopVariable = variableName(entry.value, of: "loop_var") ?? "item"
            case "index_var": control.indexVariable = variableName(entry.value, of: "index_var")
            case "label": control.label = entry.value.value
            case "pause": control.pause = entry.value.value
            case "extended": control.isExtended = entry.value.value.isTrue
            case "extended_allitems": control.hasAllItems = entry.value.value.isTrue
            case "break_when": control.breakWhen = conditions(entry.value, of: "break_when")
            default: unknown(entry, in: "LoopControl", among: known)
            }
        }
        return control
    }

    // MARK: Arguments

    private mutating func arguments(_ value: PositionedValue, of module: String) -> RecipeArguments {
        switch value.content {
        case .dict: return fromFreeFormKey(RecipeArguments(dict(value, of: module), positionsOf: value), module)
        case .scalar(.none): return RecipeArguments()
        case .scalar(let scalar): return arguments(scalar.text, of: module, at: value.position)
        case .list(let items):
            // `command: [ls, -l]` is accepted by nobody but by those who wrote it; `include_vars` of several files is.
            error("unexpected list as the arguments of '\(module)'", at: items.first?.position ?? value.position)
            return RecipeArguments()
        }
    }

    /// `_raw_params`, which some write, is the text of a free-form module.
    private func fromFreeFormKey(_ arguments: RecipeArguments, _ module: String) -> RecipeArguments {
        guard case .string(let text)? = arguments.parameters["_raw_params"] else { return arguments }
        var arguments = arguments
        arguments.parameters["_raw_params"] = nil
        arguments.freeForm = text
        return arguments
    }

    private mutating func arguments(
        _ text: String, of module: String, at position: RecipePosition
    ) -> RecipeArguments {
        var arguments = RecipeArguments()
        let isFreeForm = Keywords.freeForm.contains(module)
        if !isFreeForm, !Keywords.takesText.contains(module), Self.isOneTemplate(text) {
            arguments.variable = text
            return arguments
        }
        let parsed: FreeForm.Parsed
        do throws(FreeForm.Failure) {
            parsed = try FreeForm.parse(text, options: isFreeForm ? Keywords.freeFormOptions : nil)
        } catch {
            self.error(
                "failed at splitting arguments, either an unbalanced jinja2 block or quotes: \(text.prefix(80))",
                at: position)
            return arguments
        }
        for (name, value) in parsed.parameters {
            arguments.parameters[name] = .string(value)
            arguments.positions[name] = position
        }
        if let rest = parsed.text { arguments.freeForm = isFreeForm ? rest : rest.trimmingSpaces() }
        return arguments
    }

    /// Whether a text is one `{{ … }}` and nothing else.
    private static func isOneTemplate(_ text: String) -> Bool {
        let text = text.trimmingSpaces()
        guard text.hasPrefix("{{"), text.hasSuffix("}}") else { return false }
        return !text.dropFirst(2).dropLast(2).contains("}}")
    }

    // MARK: Includes

    private mutating func include(_ task: RecipeTask) -> RecipeNode? {
        var include = RecipeInclude(kind: .tasks, isStatic: task.module.hasPrefix("import"), target: "", task: task)
        include.recipe = name
        include.folders = folders
        if task.module.hasSuffix("_role") { include.kind = .role }
        if task.module == "include" {
            warning("'include' is old: write 'include_tasks' or 'import_tasks'", at: task.modulePosition)
        }
        let parameters = task.arguments.parameters
        let named = include.kind == .role ? parameters["name"] ?? parameters["role"] : parameters["file"]
        guard let target = task.arguments.freeForm ?? named?.stringValue else {
            error(
                "'\(task.module)' needs the \(include.kind == .role ? "name of a role" : "name of a file")",
                at: task.modulePosition)
            return nil
        }
        include.target = target
        if include.kind == .tasks {
            let extra = parameters.filter { !["file", "apply"].contains($0.key.text) }
            for (key, value) in extra { include.task.attributes.vars[key] = value }
        }
        if case .dict(let applied)? = parameters["apply"] { include.applied = attributes(applied, at: task.position) }
        if include.isStatic, task.loop != nil {
            error(
                "You cannot use loops on '\(task.module)' statements. You should use 'include_tasks' instead.",
                at: task.loop?.position ?? task.position)
        }
        guard include.isStatic, include.kind == .tasks, let loader, !JinjaTemplate.isTemplate(target) else {
            return .include(include)
        }
        return imported(include, loader)
    }

    private mutating func attributes(_ dict: JinjaDict, at position: RecipePosition) -> RecipeAttributes {
        var attributes = RecipeAttributes()
        for (key, value) in dict {
            let entry = PositionedValue.Entry(
                key: key, keyPosition: position, value: PositionedValue(plain: value, at: position))
            if !read(entry, key.text, into: &attributes) {
                unknown(entry, in: "apply", among: Keywords.common.union(Keywords.conditional))
            }
        }
        return attributes
    }

    /// An imported list of tasks is a block with the attributes of the import.
    private mutating func imported(_ include: RecipeInclude, _ loader: Recipe.Loader) -> RecipeNode? {
        guard let (root, outer) = load(include.target, with: loader, finder: finder, at: include.task.position) else {
            return nil
        }
        defer { leave(outer) }
        var block = RecipeBlock(at: include.task.position)
        block.recipe = name
        block.attributes = include.task.attributes
        block.tasks = nested(include.task.position, []) { $0.nodes(root, of: include.target) }
        return .block(block)
    }
}

extension RecipeArguments {
    init(_ parameters: JinjaDict, positionsOf value: PositionedValue) {
        self.init()
        self.parameters = parameters
        for entry in value.entries ?? [] { positions[entry.key.text] = entry.keyPosition }
    }
}

extension PositionedValue {
    /// Plain data all at one place.
    init(plain value: JinjaValue, at position: RecipePosition) {
        switch value {
        case .list(let items):
            self.init(.list(items.map { PositionedValue(plain: $0, at: position) }), at: position)
        case .dict(let dict):
            self.init(
                .dict(
                    dict.map {
                        Entry(
                            key: $0.key, keyPosition: position, value: PositionedValue(plain: $0.value, at: position))
                    }), at: position)
        default: self.init(.scalar(value), at: position)
        }
    }
}
