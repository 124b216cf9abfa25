import Foundation
import Jinja
import Modules

/// Tasks that the engine does itself.
extension TaskRun {
    func execute(_ action: ControllerAction, _ scope: TaskScope) throws -> ModuleResult {
        let arguments = try resolvedArguments(scope, keeping: [])
        switch action {
        case .addHost: return try addHost(arguments)
        case .groupBy: return try groupBy(arguments)
        case .setStats:
            var result = ModuleResult()
            result["ansible_stats"] = [
                "aggregate": arguments["aggregate"] ?? true, "data": arguments["data"] ?? [:],
                "per_host": arguments["per_host"] ?? false,
            ]
            return result
        case .validateArguments(let spec): return try validate(spec, arguments, scope)
        }
    }

    private func editor(_ module: String) throws -> any InventoryEditor {
        guard let editor = runner.context.inventory else {
            throw TaskFailure(
                message: "\(module): the machines of an infrastructure and their groups are those of its document")
        }
        return editor
    }

    private static func names(_ value: JinjaValue?) -> [String] {
        guard let value, !value.isNone else { return [] }
        return (value.listValue?.map(\.text) ?? value.text.split(separator: ",").map(String.init))
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    private func addHost(_ arguments: JinjaDict) throws -> ModuleResult {
        let editor = try editor("add_host")
        let named = ["name", "hostname", "host"], grouped = ["groups", "groupname", "group"]
        guard let name = named.lazy.compactMap({ arguments[$0]?.text }).first, !name.isEmpty else {
            throw TaskFailure(message: "name, host or hostname needs to be provided")
        }
        let groups = grouped.flatMap { Self.names(arguments[$0]) }
        let variables = JinjaDict(
            arguments.filter { !["name", "hostname", "groupname", "groups", "_raw_params"].contains($0.key.text) }
                .map { ($0.key, $0.value) })
        var result = ModuleResult()
        result.changed = try editor.addHost(name, groups: groups, variables: variables)
        result["add_host"] = [
            "host_name": .string(name), "groups": .list(groups.map { .string($0) }), "host_vars": .dict(variables),
        ]
        return result
    }

    private func groupBy(_ arguments: JinjaDict) throws -> ModuleResult {
        let editor = try editor("group_by")
        guard let key = (arguments["key"] ?? arguments["_raw_params"])?.text else {
            throw TaskFailure(message: "the 'key' param is required when using group_by")
        }
        let name = key.replacing(" ", with: "-")
        let parents = arguments["parents"].map { Self.names($0) } ?? ["all"]
        var result = ModuleResult()
        result.changed = try editor.addGroup(
            name, parents: parents.map { $0.replacing(" ", with: "-") }, host: runner.host.name)
        result["add_group"] = .string(name)
        result["parent_groups"] = .list(parents.map { .string($0) })
        return result
    }

    private func validate(
        _ spec: JinjaDict?, _ arguments: JinjaDict, _ scope: TaskScope
    ) throws -> ModuleResult {
        guard let spec = spec ?? arguments["argument_spec"]?.dictValue else {
            throw TaskFailure(message: "\"argument_spec\" arg is required in args")
        }
        var values = arguments["provided_arguments"]?.dictValue ?? JinjaDict()
        for (key, _) in spec where values[key] == nil {
            if let value = try scope.lookup(key.text), !value.isUndefined { values[key] = value }
        }
        let problems = ArgumentSpec.problems(values, spec: spec)
        guard problems.isEmpty else {
            var result = ModuleResult.failure("Validation of arguments failed:\n" + problems.joined(separator: "\n"))
            result["argument_errors"] = .list(problems.map { .string($0) })
            result["argument_spec_data"] = .dict(spec)
            result["validate_args_context"] = arguments["validate_args_context"] ?? [:]
            return result
        }
        var result = ModuleResult(message: "The arg spec validation passed")
        result["validate_args_context"] = arguments["validate_args_context"] ?? [:]
        return result
    }
}
