/// Reads and checks values of inputs.
package enum TOSCAInputs {
    /// A value as a command line gives it: a text for inputs of type string, else YAML.
    package static func value(_ text: String, for input: TOSCAInput?) -> TOSCAValue {
        if input?.type.name == "string" { return TOSCAValue(text) }
        var reader = YAMLReader(file: TOSCAPosition.inputs, limits: TOSCALimits(), report: Report())
        guard var value = reader.read(text) else { return TOSCAValue(text) }
        value.position = .none
        return value
    }

    /// A document of inputs: a mapping of names, or one with `inputs` above it.
    ///
    /// - Throws: ``TOSCAErrors`` where it is no YAML or no mapping.
    package static func read(
        _ text: String, name: String = "inputs", limits: TOSCALimits = TOSCALimits()
    ) throws(TOSCAErrors) -> [String: TOSCAValue] {
        let report = Report()
        report.inputsName = name
        var reader = YAMLReader(file: TOSCAPosition.inputs, limits: limits, report: report)
        let value = reader.read(text)
        try report.throwErrors()
        guard let value else { return [:] }
        guard let map = value.map else {
            report.error(
                .type, "the inputs are \(value.kind)", at: value.position, .root, expected: "a mapping: NAME: VALUE")
            try report.throwErrors()
            return [:]
        }
        let inner = map.count == 1 ? map["inputs"]?.map ?? map : map
        return Dictionary(inner.entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }
}

/// Gives each input its value: from the request, from an earlier translation, or its default.
struct InputResolver {
    /// Defaults that are made anew: `random(8)`, `access_token()`.
    enum Special {
        case random(Int)
        case accessToken
    }

    /// How many characters `random(N)` draws.
    static let drawable = 1...1024

    static func special(_ value: TOSCAValue) -> Special? {
        guard let text = value.string?.trimmed else { return nil }
        if text == "access_token()" { return .accessToken }
        guard let argument = drawing(text), let count = Int(argument.trimmed), drawable.contains(count) else {
            return nil
        }
        return .random(count)
    }

    /// Whether a default looks like `random(N)` and is none: as a literal it would be a password that everybody knows.
    static func isWrongDrawing(_ value: TOSCAValue) -> Bool {
        value.string.flatMap { drawing($0.trimmed) } != nil && special(value) == nil
    }

    private static func drawing(_ text: String) -> String? {
        guard text.hasPrefix("random("), text.hasSuffix(")") else { return nil }
        return String(text.dropFirst(7).dropLast())
    }

    /// A call of a function somewhere in the value of an input, where nothing evaluates it. Mappings may have keys that
    /// are called `token` or `join`.
    static func function(in value: TOSCAValue, _ type: TOSCATypeReference, isInner: Bool = false) -> TOSCAFunction? {
        if let function = TOSCAFunction(value) {
            let isPlain = !isInner && TypeReader.isSimple(type.name) && type.name != "map"
            if isPlain || ![.token, .join].contains(function.name) { return function }
        }
        let inner = value.list ?? value.map?.entries.map(\.value) ?? []
        for item in inner {
            if let function = function(in: item, type, isInner: true) { return function }
        }
        return nil
    }

    /// Null for inputs without one.
    static func defaults(of inputs: [TOSCAInput]) -> [String: TOSCAValue] {
        Dictionary(inputs.map { ($0.name, $0.defaultValue ?? .null) }, uniquingKeysWith: { first, _ in first })
    }

    let template: TOSCATemplate
    let options: TOSCAOptions
    let report: Report

    func resolve(
        _ given: [String: TOSCAValue], using generator: inout some RandomNumberGenerator
    ) -> [String: TOSCAValue] {
        var values: [String: TOSCAValue] = [:]
        let declared = Set(template.inputs.map(\.name))
        let library = TypeLibrary(report: report)
        for type in template.types where type.kind == .data { library.adopt(type) }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) where !declared.contains(name) {
            report.unknown(
                .unknownName, "the template declares no input '\(name.prefix(80))'", name,
                among: template.inputs.map(\.name), at: value.position.line == 0 ? nil : value.position,
                DocumentPath.root.key("inputs").key(name))
        }
        for input in template.inputs {
            if let value = given[input.name].map({ TOSCASecret.value($0, of: input.name) }), !value.isNull {
                let errors = report.errorCount
                check(value, input, library)
                // What follows is to be looked at as if it was right.
                values[input.name] = report.errorCount == errors ? value : input.defaultValue ?? .null
            } else if let value = input.defaultValue {
                switch Self.special(value) {
                case .random(let count):
                    values[input.name] = options.earlierInputs[input.name] ?? random(count, using: &generator)
                case .accessToken:
                    values[input.name] = accessToken(of: input)
                case nil: values[input.name] = value
                }
            }
        }
        report.secrets = TOSCASecret.texts(template.inputs, values)
        return values
    }

    /// A recipe that works with an empty token fails late, and far from its reason.
    private func accessToken(of input: TOSCAInput) -> TOSCAValue {
        let known = [options.accessToken, options.earlierInputs[input.name]?.string].compactMap(\.self)
        if let token = known.first(where: { !$0.isEmpty }) { return TOSCAValue(token) }
        let message = "no access token is at hand for the input '\(input.name)'"
        let expected = "a caller who shows a token to the service, or a value for the input"
        if options.isForReading {
            report.warning(.missing, message, at: input.position, input.path, expected: expected)
        } else {
            report.error(.missing, message, at: input.position, input.path, expected: expected)
        }
        return TOSCAValue("")
    }

    private func random(_ count: Int, using generator: inout some RandomNumberGenerator) -> TOSCAValue {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let bytes = (0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
        return TOSCAValue(String(decoding: bytes, as: UTF8.self))
    }

    private func check(_ value: TOSCAValue, _ input: TOSCAInput, _ library: TypeLibrary) {
        if let function = Self.function(in: value, input.type) {
            report.error(
                .function, "'\(function.name.rawValue)' means nothing in the value of the input '\(input.name)'",
                at: function.position.line == 0 ? nil : function.position,
                DocumentPath.root.key("inputs").key(input.name), expected: "a value without functions")
        }
        ValueChecker(library: library).check(
            value, input.type, input.constraints, "the input '\(input.name)'",
            DocumentPath.root.key("inputs").key(input.name))
    }
}
