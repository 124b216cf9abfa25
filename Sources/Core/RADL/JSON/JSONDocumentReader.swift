extension RADLDocument {
    /// Reads a document in RADL's JSON form: an array of objects with a `class`.
    ///
    /// Names that the text form could not hold, negative numbers and other kinds of values are refused, so that what was
    /// read can always be printed. `true` and `false` become `'yes'` and `'no'`.
    ///
    /// - Throws: ``RADLErrors``. Mistakes in the JSON have a place, others name the object.
    public init(parsingJSON text: String, file: String? = nil) throws(RADLErrors) {
        try self.init(parsingJSON: RADLSource(text: text, file: file))
    }

    /// Reads a document in RADL's JSON form; see ``init(parsingJSON:file:)``.
    public init(parsingJSON source: RADLSource) throws(RADLErrors) {
        let value: RADLJSONValue
        do throws(RADLError) {
            value = try JSONReader.read(source)
        } catch {
            throw RADLErrors(error)
        }
        try self.init(json: value, file: source.file)
    }

    /// Reads a document from a JSON value.
    public init(json value: RADLJSONValue, file: String? = nil) throws(RADLErrors) {
        var reader = JSONDocumentReader(file: file)
        reader.read(value)
        if let errors = RADLErrors(reader.errors) { throw errors }
        self = reader.document
    }
}

/// Turns JSON values into a document and notes all mistakes.
struct JSONDocumentReader {
    /// The value cannot be used; the mistake is noted already.
    private struct Skip: Error {}

    private(set) var document = RADLDocument()
    private(set) var errors: [RADLError] = []
    private let file: String?
    private var ids: Set<[String]> = []

    init(file: String?) {
        self.file = file
    }

    private mutating func report(
        _ message: String, hint: String? = nil, code: RADLError.Code = .json, imText: String? = nil
    ) {
        guard errors.count < Parser.mostErrors else { return }
        var error = RADLError(code, message, hint: hint, imText: imText ?? message)
        error.file = file
        errors.append(error)
    }

    private mutating func skip(_ message: String, hint: String? = nil) -> Skip {
        report(message, hint: hint)
        return Skip()
    }

    mutating func read(_ value: RADLJSONValue) {
        guard case .array(let values) = value else {
            report("the document is no array", hint: #"write [{"class": "system", "id": "…"}, …]"#)
            return
        }
        for (index, value) in values.enumerated() {
            do throws(Skip) {
                try sentence(value, at: "[\(index)]")
            } catch {
                continue
            }
        }
    }

    private mutating func sentence(_ value: RADLJSONValue, at path: String) throws(Skip) {
        guard case .object(let members) = value, let name = value["class"].flatMap(Self.text) else {
            throw skip("\(path) is no object with a class")
        }
        let rest = members.filter { !["class", "id", "reference"].contains($0.name) }
        switch name {
        case "network", "system", "ansible", "description": try section(name, value, rest, at: path)
        case "configure": try configure(value, at: path)
        case "deploy": try deploy(value, at: path)
        case "contextualize": try contextualize(value, at: path)
        default:
            let nearest = Vocabulary.nearest(to: name, among: Parser.sentenceWords)
            throw skip(
                "\(path) has the unknown class '\(name)'",
                hint: nearest.map { "did you mean '\($0)'?" }
                    ?? "classes are \(Parser.sentenceWords.joined(separator: ", "))")
        }
    }

    // MARK: - Sentences

    private static func text(_ value: RADLJSONValue) -> String? {
        if case .string(let text) = value { return text }
        return nil
    }

    /// Id of a section; one that the text form could not hold is refused.
    private mutating func id(_ value: RADLJSONValue, _ className: String, at path: String) throws(Skip) -> String {
        guard let id = value["id"].flatMap(Self.text), !id.isEmpty else {
            throw skip("the \(className) at \(path) has no id", hint: #"add "id": "…""#)
        }
        try checkName(id, "id of the \(className) at \(path)")
        if className != "description", !ids.insert([className, id]).inserted {
            report(
                "there is a \(className) '\(id)' already", hint: "give one of them another id", code: .duplicate,
                imText: "Aspect with the same id was found.")
        }
        return id
    }

    private mutating func checkName(_ name: String, _ what: String) throws(Skip) {
        guard Lexer.isName(name) else {
            throw skip(
                "'\(name.prefix(60))' cannot be the \(what)",
                hint: "begin with a letter, '_' or '.', go on with letters, digits, '_', '.' and '-';"
                    + " reserved words are no names")
        }
    }

    private func isReference(_ value: RADLJSONValue) -> Bool {
        value["reference"] == .boolean(true)
    }

    private mutating func section(
        _ className: String, _ value: RADLJSONValue, _ members: [RADLJSONValue.Member], at path: String
    ) throws(Skip) {
        let id = try id(value, className, at: path)
        let isReference = isReference(value)
        let features = isReference ? Features() : features(members, at: "\(className) '\(id)'", level: 1)
        switch className {
        case "network":
            document.networks.append(RADLNetwork(id: id, features: features, isReference: isReference))
        case "system":
            document.systems.append(RADLSystem(id: id, features: features, isReference: isReference))
        case "ansible":
            document.ansibleHosts.append(RADLAnsibleHost(id: id, features: features, isReference: isReference))
        default:
            if document.description != nil {
                report(
                    "the document has two descriptions", hint: "put all in one", code: .duplicate,
                    imText: "Description can only be defined once.")
            }
            document.description = RADLDescription(id: id, features: features, isReference: isReference)
        }
    }

    private mutating func configure(_ value: RADLJSONValue, at path: String) throws(Skip) {
        let id = try id(value, "configure", at: path)
        if isReference(value) {
            document.configures.append(RADLConfigure(id: id, content: .reference))
            return
        }
        switch value["recipes"] {
        case .null: document.configures.append(RADLConfigure(id: id, content: .disabled))
        case .string(let text):
            let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
            if lines.contains(where: { $0.starts(with: "@end".utf8) }) || text.utf8.contains(0) {
                throw skip("the recipe of configure '\(id)' has a line that begins with @end, or a zero byte")
            }
            let ending = text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
            document.configures.append(RADLConfigure(id: id, content: .recipe(text + ending)))
        default:
            throw skip(
                "configure '\(id)' has no recipes", hint: #"add "recipes": "…", or "recipes": null for none"#)
        }
    }

    private mutating func name(_ key: String, in value: RADLJSONValue, at path: String) throws(Skip) -> String {
        guard let name = value[key].flatMap(Self.text) else {
            throw skip("\(path) has no \(key)", hint: "add \"\(key)\": \"…\"")
        }
        try checkName(name, "\(key) of \(path)")
        return name
    }

    private mutating func deploy(_ value: RADLJSONValue, at path: String) throws(Skip) {
        let system = try name("system", in: value, at: "the deploy at \(path)")
        guard case .number(let number) = value["vm_number"] else {
            throw skip("the deploy of '\(system)' has no vm_number", hint: #"add "vm_number": 1"#)
        }
        guard let count = number.integerValue else {
            throw skip(
                number.doubleValue.magnitude > Double(RADLDeploy.mostMachines)
                    ? "vm_number of '\(system)' is too large: an infrastructure has at most \(RADLDeploy.mostMachines) machines"
                    : "vm_number of '\(system)' has to be whole")
        }
        guard count >= 0 else {
            report(
                "the number of machines of '\(system)' is negative", code: .value,
                imText: "Invalid number of virtual machines to deploy.")
            throw Skip()
        }
        var deploy = RADLDeploy(system: system, count: count)
        if let cloud = value["cloud"], cloud != .null {
            deploy.cloud = try name("cloud", in: value, at: "the deploy of '\(system)'")
        }
        document.deploys.append(deploy)
    }

    private mutating func contextualize(_ value: RADLJSONValue, at path: String) throws(Skip) {
        var section = RADLContextualize()
        switch value["max_time"] {
        case nil, .null: break
        case .number(let number) where number.doubleValue >= 0: section.maximumTime = number
        default: throw skip("max_time of contextualize is no number of seconds")
        }
        switch value["items"] {
        case nil, .null: break
        case .array(let values):
            for (index, value) in values.enumerated() {
                section.set(try item(value, at: "item \(index) of contextualize"))
            }
        default: throw skip("items of contextualize is no array")
        }
        switch value["options"] {
        case nil, .null: break
        case .object(let members):
            for feature in features(members, at: "options of contextualize", level: 1).all {
                switch feature.value {
                case .number, .string: section.options.set(feature)
                default: report("option '\(feature.name)' of contextualize is neither a number nor a string")
                }
            }
        default: throw skip("options of contextualize is no object")
        }
        if document.contextualize == nil {
            document.contextualize = section
        } else {
            document.contextualize?.merge(section)
        }
    }

    private mutating func item(
        _ value: RADLJSONValue, at path: String
    ) throws(Skip) -> RADLContextualize.Item {
        var item = RADLContextualize.Item(
            system: try name("system", in: value, at: path), configure: try name("configure", in: value, at: path))
        switch value["step"] {
        case nil, .null: break
        case .number(let number) where number.doubleValue >= 0: item.step = number.integerValue
        default: throw skip("step of \(path) is no number from 0")
        }
        if let tool = value["ctxt_tool"], tool != .null { item.tool = try name("ctxt_tool", in: value, at: path) }
        return item
    }

    // MARK: - Features

    private mutating func features(_ members: [RADLJSONValue.Member], at path: String, level: Int) -> Features {
        var features = Features()
        guard level <= Parser.deepestNesting else {
            report("features of \(path) are nested more than \(Parser.deepestNesting) levels deep", code: .nesting)
            return features
        }
        for member in members {
            do throws(Skip) {
                if let feature = try feature(member, at: path, level: level) {
                    try add(feature, to: &features, at: path)
                }
            } catch {
                continue
            }
        }
        features.shrink()
        return features
    }

    private mutating func add(_ feature: Feature, to features: inout Features, at path: String) throws(Skip) {
        do throws(FeatureConflict) {
            try features.add(feature)
        } catch {
            let existing = error.existing.maskedText
            let added = error.added.maskedText
            report(
                "'\(feature.name)' of \(path) is set twice", hint: "keep one of them", code: .conflict,
                imText: error.kind == .disjoint
                    ? "Disjoint intervals!. Involved features: \(error.existing.imBounds)"
                    : "Conflict adding `\(added)` because `\(existing)` is already set and conflict is error")
            throw Skip()
        }
    }

    private mutating func feature(
        _ member: RADLJSONValue.Member, at path: String, level: Int
    ) throws(Skip) -> Feature? {
        if member.name == "softs" { return try softs(member.value, at: path, level: level) }
        var name = member.name
        var comparison = Comparison.equal
        if case .number = member.value {
            if name.hasSuffix("_min") {
                comparison = .greaterOrEqual
            } else if name.hasSuffix("_max") {
                comparison = .lessOrEqual
            }
            if comparison != .equal { name.removeLast(4) }
        }
        try checkName(name, "feature of \(path)")
        switch member.value {
        case .number(let number):
            guard number.doubleValue >= 0 else {
                throw skip("'\(member.name)' of \(path) is negative; RADL has no negative numbers")
            }
            return Feature(name, .number(Interval(comparison, Quantity(number))))
        case .string(let text):
            try checkText(text, name, at: path)
            return Feature(name, .string(text, .equal))
        case .boolean(let value):
            return Feature(name, .string(value ? "yes" : "no", .equal))
        case .array(let values):
            return try list(values, name, at: path, level: level)
        case .object(let members):
            guard member.value["class"] == nil else {
                throw skip("'\(name)' of \(path) holds a section; sections stand in the outer array")
            }
            return try set([.object(members)], name, at: path, level: level)
        case .null:
            throw skip("'\(name)' of \(path) is null", hint: "leave it out")
        }
    }

    private mutating func checkText(_ text: String, _ name: String, at path: String) throws(Skip) {
        if text.utf8.contains(0) { throw skip("'\(name)' of \(path) holds a zero byte") }
    }

    private mutating func list(
        _ values: [RADLJSONValue], _ name: String, at path: String, level: Int
    ) throws(Skip) -> Feature? {
        let isPlain =
            name.hasPrefix("disk") && name.hasSuffix("image.url")
            || name.hasPrefix("net_interface") && name.hasSuffix("additional_dns_names")
        let texts = values.compactMap(Self.text)
        if texts.count == values.count {
            // IM reads an empty list as nothing, except where it expects strings: so do we where objects are expected.
            if texts.isEmpty, !isPlain, name.hasSuffix(".applications") { return nil }
            for text in texts { try checkText(text, name, at: path) }
            return Feature(name, .list(texts.filter { !$0.isEmpty }, .equal))
        }
        return try set(values, name, at: path, level: level)
    }

    private mutating func set(
        _ values: [RADLJSONValue], _ name: String, at path: String, level: Int
    ) throws(Skip) -> Feature {
        var sets = FeatureSets()
        for (index, value) in values.enumerated() {
            guard case .object(let members) = value else {
                throw skip("'\(name)[\(index)]' of \(path) is neither a string nor an object like the others")
            }
            let inner = features(members, at: "\(name)[\(index)] of \(path)", level: level + 1)
            do throws(FeatureConflict) {
                try sets.add(FeatureSet(inner))
            } catch {
                throw skip("'\(name)' of \(path) has two elements '\(FeatureSet(inner).name ?? "")' that disagree")
            }
        }
        return Feature(name, .set(sets))
    }

    private mutating func softs(_ value: RADLJSONValue, at path: String, level: Int) throws(Skip) -> Feature? {
        guard case .array(let values) = value else { throw skip("softs of \(path) is no array") }
        var groups: [SoftGroup] = []
        for (index, value) in values.enumerated() {
            let place = "softs[\(index)] of \(path)"
            guard case .object = value else { throw skip("\(place) is no object") }
            var group = SoftGroup(weight: .integer(0), features: Features())
            switch value["weight"] {
            case nil, .null: break
            case .number(let number) where number.doubleValue >= 0: group.weight = number
            default: throw skip("the weight of \(place) is no number from 0")
            }
            switch value["items"] {
            case nil, .null: break
            case .object(let members): group.features = features(members, at: place, level: level + 1)
            default: throw skip("items of \(place) is no object")
            }
            groups.append(group)
        }
        return groups.isEmpty ? nil : Feature(Feature.softName, .softs(groups))
    }
}
