import ConnectorAPI
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

/// Checks answers against the description of the interface.
struct AnswerChecker: Sendable {
    let document: JSONValue
    private let schemas: SchemaChecker
    private let rootPath: String

    init(_ text: String) throws {
        document = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        schemas = SchemaChecker(document: document)
        let path = document["servers"]?[0]?["url"]?.stringValue ?? "/"
        rootPath = path == "/" ? "" : path
    }

    /// What an answer has that is not described; empty: nothing.
    func problems(_ method: HTTPRequest.Method, _ uri: String, _ answer: Served.Answer) -> [String] {
        let place = "\(method) \(uri): \(answer.status.code)"
        guard let operations = operations(uri) else {
            return [400, 404, 431].contains(answer.status.code) ? [] : ["\(place): the path is not described"]
        }
        let name = method == .head ? "get" : method.rawValue.lowercased()
        guard let operation = operations[name] else {
            let isPlain = method == .options ? [200, 204] : [404, 405]
            return isPlain.contains(answer.status.code) ? [] : ["\(place): the method is not described"]
        }
        guard let described = operation["responses"]?["\(answer.status.code)"].flatMap(schemas.resolve) else {
            return ["\(place): the status is not described"]
        }
        if answer.status == .tooManyRequests, answer.headers[.retryAfter] == nil {
            return ["\(place): Retry-After is missing"]
        }
        return method == .head ? [] : body(answer, described, place)
    }

    private func body(_ answer: Served.Answer, _ described: JSONValue, _ place: String) -> [String] {
        let type = String((answer.headers[.contentType] ?? "").prefix { $0 != ";" })
        guard let schema = described["content"]?[type]?["schema"] else {
            return ["\(place): the type '\(type)' is not described"]
        }
        let text = answer.text
        let value: JSONValue
        if type == "application/json" {
            guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
                return ["\(place): this is no JSON: \(text.prefix(200))"]
            }
            value = json
        } else {
            value = .string(text)
        }
        return schemas.problems(value, schema).map { "\(place): \($0)" }
    }

    /// Of the path that fits best: where more stands literally.
    private func operations(_ uri: String) -> JSONValue? {
        guard case .object(let paths)? = document["paths"] else { return nil }
        var path = uri.prefix { $0 != "?" }
        if !rootPath.isEmpty, path.hasPrefix(rootPath) { path = path.dropFirst(rootPath.count) }
        let parts = path.split(separator: "/")
        let fitting = paths.filter { template, _ in
            let wanted = template.split(separator: "/")
            return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return fitting.min { one, other in
            one.key.count { $0 == "{" } < other.key.count { $0 == "{" }
        }?.value
    }
}

/// A client whose every answer is checked.
struct CheckedClient: TestClientProtocol {
    let client: any TestClientProtocol
    let checker: AnswerChecker

    var port: Int? { client.port }

    func executeRequest(
        uri: String, method: HTTPRequest.Method, headers: HTTPFields, body: ByteBuffer?
    ) async throws -> TestResponse {
        let answer = try await client.executeRequest(uri: uri, method: method, headers: headers, body: body)
        let problems = checker.problems(
            method, uri,
            Served.Answer(status: answer.status, text: String(buffer: answer.body), headers: answer.headers))
        #expect(problems.isEmpty, "not as described: \(problems.joined(separator: "; "))")
        return answer
    }
}

extension JSONValue {
    fileprivate subscript(place: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(place) else { return nil }
        return elements[place]
    }
}
