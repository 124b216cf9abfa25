extension RADLDocument {
    /// Reads a document in RADL's JSON form: an array of objects with a `class`.
    ///
    /// Names that the text form could not hold, negative numbers and other kinds of values are refused, so that what was
    /// read can always be printed. `true` and `false` become `'yes'` and `'no'`.
    ///
    /// - Throws: ``RADLErrors``, each with its place.
    public init(parsingJSON text: String, file: String? = nil) throws(RADLErrors) {
        try self.init(parsingJSON: RADLSource(text: text, file: file))
    }

    /// Reads a document in RADL's JSON form; see ``init(parsingJSON:file:)``.
    public init(parsingJSON source: RADLSource) throws(RADLErrors) {
        let reading = Self.readJSON(source)
        if let errors = RADLErrors(reading.errors) { throw errors }
        self = reading.document
    }

    /// Reads a document from a JSON value, which has no places.
    public init(json value: RADLJSONValue, file: String? = nil) throws(RADLErrors) {
        var reader = JSONDocumentReader(source: nil, file: file)
        reader.read(JSONNode(value: value, place: nil))
        if let errors = RADLErrors(reader.errors) { throw errors }
        self = reader.document
    }

    /// Reads what can be read of a document in JSON: for tools that show every mistake and go on.
    public static func readJSON(_ source: RADLSource) -> RADLReading {
        let (value, place): (RADLJSONValue, JSONPlace)
        do throws(RADLError) {
            (value, place) = try JSONReader.readPlaced(source)
        } catch {
            return RADLReading(document: RADLDocument(), errors: [error], warnings: [])
        }
        var reader = JSONDocumentReader(source: source, file: source.file)
        reader.read(JSONNode(value: value, place: place))
        return RADLReading(document: reader.document, errors: reader.errors, warnings: reader.warnings)
    }
}

/// A JSON value and where it stands.
struct JSONNode {
    var value: RADLJSONValue
    /// Nil where no text said it.
    var place: JSONPlace?

    /// The member of a name; of several the last one.
    subscript(name: String) -> JSONNode? {
        guard case .object(let members) = value, let index = members.lastIndex(where: { $0.name == name }) else {
            return nil
        }
        return JSONNode(value: members[index].value, place: child(index))
    }

    /// The values of an array; nil for other values.
    var elements: [JSONNode]? {
        guard case .array(let values) = value else { return nil }
        return values.enumerated().map { JSONNode(value: $1, place: child($0)) }
    }

    /// The members of an object; nil for other values.
    var members: [(name: String, node: JSONNode)]? {
        guard case .object(let members) = value else { return nil }
        return members.enumerated().map { ($1.name, JSONNode(value: $1.value, place: child($0))) }
    }

    private func child(_ index: Int) -> JSONPlace? {
        guard let children = place?.children, children.indices.contains(index) else { return nil }
        return children[index]
    }

    var text: String? {
        if case .string(let text) = value { return text }
        return nil
    }

    var isNull: Bool { value == .null }
    var range: SourceRange? { place?.range }
    /// With its name, where it is a member.
    var member: SourceRange? { place.map { $0.member ?? $0.range } }
}

/// Turns JSON values into a document and notes all mistakes.
struct JSONDocumentReader {
    /// The value cannot be used; the mistake is noted already.
    struct Skip: Error {}

    var document = RADLDocument()
    private(set) var errors: [RADLError] = []
    private(set) var warnings: [RADLError] = []
    private let source: RADLSource?
    private let file: String?
    private var ids: Set<[String]> = []
    /// Sections that stand as values of features.
    var inner: [(className: String, id: String, node: JSONNode)] = []

    init(source: RADLSource?, file: String?) {
        self.source = source
        self.file = file
        document.source = source
    }

    mutating func report(
        _ message: String, hint: String? = nil, code: RADLError.Code = .json, at place: SourceRange?,
        imText: String? = nil
    ) {
        guard errors.count < Parser.mostErrors else { return }
        var error = RADLError(code, message, hint: hint, at: place, in: source, imText: imText ?? message)
        error.file = file
        errors.append(error)
    }

    mutating func skip(_ message: String, hint: String? = nil, at place: SourceRange?) -> Skip {
        report(message, hint: hint, at: place)
        return Skip()
    }

    mutating func read(_ node: JSONNode) {
        guard let elements = node.elements else {
            report(
                "the document is no array", hint: #"write [{"class": "system", "id": "…"}, …]"#,
                at: node.range.map { $0.extended(to: $0.offset + 1) })
            return
        }
        for (index, element) in elements.enumerated() {
            do throws(Skip) {
                try sentence(element, at: "[\(index)]")
            } catch {
                continue
            }
        }
        addInner()
    }

    private mutating func sentence(_ node: JSONNode, at path: String) throws(Skip) {
        guard let members = node.members, let name = node["class"]?.text else {
            throw skip("\(path) is no object with a class", at: node.range)
        }
        let rest = members.filter { !["class", "id", "reference"].contains($0.name) }
        switch name {
        case "network", "system", "ansible", "description": try section(name, node, rest, at: path)
        case "configure": try configure(node, at: path)
        case "deploy": try deploy(node, at: path)
        case "contextualize": try contextualize(node, at: path)
        default:
            let nearest = Vocabulary.nearest(to: name, among: Parser.sentenceWords)
            throw skip(
                "\(path) has the unknown class '\(name)'",
                hint: nearest.map { "did you mean '\($0)'?" }
                    ?? "classes are \(Parser.sentenceWords.joined(separator: ", "))", at: node["class"]?.range)
        }
    }

    // MARK: - Sentences

    /// Id of a section; one that the text form could not hold is refused.
    private mutating func id(_ node: JSONNode, _ className: String, at path: String) throws(Skip) -> String {
        // It means nothing, and IM writes a number there.
        if className == "description" { return descriptionID(node["id"]?.value) }
        guard let id = node["id"]?.text, !id.isEmpty else {
            try refuseType(of: "id", in: node, "the \(className) at \(path)", "a string")
            throw skip(
                "the \(className) at \(path) has no id", hint: #"add "id": "…""#, at: node["id"]?.range ?? node.range)
        }
        try checkName(id, "id of the \(className) at \(path)", at: node["id"]?.range)
        if !ids.insert([className, id]).inserted {
            report(
                "there is a \(className) '\(id)' already", hint: "give one of them another id", code: .duplicate,
                at: node["id"]?.range, imText: "Aspect with the same id was found.")
        }
        return id
    }

    /// - Throws: Where the member is there: its value has the wrong type.
    private mutating func refuseType(of key: String, in node: JSONNode, _ what: String, _ wanted: String) throws(Skip) {
        guard let member = node[key], !member.isNull, member.text != "" else { return }
        throw skip("the \(key) of \(what) has to be \(wanted)", at: member.member)
    }

    private func descriptionID(_ value: RADLJSONValue?) -> String {
        let text =
            switch value {
            case .string(let text): text
            case .number(let number): "_\(number)"
            default: ""
            }
        if Lexer.isName(text) { return text }
        let letters = text.unicodeScalars.prefix(200).map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                ? String(scalar) : "_"
        }
        return "_" + letters.joined()
    }

    mutating func checkName(_ name: String, _ what: String, at place: SourceRange?) throws(Skip) {
        guard Lexer.isName(name) else {
            throw skip(
                "'\(name.prefix(60))' cannot be the \(what)",
                hint: "begin with a letter, '_' or '.', go on with letters, digits, '_', '.' and '-';"
                    + " reserved words are no names", at: place)
        }
    }

    private func isReference(_ node: JSONNode) -> Bool {
        node["reference"]?.value == .boolean(true)
    }

    private mutating func section(
        _ className: String, _ node: JSONNode, _ members: [(name: String, node: JSONNode)], at path: String
    ) throws(Skip) {
        let id = try id(node, className, at: path)
        let isReference = isReference(node)
        let features =
            isReference ? Features() : features(members, at: Owner(text: "\(className) '\(id)'", node: node), level: 1)
        let place = node["id"]?.member ?? node.range
        switch className {
        case "network":
            document.networks.append(
                RADLNetwork(id: id, features: features, isReference: isReference, source: place))
        case "system":
            document.systems.append(RADLSystem(id: id, features: features, isReference: isReference, source: place))
        case "ansible":
            document.ansibleHosts.append(
                RADLAnsibleHost(id: id, features: features, isReference: isReference, source: place))
        default:
            if document.description != nil {
                report(
                    "the document has two descriptions", hint: "put all in one", code: .duplicate, at: place,
                    imText: "Description can only be defined once.")
            }
            document.description = RADLDescription(
                id: id, features: features, isReference: isReference, source: place)
        }
    }

    /// Sections within others: where the document has one of the id already, that is the one.
    private mutating func addInner() {
        var next = 0
        while next < inner.count {
            let (className, id, node) = inner[next]
            next += 1
            guard !ids.contains([className, id]) else { continue }
            do throws(Skip) {
                try sentence(node, at: "the \(className) '\(id)' within another section")
            } catch {
                continue
            }
        }
    }

    private mutating func configure(_ node: JSONNode, at path: String) throws(Skip) {
        let id = try id(node, "configure", at: path)
        let place = node["id"]?.member ?? node.range
        if isReference(node) {
            document.configures.append(RADLConfigure(id: id, content: .reference, source: place))
            return
        }
        switch node["recipes"]?.value {
        case .null: document.configures.append(RADLConfigure(id: id, content: .disabled, source: place))
        case .string(let text):
            let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
            if lines.contains(where: { $0.starts(with: "@end".utf8) }) || text.utf8.contains(0) {
                throw skip(
                    "the recipe of configure '\(id)' has a line that begins with @end, or a zero byte",
                    at: node["recipes"]?.member)
            }
            let ending = text.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
            document.configures.append(
                RADLConfigure(id: id, content: .recipe(text + ending), source: place))
        default:
            try refuseType(of: "recipes", in: node, "configure '\(id)'", "a string, or null for none")
            throw skip(
                "configure '\(id)' has no recipes", hint: #"add "recipes": "…", or "recipes": null for none"#,
                at: node["recipes"]?.member ?? place)
        }
    }

    /// - Parameter className: Of the section that may stand there in the place of its id.
    private mutating func name(
        _ key: String, in node: JSONNode, at path: String, orSection className: String? = nil
    ) throws(Skip) -> String {
        if let className, let section = node[key], section.members != nil {
            return try id(ofSection: section, className, "\(key) of \(path)")
        }
        guard let name = node[key]?.text, !name.isEmpty else {
            try refuseType(of: key, in: node, path, "a string")
            throw skip("\(path) has no \(key)", hint: "add \"\(key)\": \"…\"", at: node[key]?.member ?? node.range)
        }
        try checkName(name, "\(key) of \(path)", at: node[key]?.range)
        return name
    }

    /// The id of a section, or of a reference to one, that stands in the place of an id.
    private mutating func id(
        ofSection node: JSONNode, _ className: String, _ what: String
    ) throws(Skip) -> String {
        let hint = #"write its id, or {"class": "\#(className)", "id": "…", "reference": true}"#
        guard node["class"]?.text == className else {
            throw skip("\(what) is no \(className)", hint: hint, at: node.member)
        }
        guard let id = node["id"]?.text, !id.isEmpty else {
            throw skip("\(what) has no id", hint: hint, at: node.member)
        }
        try checkName(id, "id of \(what)", at: node["id"]?.range)
        inner.append((className, id, node))
        return id
    }

    private mutating func deploy(_ node: JSONNode, at path: String) throws(Skip) {
        let system = try name("system", in: node, at: "the deploy at \(path)", orSection: "system")
        let place = node["vm_number"]?.member ?? node.range
        guard case .number(let number) = node["vm_number"]?.value else {
            try refuseType(of: "vm_number", in: node, "the deploy of '\(system)'", "a number, without quotes")
            throw skip("the deploy of '\(system)' has no vm_number", hint: #"add "vm_number": 1"#, at: place)
        }
        guard let count = number.integerValue else {
            throw skip(
                number.doubleValue.magnitude > Double(RADLDeploy.mostMachines)
                    ? "vm_number of '\(system)' is too large: an infrastructure has at most \(RADLDeploy.mostMachines) machines"
                    : "vm_number of '\(system)' has to be whole", at: place)
        }
        guard count >= 0 else {
            report(
                "the number of machines of '\(system)' is negative", code: .value, at: place,
                imText: "Invalid number of virtual machines to deploy.")
            throw Skip()
        }
        var deploy = RADLDeploy(system: system, count: count, source: node.range)
        if let cloud = node["cloud"], !cloud.isNull {
            deploy.cloud = try name("cloud", in: node, at: "the deploy of '\(system)'")
        }
        document.deploys.append(deploy)
    }

    private mutating func contextualize(_ node: JSONNode, at path: String) throws(Skip) {
        var section = RADLContextualize(source: node.range)
        switch node["max_time"]?.value {
        case nil, .null: break
        case .number(let number) where number.doubleValue >= 0: section.maximumTime = number
        default:
            throw skip("max_time of contextualize is no number of seconds", at: node["max_time"]?.member)
        }
        if let items = node["items"], !items.isNull {
            guard let elements = items.elements else {
                throw skip("items of contextualize is no array", at: items.member)
            }
            for (index, element) in elements.enumerated() {
                section.set(try item(element, at: "item \(index) of contextualize"))
            }
        }
        if let options = node["options"], !options.isNull {
            guard let members = options.members else {
                throw skip("options of contextualize is no object", at: options.member)
            }
            let owner = Owner(text: "options of contextualize", node: options)
            for feature in features(members, at: owner, level: 1).all {
                switch feature.value {
                case .number, .string: section.options.set(feature)
                default:
                    report(
                        "option '\(feature.name)' of contextualize is neither a number nor a string",
                        at: feature.source)
                }
            }
        }
        if document.contextualize == nil {
            document.contextualize = section
        } else {
            document.contextualize?.merge(section)
        }
    }

    private mutating func item(_ node: JSONNode, at path: String) throws(Skip) -> RADLContextualize.Item {
        var item = RADLContextualize.Item(
            system: try name("system", in: node, at: path, orSection: "system"),
            configure: try name("configure", in: node, at: path, orSection: "configure"), source: node.range)
        switch node["step"]?.value {
        case nil, .null: break
        case .number(let number) where number.integerValue.map { $0 >= 0 } == true: item.step = number.integerValue
        default: throw skip("step of \(path) is no whole number from 0", at: node["step"]?.member)
        }
        if let tool = node["ctxt_tool"], !tool.isNull { item.tool = try name("ctxt_tool", in: node, at: path) }
        if let step = item.step, step != 0, let tool = item.tool { noteBoth(step, tool, node, path) }
        return item
    }

    /// Only the JSON form has room for both.
    private mutating func noteBoth(_ step: Int, _ tool: String, _ node: JSONNode, _ path: String) {
        guard warnings.count < 100 else { return }
        var warning = RADLError(
            .value, "\(path) has step \(step) and the tool \(tool): RADL's text form has room for one, the tool",
            hint: "leave one of them out", at: node["step"]?.member, in: source, imText: "", severity: .warning)
        warning.file = file
        warnings.append(warning)
    }
}
