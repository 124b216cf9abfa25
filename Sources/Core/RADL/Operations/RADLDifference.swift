/// What would be added, removed and changed if one document took the place of another.
///
/// Sections are matched by their ids, features by their names; the order of sections and of features makes no difference.
/// Values of features that hold secrets are masked. What `random(N)` drew for the new document is not compared where the
/// old one holds what it could have drawn.
public struct RADLDifference: Sendable, Hashable {
    /// What kind of section.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case description, ansible, network, system, configure, contextualize, deploy
    }

    /// What becomes of it.
    public enum Change: String, Sendable, Hashable {
        case added, removed, changed
    }

    /// One part of a section that differs: a feature, an application, a wish, a line of a recipe.
    public struct Detail: Sendable, Hashable {
        /// Such as `memory.size`, `disk.0.applications 'nfs'`, `soft 10`, `machines`, `recipe`.
        public var name: String
        /// As RADL writes it; nil where it is added.
        public var before: String?
        /// As RADL writes it; nil where it is removed.
        public var after: String?

        public init(name: String, before: String?, after: String?) {
            self.name = name
            self.before = before
            self.after = after
        }
    }

    /// One section that differs.
    public struct Entry: Sendable, Hashable {
        public var kind: Kind
        /// Its id; of a `deploy` the system, with the cloud where one is named (`wn on ost1`); empty for the one
        /// `contextualize`.
        public var id: String
        public var change: Change
        /// What differs; all that it holds where it is added or removed.
        public var details: [Detail]
        /// Where the new document has it; nil where it is removed.
        @Incidental public var source: SourceRange?
    }

    /// In the order of ``Kind``, then of the new document; what is removed stands behind the others of its kind.
    public private(set) var entries: [Entry] = []
    /// Machines that the documents ask for, of each system that either deploys, in the order of the new document.
    public private(set) var machines: [Machines] = []

    /// How many machines of a system are asked for.
    public struct Machines: Sendable, Hashable {
        public var system: String
        public var before: Int
        public var after: Int
    }

    /// Whether both ask for the same.
    public var isEmpty: Bool { entries.isEmpty }

    /// The entries of one kind.
    public func entries(_ kind: Kind) -> [Entry] {
        entries.filter { $0.kind == kind }
    }

    /// Compares two documents, in linear time.
    public init(from old: RADLDocument, to new: RADLDocument) {
        var builder = DifferenceBuilder()
        builder.compare(old, new)
        entries = builder.entries
        machines = builder.machines
    }
}
