import Authorization
import Foundation
import Orchestration
import XMLRPC

/// The arguments of one call, read as clients send them: numbers as texts, texts as numbers or base64, `nil` for what is
/// left out.
struct XMLRPCArguments: Sendable {
    let method: XMLRPCMethod
    let values: [XMLRPCValue]
    /// Who may call.
    let access: AccessRules

    /// An argument that cannot be used. Names it and its type, never its value.
    struct Mistake: Error {
        var text: String
    }

    private func mistake(_ place: Int, _ wanted: String) -> Mistake {
        let name = place < method.parameters.count ? method.parameters[place].name : "argument \(place + 1)"
        let found = place < values.count ? values[place].typeName : "nothing"
        return Mistake(text: "\(name) of \(method.name) is \(wanted), not \(found)")
    }

    /// An argument that is there and not `nil`.
    private func given(_ place: Int) -> XMLRPCValue? {
        guard place < values.count, values[place] != .null else { return nil }
        return values[place]
    }

    func isGiven(_ place: Int) -> Bool { given(place) != nil }

    // MARK: Texts and numbers

    func text(_ place: Int) throws(Mistake) -> String {
        guard let value = given(place), let text = Self.text(value) else { throw mistake(place, "a string") }
        return text
    }

    /// The number of a machine, as a text.
    func machine(_ place: Int) throws(Mistake) -> String {
        try text(place).trimmingCharacters(in: .whitespaces)
    }

    /// Empty where it is `nil` or left out.
    func optionalText(_ place: Int) throws(Mistake) -> String {
        guard isGiven(place) else { return "" }
        return try text(place)
    }

    /// A truth value; `fallback` where it is `nil` or left out.
    func flag(_ place: Int, default fallback: Bool = false) throws(Mistake) -> Bool {
        switch given(place) {
        case nil: return fallback
        case .boolean(let flag): return flag
        case .integer(let number): return number != 0
        case .double(let number): return number != 0
        case .string(let text):
            switch text.trimmingCharacters(in: .whitespaces).lowercased() {
            case "1", "true", "yes", "on", "t", "y": return true
            case "0", "false", "no", "off", "f", "n", "": return false
            default: throw mistake(place, "a boolean")
            }
        default: throw mistake(place, "a boolean")
        }
    }

    func number(_ place: Int) throws(Mistake) -> Int {
        guard let value = given(place), let number = Self.number(value) else { throw mistake(place, "an int") }
        return number
    }

    /// Numbers of machines: a text with commas, one number, or an array of both. Nil where it is not given.
    /// - Parameter refusal: What is told of something else.
    func numbers(_ place: Int, refusal: String) throws(Mistake) -> Set<Int>? {
        guard let value = given(place) else { return nil }
        let elements: [XMLRPCValue]
        if case .array(let list) = value { elements = list } else { elements = [value] }
        var numbers: Set<Int> = []
        for element in elements {
            guard let text = Self.text(element) else { throw Mistake(text: refusal) }
            guard let part = InfrastructureCalls.numbers(text) else { throw Mistake(text: "Invalid VM ID") }
            numbers.formUnion(part)
        }
        return numbers
    }

    /// Members of a struct as texts; empty where it is `nil` or left out.
    func texts(_ place: Int) throws(Mistake) -> [String: String] {
        switch given(place) {
        case nil: return [:]
        case .structure(let members):
            var texts: [String: String] = [:]
            for member in members where member.value != .null {
                guard let text = Self.text(member.value) else { throw mistake(place, "a struct of strings") }
                texts[member.name] = text
            }
            return texts
        default: throw mistake(place, "a struct")
        }
    }

    private static func number(_ value: XMLRPCValue) -> Int? {
        switch value {
        case .integer(let number): Int(number)
        case .string(let text): Int(text.trimmingCharacters(in: .whitespaces))
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }

    private static func text(_ value: XMLRPCValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .base64(let bytes): String(validating: bytes, as: UTF8.self)
        case .double(let number): Int(exactly: number).map { String($0) } ?? String(number)
        default: nil
        }
    }

    // MARK: Authorization

    /// Who calls, and with which credentials.
    /// - Throws: ``Mistake``, `AuthorizationError` in IM's words, `VaultProblem`, or ``TooManyRequests``.
    func login(_ place: Int) async throws -> Login { try await lines(place).opened(access) }

    /// Who calls.
    /// - Throws: as ``login(_:)``.
    func caller(_ place: Int) async throws -> Caller { try await lines(place).caller }

    private func lines(_ place: Int) async throws -> Login {
        try await Login(try AuthorizationParser().items(of: try structures(place)), access)
    }

    /// Authorization data: structs of strings, one for each line. IM's own client sends one struct alone where it changes
    /// who an infrastructure belongs to.
    func structures(_ place: Int) throws(Mistake) -> [[String: String]] {
        let elements: [XMLRPCValue]
        switch given(place) {
        case .array(let list): elements = list
        case .structure(let members): elements = [.structure(members)]
        default: throw mistake(place, "an array of structs")
        }
        var structures: [[String: String]] = []
        for element in elements {
            guard case .structure(let members) = element else { throw mistake(place, "an array of structs") }
            var values: [String: String] = [:]
            for member in members where member.value != .null {
                guard let text = authorizationText(member.value) else {
                    let name = method.parameters[place].name
                    throw Mistake(
                        text: "\(member.name) of an item of \(name) is a string, not \(member.value.typeName)")
                }
                values[member.name] = text
            }
            if !values.isEmpty { structures.append(values) }
        }
        return structures
    }

    private func authorizationText(_ value: XMLRPCValue) -> String? {
        if case .boolean(let flag) = value { return flag ? "true" : "false" }
        return Self.text(value)
    }
}
