/// `contextualize [TIME] (…)`: which recipes run where, in which order.
public struct RADLContextualize: Sendable, Hashable {
    /// `system S configure C [step N] [with TOOL]`.
    public struct Item: Sendable, Hashable {
        public var system: String
        public var configure: String
        /// Items of one step run at the same time on different machines; nil counts as 0.
        public var step: Int?
        /// `Ansible`, `cloud_init`; nil: Ansible.
        public var tool: String?
        @Incidental public var source: SourceRange?

        public init(
            system: String, configure: String, step: Int? = nil, tool: String? = nil, source: SourceRange? = nil
        ) {
            self.system = system
            self.configure = configure
            self.step = step
            self.tool = tool
            self.source = source
        }

        /// Whether it goes to the boot data of the machine.
        public var isCloudInit: Bool { tool == "cloud_init" }
    }

    /// Longest time in seconds as written; nil where none is. Zero means none too.
    public var maximumTime: RADLNumber?
    /// At most one of each pair of system and configure.
    public private(set) var items: [Item] = []
    /// `option NAME = VALUE`, such as `ansible_version`.
    public var options = Features()
    /// The keyword and the time.
    @Incidental public var source: SourceRange?
    @Incidental private var index: [ItemKey: Int]?

    private struct ItemKey: Sendable, Hashable {
        var system: String
        var configure: String
    }

    public init(
        maximumTime: RADLNumber? = nil, items: [Item] = [], options: Features = Features(), source: SourceRange? = nil
    ) {
        self.maximumTime = maximumTime
        self.options = options
        self.source = source
        for item in items { set(item) }
    }

    /// Items that have a step beside a tool, as the JSON form takes them: the text form has room for the tool alone.
    public var itemsWithLostStep: [Item] {
        items.filter { $0.tool != nil && $0.step.map { $0 != 0 } == true }
    }

    /// No items, options or time: contextualization is switched off for the infrastructure.
    public var isDisabling: Bool { items.isEmpty && options.isEmpty }

    /// Longest time in whole seconds; nil for no limit of its own.
    public var maximumSeconds: Int? {
        maximumTime?.integerValue.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Adds an item or replaces the one of the same system and configure.
    public mutating func set(_ item: Item) {
        let key = ItemKey(system: item.system, configure: item.configure)
        if index == nil {
            index = Dictionary(
                items.enumerated().map { (ItemKey(system: $1.system, configure: $1.configure), $0) },
                uniquingKeysWith: { first, _ in first })
        }
        if let position = index?[key] {
            items[position] = item
        } else {
            let next = items.count
            index?[key] = next
            items.append(item)
        }
    }

    /// Unites two sentences as IM does: the longer time, the later item and option of the same key.
    public mutating func merge(_ other: RADLContextualize) {
        if let new = other.maximumTime, new.doubleValue >= maximumTime?.doubleValue ?? 0 { maximumTime = new }
        for item in other.items { set(item) }
        for option in other.options.all { options.set(option) }
        source = source ?? other.source
    }
}
