import InfrastructureModel
import XMLRPC

/// Methods about whom an infrastructure belongs to, and which service keeps it.
extension XMLRPCMethods {
    static func owners(_ calls: InfrastructureCalls) -> [XMLRPCMethod] {
        [
            XMLRPCMethod(
                "ChangeInfrastructureAuth", "gives an infrastructure further owners, or others",
                [
                    .infrastructure, .init("new_auth", "array"), .init("overwrite", "boolean"), .authorization,
                ]
            ) { arguments in
                let caller = try await arguments.caller(3)
                try await calls.share(
                    try arguments.text(0), with: try arguments.structures(1),
                    overwrites: try arguments.flag(2), caller: caller)
                return ""
            },
            XMLRPCMethod(
                "ExportInfrastructure", "everything about an infrastructure, as JSON",
                [.infrastructure, .init("delete", "boolean"), .authorization]
            ) { arguments in
                let caller = try await arguments.caller(2)
                return .string(
                    try await calls.export(
                        try arguments.text(0), handsOver: try arguments.flag(1), caller: caller))
            },
            XMLRPCMethod(
                "ImportInfrastructure", "takes over what ExportInfrastructure gave; its id",
                [.init("str_inf", "string"), .authorization]
            ) { arguments in
                let login = try await arguments.login(1)
                return .string(
                    try await calls.importInfrastructure(try arguments.text(0), login: login).rawValue)
            },
        ]
    }
}
