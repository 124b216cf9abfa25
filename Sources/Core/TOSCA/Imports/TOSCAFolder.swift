import Foundation

/// Files of one folder. Links out of it are not followed.
package struct TOSCAFolder: TOSCAFileReading {
    private let root: String

    /// - Parameter path: The folder, absolute.
    package init(path: String) {
        root = URL(fileURLWithPath: path, isDirectory: true).resolvingSymlinksInPath().path
    }

    /// See ``TOSCAFileReading``.
    package func content(of path: String, maximumSize: Int) async -> [UInt8]? {
        let file = URL(fileURLWithPath: root, isDirectory: true).appendingPathComponent(path).resolvingSymlinksInPath()
        guard file.path.hasPrefix(root.hasSuffix("/") ? root : root + "/"),
            let attributes = try? FileManager.default.attributesOfItem(atPath: file.path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? Int, size <= maximumSize,
            let data = FileManager.default.contents(atPath: file.path)
        else { return nil }
        return [UInt8](data)
    }
}

/// What was fetched, one file for each URL, with its checksum: a damaged file counts as none.
package struct TOSCACacheFolder: TOSCACaching {
    private let root: URL

    /// - Parameter path: Made when the first document is stored.
    package init(path: String) {
        root = URL(fileURLWithPath: path, isDirectory: true)
    }

    private func file(_ url: String) -> URL { root.appendingPathComponent(SHA256.hex(Array(url.utf8))) }

    /// See ``TOSCACaching``.
    package func content(of url: String) async -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: file(url).path) else { return nil }
        let bytes = [UInt8](data)
        // The first line is the checksum of the rest.
        guard bytes.count > 65, bytes[64] == 0x0a else { return nil }
        let content = Array(bytes[65...])
        return SHA256.hex(content).utf8.elementsEqual(bytes[..<64]) ? content : nil
    }

    /// See ``TOSCACaching``. The file is replaced as a whole.
    package func store(_ content: [UInt8], of url: String) async {
        try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let data = Data(SHA256.hex(content).utf8) + Data([0x0a]) + Data(content)
        // Not being able to keep it makes the next fetch necessary, nothing else.
        try? data.write(to: file(url), options: .atomic)
    }
}
