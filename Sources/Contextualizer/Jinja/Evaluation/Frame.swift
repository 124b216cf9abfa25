/// Names that a template has set, in one block. Inner frames see outer ones; an assignment stays in its own.
final class Frame {
    private(set) var names: [String: JinjaValue]
    let parent: Frame?

    init(parent: Frame?, names: [String: JinjaValue] = [:]) {
        self.parent = parent
        self.names = names
    }

    func lookup(_ name: String) -> JinjaValue? {
        var frame: Frame? = self
        while let current = frame {
            if let value = current.names[name] { return value }
            frame = current.parent
        }
        return nil
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
