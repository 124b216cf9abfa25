/// A version of Nova's interface, such as 2.52.
struct Microversion: Sendable, Hashable, Comparable, CustomStringConvertible {
    var major: Int
    var minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// nil when the text is no version.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Int(parts[0]), let minor = Int(parts[1]), major > 0, minor >= 0 else {
            return nil
        }
        self.init(major, minor)
    }

    static func < (left: Microversion, right: Microversion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }

    /// Tags of servers, and lists filtered by them. The last one before 2.47, from which on a server no longer names
    /// its flavor by id.
    static let serverTags = Microversion(2, 26)
    /// Consoles as a resource.
    static let consoles = Microversion(2, 6)
    /// Tags from the creation on.
    static let tagsAtCreation = Microversion(2, 52)
    /// Extra specs within the list of flavors.
    static let extraSpecs = Microversion(2, 61)
    /// Types of the volumes that a launch makes.
    static let volumeTypes = Microversion(2, 67)
}
