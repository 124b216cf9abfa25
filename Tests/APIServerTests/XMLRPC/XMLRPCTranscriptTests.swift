import Foundation
import Testing
import XMLRPC

/// The calls that were recorded at IM 1.19.1, in their order, and what they are answered here.
@Suite struct XMLRPCTranscriptTests {
    /// How an answer may differ, with the reason.
    private enum Rule {
        /// Succeeds or fails as IM does, with a text of our own.
        case ownText
        /// Succeeds with a value of the same types, member by member.
        case sameTypes
        /// IM faults or fails; here it succeeds.
        case succeeds
        /// IM faults; here it fails with this text.
        case fails(String)
    }

    private static let rules: [String: Rule] = [
        // Asked for, and IM has none.
        "system.listMethods": .succeeds,
        // Our mistakes name what to write instead.
        "CreateInfrastructure parse error": .ownText,
        // Times stand before the lines, and the Dummy has addresses, sizes and users of its own.
        "GetInfrastructureContMsg": .sameTypes,
        "GetInfrastructureContMsg headeronly": .sameTypes,
        "GetVMContMsg": .sameTypes,
        "GetVMInfo": .sameTypes,
        "GetVMInfo int id": .sameTypes,
        "AlterVM": .sameTypes,
        // Sizes of our own.
        "GetVMProperty memory": .sameTypes,
        "EstimateResources": .sameTypes,
        // The image that was just made is among them.
        "GetCloudImageList": .sameTypes,
        // The Dummy of IM filters nothing.
        "GetCloudImageList filters": .succeeds,
        // IM's marshaller fails.
        "GetVMProperty missing": .fails("Incorrect property nope for VM ID 0"),
        // What IM's own client sends.
        "ChangeInfrastructureAuth dict (as im-client sends)": .succeeds,
        "GetStats": .sameTypes,
        "GetStats empty": .sameTypes,
        "CreateDiskSnapshot": .sameTypes,
    ]

    private static let changes: Set<String> = [
        "AddResource", "RemoveResource", "AlterVM", "StopVM", "StartVM", "RebootVM", "StopInfrastructure",
        "StartInfrastructure", "Reconfigure", "CreateDiskSnapshot", "DestroyInfrastructure",
    ]

    @Test func allAreAnswered() async throws {
        let recorded = try RecordedCalls()
        #expect(recorded.exchanges.count > 50)
        try await XMLRPCCaller.serve { call in
            var ids: [String: String] = [:]
            for exchange in recorded.exchanges {
                let parameters = exchange.parameters.map { Self.replaced($0, ids, exchange.title) }
                if Self.changes.contains(exchange.method), case .string(let id) = parameters[0] {
                    try await call.settle(id)
                }
                let answer = try await call.answer(exchange.method, parameters)
                if exchange.method == "CreateInfrastructure", case .value(.array(let ours)) = answer,
                    case .value(.array(let theirs)) = exchange.answer, theirs[0] == true
                {
                    ids[theirs.last.text] = ours.last.text
                    try await call.settle(ours.last.text)
                }
                Self.compare(answer, Self.replaced(exchange.answer, ids), Self.rules[exchange.title], exchange.title)
            }
        }
    }

    private static func compare(
        _ answer: XMLRPCAnswer, _ recorded: XMLRPCAnswer, _ rule: Rule?, _ title: String
    ) {
        let (ours, theirs) = (pair(answer), pair(recorded))
        switch rule {
        case nil: #expect(sorted(answer) == sorted(recorded), "\(title)")
        case .ownText:
            #expect(ours?.success == theirs?.success && ours?.value.text.isEmpty == false, "\(title): \(answer)")
        case .sameTypes:
            #expect(ours?.success == theirs?.success, "\(title): \(answer)")
            #expect(ours.map { shape($0.value) } == theirs.map { shape($0.value) }, "\(title): \(answer)")
        case .succeeds:
            if case .fault = answer { Issue.record("\(title): \(answer)") }
            #expect(ours?.success != false, "\(title): \(answer)")
        case .fails(let text): #expect(answer == .value([false, .string(text)]), "\(title)")
        }
    }

    private static func pair(_ answer: XMLRPCAnswer) -> (success: Bool, value: XMLRPCValue?)? {
        guard case .value(.array(let pair)) = answer, pair.count == 2, case .boolean(let success) = pair[0] else {
            return nil
        }
        return (success, pair[1])
    }

    /// The types of a value; of the elements of an array, that of the first.
    private static func shape(_ value: XMLRPCValue?) -> String {
        switch value {
        case .array(let elements): "[\(elements.first.map { shape($0) } ?? "")]"
        case .structure(let members):
            "{" + members.map { "\($0.name): \(shape($0.value))" }.sorted().joined(separator: ", ") + "}"
        default: value?.typeName ?? "nothing"
        }
    }

    /// Structs have no order.
    private static func sorted(_ answer: XMLRPCAnswer) -> XMLRPCAnswer {
        guard case .value(let value) = answer else { return answer }
        return .value(sorted(value))
    }

    private static func sorted(_ value: XMLRPCValue) -> XMLRPCValue {
        switch value {
        case .array(let elements): .array(elements.map { sorted($0) })
        case .structure(let members):
            .structure(members.map { .init($0.name, sorted($0.value)) }.sorted { $0.name < $1.name })
        default: value
        }
    }

    // MARK: What is blanked

    private static func replaced(_ answer: XMLRPCAnswer, _ ids: [String: String]) -> XMLRPCAnswer {
        guard case .value(let value) = answer else { return answer }
        return .value(replaced(value, ids, ""))
    }

    private static func replaced(_ value: XMLRPCValue, _ ids: [String: String], _ title: String) -> XMLRPCValue {
        switch value {
        case RecordedCalls.authorization: authorization(title)
        case .string(let text): .string(ids[text] ?? text)
        case .array(let elements): .array(elements.map { replaced($0, ids, title) })
        case .structure(let members): .structure(members.map { .init($0.name, replaced($0.value, ids, title)) })
        default: value
        }
    }

    private static func authorization(_ title: String) -> XMLRPCValue {
        let name: XMLRPCValue = title.hasSuffix("other user") ? "somebody" : "xuser"
        return [
            ["type": "InfrastructureManager", "username": name, "password": "pass"],
            ["id": "dummy", "type": "Dummy", "host": "http://dummy.example:80"],
        ]
    }
}
