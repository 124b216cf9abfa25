import Foundation
import InfrastructureModel
import Orchestration
import RADL
import XMLRPC

/// Methods about single machines.
extension XMLRPCMethods {
    static func machines(_ calls: InfrastructureCalls) -> [XMLRPCMethod] {
        [
            XMLRPCMethod(
                "GetVMInfo", "a machine as RADL, with what is known of it",
                [.infrastructure, .machine, .authorization]
            ) { arguments in
                let caller = try await arguments.caller(2)
                return .string(
                    try await calls.machineDocument(try arguments.text(0), try arguments.machine(1), caller: caller)
                        .text(style: .im))
            },
            XMLRPCMethod(
                "GetVMProperty", "one feature of a machine's system",
                [.infrastructure, .machine, .init("property", "string"), .authorization]
            ) { arguments in
                let caller = try await arguments.caller(3)
                let (number, name) = (try arguments.machine(1), try arguments.text(2))
                guard let value = try await calls.property(try arguments.text(0), number, name, caller: caller) else {
                    throw FailedCall(message: "Incorrect property \(name) for VM ID \(number)")
                }
                return XMLRPCValue(value)
            },
            XMLRPCMethod(
                "GetVMContMsg", "what happened in the contextualization of a machine",
                [.infrastructure, .machine, .authorization]
            ) { arguments in
                let caller = try await arguments.caller(2)
                return .string(
                    try await calls.machineContextualizationMessage(
                        try arguments.text(0), try arguments.machine(1), caller: caller))
            },
            XMLRPCMethod(
                "AlterVM", "gives a machine another size or more disks; the machine as RADL",
                [.infrastructure, .machine, .document, .authorization]
            ) { arguments in
                let login = try await arguments.login(3)
                let altered = try await calls.alter(
                    .radl(try arguments.optionalText(2)), try arguments.text(0), number: try arguments.machine(1),
                    login: login)
                return .string(altered.text(style: .im))
            },
            XMLRPCMethod(
                "CreateDiskSnapshot", "makes an image of a machine's disk; its URL",
                [
                    .infrastructure, .machine, .init("disk_num", "int"), .init("image_name", "string"),
                    .init("auto_delete", "boolean"), .authorization,
                ]
            ) { arguments in
                let login = try await arguments.login(5)
                return .string(
                    try await calls.makeImage(
                        named: try arguments.text(3), ofDisk: try arguments.number(2), of: try arguments.text(0),
                        number: try arguments.machine(1), deletes: try arguments.flag(4), login: login))
            },
            power("StartVM", .start, calls),
            power("StopVM", .stop, calls),
            power("RebootVM", .reboot, calls),
        ]
    }

    private static func power(_ name: String, _ call: PowerCall, _ calls: InfrastructureCalls) -> XMLRPCMethod {
        XMLRPCMethod(
            name, "\(call.rawValue)s a machine", [.infrastructure, .machine, .authorization]
        ) { arguments in
            let login = try await arguments.login(2)
            try await calls.change(call, try arguments.text(0), number: try arguments.machine(1), login: login)
            return ""
        }
    }
}

extension XMLRPCValue {
    /// A feature in its own type. What `int` cannot hold is a string: clients print it.
    init(_ value: PropertyValue) {
        switch value {
        case .text(let text): self = .string(text)
        case .list(let texts): self = .array(texts.map { .string($0) })
        case .number(.integer(let number)): self = .number(Int64(number))
        case .number(.real(let number)): self = .double(number)
        }
    }
}
