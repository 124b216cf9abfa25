import InfrastructureModel
import XMLRPC

/// Methods that tell of infrastructures.
extension XMLRPCMethods {
    static func reading(_ calls: InfrastructureCalls) -> [XMLRPCMethod] {
        [
            XMLRPCMethod(
                "GetInfrastructureList", "ids of the infrastructures that the caller may use", [.authorization],
                optional: [.init("flt", "string")]
            ) { arguments in
                let caller = try await arguments.caller(0)
                let ids = try await calls.list(filter: try arguments.optionalText(1), caller: caller)
                return .array(ids.map { .string($0.rawValue) })
            },
            XMLRPCMethod(
                "GetInfrastructureInfo", "ids of an infrastructure's machines", [.infrastructure, .authorization]
            ) { arguments in
                let caller = try await arguments.caller(1)
                return try await calls.overview(try arguments.text(0), caller: caller).numbersValue
            },
            XMLRPCMethod(
                "GetInfrastructureState", "state of an infrastructure and of its machines",
                [.infrastructure, .authorization]
            ) { arguments in
                let caller = try await arguments.caller(1)
                return try await calls.overview(try arguments.text(0), caller: caller).stateValue
            },
            XMLRPCMethod(
                "GetInfrastructureRADL", "the stored document of an infrastructure",
                [.infrastructure, .authorization]
            ) { arguments in
                let caller = try await arguments.caller(1)
                return .string(try await calls.radl(try arguments.text(0), caller: caller))
            },
            XMLRPCMethod(
                "GetInfrastructureContMsg", "what happened in the contextualization of an infrastructure",
                [.infrastructure, .authorization], optional: [.init("headeronly", "boolean")]
            ) { arguments in
                let caller = try await arguments.caller(1)
                return .string(
                    try await calls.contextualizationMessage(
                        try arguments.text(0), headerOnly: try arguments.flag(2), caller: caller))
            },
            XMLRPCMethod(
                "GetInfrastructureOwners", "names of the users that an infrastructure belongs to",
                [.infrastructure, .authorization]
            ) { arguments in
                let caller = try await arguments.caller(1)
                return .array(try await calls.owners(try arguments.text(0), caller: caller).map { .string($0) })
            },
        ]
    }
}
