/// The names of plays in records: each has its own, where the playbook gives one name to several, or a play goes
/// through its machines in batches. Shown is the playbook's.
enum PlayName {
    private static let mark: Character = "\u{1f}"

    /// - Parameter number: The how manieth play of the name it is, from 1 on.
    static func unique(_ name: String, number: Int) -> String { number == 1 ? name : "\(name)\(mark)\(number)" }

    /// - Parameter number: The how manieth batch of the play it is, from 1 on.
    static func batch(_ name: String, number: Int) -> String { number == 1 ? name : "\(name)\(mark)#\(number)" }

    /// What the playbook calls it.
    static func title(of name: String) -> String { String(name.prefix { $0 != mark }) }
}
