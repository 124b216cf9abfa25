/// The types that a template can name: those of its own, of its imports, and the normative ones. Types are read and
/// resolved when they are asked for. Belongs to one pass over one template; not shared between tasks.
final class TypeLibrary {
    /// A document that defines types.
    enum Source {
        case collection(BundledCollection, file: UInt16)
        /// Types are known as `PREFIX:NAME`, too, where the import gave a prefix.
        case document(TOSCAMap, name: String, prefix: String?)
    }

    /// Types that wait for the one that is being read.
    private static let maximumLevels = 100

    let report: Report
    /// The later one wins.
    private var sources: [Source] = []
    private var resolved: [TOSCATypeKind: [String: TOSCAType]] = [:]
    private var failed: Set<String> = []
    private var pending: [String] = []

    init(report: Report) {
        self.report = report
        add(.normative)
    }

    /// Adds a bundled collection.
    func add(_ collection: BundledCollection) {
        report.files.append(collection.name)
        sources.append(.collection(collection, file: UInt16(clamping: report.files.count - 1)))
    }

    /// Adds the types of a document.
    func add(document: TOSCAMap, name: String, prefix: String? = nil) {
        sources.append(.document(document, name: name, prefix: prefix))
    }

    /// All types that were resolved so far.
    var all: [TOSCAType] { resolved.values.flatMap(\.values) }

    /// Documents that define types, but for the program's own, with the names of those that are imported.
    var documents: [(map: TOSCAMap, name: String?)] {
        let found = sources.compactMap { source -> (map: TOSCAMap, name: String?)? in
            if case .document(let map, let name, _) = source { return (map, name) }
            return nil
        }
        // The template itself is the last one.
        return found.dropLast() + found.suffix(1).map { ($0.map, nil) }
    }

    /// Whether a type was asked for, and what is wrong with it was told.
    func isRead(_ name: String, _ kind: TOSCATypeKind) -> Bool {
        resolved[kind]?[name] != nil || failed.contains(kind.rawValue + "/" + name)
    }

    /// Names of all types of a kind that can be named.
    func names(_ kind: TOSCATypeKind) -> [String] {
        var names: Set<String> = []
        for source in sources {
            switch source {
            case .collection(let collection, _): names.formUnion(collection.names(kind))
            case .document(let map, _, _): names.formUnion(map[kind.rawValue]?.map?.keys ?? [])
            }
        }
        return names.sorted()
    }

    /// Takes a type that was resolved in another pass.
    func adopt(_ type: TOSCAType) { resolved[type.kind, default: [:]][type.name] = type }

    // MARK: Lookup

    private struct Found {
        var name: String
        var value: TOSCAValue
        var origin: String
        var path: DocumentPath
        var isBundled: Bool
    }

    private func find(_ name: String, _ kind: TOSCATypeKind) -> Found? {
        for source in sources.reversed() {
            switch source {
            case .collection(let collection, let file):
                guard collection.contains(name, kind) else { continue }
                guard let value = collection.definition(name, kind, file: file) else { continue }
                return Found(
                    name: name, value: value, origin: collection.name, path: .root.key(kind.rawValue).key(name),
                    isBundled: true)
            case .document(let map, let document, let prefix):
                var plain = name
                if let prefix, name.hasPrefix(prefix + ":") { plain = String(name.dropFirst(prefix.count + 1)) }
                guard let value = map[kind.rawValue]?.map?[plain] else { continue }
                return Found(
                    name: plain, value: value, origin: document, path: .root.key(kind.rawValue).key(plain),
                    isBundled: false)
            }
        }
        return nil
    }

    /// Full names that a short one may mean: `Compute`, `tosca:Compute`, `PortSpec`.
    private func candidates(_ name: String, _ kind: TOSCATypeKind) -> [String] {
        var plain = name
        if plain.hasPrefix("tosca:") { plain = String(plain.dropFirst(6)) }
        if plain.hasPrefix("tosca.") { return [plain] }
        var names = [plain, kind.prefix + plain]
        if kind != .interface { names.append(kind.prefix + "network." + plain) }
        if kind == .interface {
            names += ["tosca.interfaces.node.lifecycle." + plain, "tosca.interfaces.relationship." + plain]
        }
        return names
    }

    /// Whether a type of this name exists; does not resolve it.
    func exists(_ name: String, _ kind: TOSCATypeKind) -> Bool {
        if resolved[kind]?[name] != nil { return true }
        return candidates(name, kind).contains { find($0, kind) != nil }
    }

    /// A type with all that it inherits; nil, and an error in the report once, where there is none.
    func resolve(
        _ name: String, _ kind: TOSCATypeKind, at position: TOSCAPosition?, _ path: DocumentPath
    ) -> TOSCAType? {
        if let type = resolved[kind]?[name] { return type }
        let key = kind.rawValue + "/" + name
        if failed.contains(key) {
            report.error(.unknownType, "the \(kind.word) type '\(name)' is not usable", at: position, path)
            return nil
        }
        guard !pending.contains(key) else {
            report.error(
                .cycle, "the \(kind.word) type '\(name)' derives from itself",
                at: position, path)
            failed.insert(key)
            return nil
        }
        guard pending.count < Self.maximumLevels else {
            report.error(
                .limit, "the \(kind.word) type '\(name)' stands more than \(Self.maximumLevels) levels deep",
                at: position, path, expected: "at most \(Self.maximumLevels) types of which each derives from the next")
            failed.insert(key)
            return nil
        }
        var found: Found?
        for candidate in candidates(name, kind) {
            found = find(candidate, kind)
            if found != nil { break }
        }
        guard let found else {
            failed.insert(key)
            report.unknown(
                .unknownType, "the \(kind.word) type '\(name.prefix(200))' is not defined", name, among: names(kind),
                at: position, path)
            return nil
        }
        if let type = resolved[kind]?[found.name], found.name != name {
            resolved[kind, default: [:]][name] = type
            return type
        }
        pending.append(key)
        let type = read(found, kind)
        pending.removeLast()
        if let type {
            resolved[kind, default: [:]][found.name] = type
            resolved[kind, default: [:]][name] = type
        } else {
            failed.insert(key)
        }
        return type
    }

    private func read(_ found: Found, _ kind: TOSCATypeKind) -> TOSCAType? {
        guard let map = found.value.map ?? (found.value.isNull ? TOSCAMap() : nil) else {
            report.error(
                .type, "the \(kind.word) type '\(found.name)' is \(found.value.kind)", at: found.value.position,
                found.path, expected: "a mapping")
            return nil
        }
        let reader = TypeReader(library: self, kind: kind, name: found.name, origin: found.origin, path: found.path)
        return reader.read(map, at: found.value.position, isBundled: found.isBundled)
    }
}
