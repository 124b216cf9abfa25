/// A collection of types that is part of the program: its text, and where in it each type stands. A type is read only
/// when a template needs it, so that importing a collection costs next to nothing.
package final class BundledCollection: Sendable {
    /// `normative`, `grycap` or `indigo`.
    package let name: String
    /// The document as it was published.
    package let bytes: [UInt8]
    /// SHA-256 of the document.
    package var checksum: String { SHA256.hex(bytes) }
    private let places: [TOSCATypeKind: [String: Place]]
    private let order: [TOSCATypeKind: [String]]

    private struct Place: Sendable {
        var range: Range<Int>
        var line: UInt32
    }

    /// The types of the TOSCA Simple Profile.
    package static let normative = BundledCollection(name: "normative", bytes: bytes(normativeText))
    /// The types of grycap/tosca, branch main.
    package static let grycap = BundledCollection(name: "grycap", bytes: bytes(grycapText))
    /// The types of indigo-dc/tosca-types, branch master.
    package static let indigo = BundledCollection(name: "indigo", bytes: bytes(indigoText))
    /// All of them.
    package static let all = [normative, grycap, indigo]

    private static func bytes(_ text: StaticString) -> [UInt8] {
        text.withUTF8Buffer { Array($0) }
    }

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        (places, order) = Self.scan(bytes)
    }

    /// Sections are lines without indentation, types those with two blanks: so are all bundled documents written, and a
    /// test compares with reading them whole.
    private static func scan(_ bytes: [UInt8]) -> ([TOSCATypeKind: [String: Place]], [TOSCATypeKind: [String]]) {
        var places: [TOSCATypeKind: [String: Place]] = [:]
        var order: [TOSCATypeKind: [String]] = [:]
        var kind: TOSCATypeKind?
        var open: (name: String, start: Int, line: UInt32)?
        var start = 0
        var line: UInt32 = 1
        func close(at end: Int) {
            if let open, let kind {
                if places[kind, default: [:]].updateValue(
                    Place(range: open.start..<end, line: open.line), forKey: open.name) == nil
                {
                    order[kind, default: []].append(open.name)
                }
            }
            open = nil
        }
        func name(from first: Int, to end: Int) -> String {
            String(decoding: bytes[first..<end].prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        }
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
            let first = bytes[start]
            if end > start, first != 0x20, first != UInt8(ascii: "#") {
                close(at: start)
                kind = TOSCATypeKind(rawValue: name(from: start, to: end))
            } else if kind != nil, end > start + 2, first == 0x20, bytes[start + 1] == 0x20, bytes[start + 2] != 0x20,
                bytes[start + 2] != UInt8(ascii: "#")
            {
                close(at: start)
                open = (name(from: start + 2, to: end), start, line)
            }
            start = end + 1
            line += 1
        }
        close(at: bytes.count)
        return (places, order)
    }

    /// Names of the types of a kind, in the order of the document.
    package func names(_ kind: TOSCATypeKind) -> [String] { order[kind] ?? [] }

    func contains(_ name: String, _ kind: TOSCATypeKind) -> Bool { places[kind]?[name] != nil }

    /// The definition of a type, read from its part of the text.
    func definition(_ name: String, _ kind: TOSCATypeKind, file: UInt16) -> TOSCAValue? {
        guard let place = places[kind]?[name] else { return nil }
        let text = String(decoding: bytes[place.range], as: UTF8.self)
        var reader = YAMLReader(file: file, limits: TOSCALimits(), report: Report(), firstLine: place.line)
        return reader.read(text)?.map?.entries.first?.value
    }

    /// The bundled collection that a URL means: the two published documents, on any branch.
    ///
    /// - Returns: The collection, and whether the URL names the very branch that is bundled.
    package static func known(url: String) -> (collection: BundledCollection, isExact: Bool)? {
        var rest = url[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        rest = rest.prefix { $0 != "?" && $0 != "#" }
        let parts = rest.split(separator: "/")
        guard parts.count >= 5, parts.last == "custom_types.yaml" || parts.last == "custom_types.yml" else {
            return nil
        }
        let hosts = ["raw.githubusercontent.com", "github.com", "raw.github.com", "cdn.jsdelivr.net"]
        guard hosts.contains(parts[0].lowercased()) else { return nil }
        let repository = parts[1...].prefix(3).map { $0.lowercased() }.joined(separator: "/")
        let branch = parts.dropLast().last.map(String.init) ?? ""
        if repository.contains("grycap/tosca") {
            return (grycap, branch == "main" || branch == "master")
        }
        if repository.contains("indigo-dc/tosca-types") {
            return (indigo, branch == "master" || branch == "main")
        }
        return nil
    }
}
