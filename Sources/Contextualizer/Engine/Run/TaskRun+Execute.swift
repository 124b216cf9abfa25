import ContextualizationAPI
import Foundation
import Jinja
import Modules
import Support

extension TaskRun {
    // MARK: - Arguments

    /// The arguments with all templates rendered, without what is `omit`; those in `keeping` stay as they are.
    ///
    /// - Parameter namesAreTemplates: Whether names are rendered, too.
    func resolvedArguments(
        _ scope: TaskScope, keeping: Set<String>, namesAreTemplates: Bool = false
    ) throws -> JinjaDict {
        var arguments = JinjaDict()
        if let template = task.argumentsTemplate {
            let resolved = try runner.context.environment.resolve(.string(template), scope: scope)
            guard let dict = resolved.removingOmitted()?.dictValue else {
                throw TaskFailure(message: "the arguments '\(template)' give no mapping but a \(resolved.typeName)")
            }
            arguments = dict
        }
        for (key, value) in task.arguments {
            let name = key.text
            if keeping.contains(name) {
                arguments[name] = value
                continue
            }
            let resolved: JinjaValue
            do {
                resolved = try runner.context.environment.resolve(value, scope: scope)
            } catch {
                throw TaskFailure(message: "Error while resolving value for '\(name)': \(error)")
            }
            guard let kept = resolved.removingOmitted() else { continue }
            arguments[namesAreTemplates ? try resolve(.string(name), scope, name).text : name] = kept
        }
        return arguments
    }

    private func parsedArguments(
        _ module: any Module.Type, _ scope: TaskScope
    ) throws -> ModuleArguments {
        let documentation = module.documentation
        let special = documentation.parameters.filter { $0.kind == .expression || $0.kind == .conditions }
        let names = Set(special.flatMap { [$0.name] + $0.aliases })
        let arguments = try resolvedArguments(
            scope, keeping: names, namesAreTemplates: documentation.acceptsAnything)
        var expressions: [String: [ModuleArguments.Evaluated]] = [:]
        for parameter in special {
            guard let value = arguments.first(where: { parameter.name == $0.key.text })?.value else { continue }
            expressions[parameter.name] = try evaluated(
                value, of: parameter.name, isCondition: parameter.kind == .conditions, scope)
        }
        let parsed = try ModuleArguments(arguments, for: documentation, expressions: expressions)
        // Who runs a playbook himself sees all but what the module itself keeps to itself.
        if runner.context.settings.allowsController {
            if ownMasker == nil, !parsed.secrets.isEmpty { ownMasker = Masker() }
            ownMasker?.add(parsed.secrets)
        } else {
            runner.context.masker.add(parsed.secrets)
        }
        return parsed
    }

    private func evaluated(
        _ value: JinjaValue, of name: String, isCondition: Bool, _ scope: TaskScope
    ) throws -> [ModuleArguments.Evaluated] {
        let environment = runner.context.environment
        return try (value.listValue ?? [value]).map { item in
            var text = item.text
            if !isCondition { text = try resolve(item, scope, name).text }
            do {
                if isCondition {
                    let holds = try Conditions.holds(
                        text, scope, environment, isStrict: runner.context.settings.isStrict)
                    return .init(text: text, value: .bool(holds))
                }
                return .init(text: text, value: try environment.evaluate(expression: text, scope: scope))
            } catch let error as JinjaError where error.code == .undefined && !isCondition {
                return .init(text: text, value: .undefined(error.message))
            } catch let error as JinjaError {
                throw TaskFailure(
                    message: isCondition
                        ? "Error while evaluating conditional: \(error)"
                        : "Error while evaluating '\(text)': \(error)")
            }
        }
    }

    // MARK: - Programs

    /// Runs the module on the machine, or on the one that the task is delegated to.
    func execute(_ module: any Module.Type, _ scope: TaskScope) async throws -> ModuleResult {
        let context = runner.context
        let arguments = try parsedArguments(module, scope)
        let (link, facts) = try delegation(scope)
        var sources: [SourceRequest: ModuleSource] = [:]
        for request in module.sources(arguments) {
            sources[request] = try context.sources.source(request, for: task) { text, file in
                do {
                    let own = try TemplateVariables.all(
                        path: request.path, file: file, destination: arguments.string("dest"), scope: scope)
                    return try context.environment.renderFile(
                        Self.withOptions(arguments, text), scope: JinjaLayeredScope(own, over: scope),
                        name: request.path)
                } catch {
                    throw TaskFailure(message: "\(error)")
                }
            }
        }
        let isCheck = try checkMode(scope)
        if isCheck, !module.documentation.supportsCheckMode {
            return .skipped(reason: "remote module (\(module.documentation.name)) does not support check mode")
        }
        let moduleContext = ModuleContext(
            isCheckMode: isCheck, wantsDifference: try wantsDifference(scope), facts: facts,
            sources: sources)
        let step = try module.plan(arguments, moduleContext)
        guard let turnstile = editTurnstile(step, link) else { return try await carryOut(step, link, scope) }
        await turnstile.enter()
        do {
            let result = try await carryOut(step, link, scope)
            await turnstile.leave()
            return result
        } catch {
            await turnstile.leave()
            throw error
        }
    }

    /// Lets tasks of several machines edit one file of one machine one after the other: each has to see what the others
    /// wrote. nil where nobody else works on the machine.
    private func editTurnstile(_ step: ModuleStep, _ link: MachineLink) -> Turnstile? {
        guard case .run(let invocation) = step, invocation.isEdit, link.isController || task.delegate != nil
        else { return nil }
        let machine = link.isController ? "" : link.machine.target.endpoints.first?.description ?? ""
        return runner.context.turnstile("edit \(machine) \(invocation.writes.joined(separator: "\n"))", 1)
    }

    /// Runs the programs of a module.
    private func carryOut(_ first: ModuleStep, _ link: MachineLink, _ scope: TaskScope) async throws -> ModuleResult {
        let context = runner.context
        var step = first
        var chosen: ProgramOptions?
        func options() throws -> ProgramOptions {
            if let chosen { return chosen }
            let made = try programOptions(scope, link: link)
            chosen = made
            return made
        }
        var mayRepeat = !task.isCommand
        while true {
            switch step {
            case .finish(let result): return result
            case .save(let file): return try context.sources.save(file, from: runner.host.name)
            case .sleep(let time, let result):
                try await announce()
                try await runner.context.clock.sleep(for: time)
                return result
            case .wait(let wait):
                try await announce()
                step = try await outcome(of: wait, link, options())
            case .run(let invocation):
                try await announce()
                let began = Date()
                let output = try await run(invocation, link, options(), mayRepeat: &mayRepeat)
                step = invocation.decode(output)
                // What did not start took no time.
                if task.isCommand, case .finish(var result) = step, result["start"] == nil, result.changed {
                    TimeSpan(from: began, to: Date()).add(to: &result)
                    return result
                }
            }
        }
    }

    /// The template with the options of the task in the line by which it itself sets some; its own count more.
    private static func withOptions(_ arguments: ModuleArguments, _ text: String) -> String {
        var options: [String] = []
        if arguments.bool("lstrip_blocks") == true { options.append("lstrip_blocks: True") }
        if arguments.bool("trim_blocks") == false { options.append("trim_blocks: False") }
        for name in ["variable", "block", "comment"].flatMap({ ["\($0)_start_string", "\($0)_end_string"] }) {
            if let text = arguments.string(name) { options.append("\(name): \(JinjaValue.string(text).repr)") }
        }
        if let ends = arguments.string("newline_sequence") {
            let sequence = ends.replacing("\\n", with: "\n").replacing("\\r", with: "\r")
            options.append("newline_sequence: \(JinjaValue.string(sequence).repr)")
        }
        let header = "#jinja2:"
        let marks = ["variable", "block", "comment"].map { arguments.string("\($0)_start_string") }
        // A text without templates stays as it is, newlines and all.
        let isTemplate =
            text.hasPrefix(header) || zip(marks, ["{{", "{%", "{#"]).contains { text.contains($0 ?? $1) }
        guard !options.isEmpty, isTemplate else { return text }
        let line = header + " " + options.joined(separator: ", ")
        return text.hasPrefix(header) ? line + "," + text.dropFirst(header.count) : line + "\n" + text
    }

    private func run(
        _ invocation: ModuleInvocation, _ link: MachineLink, _ options: ProgramOptions, mayRepeat: inout Bool
    ) async throws -> ProgramOutput {
        let program = options.program(invocation)
        do {
            return try await link.run(program)
        } catch let error as CommunicatorError where error.code == .connectionLost {
            if invocation.mayEndConnection { return ProgramOutput(status: 0, standardOutput: [], standardError: []) }
            // A module looks before it acts, so it may run again; a command may not.
            guard mayRepeat else { throw error }
            mayRepeat = false
            return try await link.run(program)
        }
    }

    /// Tries with a new connection each, until the machine answers as wanted. What time is spent on the way counts, too.
    private func outcome(of wait: ModuleWait, _ link: MachineLink, _ options: ProgramOptions) async throws -> ModuleStep
    {
        let clock = runner.context.clock
        let began = ContinuousClock.now
        let program = options.program(ModuleInvocation(script: wait.script) { _ in .finish(ModuleResult()) })
        var slept = wait.delay
        if wait.delay > .zero { try await clock.sleep(for: wait.delay) }
        while true {
            var problem: String?
            await link.reset()
            do {
                problem = wait.problem(try await link.run(program))
            } catch let error as CommunicatorError {
                guard error.code != .cancelled, error.code != .hostKeyChanged else { throw error }
                problem = error.message
            }
            // A test's clock does not really sleep.
            let passed = max(ContinuousClock.now - began, slept)
            guard problem != nil, passed < wait.timeout else { return wait.next(problem, passed) }
            try await clock.sleep(for: wait.pause)
            slept += max(wait.pause, .milliseconds(100))
        }
    }

    func checkMode(_ scope: TaskScope) throws -> Bool {
        try flag(task.checkMode, scope, "check_mode", default: runner.context.settings.isCheckMode)
    }

    private func wantsDifference(_ scope: TaskScope) throws -> Bool {
        try flag(task.difference, scope, "diff", default: runner.context.settings.wantsDifference)
    }

    /// The way to the machine that does the task, and its facts.
    func delegation(_ scope: TaskScope) throws -> (MachineLink, JinjaDict) {
        let context = runner.context
        func text(_ value: JinjaValue?) throws -> String? {
            guard let value else { return nil }
            let resolved = try context.environment.resolve(value, scope: scope)
            return resolved.isNone || resolved.isOmitted || resolved.text.isEmpty ? nil : resolved.text
        }
        var way = MachineLinks.Way(host: runner.host.name)
        var facts = runner.host.facts
        // The item before may have been another machine's.
        delegate = nil
        delegateScope = nil
        var variables = runner.host
        if let name = try delegateName(scope), name != runner.host.name {
            guard let host = context.table.host(name) ?? outsider(name) else {
                throw TaskFailure(
                    message: "delegate_to: '\(name)' is no machine of this run"
                        + (Self.isLocal(name)
                            ? ": tasks on the controller are not allowed, run it on the machine itself" : ""))
            }
            way.host = name
            facts = host.facts
            variables = host
            delegate = name
            delegateScope = scope.of(host)
        }
        let own = delegateScope ?? scope
        if let name = try text(task.connection) {
            guard let kind = ConnectionKind(name) else {
                throw TaskFailure(message: "connection: '\(name)' is not supported: use ssh or local")
            }
            if case .local = kind { way.isLocal = true }
        }
        if !way.isLocal, !task.usesOnlyVariables, let other = try wayOfItsOwn(variables, own) {
            if case .local = other { way.isLocal = true } else { way.other = other }
        }
        if way.isLocal, !context.settings.allowsController {
            throw TaskFailure(message: "tasks on the controller are not allowed, run it on the machine itself")
        }
        func isGiven(_ names: String...) -> Bool { names.contains { variables.inventoryVariable($0) != nil } }
        if !way.isLocal, !task.usesOnlyVariables {
            if let user = try text(try own.defined("ansible_user")),
                user != context.links[way.host]?.machine.target.user
            {
                way.user = user
            } else if !isGiven("ansible_user", "ansible_ssh_user"), let user = try text(task.remoteUser),
                user != context.links[way.host]?.machine.target.user
            {
                way.user = user
            }
            if way.other == nil, !isGiven("ansible_port", "ansible_ssh_port"), let port = try text(task.port) {
                way.port = Int(port)
            }
        }
        guard let link = try context.links.link(way) else {
            throw TaskFailure(message: "delegate_to: '\(way.host)' is no machine of this run")
        }
        return (link, facts)
    }

    /// nil: the task is not delegated. A template that comes to nothing is a mistake, as in Ansible: else the task would
    /// be done on a machine that nobody named.
    private func delegateName(_ scope: TaskScope) throws -> String? {
        guard let value = task.delegate, !value.isNone, !value.text.isEmpty else { return nil }
        let resolved = try resolve(value, scope, "delegate_to")
        if resolved.isOmitted { return nil }
        guard !resolved.isNone, !resolved.text.isEmpty else {
            throw TaskFailure(message: "Empty hostname produced from delegate_to: \"\(value.text)\"")
        }
        guard resolved.listValue == nil, resolved.dictValue == nil else {
            throw TaskFailure(
                message: "delegate_to: \(resolved.repr) is no name of one machine: use a loop, or one of its items")
        }
        return resolved.text
    }

    /// A machine of no inventory, where there may be such.
    private func outsider(_ name: String) -> HostVariables? {
        guard context.settings.allowsController || !Self.isLocal(name) else { return nil }
        return context.inventory?.outsider(name)
    }

    /// Where a variable of the task, its play or an earlier task says how the machine is connected to, as in Ansible, or
    /// may have what the inventory's variables name.
    private func wayOfItsOwn(_ host: HostVariables, _ scope: TaskScope) throws -> TaskWay? {
        guard let inventory = runner.context.inventory else { return nil }
        let layers = task.upperLayers + task.layers + runner.playLayers + [host.set, host.included]
        guard
            host.isElsewhere || inventory.isLate(host.name)
                || layers.contains(where: { layer in ConnectionVariables.ofTheWay.contains { layer[$0] != nil } })
        else { return nil }
        do {
            let way = try inventory.way(to: host.name, scope: scope)
            if case .remote(let target, _) = way {
                for case .password(let password) in target.authentications {
                    runner.context.masker.add([password.expose()])
                }
            }
            return way
        } catch let error as ContextualizationError {
            throw TaskFailure(message: error.message)
        }
    }

    private static func isLocal(_ name: String) -> Bool { ["localhost", "127.0.0.1", "::1"].contains(name) }

    /// How the programs of the task run.
    struct ProgramOptions {
        var escalation: Escalation?
        var exports: String
        var timeout: Duration

        func program(_ invocation: ModuleInvocation) -> ShellProgram {
            var program = ShellProgram(
                script: exports + invocation.script, files: invocation.files,
                standardInput: invocation.standardInput, escalation: escalation, timeout: timeout)
            if let limit = invocation.outputLimit { program.outputLimit = limit }
            return program
        }
    }

    func programOptions(_ scope: TaskScope, link: MachineLink) throws -> ProgramOptions {
        let environment = runner.context.environment
        func text(_ value: JinjaValue?) throws -> String? {
            guard let value else { return nil }
            return try environment.resolve(value, scope: scope).text
        }
        let escalation = try escalation(scope, machine: link.machine)
        var exports = ""
        for value in task.environment {
            let resolved = try environment.resolve(value, scope: scope)
            guard case .dict(let dict) = resolved else {
                guard resolved.isNone || resolved.text.isEmpty else {
                    throw TaskFailure(message: "environment must be a mapping of names to values")
                }
                continue
            }
            for (key, value) in dict where !value.isOmitted {
                let name = key.text
                guard
                    name.utf8.allSatisfy({
                        $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                            || (0x61...0x7a).contains($0)
                    }), name.first?.isNumber == false
                else { throw TaskFailure(message: "environment: '\(name)' is no name of a variable") }
                exports += "export \(name)=\(ShellText.quote(value.text))\n"
            }
        }
        var timeout = runner.context.settings.taskTimeout
        if let seconds = try text(task.timeout).flatMap({ Int($0) }), seconds > 0 { timeout = .seconds(seconds) }
        return ProgramOptions(escalation: escalation, exports: exports, timeout: timeout)
    }
}
