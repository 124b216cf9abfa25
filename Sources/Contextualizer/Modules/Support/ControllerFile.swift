import Foundation
import Support

/// A file that a module leaves on the controller.
package struct ControllerFile: Sendable {
    /// Where it lies now.
    package struct Saved: Sendable {
        package var path: String
        /// Whether it was another before.
        package var isChanged: Bool
    }

    /// Why it could not be written.
    package struct Failure: Error, Sendable {
        package var message: String
    }

    /// Its path on the machine.
    package var source: String
    /// As the recipe names it: a folder in which each machine has its own, or the file itself where ``isFlat``.
    package var destination: String
    package var isFlat: Bool
    package var content: Payload
    package var finish: @Sendable (Saved) -> ModuleResult

    package init(
        source: String, destination: String, isFlat: Bool, content: Payload,
        finish: @escaping @Sendable (Saved) -> ModuleResult
    ) {
        self.source = source
        self.destination = destination
        self.isFlat = isFlat
        self.content = content
        self.finish = finish
    }

    /// Writes it atomically, unless its content is there already.
    ///
    /// - Parameters:
    ///   - host: The machine's name in the inventory.
    ///   - folder: What relative destinations are relative to.
    /// - Throws: ``Failure``.
    package func save(host: String, folder: String) throws(Failure) -> Saved {
        let path = try path(host: host, folder: folder)
        let manager = FileManager.default
        if let known = manager.contents(atPath: path), known.count == content.bytes.count,
            Payload(Array(known)).checksum == content.checksum
        {
            return Saved(path: path, isChanged: false)
        }
        do {
            try manager.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(content.bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(message: "Failed to fetch the file: \(path): \((error as NSError).localizedDescription)")
        }
        return Saved(path: path, isChanged: true)
    }

    private func path(host: String, folder: String) throws(Failure) -> String {
        func isFolder(_ path: String) -> Bool {
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
        }
        var place = destination.expandingHome
        if destination.hasSuffix("/"), !place.hasSuffix("/") { place += "/" }
        if !place.hasPrefix("/") { place = folder + "/" + place }
        guard isFlat else {
            // What the machine says its path is must not lead out of the machine's own folder.
            return Self.normalized(place) + "/" + host + Self.normalized("/" + source)
        }
        if isFolder(place), !place.hasSuffix("/") {
            throw Failure(
                message:
                    "dest is an existing directory, use a trailing slash if you want to fetch src into that directory")
        }
        if place.hasSuffix("/") {
            place += source.split(separator: "/").last.map(String.init) ?? ""
            if isFolder(place) {
                throw Failure(
                    message:
                        "calculated dest '\(place)' is an existing directory, use another path that does not point "
                        + "to an existing directory")
            }
        }
        return Self.normalized(place)
    }

    /// An absolute path without `.`, `..` and doubled slashes, links left alone.
    private static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
