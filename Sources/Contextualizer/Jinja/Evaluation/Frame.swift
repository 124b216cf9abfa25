/// Names that a template has set, in one block. Inner frames see outer ones; an assignment stays in its own.
final class Frame {
    private(set) var names: [String: JinjaValue]
    let parent: Frame?
    /// Whether names that no frame has come from the scope. Not in templates that are included or imported without
    /// context.
    let seesScope: Bool

    init(parent: Frame?, names: [String: JinjaValue] = [:], seesScope: Bool = true) {
        self.parent = parent
        self.names = names
        self.seesScope = parent?.seesScope ?? seesScope
    }

    func lookup(_ name: String) -> (JinjaValue?, seesScope: Bool) {
        var frame: Frame? = self
        while let current = frame {
            if let value = current.names[name] { return (value, seesScope) }
            frame = current.parent
        }
        return (nil, seesScope)
    }

    func set(_ name: String, _ value: JinjaValue) { names[name] = value }

    func removeAll() { names.removeAll(keepingCapacity: true) }

    /// Changes a name where it was set. For methods that change a list or dict in place.
    func update(_ name: String, _ value: JinjaValue) -> Bool {
        var frame: Frame? = self
        while let current = frame {
            if current.names[name] != nil {
                current.names[name] = value
                return true
            }
            frame = current.parent
        }
        return false
    }
}
