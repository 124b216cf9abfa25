import Foundation

/// A host of `testbed/hosts`, as `GANTRY_TEST_HOSTS` lists them.
struct TestHost: Decodable, Sendable {
    var name: String
    var address: String
    var privateAddress: String?
    var port: Int
    var user: String
    /// File with the private key.
    var privateKey: String
    var password: String
    var hostKey: String
    var traits: [String]

    static func all() throws -> [TestHost] {
        guard let path = ProcessInfo.processInfo.environment["GANTRY_TEST_HOSTS"] else { throw Missing() }
        return try JSONDecoder().decode([TestHost].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    struct Missing: Error, CustomStringConvertible {
        var description: String { "GANTRY_TEST_HOSTS is not set: run the tests with scripts/with-testbed" }
    }

    /// Features of a RADL system that is this host, with the key.
    var features: String {
        let key = (try? String(contentsOfFile: privateKey, encoding: .utf8)) ?? ""
        return """
            net_interface.0.connection = 'public' and net_interface.0.ip = '\(address)' and
            disk.0.os.name = 'linux' and
            disk.0.os.credentials.username = '\(user)' and
            disk.0.os.credentials.private_key = '\(key.trimmingCharacters(in: .whitespacesAndNewlines))'
            """
    }
}
