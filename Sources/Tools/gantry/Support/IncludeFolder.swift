import Foundation
import Glibc
import RADL
import Support

/// The folder of a document, for what it includes. Nothing outside of it is ever opened for reading: a document may come
/// from anybody.
struct IncludeFolder {
    /// Why a document is not included, in words.
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    /// Most bytes of one included document.
    static let largestSize = 16 << 20

    /// Nil for a document from standard input.
    private let path: String?

    /// - Parameter document: As the user wrote it.
    init(document: String) {
        guard document != "-" else {
            path = nil
            return
        }
        let folder = (document.expandingHome as NSString).deletingLastPathComponent
        path = folder.isEmpty ? "." : folder
    }

    /// - Throws: ``Refusal``.
    func source(of include: RADLInclude) throws -> RADLSource {
        let name = include.template
        guard let path else { throw Refusal(description: "a document from standard input has no folder to look in") }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !name.isEmpty, !name.utf8.contains(0), !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw Refusal(description: "only names of files in the document's folder can be included")
        }
        guard let root = realpath(path, nil) else { throw refusal(errno) }
        defer { free(root) }
        for file in name.hasSuffix(".radl") ? [name] : ["\(name).radl", name] {
            // A pipe must not hold us up.
            let descriptor = open("\(path)/\(file)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            if descriptor < 0, errno == ENOENT || errno == ENOTDIR { continue }
            guard descriptor >= 0 else { throw refusal(errno) }
            defer { close(descriptor) }
            return RADLSource(
                bytes: try read(descriptor, below: String(cString: root)),
                file: path == "." ? file : "\(path)/\(file)")
        }
        throw Refusal(description: "there is no '\(name).radl' in the document's folder")
    }

    private func refusal(_ number: Int32) -> Refusal {
        Refusal(description: String(cString: strerror(number)))
    }

    /// The file that was opened is looked at, not its name: nobody can put another one in its place in between.
    private func read(_ descriptor: Int32, below root: String) throws -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/fd/\(descriptor)", &buffer, Int(PATH_MAX))
        guard count > 0 else { throw refusal(errno) }
        let real = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard real.hasPrefix(root == "/" ? root : root + "/") else {
            throw Refusal(description: "it lies outside of the document's folder")
        }
        guard FileStatus(descriptor: descriptor)?.kind == .regular else {
            throw Refusal(description: "it is no file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal(errno) }
            guard count > 0 else { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= Self.largestSize else {
                throw Refusal(description: "it has more than \(Self.largestSize) bytes")
            }
        }
    }
}
