import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import XMLRPC

/// Calls the XML-RPC interface of ``Served``.
struct XMLRPCCaller {
    static let authorization: XMLRPCValue = [
        ["type": "InfrastructureManager", "username": "ada", "password": "one"],
        ["id": "dummy", "type": "Dummy"],
    ]

    let client: any TestClientProtocol

    static func serve(
        overNetwork: Bool = false, _ body: @escaping @Sendable (XMLRPCCaller) async throws -> Void
    ) async throws {
        try await Served.serve(nil, .xmlrpc, overNetwork: overNetwork) { client in
            try await body(XMLRPCCaller(client: client))
        }
    }

    /// What a call is answered; a test fails where that is no answer of XML-RPC.
    func answer(_ method: String, _ parameters: [XMLRPCValue]) async throws -> XMLRPCAnswer {
        let values = parameters.map { "<param>\(Self.text($0))</param>" }.joined()
        let text =
            "<?xml version='1.0'?><methodCall><methodName>\(method)</methodName><params>\(values)</params></methodCall>"
        return try Self.answer(try await send(text).text)
    }

    /// The value behind IM's pair.
    func callAsFunction(_ method: String, _ parameters: XMLRPCValue...) async throws -> XMLRPCValue {
        let answer = try await answer(method, parameters)
        guard case .value(.array(let pair)) = answer, pair.count == 2, pair[0] == true else {
            Issue.record("\(method): \(answer)")
            return .null
        }
        return pair[1]
    }

    /// The text of a call that fails.
    func failure(_ method: String, _ parameters: XMLRPCValue...) async throws -> String {
        let answer = try await answer(method, parameters)
        guard case .value(.array(let pair)) = answer, pair.count == 2, pair[0] == false else {
            Issue.record("\(method): \(answer)")
            return ""
        }
        return pair[1].text
    }

    func send(
        _ body: String, _ method: HTTPRequest.Method = .post, path: String = "/RPC2", headers: HTTPFields = [:]
    ) async throws -> Served.Answer {
        try await Served.ask(client, method, path, headers, body: Array(body.utf8))
    }

    /// Waits until nothing goes on any more.
    func settle(_ id: String) async throws {
        for _ in 0..<1000 {
            let answer = try await answer("GetInfrastructureState", [.string(id), Self.authorization])
            guard case .value(.array(let pair)) = answer, pair.count == 2,
                ["pending", "running", "deleting"].contains(pair[1]["state"].text)
            else { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    private static func text(_ value: XMLRPCValue) -> String {
        String(decoding: Array(XMLRPCWriter(value).joined()), as: UTF8.self)
    }

    /// Reads an answer: what stands in it as the parameter of a call.
    static func answer(_ text: String) throws -> XMLRPCAnswer {
        let call =
            text
            .replacing("<methodResponse>", with: "<methodCall><methodName>x</methodName>")
            .replacing("</methodResponse>", with: "</methodCall>")
        guard text.contains("<fault>") else {
            return .value(try #require(try XMLRPCCall(parsing: Array(call.utf8)).parameters.first))
        }
        let fault = call.replacing("<fault>", with: "<params><param>")
            .replacing("</fault>", with: "</param></params>")
        let value = try #require(try XMLRPCCall(parsing: Array(fault.utf8)).parameters.first)
        #expect(value["faultCode"] == 1)
        return .fault(code: 1, text: value["faultString"].text)
    }
}
