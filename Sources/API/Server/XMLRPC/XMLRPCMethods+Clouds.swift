import Foundation
import InfrastructureModel
import Orchestration
import XMLRPC

/// Methods about clouds, about what a document would need of them, and about what was used.
extension XMLRPCMethods {
    static func clouds(_ calls: InfrastructureCalls) -> [XMLRPCMethod] {
        [
            XMLRPCMethod(
                "GetCloudImageList", "images of a cloud", [.cloud, .authorization],
                optional: [.init("filters", "struct")]
            ) { arguments in
                let login = try await arguments.login(1)
                let images = try await calls.images(
                    of: try arguments.text(0), filters: try arguments.texts(2), login: login)
                return .array(images.map { ["uri": .string($0.uri), "name": .string($0.name)] })
            },
            XMLRPCMethod(
                "GetCloudQuotas", "what a cloud allows, and what is used of it", [.cloud, .authorization]
            ) { arguments in
                let login = try await arguments.login(1)
                let quotas = try await calls.quotas(of: try arguments.text(0), login: login)
                return .structure(
                    quotas.map { quota in
                        XMLRPCValue.Member(
                            quota.name, ["used": .number(quota.used), "limit": .number(quota.limit)])
                    })
            },
            XMLRPCMethod(
                "EstimateResources", "what a RADL document would need, by cloud", [.document, .authorization]
            ) { arguments in
                let login = try await arguments.login(1)
                let estimate = try await calls.estimate(.radl(try arguments.optionalText(0)), login: login)
                return .structure(
                    try estimate.sorted { $0.key < $1.key }
                        .map { XMLRPCValue.Member($0.key, try XMLRPCValue(encoding: $0.value)) })
            },
            XMLRPCMethod(
                "GetStats", "figures of the caller's infrastructures that were made on these days",
                [.init("init_date", "string"), .init("end_date", "string"), .authorization]
            ) { arguments in
                let caller = try await arguments.caller(2)
                let rows = try await calls.statistics(
                    from: try arguments.day(0), through: try arguments.day(1), caller: caller)
                return try XMLRPCValue(encoding: rows)
            },
        ]
    }
}

extension XMLRPCArguments {
    /// A day, `2026-01-31`; nil where it is empty, `nil` or left out.
    fileprivate func day(_ place: Int) throws -> Date? {
        let text = try optionalText(place)
        guard !text.isEmpty else { return nil }
        guard let day = InfrastructureCalls.day(text) else {
            throw Mistake(text: "Incorrect format in \(method.parameters[place].name) parameter: YYYY/MM/dd")
        }
        return day
    }
}
