/// Reads a template's text and all that it imports, each document once.
struct TemplateLoader {
    let resolver: TOSCAResolver
    let limits: TOSCALimits
    let report = Report()
    private(set) var library: TypeLibrary
    private var imports: [TOSCAImport] = []
    /// Documents that are being read: one that comes again imports itself.
    private var chain: [String] = []
    private var done: Set<String> = []
    private var repositories: [String: String] = [:]

    init(resolver: TOSCAResolver, limits: TOSCALimits) {
        self.resolver = resolver
        self.limits = limits
        // The template is document 0.
        report.files = ["template"]
        library = TypeLibrary(report: report)
    }

    /// What was read.
    struct Loaded {
        var root: TOSCAMap
        var rootPosition: TOSCAPosition
        var imports: [TOSCAImport]
        var repositories: [String: String]
    }

    mutating func load(_ text: String, name: String, base: String?) async throws(TOSCAErrors) -> Loaded {
        report.files[0] = name
        var reader = YAMLReader(file: 0, limits: limits, report: report)
        let value = reader.read(text)
        try report.throwErrors()
        guard let value, var root = value.map else {
            report.error(
                .type, value.map { "the template is \($0.kind)" } ?? "the template is empty",
                at: value?.position ?? TOSCAPosition(file: 0, line: 1, column: 1), .root,
                expected: "a mapping with 'tosca_definitions_version' and 'topology_template'")
            try report.throwErrors()
            preconditionFailure("an error was reported")
        }
        readRepositories(root)
        chain = [base ?? ""]
        let own = root
        if let overlaid = await overlay(root, base) { root = overlaid }
        await readImports(of: own, from: base, .root)
        library.add(document: root, name: name)
        try report.throwErrors()
        return Loaded(
            root: root, rootPosition: value.position, imports: imports, repositories: repositories)
    }

    private mutating func readRepositories(_ root: TOSCAMap) {
        for entry in root["repositories"]?.map?.entries ?? [] {
            if let url = entry.value.string ?? entry.value["url"]?.string { repositories[entry.key] = url }
        }
    }

    // MARK: Imports

    private struct Reference {
        var file: String
        var prefix: String?
        var position: TOSCAPosition
        var path: DocumentPath
    }

    /// The forms that versions and authors have used: a text, `{ file: … }`, `{ NAME: URL }`, `{ NAME: { file: … } }`.
    private func references(_ root: TOSCAMap, _ path: DocumentPath) -> [Reference] {
        guard let value = root["imports"], !value.isNull else { return [] }
        let place = path.key("imports")
        guard let items = value.list ?? value.map.map({ _ in [value] }) ?? value.string.map({ _ in [value] }) else {
            report.error(.type, "'imports' is \(value.kind)", at: value.position, place, expected: "a list")
            return []
        }
        var result: [Reference] = []
        for (number, item) in items.enumerated() {
            let itemPath = place.index(number)
            if let file = item.string {
                result.append(Reference(file: file, position: item.position, path: itemPath))
            } else if let map = item.map, map["file"] != nil {
                add(map, item, itemPath, &result)
            } else if let map = item.map, !map.isEmpty {
                for entry in map.entries where entry.key != "template_file" {
                    if let file = entry.value.string {
                        result.append(
                            Reference(file: file, position: entry.value.position, path: itemPath.key(entry.key)))
                    } else if let inner = entry.value.map {
                        add(inner, entry.value, itemPath.key(entry.key), &result)
                    } else {
                        report.error(
                            .type, "the import '\(entry.key.prefix(80))' is \(entry.value.kind)",
                            at: entry.value.position, itemPath.key(entry.key), expected: "a URL")
                    }
                }
            } else {
                report.error(
                    .type, "an import is \(item.kind)", at: item.position, itemPath, expected: "a URL, or NAME: URL")
            }
        }
        return result
    }

    private func add(_ map: TOSCAMap, _ value: TOSCAValue, _ path: DocumentPath, _ result: inout [Reference]) {
        guard var file = map["file"]?.string else {
            report.error(.missing, "the import names no file", at: value.position, path, expected: "'file'")
            return
        }
        if let repository = map["repository"]?.string {
            guard let url = repositories[repository] else {
                report.unknown(
                    .unknownName, "the repository '\(repository.prefix(80))' is not declared", repository,
                    among: repositories.keys.sorted(), at: map["repository"]?.position, path.key("repository"))
                return
            }
            file = (url.hasSuffix("/") ? url : url + "/") + file
        }
        result.append(
            Reference(
                file: file, prefix: map["namespace_prefix"]?.string, position: map["file"]?.position ?? value.position,
                path: path.key("file")))
    }

    private mutating func readImports(of root: TOSCAMap, from base: String?, _ path: DocumentPath) async {
        for reference in references(root, path) {
            if let collection = BundledCollection.all.first(where: { $0.name == reference.file }) {
                addCollection(collection, reference.file)
                continue
            }
            guard let (found, full) = await find(reference, from: base) else { continue }
            if let collection = found.collection {
                addCollection(collection, reference.file)
                continue
            }
            guard let map = read(found, reference, full) else { continue }
            readRepositories(map)
            chain.append(full)
            await readImports(of: map, from: found.base, .root)
            chain.removeLast()
            library.add(document: map, name: full, prefix: reference.prefix)
        }
    }

    private mutating func addCollection(_ collection: BundledCollection, _ reference: String) {
        guard done.insert(collection.name).inserted else { return }
        library.add(collection)
        imports.append(
            TOSCAImport(
                reference: reference, origin: .bundle, checksum: collection.checksum, size: collection.bytes.count))
    }

    /// Nil where it was read already, or cannot be.
    private mutating func find(
        _ reference: Reference, from base: String?
    ) async -> (found: TOSCAResolver.Found, full: String)? {
        let full = TOSCAResolver.absolute(reference.file, from: base)
        if chain.contains(full), !full.isEmpty {
            let names = (chain.drop { $0 != full } + [full]).filter { !$0.isEmpty }
            report.error(
                .cycle, "the import leads back to a document that imports it: \(names.joined(separator: " → "))",
                at: reference.position, reference.path)
            return nil
        }
        guard done.insert(full).inserted else { return nil }
        guard imports.count < limits.maximumImports, chain.count <= limits.maximumImportDepth else {
            report.error(
                .limit,
                "more than \(limits.maximumImports) documents, or more than \(limits.maximumImportDepth) levels, are imported",
                at: reference.position, reference.path)
            return nil
        }
        do throws(TOSCAResolver.Failure) {
            let found = try await resolver.find(reference.file, from: base, limits: limits)
            if let warning = found.warning {
                report.warning(.import, warning, at: reference.position, reference.path)
            }
            return (found, full)
        } catch {
            report.error(
                .import, "the import cannot be read: \(error.message)", at: reference.position, reference.path,
                expected: error.expected)
            return nil
        }
    }

    private mutating func read(
        _ found: TOSCAResolver.Found, _ reference: Reference, _ full: String
    ) -> TOSCAMap? {
        report.files.append(full)
        var reader = YAMLReader(file: UInt16(clamping: report.files.count - 1), limits: limits, report: report)
        guard let text = found.text else {
            report.error(
                .import, "the imported document is no text in UTF-8\(found.damage)", at: reference.position,
                reference.path, expected: "a document saved as UTF-8")
            return nil
        }
        let value = reader.read(text)
        imports.append(
            TOSCAImport(
                reference: reference.file, origin: found.origin, checksum: SHA256.hex(found.bytes),
                size: found.bytes.count))
        guard let map = value?.map else {
            report.error(
                .import, "the imported document is \(value?.kind ?? "no YAML")", at: reference.position, reference.path,
                expected: "a mapping with definitions of types")
            return nil
        }
        return map
    }

    // MARK: Templates over templates

    /// `imports: [ template_file: URL ]`: the template there, with the inputs, outputs and nodes of this one over it.
    private mutating func overlay(_ root: TOSCAMap, _ base: String?) async -> TOSCAMap? {
        guard let items = root["imports"]?.list ?? root["imports"]?.map.map({ [TOSCAValue($0)] }) else { return nil }
        let places = items.indices.filter { items[$0]["template_file"] != nil }
        for number in places {
            guard let file = items[number]["template_file"] else { continue }
            let path = DocumentPath.root.key("imports").index(number).key("template_file")
            if let second = places.dropFirst().first, let other = items[second]["template_file"] {
                report.error(
                    .import, "a template lies over one other only", at: other.position,
                    DocumentPath.root.key("imports").index(second).key("template_file"),
                    expected: "one 'template_file', which may have one itself")
                return nil
            }
            guard let name = file.string ?? file["file"]?.string else {
                report.error(
                    .type, "'template_file' is \(file.kind)", at: file.position, path, expected: "the URL of a template"
                )
                return nil
            }
            let reference = Reference(file: name, position: file.position, path: path)
            guard let (found, full) = await find(reference, from: base), var lower = read(found, reference, full)
            else { return nil }
            readRepositories(lower)
            chain.append(full)
            let own = lower
            if let overlaid = await overlay(lower, found.base) { lower = overlaid }
            await readImports(of: own, from: found.base, .root)
            chain.removeLast()
            return Self.overlay(root, on: lower)
        }
        return nil
    }

    static func overlay(_ upper: TOSCAMap, on lower: TOSCAMap) -> TOSCAMap {
        var result = lower
        var topology = lower["topology_template"]?.map ?? TOSCAMap()
        let own = upper["topology_template"]?.map ?? TOSCAMap()
        for section in own.entries {
            guard var map = topology[section.key]?.map, let new = section.value.map else {
                topology.set(section.key, section.value, at: section.keyPosition)
                continue
            }
            for entry in new.entries {
                // An input may be given as a plain value: the new default.
                if section.key == "inputs", entry.value["type"] == nil, var declared = map[entry.key]?.map {
                    declared["default"] = entry.value
                    map[entry.key] = TOSCAValue(.map(declared), at: entry.value.position)
                } else if section.key == "node_templates", entry.value["type"] == nil, let changes = entry.value.map,
                    let lower = map[entry.key]?.map
                {
                    // What has no type of its own changes the node there.
                    let merged = TOSCAMerge.merge(lower, changes)
                    map[entry.key] = TOSCAValue(.map(merged), at: entry.value.position)
                } else {
                    map.set(entry.key, entry.value, at: entry.keyPosition)
                }
            }
            topology[section.key] = TOSCAValue(.map(map), at: section.value.position)
        }
        for entry in upper.entries where entry.key != "topology_template" && entry.key != "imports" {
            if let new = entry.value.map, var map = result[entry.key]?.map {
                for item in new.entries { map.set(item.key, item.value, at: item.keyPosition) }
                result[entry.key] = TOSCAValue(.map(map), at: entry.value.position)
            } else {
                result.set(entry.key, entry.value, at: entry.keyPosition)
            }
        }
        result["topology_template"] = TOSCAValue(
            .map(topology), at: upper["topology_template"]?.position ?? lower["topology_template"]?.position ?? .none)
        // References are those of the lower document: they were followed already.
        result["imports"] = nil
        return result
    }
}
