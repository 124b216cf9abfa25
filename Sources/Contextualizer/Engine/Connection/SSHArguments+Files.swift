import ContextualizationAPI
import Foundation
import Support

extension SSHArguments {
    /// Takes what files of ssh say of a host, where nothing was said before, and of the machines in between.
    ///
    /// - Parameters:
    ///   - host: As it was named.
    ///   - known: Who logs in, where that was said elsewhere.
    mutating func follow(_ configuration: SSHConfigFile, host: String, user known: String?, depth: Int = 0) throws {
        guard depth < Self.mostJumps else {
            throw ContextualizationError(
                message: "by the files of ssh, the machines between here and \(host) are behind one another")
        }
        func subject(_ arguments: SSHArguments) -> SSHConfigFile.Subject {
            SSHConfigFile.Subject(
                name: host, address: arguments.address(of: host), user: known ?? arguments.user ?? NSUserName())
        }
        try configuration.forEachSetting(of: subject(self)) { setting in
            do {
                try take(setting)
            } catch let error as ContextualizationError {
                throw ContextualizationError(message: "\(setting.place): \(error.message)")
            }
            return subject(self)
        }
        // A machine in between is not behind itself, though `Host *` says so.
        if jumps.last?.host.lowercased() == host.lowercased() { jumps = [] }
        var ways: [Jump] = []
        for (index, named) in jumps.enumerated() {
            var (jump, way) = (named, SSHArguments(to: named))
            try way.follow(configuration, host: named.host, user: nil, depth: depth + 1)
            jump.host = way.address(of: named.host)
            (jump.user, jump.port) = (way.user, way.port)
            jump.keyFilesOfFiles = way.keyFilesOfFiles
            jump.checksHostKeys = named.checksHostKeys ?? way.checksHostKeys
            jump.knownHostsFiles = named.knownHostsFiles ?? way.userKnownHosts
            // How the others are reached was said.
            ways += (index == 0 ? way.jumps : []) + [jump]
        }
        jumps = ways
    }

    private static let mostJumps = 8

    /// Where a host is that was named so.
    func address(of host: String) -> String {
        hostName.map { SSHArguments.expand($0, host: host, user: nil) } ?? host
    }

    /// The tokens of ssh_config(5) that files, and addresses, may have.
    ///
    /// - Parameter host: For `%h`.
    static func expand(_ text: String, host: String, user: String?) -> String {
        var expanded = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "%", let token = rest.popFirst() else {
                expanded.append(character)
                continue
            }
            switch token {
            case "%": expanded += "%"
            case "h": expanded += host
            case "d": expanded += "~".expandingHome
            case "u": expanded += NSUserName()
            case "r": expanded += user ?? "%r"
            default: expanded += "%\(token)"
            }
        }
        return expanded
    }
}
