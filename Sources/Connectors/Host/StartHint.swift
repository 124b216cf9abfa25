import Foundation
import Glibc

/// What to do about an executable that the system does not start, by what stands in the file.
enum StartHint {
    /// - Parameter number: The system's number of the error.
    static func text(of number: Int32, path: String) -> String {
        guard let head = head(of: path) else { return "check its path and permissions" }
        if head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return ofProgram(head, number) }
        if let line = firstLine(head) { return ofScript(line, number) }
        guard number == ENOEXEC else { return "check its path and permissions" }
        return "it is no program of this system, and no script with a first line such as '#!/bin/sh'"
    }

    private static func ofScript(_ line: String, _ number: Int32) -> String {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let interpreter = words.first else { return "its first line '#!' names no interpreter" }
        if line.hasSuffix("\r") {
            return "its first line ends with a carriage return: write it with the line ends of Unix"
        }
        switch number {
        case ENOENT:
            return "its interpreter '\(interpreter)' does not exist: install it, or name another in its first line"
        case EACCES where access(interpreter, X_OK) != 0:
            return "its interpreter '\(interpreter)' is not executable: name another in its first line"
        case ENOEXEC:
            return "its interpreter '\(interpreter)' is no program of this system: name another in its first line"
        default: return "check its path and permissions"
        }
    }

    private static func ofProgram(_ head: [UInt8], _ number: Int32) -> String {
        if head.count > 19, number == ENOEXEC {
            let isLittle = head[5] == 1
            let machine = isLittle ? Int(head[18]) | Int(head[19]) << 8 : Int(head[19]) | Int(head[18]) << 8
            let name = machines[machine] ?? "another kind of processor"
            if name != own {
                return "it is a program for \(name), and this machine is \(own): install the one for \(own)"
            }
            return "it is a damaged program, or one of another system: install it anew"
        }
        if number == ENOENT {
            return "the loader that it was linked for does not exist here: install a build of it for this system"
        }
        return "check its path and permissions"
    }

    /// Of ELF's list.
    private static let machines = [
        3: "i386", 40: "arm", 62: "x86_64", 183: "aarch64", 243: "riscv64", 21: "ppc64le", 22: "s390x",
    ]

    private static var own: String {
        var name = utsname()
        guard uname(&name) == 0 else { return "another kind" }
        return withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func firstLine(_ head: [UInt8]) -> String? {
        guard head.starts(with: Array("#!".utf8)) else { return nil }
        return String(decoding: head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func head(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }
}
