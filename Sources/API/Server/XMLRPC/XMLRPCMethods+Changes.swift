import InfrastructureModel
import XMLRPC

/// Methods that change infrastructures.
extension XMLRPCMethods {
    static func changes(_ calls: InfrastructureCalls) -> [XMLRPCMethod] {
        [
            XMLRPCMethod(
                "CreateInfrastructure", "makes an infrastructure of a RADL document; its id",
                [.document, .authorization],
                optional: [.init("async_call", "boolean")]
            ) { arguments in
                let login = try await arguments.login(1)
                let id = try await calls.create(
                    .radl(try arguments.optionalText(0)), isAsynchronous: try arguments.flag(2), login: login)
                return .string(id.rawValue)
            },
            XMLRPCMethod(
                "DestroyInfrastructure", "removes an infrastructure with all of its machines",
                [.infrastructure, .authorization],
                optional: [.init("force", "boolean"), .init("async_call", "boolean")]
            ) { arguments in
                let login = try await arguments.login(1)
                // Whoever forces it gets all that can go removed, as everybody does, and the reason for what is left.
                _ = try arguments.flag(2)
                try await calls.destroy(
                    try arguments.text(0), isAsynchronous: try arguments.flag(3), login: login)
                return ""
            },
            XMLRPCMethod(
                "AddResource", "adds what a RADL document deploys; ids of the new machines",
                [.infrastructure, .document, .authorization], optional: [.context]
            ) { arguments in
                let login = try await arguments.login(2)
                let added = try await calls.add(
                    .radl(try arguments.optionalText(1)), to: try arguments.text(0),
                    contextualizes: try arguments.flag(3, default: true), login: login)
                return .array(added.map { .integer(Int64($0.number)) })
            },
            XMLRPCMethod(
                "RemoveResource", "removes machines, given as \"1,2\", 1 or [1, 2]; their number",
                [.infrastructure, .init("vm_list", "array"), .authorization], optional: [.context]
            ) { arguments in
                let login = try await arguments.login(2)
                let refusal =
                    "Incorrect parameter type to RemoveResource function: expected: str, int or list of str."
                guard let numbers = try arguments.numbers(1, refusal: refusal) else {
                    throw XMLRPCArguments.Mistake(text: refusal)
                }
                try await calls.remove(
                    numbers, of: try arguments.text(0), contextualizes: try arguments.flag(3, default: true),
                    login: login)
                return .integer(Int64(numbers.count))
            },
            XMLRPCMethod(
                "Reconfigure", "configures machines again, with the recipes of a RADL document that may be empty",
                [.infrastructure, .document, .authorization], optional: [.init("vm_list", "array")]
            ) { arguments in
                let login = try await arguments.login(2)
                let numbers = try arguments.numbers(3, refusal: "Incorrect vm_list format.")
                try await calls.reconfigure(
                    .radl(try arguments.optionalText(1)), try arguments.text(0), numbers: numbers, login: login)
                return ""
            },
            power("StartInfrastructure", .start, calls),
            power("StopInfrastructure", .stop, calls),
        ]
    }

    /// A method that starts or stops all machines.
    private static func power(_ name: String, _ call: PowerCall, _ calls: InfrastructureCalls) -> XMLRPCMethod {
        XMLRPCMethod(
            name, "\(call.rawValue)s all machines of an infrastructure", [.infrastructure, .authorization]
        ) { arguments in
            let login = try await arguments.login(1)
            try await calls.change(call, try arguments.text(0), login: login)
            return ""
        }
    }
}
