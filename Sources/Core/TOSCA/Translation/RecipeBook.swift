/// The recipes that implement operations: read once each, and turned into plays with the variables of the operation.
struct RecipeBook {
    /// An implementation that is needed.
    struct Request {
        var reference: String
        var base: String?
        var position: TOSCAPosition
        var path: DocumentPath

        var key: String { TOSCAResolver.absolute(reference, from: base) }
    }

    let template: TOSCATemplate
    let resolver: TOSCAResolver
    let options: TOSCAOptions
    let report: Report
    private(set) var imports: [TOSCAImport] = []
    private var texts: [String: String] = [:]
    private var parsed: [String: [TOSCAValue]] = [:]

    init(template: TOSCATemplate, resolver: TOSCAResolver, options: TOSCAOptions, report: Report) {
        self.template = template
        self.resolver = resolver
        self.options = options
        self.report = report
    }

    // MARK: Reading

    /// Reads what is needed, a few at a time.
    mutating func read(_ requests: [Request]) async {
        let resolver = resolver
        let limits = template.limits
        var answers: [Int: Result<TOSCAResolver.Found, TOSCAResolver.Failure>] = [:]
        await withTaskGroup(of: Answer.self) { group in
            var next = 0
            while next < requests.count || !group.isEmpty {
                if next < requests.count, next - answers.count < 6 {
                    let place = next
                    let request = requests[next]
                    let reference = request.reference
                    let base = request.base
                    group.addTask { await Self.find(place, reference, base, resolver, limits) }
                    next += 1
                } else if let answer = await group.next() {
                    answers[answer.place] = answer.result
                }
            }
        }
        for (place, request) in requests.enumerated() {
            switch answers[place] {
            case .success(let found): take(found, request)
            case .failure(let failure): miss(failure, request)
            case nil: break
            }
        }
    }

    private struct Answer: Sendable {
        var place: Int
        var result: Result<TOSCAResolver.Found, TOSCAResolver.Failure>
    }

    private static func find(
        _ place: Int, _ reference: String, _ base: String?, _ resolver: TOSCAResolver, _ limits: TOSCALimits
    ) async -> Answer {
        do throws(TOSCAResolver.Failure) {
            let found = try await resolver.find(reference, from: base, limits: limits)
            return Answer(place: place, result: .success(found))
        } catch {
            let isRelative = !reference.contains("://") && !reference.hasPrefix("/") && !reference.contains("..")
            guard isRelative else { return Answer(place: place, result: .failure(error)) }
            do throws(TOSCAResolver.Failure) {
                let found = try await resolver.find(resolver.artifactBase + reference, from: nil, limits: limits)
                return Answer(place: place, result: .success(found))
            } catch {
                let failure = TOSCAResolver.Failure(
                    message: "there is no file '\(reference.prefix(200))' here, and \(error.message)",
                    expected: error.expected)
                return Answer(place: place, result: .failure(failure))
            }
        }
    }

    private mutating func take(_ found: TOSCAResolver.Found, _ request: Request) {
        if let warning = found.warning { report.warning(.import, warning, at: request.position, request.path) }
        imports.append(
            TOSCAImport(
                reference: request.reference, origin: found.origin, checksum: SHA256.hex(found.bytes),
                size: found.bytes.count))
        guard let text = found.text else {
            report.error(
                .import, "the file '\(request.reference.prefix(200))' is no text in UTF-8\(found.damage)",
                at: request.position, request.path, expected: "a recipe or script saved as UTF-8")
            return
        }
        texts[request.key] = text
        guard Self.isPlaybook(request.reference) else { return }
        let own = Report(files: [request.key])
        var reader = YAMLReader(file: 0, limits: template.limits, report: own)
        let value = reader.read(text)
        if let error = own.diagnostics.first(where: { $0.severity == .error }) {
            report.error(
                .import,
                "the recipe '\(request.reference.prefix(200))' is no YAML: line \(error.line ?? 1): \(error.message)",
                at: request.position, request.path)
            return
        }
        guard let list = value?.list else {
            report.error(
                .import, "the recipe '\(request.reference.prefix(200))' is \(value?.kind ?? "empty")",
                at: request.position,
                request.path, expected: "a list of plays")
            return
        }
        parsed[request.key] = Self.normalized(list)
    }

    private mutating func miss(_ failure: TOSCAResolver.Failure, _ request: Request) {
        let message = "the recipe cannot be read: \(failure.message)"
        guard options.isForReading else {
            report.error(.import, message, at: request.position, request.path, expected: failure.expected)
            return
        }
        report.warning(.import, message, at: request.position, request.path, expected: failure.expected)
        let task = TOSCAMap([
            ("name", TOSCAValue("Recipe that could not be read")),
            ("fail", TOSCAValue(TOSCAMap([("msg", TOSCAValue("'\(request.reference)' was not read"))]))),
        ])
        parsed[request.key] = [Planner.play(tasks: [TOSCAValue(task)])]
    }

    static func isPlaybook(_ reference: String) -> Bool {
        let path = reference.prefix { $0 != "?" && $0 != "#" }.lowercased()
        return path.hasSuffix(".yml") || path.hasSuffix(".yaml")
    }

    private static let playFields: Set<String> = [
        "hosts", "tasks", "roles", "pre_tasks", "post_tasks", "handlers", "import_playbook", "include",
    ]

    /// Plays without what the infrastructure decides itself; tasks that stand alone become a play.
    private static func normalized(_ list: [TOSCAValue]) -> [TOSCAValue] {
        let arePlays = list.contains { item in item.map?.keys.contains { playFields.contains($0) } ?? false }
        guard arePlays else { return list.isEmpty ? [] : [Planner.play(tasks: list)] }
        return list.map { item in
            guard var play = item.map else { return item }
            play["hosts"] = nil
            play["connection"] = nil
            return TOSCAValue(play)
        }
    }

    // MARK: Plays

    /// The playbook of an operation as it was read.
    func source(of operation: PlannedOperation) -> RecipeOrigin.Source? {
        guard let reference = operation.implementation else { return nil }
        let key = TOSCAResolver.absolute(reference, from: operation.base)
        guard Self.isPlaybook(reference), let text = texts[key] else { return nil }
        return RecipeOrigin.Source(reference: key, text: text)
    }

    func plays(of operation: PlannedOperation, nodeName: String) -> [TOSCAValue] {
        guard let reference = operation.implementation else { return operation.plays }
        let key = TOSCAResolver.absolute(reference, from: operation.base)
        let files = operation.files.map { Self.download($0.reference, to: $0.path) }
        let before = files.isEmpty ? [] : [Planner.play(tasks: files)]
        if let plays = parsed[key] {
            return before + plays.map { Self.adding(operation.variables, to: $0) }
        }
        guard let text = texts[key] else { return [] }
        let last = reference.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last.map(String.init) ?? "script"
        let path = "/tmp/" + last.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        let name = "\(nodeName)_\(operation.name)"
        let copy = TOSCAMap([
            ("name", TOSCAValue("Copy contents of script of interface \(name)")),
            (
                "copy",
                TOSCAValue(
                    TOSCAMap([
                        ("dest", TOSCAValue(path)), ("content", TOSCAValue(.tagged("!unsafe", text))),
                        ("mode", TOSCAValue("0755")),
                    ]))
            ),
        ])
        var run = TOSCAMap([("name", TOSCAValue(name)), ("shell", TOSCAValue(path))])
        if !operation.variables.isEmpty {
            let pairs = operation.variables.entries.map { ($0.key, TOSCAValue($0.value.scalarText ?? $0.value.json)) }
            run["environment"] = TOSCAValue(TOSCAMap(pairs))
        }
        return before + [Planner.play(tasks: [TOSCAValue(copy), TOSCAValue(run)])]
    }

    /// A play with variables over its own.
    private static func adding(_ variables: TOSCAMap, to play: TOSCAValue) -> TOSCAValue {
        guard !variables.isEmpty, var map = play.map else { return play }
        var all = map["vars"]?.map ?? TOSCAMap()
        for entry in variables.entries { all[entry.key] = entry.value }
        map["vars"] = TOSCAValue(all)
        return TOSCAValue(map)
    }

    private static func download(_ reference: String, to path: String) -> TOSCAValue {
        TOSCAValue(
            TOSCAMap([
                ("name", TOSCAValue("Download artifact \(path)")),
                (
                    "get_url",
                    TOSCAValue(TOSCAMap([("url", TOSCAValue(reference)), ("dest", TOSCAValue(path))]))
                ),
            ]))
    }
}
